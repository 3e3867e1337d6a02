//! The fleet's people, as an admin keeps them.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod commands;
