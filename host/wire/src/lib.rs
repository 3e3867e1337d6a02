//! The contract between Lianxin terminals and their host: what goes over the wire and into files both read.
//!
//! Invariant: does no I/O and reads no clock. Old readers accept new data: unknown fields are ignored, an unknown
//! state reads as [`case::State::Unknown`] (办理中), an unknown kind as [`event::Kind::Unknown`]. New readers accept
//! old data: a field that is added later has a default. `tests/golden` holds both directions to it.
//!
//! # Who may import whom
//!
//! | module | may import |
//! |---|---|
//! | `intake`, `schema` | everything below |
//! | `stick` | `event`, `ticket` |
//! | `diagnostics` | `ticket` |
//! | `health` | `event`, `settings`, `ticket` |
//! | `view`, `event` | `case`, `secret`, `ticket` |
//! | `enrol` | `pin`, `ticket`, `bulletin` |
//! | `time` | `secret` |
//! | `secret` | `ticket` |
//! | `bulletin`, `case`, `ddi`, `pin`, `settings`, `ticket` | nothing of ours |

pub mod bulletin;
pub mod case;
pub mod ddi;
pub mod diagnostics;
pub mod enrol;
pub mod event;
pub mod health;
pub mod intake;
pub mod pin;
pub mod schema;
pub mod secret;
pub mod settings;
pub mod stick;
pub mod ticket;
pub mod time;
pub mod view;

/// The most Unicode scalar values a suggestion may have.
pub const TEXT_MAX: usize = 2000;

/// Bytes as lower-case hexadecimal digits, two for each.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a text can't be taken as a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextRefused {
    /// Nothing but white space.
    #[error("the text holds nothing but white space")]
    Blank,
    /// More than [`TEXT_MAX`] Unicode scalar values.
    #[error("the text has {0} characters, more than {TEXT_MAX}")]
    TooLong(usize),
    /// A control character other than a line break.
    #[error("the text holds the control character U+{0:04X}")]
    Control(u32),
}

/// Checks a suggestion's text; what passes is sealed exactly as it stands.
///
/// A line feed is a line break, not a control character, and passes. Emoji, bidirectional marks and characters
/// outside GBK pass.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_text(text: &str) -> Result<(), TextRefused> {
    if text.chars().all(char::is_whitespace) {
        return Err(TextRefused::Blank);
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(TextRefused::Control(u32::from(c)));
    }
    match text.chars().count() {
        n if n > TEXT_MAX => Err(TextRefused::TooLong(n)),
        _ => Ok(()),
    }
}
