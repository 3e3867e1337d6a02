//! The Lianxin terminal.
//!
//! A villager touches, the visit becomes a ticket, the ticket is written down, the receipt is printed and the
//! suggestion is forwarded to the county. Two programs share this library: `kiosk` draws the pages and owns the
//! queue and the printer, `kiosk-agent` owns the network.
//!
//! # Who may import whom
//!
//! Data goes down this table; a module imports only from rows below its own. `tests/imports.rs` reads the
//! `use crate::` lines and holds every file to it.
//!
//! | module | may import |
//! |---|---|
//! | `app` | everything below |
//! | `ui` | `session`, ground |
//! | `forwarder` | `control`, `queue`, `https`, ground |
//! | `stick` | `queue`, ground |
//! | `fleet` | `control`, `https`, `tamper`, ground |
//! | `session` | `input`, `ticket`, ground |
//! | `control`, `https` | ground |
//! | `printer` | `queue`, ground |
//! | `queue` | `ticket`, `seal`, ground |
//! | `ticket`, `seal`, `input`, `panel`, `tamper` | ground |
//! | `clock`, `backoff`, `config`, `cores`, `durable`, `fonts`, `logs`, `systemd` (ground) | nothing of ours |

// What tests of the whole share with those of parts calls the terminal by its name.
#[cfg(test)]
extern crate self as kiosk;

pub mod app;
pub mod backoff;
pub mod clock;
pub mod config;
pub mod control;
pub mod cores;
pub mod durable;
pub mod fleet;
pub mod fonts;
pub mod forwarder;
pub mod https;
pub mod input;
pub mod logs;
pub mod panel;
pub mod printer;
pub mod queue;
pub mod seal;
pub mod session;
pub mod stick;
pub mod systemd;
pub mod tamper;
pub mod ticket;
pub mod ui;

/// The pages, generated from `ui/app.slint`.
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::todo,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "generated code: which lints it meets changes with the pages"
)]
pub mod pages {
    slint::include_modules!();
}
