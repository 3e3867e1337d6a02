//! The receipt printer: layout, bytes, profiles, status, the job's state machine, the port, and the thread of them all.
//!
//! Invariant: "printed" is said only after a fence behind the cut was answered and the status was clean; a profile
//! without a fence never says it. At least once, and never two unmarked: every copy behind the first that may have come
//! out carries 补打 and its number. Source: Epson ESC/POS reference; what no manual says stands in `profiles.toml`.

mod bytes;
mod characters;
mod code128;
mod job;
mod profile;
mod profiles;
mod raster;
mod receipt;
mod reply;
mod service;
mod status;
mod strokes;
mod text;
mod transport;

pub use bytes::render;
pub use characters::Characters;
pub use code128::encode as code128;
pub use job::{Action, Event, Job, Paper, Refusal, Rules, Watch, step};
pub use profile::{Cut, FenceKind, Flow, Presenter, Profile};
pub use profiles::{ProfileError, built_in, profile, profile_in};
pub use receipt::{Align, Letterhead, Op, Receipt, Slip, Width};
pub use reply::{Replies, Reply};
pub use service::{Command, Handle, PrinterEvent, PrinterHealth, PrinterSettings, start, start_at};
pub use status::{PaperLevel, Question, Status};
pub use text::{clean, columns, wrap};
pub use transport::{Line, Open, Port, PortError};
