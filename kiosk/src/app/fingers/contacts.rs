//! Which contact counts: the first, until it leaves; what else touches the glass meanwhile does nothing. A contact that lies
//! still (a palm, a thumb that holds the frame, a finger of which nobody told that it left) is let go when another one comes,
//! and has done nothing either; but for one that is held on purpose.
//!
//! Invariant: the pages see one pointer, pressed and then released or gone, and never one released that has not left.

use std::time::Duration;

use slint::{
    LogicalPosition,
    platform::{PointerEventButton, WindowEvent},
};

/// Whoever means to touch something lifts the finger sooner, or moves it.
const LIES: Duration = Duration::from_secs(2);

/// A hand that lies still moves less, in logical pixels: two millimetres of a panel with 5.9 pixels a millimetre.
const STILL: f32 = 12.0;

/// What a contact does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// It begins.
    Down(LogicalPosition),
    /// It moves.
    Moved(LogicalPosition),
    /// It leaves.
    Up,
    /// It is none any more.
    Lost,
}

/// The contacts of a panel, each with an id that it has until it ends.
#[derive(Debug)]
pub(super) struct Contacts<Id> {
    counting: Option<Counting<Id>>,
}

#[derive(Debug)]
struct Counting<Id> {
    id: Id,
    at: LogicalPosition,
    /// Where it lies still, and since when.
    still: (LogicalPosition, Duration),
}

impl<Id> Default for Contacts<Id> {
    fn default() -> Self {
        Self { counting: None }
    }
}

impl<Id: PartialEq> Contacts<Id> {
    /// Whether any contact counts.
    #[cfg(any(feature = "x11", test))]
    pub(super) fn one_counts(&self) -> bool {
        self.counting.is_some()
    }

    /// Takes what a contact does, at `now` (monotonic), and gives what the pages see of it; `held` tells whether something
    /// has to be held, and is.
    pub(super) fn step(&mut self, id: Id, phase: Phase, held: bool, now: Duration) -> Vec<WindowEvent> {
        let button = PointerEventButton::Left;
        match (phase, &mut self.counting) {
            (Phase::Down(at), counting) => {
                let mut seen = Vec::new();
                if let Some(former) = counting {
                    let lies = !held && now.saturating_sub(former.still.1) >= LIES;
                    if !lies && former.id != id {
                        return seen;
                    }
                    seen.push(WindowEvent::PointerExited);
                }
                *counting = Some(Counting { id, at, still: (at, now) });
                seen.push(WindowEvent::PointerPressed { position: at, button });
                seen
            }
            (Phase::Moved(at), Some(counting)) if counting.id == id => {
                counting.at = at;
                let (from, _) = counting.still;
                if (at.x - from.x).hypot(at.y - from.y) > STILL {
                    counting.still = (at, now);
                }
                vec![WindowEvent::PointerMoved { position: at }]
            }
            (Phase::Up, Some(counting)) if counting.id == id => {
                let position = counting.at;
                self.counting = None;
                vec![WindowEvent::PointerReleased { position, button }, WindowEvent::PointerExited]
            }
            (Phase::Lost, Some(counting)) if counting.id == id => {
                self.counting = None;
                vec![WindowEvent::PointerExited]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
