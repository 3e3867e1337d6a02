//! The Lianxin host: the fleet of terminals, and the county platform that it plays by default.
//!
//! One program, two roles that can run apart, each with its own database. The fleet role never holds the county's key,
//! and nobody of the fleet has a role that reads cases.
//!
//! # Who may import whom
//!
//! | module | may import |
//! |---|---|
//! | `http` | everything below |
//! | `county` | `store`, `clock` |
//! | `store` | nothing of ours |
//! | `clock`, `durable` | nothing of ours |

pub mod clock;
pub mod county;
pub mod durable;
pub mod http;
pub mod store;
