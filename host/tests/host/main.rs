//! The host as terminals, phones and admins meet it: a real server on 127.0.0.1 with real TLS.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod apart;
mod audit;
mod backup;
mod commands;
mod config;
mod contract;
mod ddi;
mod ddi_shape;
mod diagnostics;
mod enrolment;
mod health;
mod intake;
mod moving;
mod public;
mod rollouts;
mod rollouts_by_site;
mod settings;
mod slow;
mod stick;
mod store;
mod support;
mod time;
mod updates;
mod uploads;
mod watch;
