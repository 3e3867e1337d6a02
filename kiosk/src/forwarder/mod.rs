//! The forwarder: takes sealed events to the county, and brings back views and the bulletin.
//!
//! [`state`] decides, without I/O and without a clock; [`run`] carries out: requests through [`county`], reads and
//! writes of the queue file through `store`. A recording goes in pieces ([`upload`]).
//!
//! Invariants: an event is delivered only once a well-formed acknowledgement of exactly its id is on this terminal's
//! disk; whatever else comes back, it is sent again, byte for byte. A dead network never makes anybody wait: it is
//! answered at once. No transaction spans I/O.

pub mod answer;
pub mod county;
pub mod event;
mod run;
pub mod state;
mod store;
pub mod upload;

pub use run::{First, Forwarding, Heartbeat, LetGo, run};
pub use store::Store;
