//! How touches become text: keys, letters that are composed, and a pad to write on; and the program that hears and speaks.
//!
//! Invariant: what is composed lives here until it is chosen; what is committed lives in the field alone.

mod child;
mod double_tap;
pub mod engine;
mod keeper;
mod letters;
pub mod sound;
mod writer;

pub use double_tap::{DOUBLE_TAP, is_double_tap};
pub use keeper::Program;
pub use letters::Letters;
pub use writer::{BAR, Method, Outcome, Unread, Writer};

/// A change to the text at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Inserts a text.
    Insert(String),
    /// Takes the character before the cursor away.
    Backspace,
}
