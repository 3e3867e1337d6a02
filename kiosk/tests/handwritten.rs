//! What a finger leaves on the pad, read by the real recogniser: what is no character becomes no text by itself.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../ime/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use ime::engines::Engines;
use kiosk::input::{Edit, Outcome, Unread, Writer};
use support::writer::{
    Chance, Hand, Stroke,
    inks::{KINDS, PAD},
};

const NOW: Duration = Duration::ZERO;

/// A pad with its recogniser.
struct Pad {
    writer: Writer,
    engines: Engines,
}

impl Pad {
    /// `None` without the model.
    fn new() -> Option<Self> {
        support::handwriting()?;
        let engines = Engines::load(&support::places());
        let mut writer = Writer::default();
        writer.has(engines.ready());
        Some(Self { writer, engines })
    }

    /// Writes, and reads what was written; nothing of it is text yet.
    fn write(&mut self, ink: Vec<Stroke>) {
        let mut edits = Vec::new();
        for stroke in ink {
            edits.extend(self.writer.stroke(stroke, PAD).edits);
        }
        while let Some((question, ask)) = self.writer.question("") {
            let answer = self.engines.answer(&ask);
            edits.extend(self.writer.answered(question, answer).edits);
        }
        assert_eq!(edits, []);
    }
}

/// 写好了 after such ink: it is said that it was not recognised, and all of it stands; a second touch drops it.
fn is_never_taken(kind: &str) {
    let Some(mut pad) = Pad::new() else { return };
    let (_, make) = KINDS.into_iter().find(|(name, _)| *name == kind).unwrap();
    for seed in 0..5 {
        let ink = make(&mut Chance::new(seed));
        let strokes = ink.len();
        pad.write(ink);
        assert_eq!(pad.writer.leave(), Outcome::default(), "{kind}, {seed}");
        assert!(matches!(pad.writer.unread(), Some(Unread::Unsure | Unread::Dropping)), "{kind}, {seed}");
        assert_eq!(pad.writer.strokes().len(), strokes, "{kind}, {seed}");
        assert_eq!(pad.writer.leave(), Outcome { edits: vec![], leaves: true }, "{kind}, {seed}");
        assert_eq!(pad.writer.strokes().len(), 0, "{kind}, {seed}");
    }
}

#[test]
fn a_single_dot_becomes_no_full_stop_by_itself() {
    is_never_taken("a single dot");
}

#[test]
fn a_short_tap_becomes_no_character_by_itself() {
    is_never_taken("a short tap");
}

#[test]
fn a_scribble_over_the_whole_pad_becomes_no_character_by_itself() {
    is_never_taken("a scribble over the whole pad");
}

#[test]
fn two_hundred_strokes_become_no_character_by_themselves() {
    is_never_taken("two hundred strokes");
}

#[test]
fn strokes_off_the_pad_become_no_character_by_themselves() {
    is_never_taken("strokes off the pad");
}

#[test]
fn a_palms_blob_becomes_no_character_by_itself() {
    is_never_taken("a palm's blob");
}

#[test]
fn a_dot_that_was_meant_is_chosen() {
    let Some(mut pad) = Pad::new() else { return };
    pad.write(vec![vec![[100.0, 300.0], [100.5, 300.0]]]);
    assert!(pad.writer.candidates().next() == Some("。"));
    assert_eq!(pad.writer.choose(0, NOW).edits, [Edit::Insert("。".into())]);
}

#[test]
fn what_is_written_plainly_is_taken_by_whatever_leaves_the_page() {
    let (Some(mut pad), Some(writer)) = (Pad::new(), support::writer()) else { return };
    for character in ['村', '口', '一', '路', '灯', '坏'] {
        let strokes = writer.write(character, Hand::Distorted, 3).unwrap();
        // The pad is 390 high, the square that characters are written in 1,024.
        let fit = |stroke: Stroke| stroke.iter().map(|[x, y]| [x * 0.35 + 70.0, y * 0.35 + 20.0]).collect();
        pad.write(strokes.into_iter().map(fit).collect());
        let taken = Outcome { edits: vec![Edit::Insert(character.into())], leaves: true };
        assert_eq!(pad.writer.leave(), taken, "{character}");
    }
}
