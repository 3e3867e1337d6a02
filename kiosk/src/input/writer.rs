//! What a villager is writing, by whatever method, before it is text.
//!
//! Touches change what is composed; whoever shows it asks the input methods what [`Writer::question`] wants to know and
//! brings the answer back by [`Writer::answered`]. An answer to anything but the last question is dropped.
//!
//! Invariant: does no I/O. Nothing that was composed is dropped without the villager taking it back: a sign, a method that
//! is changed and a page that is left take the likeliest candidate first, and wait for it where it is not known yet; what
//! is touched meanwhile waits behind them. Strokes in which nothing is recognised, or nothing that is sure, stay, and are
//! said to be [`Unread`]: the first touch that would drop them does no more than say so.

use std::{collections::VecDeque, time::Duration};

use ime_line::{Answer, Ask, Ready};
use zeroize::Zeroizing;

use super::{Edit, Letters};
use touch::Touch;

mod touch;

/// Candidates that are shown at a time.
pub const BAR: usize = 5;

/// A way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Keys are what they show.
    #[default]
    Letters,
    /// Letters become words.
    Pinyin,
    /// Characters are written with a finger.
    Pad,
}

/// Why the strokes on the pad are no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Nothing was recognised in them.
    Unknown,
    /// There is nobody any more who could read them.
    Unreadable,
    /// None of the candidates is sure, and the next touch of what was touched last drops them.
    Unsure,
    /// One of these, and the next touch of what was touched last drops them.
    Dropping,
}

/// What is being written.
#[derive(Default)]
pub struct Writer {
    /// Why a method is not there; none, nobody knows yet.
    ready: Option<Ready>,
    /// The method that was chosen; none, the best there is.
    chosen: Option<Method>,
    letters: Letters,
    /// Letters that are composed.
    typed: Zeroizing<String>,
    /// Strokes on the pad, each its points.
    strokes: Vec<Vec<[f32; 2]>>,
    /// Width and height of the pad, in the unit of the strokes.
    pad: [f32; 2],
    /// How many of the strokes were asked about, and how many the candidates stand for.
    asked: usize,
    read: usize,
    /// Whether rare characters count.
    all: bool,
    candidates: Vec<Candidate>,
    /// Whether the likeliest of them may be taken for strokes without having been chosen.
    sure: bool,
    /// The first of the candidates that is shown.
    shown: usize,
    /// The last question, and whether it is still to be asked, or answered.
    question: u64,
    wanted: Option<Wanted>,
    waits: bool,
    /// What takes the best candidate as soon as it is known, and what was touched behind that.
    held: VecDeque<Touch>,
    /// Whether a touch was held up because it would have dropped what is unread.
    warned: bool,
    /// Where a finger lies on a candidate, and which one that was when it came.
    under_finger: Option<(usize, Touch)>,
    /// Where a candidate was chosen last, and when.
    chose: Option<(usize, Duration)>,
    /// When the pad was emptied by a key, which means something else since.
    emptied: Option<Duration>,
}

/// What becomes of a touch or of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What becomes of the text, in order.
    pub edits: Vec<Edit>,
    /// Whether the page can be left now: everything that was composed is in the edits up to here.
    pub leaves: bool,
}

#[derive(Debug)]
struct Candidate {
    text: Zeroizing<String>,
    /// How many of the composed letters it stands for.
    uses: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Composed,
    Following,
}

impl Writer {
    /// What the input methods have.
    pub fn has(&mut self, ready: Ready) {
        self.ready = Some(ready);
    }

    /// The input methods' program has ended: what is composed is to be asked anew, with the next touch; at once where
    /// something waits for it, which is said.
    pub fn lost(&mut self) -> bool {
        self.forget_candidates();
        self.want(Wanted::Composed);
        !self.held.is_empty()
    }

    /// There are no input methods, and why: letters that are composed are taken as they are, strokes stay unread.
    pub fn missing(&mut self, why: &str) -> Outcome {
        let why = || Some(why.to_owned());
        self.has(Ready { handwriting: why(), pinyin: why(), ..Ready::default() });
        self.forget_candidates();
        let edits = if self.strokes.is_empty() { self.take_best() } else { Vec::new() };
        let mut outcome = Outcome { edits, leaves: false };
        self.go_on(&mut outcome);
        outcome
    }

    /// What the input methods said they have; none, they said nothing yet.
    #[must_use]
    pub fn ready(&self) -> Option<&Ready> {
        self.ready.as_ref()
    }

    /// Whether a method can be had.
    #[must_use]
    pub fn offers(&self, method: Method) -> bool {
        let ready = self.ready.as_ref();
        match method {
            Method::Letters => true,
            Method::Pinyin => ready.is_some_and(|ready| ready.pinyin.is_none()),
            Method::Pad => ready.is_some_and(|ready| ready.handwriting.is_none()),
        }
    }

    /// The method: the one that was chosen, else the pad, else pinyin, as far as they can be had; the pad as long as there
    /// are strokes on it.
    #[must_use]
    pub fn method(&self) -> Method {
        if !self.strokes.is_empty() {
            return Method::Pad;
        }
        let wishes = self.chosen.into_iter().chain([Method::Pad, Method::Pinyin]);
        wishes.into_iter().find(|method| self.offers(*method)).unwrap_or_default()
    }

    /// Whether the next letter is a capital.
    #[must_use]
    pub fn shift(&self) -> bool {
        self.letters.shift()
    }

    /// Whether the keyboard shows digits and punctuation.
    #[must_use]
    pub fn symbols(&self) -> bool {
        self.letters.symbols()
    }

    /// The letters that are composed.
    #[must_use]
    pub fn composition(&self) -> &str {
        &self.typed
    }

    /// The candidates that are shown, at most [`BAR`].
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().skip(self.shown).take(BAR).map(|candidate| candidate.text.as_str())
    }

    /// Whether there are more than those shown, or may be.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.candidates.is_empty() && (self.candidates.len() > BAR || self.could_widen())
    }

    /// The strokes on the pad, each its points.
    #[must_use]
    pub fn strokes(&self) -> &[Vec<[f32; 2]>] {
        &self.strokes
    }

    /// Why the strokes on the pad are no words, where that is known. Candidates that are not sure can be chosen; there is
    /// more to say only when they would have been dropped, or when the pad is full.
    #[must_use]
    pub fn unread(&self) -> Option<Unread> {
        let offers_words = !self.candidates.is_empty();
        match self.offers(Method::Pad) {
            _ if !self.is_unsure() => None,
            _ if self.warned && offers_words => Some(Unread::Unsure),
            _ if self.warned => Some(Unread::Dropping),
            true if offers_words && self.strokes.len() < touch::STROKES_MOST => None,
            true => Some(Unread::Unknown),
            false => Some(Unread::Unreadable),
        }
    }

    /// Whether there are strokes on the pad of which nothing may be taken unchosen.
    fn is_unsure(&self) -> bool {
        !self.strokes.is_empty() && self.is_answered() && !self.sure
    }

    fn could_widen(&self) -> bool {
        !self.strokes.is_empty() && !self.all
    }

    /// What the input methods are to be asked, where something changed; `before` is the text before the cursor.
    pub fn question(&mut self, before: &str) -> Option<(u64, Ask)> {
        let ask = match self.wanted.take()? {
            Wanted::Following => Ask::Next { after: before.to_owned() },
            Wanted::Composed if !self.typed.is_empty() => Ask::Pinyin { pinyin: self.typed.to_string(), fuzzy: true },
            Wanted::Composed => Ask::Strokes {
                strokes: self.strokes.clone(),
                before: before.to_owned(),
                pad: Some(self.pad),
                all: self.all,
            },
        };
        self.question += 1;
        self.waits = true;
        self.asked = self.strokes.len();
        Some((self.question, ask))
    }

    /// An answer has come.
    pub fn answered(&mut self, question: u64, answer: Answer) -> Outcome {
        let mut outcome = Outcome::default();
        if question != self.question || self.wanted.is_some() || !self.waits {
            return outcome;
        }
        self.waits = false;
        (self.read, self.sure) = (self.asked, answer.sure);
        let letters = self.typed.len();
        let uses = answer.uses.into_iter().map(Some).chain(std::iter::repeat(None));
        let candidates = answer.candidates.into_iter().zip(uses);
        self.candidates = candidates
            .map(|(text, uses)| Candidate { text: text.into(), uses: uses.unwrap_or(letters).clamp(1, letters.max(1)) })
            .collect();
        self.shown = 0;
        if self.candidates.is_empty() && self.could_widen() {
            self.widen();
        } else {
            self.go_on(&mut outcome);
        }
        outcome
    }

    /// Forgets everything of a visit; what the input methods have stays known.
    pub fn forget(&mut self) {
        let ready = self.ready.take();
        let question = self.question;
        *self = Self { ready, question, ..Self::default() };
    }

    /// Whether the candidates are those of what is composed.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !self.waits && self.wanted.is_none()
    }

    fn is_composing(&self) -> bool {
        !self.typed.is_empty() || !self.strokes.is_empty()
    }

    /// Asks for rare characters too.
    fn widen(&mut self) {
        self.all = true;
        self.want(Wanted::Composed);
    }

    fn want(&mut self, wanted: Wanted) {
        if wanted == Wanted::Composed && !self.is_composing() {
            self.all = false;
            return self.forget_candidates();
        }
        if wanted == Wanted::Composed && (self.strokes.len() == 1 || self.typed.len() == 1) {
            // What might have followed the last word says nothing of this one.
            self.candidates.clear();
        }
        (self.wanted, self.warned) = (Some(wanted), false);
    }

    fn forget_candidates(&mut self) {
        self.candidates.clear();
        (self.shown, self.wanted, self.waits) = (0, None, false);
        (self.sure, self.warned) = (false, false);
    }
}

#[cfg(test)]
mod tests;
