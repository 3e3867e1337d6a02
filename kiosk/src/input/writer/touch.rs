//! What becomes of each touch.
//!
//! Invariant: touches are done in their order; one that takes what is composed waits until its candidates are known, and
//! those behind it wait with it. One that would drop strokes counts only where it was touched after that was said.

use std::{mem, time::Duration};

use zeroize::Zeroize as _;

use super::{Method, Outcome, Wanted, Writer};
use crate::input::{Edit, Letters, is_double_tap};

/// Letters that are composed at the most: the longest words have four syllables of six letters.
pub(super) const LETTERS_MOST: usize = 40;

/// Strokes on the pad at the most: a line of ten characters has fewer. One more takes them like a sign.
pub(super) const STROKES_MOST: usize = 200;

/// Points of a stroke at the most: a finger that never lifts writes nothing.
pub(super) const POINTS_MOST: usize = 2000;

/// What was touched.
pub(super) enum Touch {
    Key(String, Duration),
    Stroke(Vec<[f32; 2]>, [f32; 2]),
    /// A candidate, as it stood: its text, and how many letters and strokes it stood for.
    Choose(String, usize, usize),
    Change(Method),
    Leave,
}

impl Writer {
    /// A key of the keyboard at `now` (monotonic): what becomes of the text.
    ///
    /// A key is one character, all the characters that a key of the nine carries ("abc"), or one of `backspace`,
    /// `shift`, `symbols`, `space`, `newline`, `clear`.
    pub fn press(&mut self, key: &str, now: Duration) -> Outcome {
        self.touch(Touch::Key(key.to_owned(), now))
    }

    /// A stroke was written; points as `[x, y]`, origin top left, on a pad of this width and height in the same unit.
    pub fn stroke(&mut self, points: Vec<[f32; 2]>, pad: [f32; 2]) -> Outcome {
        self.touch(Touch::Stroke(points, pad))
    }

    /// Changes the method; what was composed is taken first.
    pub fn change(&mut self, method: Method) -> Outcome {
        self.touch(Touch::Change(method))
    }

    /// The page is to be left: takes what is composed. Where its candidates are not known yet, [`Self::answered`] says
    /// when the page can be left.
    pub fn leave(&mut self) -> Outcome {
        self.touch(Touch::Leave)
    }

    fn touch(&mut self, touch: Touch) -> Outcome {
        self.under_finger = None;
        if !matches!(touch, Touch::Choose(..)) {
            self.chose = None;
        }
        let mut outcome = Outcome::default();
        self.held.push_back(touch);
        self.go_on(&mut outcome);
        outcome
    }

    /// Does what was touched, in order, up to what has to wait for candidates.
    pub(super) fn go_on(&mut self, outcome: &mut Outcome) {
        while let Some(touch) = self.held.pop_front() {
            let chooses = matches!(touch, Touch::Choose(..));
            if (chooses || self.takes(&touch)) && self.is_composing() && !self.is_answered() {
                return self.held.push_front(touch);
            }
            if self.takes(&touch) && self.holds_up(&touch) {
                self.held = mem::take(&mut self.held).into_iter().filter(|behind| !self.takes(behind)).collect();
                continue;
            }
            if self.takes(&touch) && self.is_composing() {
                outcome.edits.extend(self.take_best());
                // A space is no more than that; what else takes takes all, word by word.
                if !matches!(&touch, Touch::Key(key, _) if key == "space" && self.method() == Method::Pinyin) {
                    self.held.push_front(touch);
                }
                continue;
            }
            match touch {
                Touch::Key(key, now) => outcome.edits.extend(self.press_now(&key, now)),
                Touch::Stroke(points, pad) => self.stroke_now(points, pad),
                Touch::Choose(text, uses, strokes) => {
                    outcome.edits.extend(self.choose_now(text, uses, strokes));
                }
                Touch::Change(method) => {
                    self.forget_candidates();
                    (self.letters, self.chosen) = (Letters::default(), Some(method));
                }
                Touch::Leave => {
                    self.forget_candidates();
                    outcome.leaves = true;
                }
            }
        }
    }

    /// Whether a touch takes what is composed.
    fn takes(&self, touch: &Touch) -> bool {
        match touch {
            Touch::Key(key, _) if matches!(key.as_str(), "backspace" | "clear") => false,
            Touch::Key(..) if self.method() == Method::Pad => true,
            Touch::Key(key, _) if matches!(key.as_str(), "shift" | "symbols") => false,
            Touch::Key(key, _) if matches!(key.as_str(), "space" | "newline") => true,
            Touch::Key(key, _) => !key.chars().all(composes),
            Touch::Stroke(..) => self.strokes.len() >= STROKES_MOST,
            Touch::Choose(..) => false,
            Touch::Change(_) | Touch::Leave => true,
        }
    }

    /// Whether what would drop strokes is held up: once, and another stroke as often as there is no room for it.
    fn holds_up(&mut self, touch: &Touch) -> bool {
        if !self.is_unsure() {
            return false;
        }
        let writes = matches!(touch, Touch::Stroke(..));
        let was_warned = self.warned;
        self.warned |= !writes;
        writes || !was_warned
    }

    fn press_now(&mut self, key: &str, now: Duration) -> Vec<Edit> {
        match self.method() {
            Method::Letters => self.letters.press(key, now),
            Method::Pinyin => self.press_composing(key, now),
            Method::Pad => self.press_beside_the_pad(key, now),
        }
    }

    fn press_composing(&mut self, key: &str, now: Duration) -> Vec<Edit> {
        let mut edits = Vec::new();
        for edit in self.letters.press(key, now) {
            match edit {
                Edit::Insert(text) if text.chars().all(composes) => {
                    if self.typed.len() < LETTERS_MOST {
                        self.typed.push_str(&text);
                        self.want(Wanted::Composed);
                    }
                }
                Edit::Backspace if self.typed.pop().is_some() => self.want(Wanted::Composed),
                edit => {
                    self.forget_candidates();
                    edits.push(edit);
                }
            }
        }
        if key == "clear" {
            self.typed.zeroize();
            self.forget_candidates();
        }
        edits
    }

    fn press_beside_the_pad(&mut self, key: &str, now: Duration) -> Vec<Edit> {
        let was_written = !self.strokes.is_empty();
        match key {
            "backspace" | "clear" if was_written => {
                let keeps = if key == "clear" { 0 } else { self.strokes.len() - 1 };
                self.strokes.truncate(keeps);
                self.emptied = (keeps == 0).then_some(now);
                self.want(Wanted::Composed);
                Vec::new()
            }
            // These stand where those stood that emptied the pad.
            "backspace" | "？" if is_double_tap(self.emptied, now) => Vec::new(),
            _ => {
                self.forget_candidates();
                self.letters.press(key, now)
            }
        }
    }

    fn stroke_now(&mut self, mut points: Vec<[f32; 2]>, pad: [f32; 2]) {
        points.truncate(POINTS_MOST);
        if self.method() == Method::Pad && !points.is_empty() {
            // Where nothing was recognised, more of it may be a common character.
            self.all &= !self.candidates.is_empty();
            self.strokes.push(points);
            self.pad = pad;
            self.want(Wanted::Composed);
        }
    }

    /// A finger came down on a candidate of those shown: it is this one that [`Self::choose`] means, whatever comes to
    /// stand there until the finger leaves.
    pub fn finger_on(&mut self, shown: usize) {
        self.under_finger = self.candidate(shown).map(|candidate| (shown, candidate));
    }

    /// A candidate of those shown was touched, at `now` (monotonic). Where more was written since, it stands for all of it
    /// if it is still among those of all, else for what it stood for.
    pub fn choose(&mut self, shown: usize, now: Duration) -> Outcome {
        let under_finger = self.under_finger.take().filter(|(place, _)| *place == shown);
        let chosen = under_finger.map(|(_, candidate)| candidate).or_else(|| self.candidate(shown));
        let last = self.chose.filter(|(place, _)| *place == shown).map(|(_, at)| at);
        match chosen {
            Some(chosen) if !is_double_tap(last, now) => {
                self.chose = Some((shown, now));
                self.touch(chosen)
            }
            _ => Outcome::default(),
        }
    }

    fn candidate(&self, shown: usize) -> Option<Touch> {
        let candidate = self.candidates.get(self.shown + shown)?;
        Some(Touch::Choose(candidate.text.to_string(), candidate.uses, self.read))
    }

    fn choose_now(&mut self, text: String, uses: usize, strokes: usize) -> Vec<Edit> {
        let same = self.candidates.iter().find(|candidate| *candidate.text == text);
        let (uses, strokes) = same.map_or((uses, strokes), |candidate| (candidate.uses, self.read));
        let uses = self.typed.floor_char_boundary(uses);
        self.typed.drain(..uses);
        self.strokes.drain(..strokes.min(self.strokes.len()));
        self.all = false;
        self.letters.settle();
        self.forget_candidates();
        self.want(if self.is_composing() { Wanted::Composed } else { Wanted::Following });
        vec![Edit::Insert(text)]
    }

    /// The candidates behind those that were seen; behind the last ones the rare characters, then the first again.
    pub fn more(&mut self, seen: usize) {
        self.shown += seen.max(1);
        if self.shown >= self.candidates.len() {
            self.shown = 0;
            if self.could_widen() {
                self.widen();
            }
        }
    }

    /// Takes the likeliest candidate of what is composed. Letters that nothing is known of are taken as they are; strokes of
    /// which nothing is sure are dropped.
    pub(super) fn take_best(&mut self) -> Vec<Edit> {
        let best = self.candidates.first().filter(|_| !self.is_unsure());
        if let Some(best) = best {
            let (text, uses) = (best.text.to_string(), best.uses);
            return self.choose_now(text, uses, self.read);
        }
        let letters = mem::take(&mut *self.typed);
        self.strokes.clear();
        self.forget_candidates();
        if letters.is_empty() { Vec::new() } else { vec![Edit::Insert(letters)] }
    }
}

/// Whether pinyin is made of it.
fn composes(character: char) -> bool {
    character.is_ascii_lowercase() || character == '\''
}
