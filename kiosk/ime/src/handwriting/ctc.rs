//! From what the recogniser says of each step to what was written.
//!
//! At each step every class has a likelihood; the first, the blank, means that nothing new stands there. A text is written
//! by every way to spread its characters over the steps in order, with blanks in between; its likelihood is the sum over
//! those ways. Source: Graves et al., "Connectionist Temporal Classification" (2006); beams: Hannun et al., "First-Pass
//! Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs" (2014).

use super::model::Reading;

/// The class that stands for no character.
const BLANK: usize = 0;

/// How likely it is that exactly one character was written, for each class: the sum over every stretch of steps that may
/// be its.
pub(super) fn one(reading: &Reading) -> Vec<f32> {
    let mut before = 1.0_f32;
    let mut within = vec![0.0_f32; reading.classes()];
    let mut after = vec![0.0_f32; reading.classes()];
    for step in reading.steps() {
        let blank = step[BLANK];
        for ((within, after), likely) in within.iter_mut().zip(&mut after).zip(step) {
            *after = (*after + *within) * blank;
            *within = (*within + before) * likely;
        }
        before *= blank;
    }
    for (within, after) in within.iter_mut().zip(&after) {
        *within += after;
    }
    within[BLANK] = 0.0;
    within
}

/// A text on its way through the steps.
#[derive(Debug, Clone)]
struct Beam {
    text: String,
    last: Option<char>,
    /// How likely the ways are that end in a blank, and those that end in the last character.
    blank: f64,
    full: f64,
    /// How likely the text is by itself.
    words: f64,
}

impl Beam {
    fn score(&self) -> f64 {
        (self.blank + self.full) * self.words
    }
}

/// How many texts are kept from step to step.
const WIDTH: usize = 12;

/// What is less likely at a step is not followed.
const UNLIKELY: f32 = 2e-3;

/// How many classes are followed at a step.
const FOLLOWED: usize = 8;

/// The likeliest texts, likeliest first, each with how likely it is that this and nothing else was written, whatever words
/// say. `character` says what a class stands for, `words` how much to believe a character after a text.
pub(super) fn line(
    reading: &Reading,
    character: impl Fn(usize) -> Option<char>,
    words: impl Fn(&str, char) -> f64,
) -> Vec<(String, f64)> {
    let mut divided = 1.0;
    let mut beams = vec![Beam { text: String::new(), last: None, blank: 1.0, full: 0.0, words: 1.0 }];
    for step in reading.steps() {
        let blank = f64::from(step[BLANK]);
        let likely = followed(step, &character);
        let mut next: Vec<Beam> = Vec::with_capacity(beams.len() * (likely.len() + 1));
        for beam in &beams {
            let again = likely.iter().filter(|(c, _)| Some(*c) == beam.last).map(|(_, p)| p).sum::<f64>();
            let mut stays = beam.clone();
            stays.blank = (beam.blank + beam.full) * blank;
            stays.full = beam.full * again;
            add(&mut next, stays);
            for (character, p) in &likely {
                // The same character twice needs a blank in between.
                let from = if Some(*character) == beam.last { beam.blank } else { beam.blank + beam.full };
                let mut text = beam.text.clone();
                text.push(*character);
                let words = beam.words * words(&beam.text, *character);
                add(&mut next, Beam { text, last: Some(*character), blank: 0.0, full: from * p, words });
            }
        }
        next.sort_by(|a, b| b.score().total_cmp(&a.score()).then_with(|| a.text.cmp(&b.text)));
        next.truncate(WIDTH);
        // Likelihoods are products of many; only their ratios count.
        let best = next.first().map_or(1.0, Beam::score).max(f64::MIN_POSITIVE);
        divided *= best;
        for beam in &mut next {
            beam.blank /= best;
            beam.full /= best;
        }
        beams = next;
    }
    let texts = beams.into_iter().filter(|beam| beam.score() > 0.0 && !beam.text.is_empty());
    texts.map(|beam| (beam.text, (beam.blank + beam.full) * divided)).collect()
}

/// Adds a text to others; what leads to the same text is one.
fn add(beams: &mut Vec<Beam>, beam: Beam) {
    match beams.iter_mut().find(|known| known.text == beam.text) {
        Some(known) => {
            known.blank += beam.blank;
            known.full += beam.full;
        }
        None => beams.push(beam),
    }
}

/// The characters worth following at a step, each once.
fn followed(step: &[f32], character: impl Fn(usize) -> Option<char>) -> Vec<(char, f64)> {
    let mut found: Vec<(char, f64)> = Vec::new();
    for (class, p) in step.iter().enumerate().skip(BLANK + 1).filter(|(_, p)| **p > UNLIKELY) {
        let Some(character) = character(class) else { continue };
        match found.iter_mut().find(|(known, _)| *known == character) {
            Some((_, sum)) => *sum += f64::from(*p),
            None => found.push((character, f64::from(*p))),
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(FOLLOWED);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classes: blank, 一, 二.
    fn character(class: usize) -> Option<char> {
        ['一', '二'].get(class.wrapping_sub(1)).copied()
    }

    fn reading(steps: &[[f32; 3]]) -> Reading {
        Reading::new(steps.concat(), 3)
    }

    #[test]
    fn one_character_is_the_sum_of_all_stretches_that_may_be_its() {
        let likely = one(&reading(&[[0.6, 0.3, 0.1], [0.5, 0.4, 0.1]]));
        // 一 at the first step, at the second, at both.
        assert!((likely[1] - (0.3 * 0.5 + 0.6 * 0.4 + 0.3 * 0.4)).abs() < 1e-6, "{likely:?}");
        assert!((likely[2] - (0.1 * 0.5 + 0.6 * 0.1 + 0.1 * 0.1)).abs() < 1e-6, "{likely:?}");
    }

    #[test]
    fn a_line_sums_over_ways_where_the_best_single_way_says_otherwise() {
        // The best way is two blanks; 一 is likelier over all ways together.
        let texts = line(&reading(&[[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]]), character, |_, _| 1.0);
        assert_eq!(texts[0].0, "一");
        assert!((texts[0].1 - 0.64).abs() < 1e-6, "{texts:?}");
    }

    #[test]
    fn a_character_written_twice_needs_a_blank_in_between() {
        let sure = |class: usize| std::array::from_fn(|at| if at == class { 1.0 } else { 0.0 });
        for (steps, text) in [([1, 0, 1], "一一"), ([1, 1, 2], "一二")] {
            let texts = line(&reading(&steps.map(sure)), character, |_, _| 0.5);
            assert_eq!(texts, [(text.to_owned(), 1.0)], "however little words believe it");
        }
    }

    #[test]
    fn words_decide_between_what_looks_the_same() {
        let even = reading(&[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.51, 0.49]]);
        let words = |before: &str, character| if before == "一" && character == '二' { 0.9 } else { 0.1 };
        assert_eq!(line(&even, character, words)[0].0, "一二");
    }
}
