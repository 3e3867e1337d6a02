//! Whether the word that a villager means is among the first five, and what each key costs.
//!
//! Every word of the sentences is typed alone. As it is spelt: southern sounds off, at least 95 of 100 words must be
//! among the five. With every southern sound spelt as its other one time in two: southern sounds on, at least 90. Both for
//! each file of sentences, and both also with the words that only our own list has counted as not found. Without a limit
//! it is measured how often, when a whole sentence is typed before anything is chosen, what comes next is among the five.
//! What a key costs
//! is measured on whole sentences, typed letter by letter with southern sounds on, as the terminal asks: 2 ms of CPU for
//! 95 of 100 keys.
//!
//! `cargo bench -p ime --bench pinyin` prints the tables and fails where a limit is missed.

#![expect(clippy::unwrap_used, reason = "a bench ends where something unexpected happens")]

mod corpus;
mod south;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    process::{Command, ExitCode},
};

use clap::Parser;
use corpus::Word;
use ime::{
    engines::{Places, cpu_ms},
    pinyin::Pinyin,
};
use south::{Dice, PAIRS, swapped};

/// How many candidates the terminal's bar shows.
const BAR: usize = 5;
/// Percent of the words as they are spelt.
const LEAST_EXACT: f64 = 95.0;
/// Percent of the words with southern sounds.
const LEAST_SOUTH: f64 = 90.0;
/// Milliseconds of CPU, of 95 of 100 keys.
const MOST_KEY_MS: f64 = 2.0;
/// Each is a whole run over the sentences.
const SEEDS: [u64; 3] = [7, 11, 13];

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    places: Places,
    /// What cargo hands to every bench.
    #[arg(long, hide = true)]
    bench: bool,
    /// Loads, says what that took, and ends: memory is measured in a process that did nothing else.
    #[arg(long, hide = true)]
    load_only: bool,
    /// Names what was not among the five.
    #[arg(long)]
    misses: bool,
}

/// How many words there were, and at which place they stood.
#[derive(Default, Clone, Copy)]
struct Tally {
    words: usize,
    first: usize,
    in_bar: usize,
    in_bar_by_list: usize,
}

impl Tally {
    fn add(&mut self, place: Option<usize>, of_list: bool) {
        self.words += 1;
        self.first += usize::from(place == Some(0));
        let in_bar = place.is_some_and(|place| place < BAR);
        self.in_bar += usize::from(in_bar);
        self.in_bar_by_list += usize::from(in_bar && of_list);
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole.max(1)).unwrap())
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// Memory of this process that is in use, in MiB.
fn memory() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u32 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    f64::from(pages) * f64::from(u32::try_from(rustix::param::page_size()).unwrap()) / f64::from(1 << 20)
}

fn load(places: &Places) {
    let (before, memory_before) = (cpu_ms(), memory());
    let mut pinyin = Pinyin::load(places).unwrap();
    let loading = cpu_ms() - before;
    for word in ["xiulu", "zhegeludenghuaile"] {
        pinyin.words(word, true).unwrap();
    }
    println!(
        "librime {}: loading {loading:.0} ms of CPU, {:.1} MiB more memory with the first words",
        pinyin.version(),
        memory() - memory_before
    );
}

struct Bench {
    pinyin: Pinyin,
    /// Words that only our own list has.
    listed: BTreeSet<&'static str>,
    misses: bool,
    failed: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.load_only {
        load(&arguments.places);
        return ExitCode::SUCCESS;
    }
    let fresh = tempfile::tempdir().unwrap();
    let places = Places { tables: fresh.path().join("tables"), ..arguments.places };
    let before = cpu_ms();
    if let Some(remark) = Pinyin::deploy(&places, &places.tables).unwrap() {
        println!("{remark}");
    }
    println!("compiling the tables, once: {:.0} ms of CPU", cpu_ms() - before);
    let loading = Command::new(env::current_exe().unwrap())
        .args(["--load-only".as_ref(), "--librime".as_ref(), places.librime.as_os_str()])
        .args(["--rime-data".as_ref(), places.rime_data.as_os_str(), "--words".as_ref(), places.words.as_os_str()])
        .args(["--tables".as_ref(), places.tables.as_os_str()])
        .status();
    assert!(loading.unwrap().success());
    let pinyin = Pinyin::load(&places).unwrap();
    let listed = only_listed(&fs::read_to_string(&places.words).unwrap_or_default());
    let mut bench = Bench { pinyin, listed, misses: arguments.misses, failed: false };
    let files = [
        ("villagers.txt", corpus::VILLAGERS),
        ("afterwards.txt", corpus::AFTERWARDS),
        ("elsewhere.txt", corpus::ELSEWHERE),
    ];
    for (name, file) in files {
        let sentences = corpus::sentences(file);
        println!("\n{name}: {} sentences", sentences.len());
        bench.exactly(&sentences);
        bench.southern(&sentences);
        bench.typed_on(&sentences);
        bench.without_learning(&sentences);
    }
    bench.keys(&corpus::sentences(corpus::VILLAGERS));
    if bench.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Words of our own list that jieba's does not have.
fn only_listed(jiebas: &str) -> BTreeSet<&'static str> {
    let list = include_str!("../../src/pinyin/schema/lianxin.dict.yaml");
    let jiebas: BTreeSet<&str> = jiebas.lines().filter_map(|line| line.split(' ').next()).collect();
    list.lines().filter_map(|line| Some(line.split_once('\t')?.0)).filter(|word| !jiebas.contains(word)).collect()
}

impl Bench {
    fn place(&mut self, word: &str, letters: &str, fuzzy: bool) -> Option<usize> {
        let words = self.pinyin.words(letters, fuzzy).unwrap();
        words.iter().position(|(candidate, uses)| candidate == word && *uses == letters.len())
    }

    fn holds(&mut self, kept: bool) -> &'static str {
        self.failed |= !kept;
        if kept { "kept" } else { "MISSED" }
    }

    fn report(&mut self, what: &str, tally: Tally, least: f64) {
        let bar = percent(tally.in_bar, tally.words);
        let unlisted = percent(tally.in_bar - tally.in_bar_by_list, tally.words);
        println!(
            "{what}: {} words, first {:.1} %, in the bar {bar:.1} % (limit {least}: {}); {unlisted:.1} % where words that \
             only our own list has count as not found (no limit)",
            tally.words,
            percent(tally.first, tally.words),
            self.holds(bar >= least),
        );
    }

    fn exactly(&mut self, sentences: &[Vec<Word>]) {
        let (mut off, mut on, mut missed) = (Tally::default(), Tally::default(), BTreeSet::new());
        for word in sentences.iter().flatten() {
            let letters = word.syllables.concat();
            let listed = self.listed.contains(word.text.as_str());
            let place = self.place(&word.text, &letters, false);
            off.add(place, listed);
            on.add(self.place(&word.text, &letters, true), listed);
            if place.is_none_or(|place| place >= BAR) {
                missed.insert(word.text.as_str());
            }
        }
        self.report("as spelt, southern sounds off", off, LEAST_EXACT);
        println!(
            "as spelt, southern sounds on: first {:.1} %, in the bar {:.1} % (no limit)",
            percent(on.first, on.words),
            percent(on.in_bar, on.words)
        );
        if self.misses {
            println!("not in the bar: {}", missed.into_iter().collect::<Vec<_>>().join(" "));
        }
    }

    fn southern(&mut self, sentences: &[Vec<Word>]) {
        let (mut all, mut changed) = (Tally::default(), Tally::default());
        let mut pairs: BTreeMap<&str, Tally> = BTreeMap::new();
        for seed in SEEDS {
            let mut dice = Dice(seed);
            for word in sentences.iter().flatten() {
                let syllables: Vec<_> = word.syllables.iter().map(|syllable| swapped(syllable, &mut dice)).collect();
                let letters: String = syllables.iter().map(|(spelt, _)| spelt.as_str()).collect();
                let used: BTreeSet<_> = syllables.iter().flat_map(|(_, pairs)| pairs).copied().collect();
                let listed = self.listed.contains(word.text.as_str());
                let place = self.place(&word.text, &letters, true);
                all.add(place, listed);
                if !used.is_empty() {
                    changed.add(place, listed);
                }
                for pair in used {
                    pairs.entry(pair).or_default().add(place, listed);
                }
            }
        }
        self.report("each southern sound swapped one time in two, southern sounds on", all, LEAST_SOUTH);
        let in_bar = percent(changed.in_bar, changed.words);
        println!("of these the {} words with a sound swapped: in the bar {in_bar:.1} % (no limit)", changed.words);
        println!("pair    words  not in the bar");
        for pair in PAIRS {
            let Tally { words, in_bar, .. } = pairs.get(pair).copied().unwrap_or_default();
            println!("{pair:7} {words:5}  {:4}  {:4.1} %", words - in_bar, percent(words - in_bar, words));
        }
    }

    /// Sentences typed to their end before any word is chosen: whether the next word, or several in one, can be chosen.
    fn typed_on(&mut self, sentences: &[Vec<Word>]) {
        for fuzzy in [false, true] {
            let mut next = Tally::default();
            for sentence in sentences {
                for from in 0..sentence.len() {
                    next.add(self.next_words(&sentence[from..], fuzzy), false);
                }
            }
            println!(
                "typed on to the sentence's end, southern sounds {}: of {} times to choose the next words are in the bar \
                 {:.1} % (no limit)",
                if fuzzy { "on" } else { "off" },
                next.words,
                percent(next.in_bar, next.words)
            );
        }
    }

    /// The place of the first candidate that a sentence begins with.
    fn next_words(&mut self, sentence: &[Word], fuzzy: bool) -> Option<usize> {
        let letters =
            |words: &[Word]| words.iter().flat_map(|word| &word.syllables).map(String::as_str).collect::<String>();
        let beginnings: BTreeSet<_> = (1..=sentence.len())
            .map(|words| &sentence[..words])
            .map(|words| (words.iter().map(|word| word.text.as_str()).collect::<String>(), letters(words).len()))
            .collect();
        let candidates = self.pinyin.words(&letters(sentence), fuzzy).unwrap();
        candidates.iter().position(|candidate| beginnings.contains(candidate))
    }

    /// What librime could have learnt: words that did not stand first, though they had been typed and chosen before.
    fn without_learning(&mut self, sentences: &[Vec<Word>]) {
        let (mut seen, mut again, mut later) = (BTreeSet::new(), 0, 0);
        for word in sentences.iter().flatten() {
            let letters = word.syllables.concat();
            if !seen.insert((word.text.as_str(), letters.clone())) {
                match self.place(&word.text, &letters, false) {
                    Some(0) => {}
                    Some(place) if place < BAR => again += 1,
                    _ => later += 1,
                }
            }
        }
        let words = sentences.iter().flatten().count();
        println!(
            "learning is off: {again} of {words} words stood second to fifth although they had been typed before, and \
             {later} behind the bar; a library that learns from everybody might have had them first"
        );
    }

    /// What each letter costs, of sentences typed to their end before any word is chosen.
    fn keys(&mut self, sentences: &[Vec<Word>]) {
        let mut costs = Vec::new();
        for sentence in sentences {
            let letters: String = sentence.iter().flat_map(|word| &word.syllables).map(String::as_str).collect();
            for end in 1..=letters.len() {
                let before = cpu_ms();
                self.pinyin.words(&letters[..end], true).unwrap();
                costs.push(cpu_ms() - before);
            }
        }
        costs.sort_by(f64::total_cmp);
        let p95 = quantile(&costs, 95);
        println!(
            "\na key, southern sounds on: median {:.2} ms of CPU, 95 of 100 at most {p95:.2} (limit {MOST_KEY_MS}: {}), \
             dearest of {} {:.2}",
            quantile(&costs, 50),
            self.holds(p95 <= MOST_KEY_MS),
            costs.len(),
            costs.last().unwrap(),
        );
    }
}
