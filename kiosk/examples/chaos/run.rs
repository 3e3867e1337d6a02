//! The run: visit by visit, each with its cut, and the comparison at the end.
//!
//! Invariant: a villager only acts on what the screen says; nothing is looked up behind it during a visit, but when a
//! cut shall fall.

use std::{path::Path, thread, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    county::County,
    dice::Dice,
    ledgers::{Said, Tap, Verdict},
    paper::Reader,
    plan::{Cut, Moment, TAPS, Victim},
    readers,
    site::{Site, StopWatch},
    villager::{OfPaper, Seen},
    wait::until,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many kills.
    pub cuts: u32,
    /// What the choices are drawn from.
    pub seed: u64,
    /// The printer's profile.
    pub profile: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How often something was killed.
    pub kills: u32,
    /// What does not fit.
    pub verdict: Verdict,
}

impl Outcome {
    /// The last line.
    pub fn line(&self) -> String {
        let Verdict { tickets, lost, doubled, unmarked, unprinted, joined: _ } = &self.verdict;
        format!(
            "kills {}, tickets {tickets}, lost {}, doubled {}, unmarked copies {}, \"printed\" without paper {}",
            self.kills,
            lost.len(),
            doubled.len(),
            unmarked.len(),
            unprinted.len()
        )
    }
}

/// How often the run says how far it is.
const PROGRESS: u32 = 50;

/// A moment that does not come, because somebody is away, is not waited for longer.
const NO_SUCH_MOMENT: Duration = Duration::from_millis(700);

/// A receipt, its copy, and a printer that was lost between them.
const LEAVES: Duration = Duration::from_secs(90);

/// Runs until so much was killed, and compares.
///
/// # Errors
///
/// A program that does not come back, or a page that does not follow.
pub fn run(folder: &Path, settings: &Settings, say: &mut dyn FnMut(String)) -> Result<Outcome> {
    let reader = Reader::build()?;
    let mut run = Run {
        site: Site::open(&folder.join("stage"), &settings.profile)?,
        dice: Dice(settings.seed),
        taps: Vec::new(),
        visits: 0,
    };
    let watch = StopWatch::start();
    let (mut kills, mut told) = (0, 0);
    while kills < settings.cuts {
        let cut = Cut::draw(&mut run.dice);
        if kills + cut.kills() > settings.cuts {
            continue;
        }
        if let Err(problem) = run.visit(cut) {
            let shown = run.site.villager.look().unwrap_or_default();
            return Err(problem.context(format!("visit {} with {cut:?}; the screen says {shown:?}", run.visits)));
        }
        kills += cut.kills();
        if kills / PROGRESS > told {
            told = kills / PROGRESS;
            say(format!("{kills} kills, {} submissions, {} s", run.taps.len(), watch.gone().as_secs()));
        }
    }
    run.site.run_until_quiet()?;
    let verdict = run.compare(&reader, folder)?;
    Ok(Outcome { kills, verdict })
}

struct Run {
    site: Site,
    dice: Dice,
    taps: Vec<Tap>,
    visits: usize,
}

impl Run {
    /// One villager and one cut.
    fn visit(&mut self, cut: Cut) -> Result<()> {
        self.visits += 1;
        self.site.come_back(cut.victim)?;
        let mut said = Said { category: String::new(), place: String::new(), words: String::new() };
        for tap in 0..TAPS {
            if self.is_over_at(tap, cut)? {
                return Ok(());
            }
            self.tap(tap, &mut said).with_context(|| format!("tap {}", tap + 1))?;
        }
        if self.is_over_at(TAPS, cut)? {
            return Ok(());
        }
        let events = self.site.events_at_county()?;
        self.site.villager.tap("交给代表")?;
        self.taps.push(Tap { said, told: None, printed: None });
        if !matches!(cut.moment, Moment::Taps(_)) {
            self.watch_until(cut, events)?;
            self.site.strike(cut)?;
            if kills_the_screen(cut.victim) {
                return Ok(());
            }
        }
        self.leave(cut)
    }

    /// Strikes between two taps where the cut says so; whether the visit is over by that.
    fn is_over_at(&mut self, tap: usize, cut: Cut) -> Result<bool> {
        if cut.moment != Moment::Taps(tap) {
            return Ok(false);
        }
        thread::sleep(cut.delay);
        self.site.strike(cut)?;
        Ok(kills_the_screen(cut.victim))
    }

    /// One of the taps before the one that submits. Visits differ in what they say, so that each is known again.
    fn tap(&mut self, tap: usize, said: &mut Said) -> Result<()> {
        let (villager, bulletin, visit) = (&self.site.villager, &self.site.bulletin, self.visits);
        // What of a list is on the screen; the list may be longer.
        let pick = |what: &str, wanted: &[&str], turn: usize| {
            villager.see(what, |seen| {
                let shown: Vec<&str> = wanted.iter().copied().filter(|label| seen.target(label).is_some()).collect();
                (!shown.is_empty()).then(|| shown[turn % shown.len()].to_owned())
            })
        };
        match tap {
            0 => villager.tap("摸一下，开始说"),
            1 => villager.tap("我要说"),
            2 => {
                let labels: Vec<&str> = bulletin.categories.iter().map(|category| category.label.as_str()).collect();
                let label = pick("the categories", &labels, visit)?;
                let category = bulletin.categories.iter().find(|category| category.label == label);
                said.category.clone_from(&category.context("a category of the bulletin")?.name);
                villager.tap(&label)
            }
            3 => {
                let names: Vec<&str> = bulletin.places.iter().map(|place| place.name.as_str()).collect();
                said.place = pick("the villages", &names, visit / 7)?;
                villager.tap(&said.place)
            }
            _ => {
                let category = bulletin.categories.iter().find(|category| category.name == said.category);
                let sentences = &category.context("a category of the bulletin")?.sentences;
                let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
                said.words = pick("the sentences", &sentences, visit / 3)?;
                villager.tap(&said.words)
            }
        }
    }

    /// Looks at the screen and writes down what it tells.
    fn look(&mut self) -> Option<Seen> {
        let seen = self.site.villager.look().ok()?;
        let tap = self.taps.last_mut()?;
        if let Some(number) = seen.number() {
            tap.told = Some(number);
            if tap.printed.is_none() && seen.of_paper() == OfPaper::Printed {
                tap.printed = Some(self.site.printer().receipts().len());
            }
        }
        Some(seen)
    }

    /// Looks on until the moment of the cut.
    fn watch_until(&mut self, cut: Cut, events: u32) -> Result<()> {
        let watch = StopWatch::start();
        let receipts = self.site.printer().receipts().len();
        let mut begun = None;
        loop {
            self.look();
            let gone = watch.gone();
            let is_there = match cut.moment {
                Moment::Printing => {
                    let printer = self.site.printer();
                    !printer.printed().is_empty() || printer.receipts().len() > receipts
                }
                Moment::Forwarding => self.taps.last().is_some_and(|tap| tap.told.is_some()),
                Moment::Intake => self.site.is_connected() && self.site.events_at_county()? > events,
                Moment::Taps(_) | Moment::Submitted | Moment::StartUp => true,
            };
            if begun.is_none() && (is_there || gone >= NO_SUCH_MOMENT) {
                begun = Some(gone);
            }
            if begun.is_some_and(|begun| gone >= begun + cut.delay) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The villager waits for the receipt and leaves; who is asked about it answers.
    fn leave(&mut self, cut: Cut) -> Result<()> {
        let mut asked = false;
        let mut copies = 0;
        until("the villager to be done", LEAVES, || {
            self.site.check()?;
            let Some(seen) = (if asked { self.site.villager.look().ok() } else { self.look() }) else {
                return Ok(None);
            };
            let touch = match seen.of_paper() {
                OfPaper::Unsure | OfPaper::Again if cut.asks_again && copies < 2 => {
                    copies += 1;
                    "再打一张"
                }
                OfPaper::Unsure => {
                    // From here on it is the villager who knows.
                    asked = true;
                    "拿到了"
                }
                OfPaper::Again => "不用了",
                OfPaper::None if cut.asks_again => return Ok(None),
                OfPaper::Open if seen.target("摸一下，开始说").is_some() => return Ok(Some(())),
                OfPaper::Open if asked => "好了",
                OfPaper::Printed | OfPaper::None => "好了",
                OfPaper::Open => return Ok(None),
            };
            // The page may have gone on meanwhile.
            if let Some(at) = seen.target(touch) {
                self.site.villager.touch(at)?;
            }
            Ok(None)
        })
    }

    fn compare(&mut self, reader: &Reader, folder: &Path) -> Result<Verdict> {
        let printer = self.site.printer();
        let cut: Vec<Vec<u8>> = printer.receipts().into_iter().map(|receipt| receipt.bytes).collect();
        let mut scraps = printer.scraps();
        scraps.push(printer.printed());
        let dots = self.site.stage.paper.dots().into();
        let papers = readers::papers(reader, &folder.join("paper"), &cut, &scraps, dots)?;
        let county = County::new(&self.site.stage.addresses, &self.site.stage.people)?;
        let cases = readers::cases(&folder.join("stage/host/county.sqlite"), &county)?;
        Ok(Verdict::of(&self.taps, &papers, &cases, &self.site.noted_as_printed()?))
    }
}

fn kills_the_screen(victim: Victim) -> bool {
    matches!(victim, Victim::Kiosk | Victim::Terminal)
}
