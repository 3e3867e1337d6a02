//! The fleet's people and their console, on each database.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod account;
mod api;
mod artifacts;
#[path = "../support/browser.rs"]
mod browser;
mod commands;
mod door;
mod notices;
mod order_pages;
mod pages;
mod roles;
mod rollout_making;
mod rollouts;
mod scope;
mod setting_pages;
mod site_pages;
mod sites;
mod support;
mod telling;
mod update_pages;
mod web;
