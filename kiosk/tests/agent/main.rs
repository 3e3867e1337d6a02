//! The agent: its decisions, its way to the county, its enrolment.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod county;
mod device;
mod diagnostics;
#[path = "../support/dice.rs"]
mod dice;
mod enrolment;
mod forwarding;
mod health;
mod herd;
#[path = "../support/papers.rs"]
mod papers;
mod program;
#[path = "../support/recordings.rs"]
mod recordings;
mod scripted_host;
mod settings;
mod settling;
mod tamper;
mod terminal;
mod time;
mod upload_answers;
mod uploads;
