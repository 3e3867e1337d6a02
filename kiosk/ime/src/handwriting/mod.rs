//! Handwriting: strokes are drawn small, and a recogniser of text reads the picture.
//!
//! One character is drawn in the middle of a small picture, a line in pieces where it is long. The text before the cursor
//! and a list of words decide between what looks alike. (Drawing a character in several ways and adding up what is read
//! gave nothing that the bench `handwriting` could tell from chance, for twice the time.)
//!
//! Invariant: bounded time and memory whatever the strokes are; nothing of them is kept.

mod classes;
mod ctc;
mod doubt;
mod ink;
mod layout;
mod model;
mod raster;
mod words;

use std::path::PathBuf;

use tract_onnx::prelude::TractResult;

use crate::{
    engines::{Missing, Places},
    memory,
};
use classes::Classes;
use doubt::Doubt;
use ink::Ink;
use model::Plan;
use raster::Picture;
use words::Words;

/// Characters less likely than this are not offered.
const UNLIKELY: f32 = 1e-7;

/// What is at least so likely is taken by itself. Of 120 inks that were no characters most stay below it, and of the
/// characters that the bench `handwriting` writes those few that it counts, many of which are misread.
const SURE: f64 = 0.6;

/// How many candidates are offered.
const OFFERED: usize = 10;

/// Pieces that a long line is cut into, at most.
const MOST_PIECES: usize = 8;

/// How much words count beside what was written, as a power, where something stands before and on a line. Measured: more
/// than this overrules what was written plainly.
const WORDS_COUNT: f64 = 0.1;

/// What a line's character is given back for each being one more that words made less likely.
const LONGER: f64 = 300.0;

/// What a tap may mean.
const TAP: [&str; 5] = ["。", "，", "、", "·", "！"];

/// What strokes may say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// Likeliest first.
    pub candidates: Vec<String>,
    /// Whether the first of them is likely enough to be taken without anybody having chosen it.
    pub sure: bool,
}

/// The candidates, and how likely the first of them is.
type Likely = (Vec<String>, f64);

/// The recogniser of what a finger wrote.
pub struct Handwriting {
    folder: PathBuf,
    classes: Classes,
    one: Plan,
    /// Made when the first line is written.
    line: Option<Plan>,
    words: Result<Words, String>,
}

impl Handwriting {
    /// Loads the model, and the words where they are there.
    ///
    /// # Errors
    /// Says what is missing and what brings it.
    pub fn load(places: &Places) -> Result<Self, Missing> {
        let file = places.models.join(model::FILE);
        let says = |why: String| Missing(format!("handwriting: {} {why}", file.display()));
        if !file.exists() {
            return Err(says("is not there; kiosk/ime/fetch model fetches it".into()));
        }
        let broken = |problem| says(format!("is no model for this program: {problem:#}"));
        let read = || -> TractResult<_> {
            let proto = model::read(&places.models)?;
            Ok((Classes::new(&proto), Plan::new(&proto, layout::ONE)?))
        };
        let (classes, one) = memory::apart(read).map_err(broken)?;
        let classes = classes.ok_or_else(|| says("does not say what its classes are".into()))?;
        let words = Words::read(&places.rime_data).map_err(|problem| {
            let file = places.rime_data.join(words::FILE);
            format!("handwriting knows no words: {}: {problem}; rime-data-pinyin-simp brings it", file.display())
        });
        Ok(Self { folder: places.models.clone(), classes, one, line: None, words })
    }

    /// What is less good than it could be, for a technician.
    pub fn remark(&self) -> Option<&str> {
        self.words.as_ref().err().map(String::as_str)
    }

    /// What the strokes may say, likeliest first, given the text before them and the size of the pad.
    ///
    /// # Errors
    /// Where the recogniser fails.
    pub fn recognise(
        &mut self,
        strokes: &[Vec<[f32; 2]>],
        before: &str,
        pad: Option<[f32; 2]>,
        all: bool,
    ) -> Result<Written, Missing> {
        let ink = Ink::new(strokes);
        let Some(bounds) = ink.bounds() else { return Ok(Written::default()) };
        let pad = pad.map(|sides| sides.map(f64::from)).filter(|sides| sides.iter().all(|s| s.is_finite() && *s > 0.0));
        let height = pad.map(|[_, height]| height);
        if layout::is_tap(&bounds, height) {
            return Ok(Written { candidates: TAP.map(String::from).to_vec(), sure: false });
        }
        let doubt = Doubt::of(&ink, bounds, pad);
        let read = if layout::is_line(&ink, &bounds) {
            self.line(ink, before, all)
        } else {
            let mark = height.filter(|height| layout::may_be_mark(&ink, &bounds, *height));
            let pictures = [Some(layout::one(&ink)), mark.map(|height| layout::mark(&ink, height))];
            self.one(pictures.into_iter().flatten(), before, all)
        };
        let (candidates, likely) = read.map_err(|problem| Missing(format!("handwriting: {problem:#}")))?;
        let characters = candidates.first().map_or(0, |first| first.chars().count());
        Ok(Written { candidates, sure: likely >= SURE && !doubt.is_about(characters) })
    }

    /// What often follows a text, likeliest first.
    pub fn next(&self, after: &str) -> Vec<String> {
        self.words.as_ref().map(|words| words.next(after, OFFERED)).unwrap_or_default()
    }

    /// How likely words make a character after a text, as far as that is to count.
    fn believed(&self, before: &str, character: char) -> f64 {
        self.words.as_ref().map_or(1.0, |words| words.likely(before, character).powf(WORDS_COUNT))
    }

    /// The characters that one of the pictures may show.
    fn one(&self, pictures: impl Iterator<Item = Picture>, before: &str, all: bool) -> TractResult<Likely> {
        let mut found: Vec<(f64, char)> = Vec::new();
        for picture in pictures {
            for (class, likely) in ctc::one(&self.one.read(&picture)?).into_iter().enumerate() {
                // Most are out of the question, and a question to the words costs more than this one.
                if likely < UNLIKELY {
                    continue;
                }
                let Some(character) = self.classes.get(class, all) else { continue };
                match found.iter_mut().find(|(_, known)| *known == character) {
                    Some((sum, _)) => *sum += f64::from(likely),
                    None => found.push((f64::from(likely), character)),
                }
            }
        }
        let sum = |found: &[(f64, char)]| found.iter().map(|(likely, _)| likely).sum::<f64>();
        let seen = sum(&found);
        if !before.is_empty() {
            for (likely, character) in &mut found {
                *likely *= self.believed(before, *character);
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // Words decide which of them it is, not whether it is any.
        let likely = found.first().map_or(0.0, |(likely, _)| seen * likely / sum(&found).max(f64::MIN_POSITIVE));
        Ok((found.into_iter().take(OFFERED).map(|(_, character)| character.to_string()).collect(), likely))
    }

    fn line(&mut self, ink: Ink, before: &str, all: bool) -> TractResult<Likely> {
        if self.line.is_none() {
            self.line = Some(memory::apart(|| Plan::new(&model::read(&self.folder)?, layout::LINE))?);
        }
        let Some(plan) = &self.line else { return Ok(Likely::default()) };
        let (mut texts, mut likely) = (vec![String::new()], 1.0);
        for piece in layout::pieces(ink, MOST_PIECES) {
            let reading = plan.read(&layout::line(&piece))?;
            let best = texts.first().cloned().unwrap_or_default();
            let believed = |text: &str, character| {
                let so_far = [before, &best, text].concat();
                self.believed(&so_far, character) * LONGER.powf(WORDS_COUNT)
            };
            let mut ends = ctc::line(&reading, |class| self.classes.get(class, all), believed);
            ends.truncate(OFFERED);
            if ends.is_empty() {
                ends.push((String::new(), 0.0));
            }
            likely *= ends[0].1;
            // The best so far with every end, then the others with the best end.
            let others = texts.iter().skip(1).map(|text| format!("{text}{}", ends[0].0));
            texts = ends.iter().map(|(end, _)| format!("{best}{end}")).chain(others).take(OFFERED).collect();
        }
        texts.retain(|text| !text.is_empty());
        Ok((texts, likely))
    }
}
