//! The case.

/// Why a case doesn't take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not in this state.
    #[error("not in this state")]
    State,
}
