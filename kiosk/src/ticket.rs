//! What a visit has gathered before it becomes a ticket.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// An id and the words that people read for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Zeroize)]
pub struct Named {
    /// Goes into the event's header.
    pub id: String,
    /// Goes onto the receipt.
    pub name: String,
}

/// What a villager said aloud: Ogg Opus.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct Recording {
    /// How long it plays, rounded up.
    pub seconds: u32,
    /// The file.
    pub ogg: Vec<u8>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// A suggestion that is about to be submitted; overwritten in memory when dropped.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct Draft {
    /// What it is about.
    pub category: Named,
    /// Where, where it was said.
    pub place: Option<Named>,
    /// Exactly the code points that were entered.
    pub text: String,
    /// A place more exact than the village.
    pub landmark: Option<String>,
    /// Whether the officer writes it for somebody.
    pub on_behalf: bool,
    /// Whether the villager asked for the text on the receipt.
    pub text_on_receipt: bool,
    /// What was said aloud; the text is complete without it.
    pub voice: Option<Recording>,
}
