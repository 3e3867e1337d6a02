//! The county's service and its console, the service on each database.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod audit;
#[path = "../support/browser.rs"]
mod browser;
mod console;
mod corrections;
mod desk;
mod editing;
mod events;
mod handover;
mod handover_again;
mod outbox;
mod phone;
mod quarantine;
mod roles;
mod search;
mod support;
mod tracking;
mod uploads;
mod voice;
mod web;
