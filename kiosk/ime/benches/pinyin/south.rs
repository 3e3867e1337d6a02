//! Spelling as somebody does who does not tell certain sounds apart: each such sound of a word is, one time in two,
//! spelt as its other. Deterministic by its seed.
//!
//! The pairs are those of speech, written down apart from librime's schema, whose rules they try.

/// What is swapped, as it is called in tables.
pub(crate) const PAIRS: [&str; 9] = ["zh/z", "ch/c", "sh/s", "n/l", "r/l", "f/h", "an/ang", "en/eng", "in/ing"];

/// Numbers that look random (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `below`.
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(below).expect("a small number")).expect("below a small number")
    }
}

/// One syllable, and which pairs of [`PAIRS`] it was swapped by.
pub(crate) fn swapped(syllable: &str, dice: &mut Dice) -> (String, Vec<&'static str>) {
    let mut pairs = Vec::new();
    let mut spelt = syllable.to_owned();
    let initials = initials(syllable);
    if !initials.is_empty() && dice.roll(2) == 1 {
        let (pair, other) = initials[dice.roll(initials.len())].clone();
        pairs.push(pair);
        spelt = other;
    }
    // Which final it is, is asked of the standard syllable; the other initial may have brought its own vowels.
    if let Some(pair) = nasal(syllable)
        && dice.roll(2) == 1
        && (spelt.ends_with('n') || spelt.ends_with("ng"))
    {
        pairs.push(pair);
        match spelt.strip_suffix('g') {
            Some(front) => spelt.truncate(front.len()),
            None => spelt.push('g'),
        }
    }
    debug_assert!(pairs.iter().all(|pair| PAIRS.contains(pair)));
    (spelt, pairs)
}

/// Whole syllables with the other initial: several where one sound has two others.
fn initials(syllable: &str) -> Vec<(&'static str, String)> {
    const F: [(&str, &str); 6] =
        [("fa", "hua"), ("fan", "huan"), ("fang", "huang"), ("fei", "hui"), ("fen", "hun"), ("fu", "hu")];
    let mut others = Vec::new();
    for (long, short, pair) in [("zh", "z", "zh/z"), ("ch", "c", "ch/c"), ("sh", "s", "sh/s")] {
        if let Some(rest) = syllable.strip_prefix(long) {
            others.push((pair, format!("{short}{rest}")));
        } else if let Some(rest) = syllable.strip_prefix(short) {
            others.push((pair, format!("{long}{rest}")));
        }
    }
    if let Some(rest) = syllable.strip_prefix('n') {
        others.push(("n/l", format!("l{rest}")));
    }
    if let Some(rest) = syllable.strip_prefix('l') {
        others.push(("n/l", format!("n{rest}")));
        if rest.starts_with(['a', 'e', 'o', 'u']) {
            others.push(("r/l", format!("r{rest}")));
        }
    }
    if let Some(rest) = syllable.strip_prefix('r') {
        others.push(("r/l", format!("l{rest}")));
    }
    // Before a, ei and en the h goes with a u; without it the letters alone are swapped, as in hou and fou.
    for (f, h) in F {
        if syllable == f || syllable == h {
            others.push(("f/h", if syllable == f { h } else { f }.to_owned()));
        }
    }
    let spoken = others.len();
    if let Some(rest) = syllable.strip_prefix('f').filter(|_| spoken == 0) {
        others.push(("f/h", format!("h{rest}")));
    }
    let alone = ["hou", "hen", "heng", "han", "hang", "ha", "hei"];
    if let Some(rest) = syllable.strip_prefix('h').filter(|_| alone.contains(&syllable)) {
        others.push(("f/h", format!("f{rest}")));
    }
    others
}

/// The pair that a syllable's final is of, where the south takes one for the other.
fn nasal(syllable: &str) -> Option<&'static str> {
    let open = syllable.strip_suffix("ng").or_else(|| syllable.strip_suffix('n'))?;
    if let Some(before) = open.strip_suffix('a') {
        // ian and iang, uan and uang only where both are syllables.
        let both = match before.chars().last() {
            Some('i') => matches!(before, "li" | "ni" | "ji" | "qi" | "xi"),
            Some('u') => matches!(before, "gu" | "ku" | "hu" | "zhu" | "chu" | "shu"),
            _ => true,
        };
        return both.then_some("an/ang");
    }
    if let Some(before) = open.strip_suffix('e') {
        return (!matches!(before, "d" | "t" | "l")).then_some("en/eng");
    }
    open.ends_with('i').then_some("in/ing")
}
