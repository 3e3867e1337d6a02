//! What is done with bytes from outside, and what holds whatever they are.
//!
//! Each target is one function: the fuzzer calls it, and so does the test `corpora` with every file that is kept. What
//! such bytes do besides, no panic is part of.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "test support, shared with a crate of its own"
)]

#[path = "targets/contract.rs"]
mod contract;
#[path = "targets/device.rs"]
mod device;

/// Takes bytes from outside; panics where something does not hold.
pub type Target = fn(&[u8]);

/// The targets by name; their kept files lie in `corpus/NAME`.
pub const TARGETS: [(&str, Target); 11] = [
    ("answers", contract::answers),
    ("bulletin", contract::bulletin),
    ("control", device::control),
    ("event", contract::event),
    ("manifest", contract::manifest),
    ("printer", device::printer),
    ("printers", device::printers),
    ("receipt", device::receipt),
    ("scanner", device::scanner),
    ("settings", device::settings),
    ("ticket", contract::ticket),
];
