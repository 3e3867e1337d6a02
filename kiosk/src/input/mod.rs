//! How touches become text: one trait, whatever the method.
//!
//! Invariant: a method keeps only what it is composing; what is committed lives in the field alone.

mod letters;

use std::time::Duration;

pub use letters::Letters;

/// A change to the text at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Inserts a text.
    Insert(String),
    /// Takes the character before the cursor away.
    Backspace,
}

/// A way of writing.
pub trait InputMethod {
    /// Takes a key of the on-screen keyboard at `now` (monotonic) and gives the edits that follow, in order.
    ///
    /// A key is one character, all the characters that a key of the nine carries ("abc"), or one of `backspace`,
    /// `shift`, `symbols`, `space`, `newline`, `clear`.
    fn press(&mut self, key: &str, now: Duration) -> Vec<Edit>;
}
