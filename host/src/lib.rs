//! The Lianxin host: the fleet of terminals, and the county platform that it plays by default.
//!
//! One program, two roles that can run apart, each with its own database. The fleet role never holds the county's key,
//! and nobody of the fleet has a role that reads cases.
//!
//! # Who may import whom
//!
//! | module | may import |
//! |---|---|
//! | `cli` | everything below |
//! | `backup` | `serve`, `setup` and everything below but `stick` and `http` |
//! | `serve` | `setup` and everything below but `stick` |
//! | `setup` | everything below but `stick` and `http` |
//! | `stick` | `county`, `fleet`, `tls`, `clock` |
//! | `http` | `county`, `fleet`, `account`, `ca`, `store`, `tls`, `clock`, `passphrase`, `table` |
//! | `config` | `county`, `outbox`, `store` |
//! | `county` | `account`, `outbox`, `store`, `clock`, `passphrase` |
//! | `fleet` | `account`, `outbox`, `ca`, `store`, `clock`, `durable`, `passphrase`, `table` |
//! | `outbox` | `store` |
//! | `account` | `store`, `clock` |
//! | `ca` | `keys`, `durable`, `passphrase` |
//! | `keys` | `durable` |
//! | `tls` | `clock` |
//! | `store`, `clock`, `durable`, `passphrase`, `table` | nothing of ours |

pub mod account;
pub mod backup;
pub mod ca;
pub mod cli;
pub mod clock;
pub mod config;
pub mod county;
pub mod durable;
pub mod fleet;
pub mod http;
pub mod keys;
pub mod outbox;
pub mod passphrase;
pub mod serve;
pub mod setup;
pub mod stick;
pub mod store;
pub mod table;
pub mod tls;
