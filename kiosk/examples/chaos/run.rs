//! The run: visit by visit, each with its cut, and the comparison at the end.
//!
//! Invariant: a villager only acts on what the screen says; nothing is looked up behind it during a visit, but when a
//! cut shall fall.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    county::County,
    dice::Dice,
    further::Left,
    ledgers::{Said, Tap, Verdict},
    paper::Reader,
    plan::{Cut, Moment, TAPS},
    power::Tally,
    readers,
    site::{Site, StopWatch},
    villager::{OfPaper, Seen},
    wait::until,
};

/// What strikes, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blows {
    /// So many kills of programs and of the printer.
    Kills(u32),
    /// Power cuts under the terminal, until so many met work.
    PowerCuts(u32),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What strikes.
    pub blows: Blows,
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
    /// What the power cuts met, where it was they that struck.
    pub power_cuts: Option<Tally>,
    /// What does not fit.
    pub verdict: Verdict,
}

impl Outcome {
    /// The last line.
    pub fn line(&self) -> String {
        let Verdict { tickets, contacts, ratings, lost, doubled, unmarked, unprinted, joined } = &self.verdict;
        let blows = match self.power_cuts {
            None => format!("kills {}", self.kills),
            Some(Tally { met_work, stopped, took, at_rest }) => format!(
                "power cuts {met_work} (stopped a write {stopped}, took something away {took}) and {at_rest} at rest"
            ),
        };
        format!(
            "{blows}, tickets {tickets}, telephones {contacts}, ratings {ratings}, lost {}, doubled {}, unmarked copies {}, \"printed\" without paper {}, \
             joined {}",
            lost.len(),
            doubled.len(),
            unmarked.len(),
            unprinted.len(),
            joined.len()
        )
    }
}

/// How often the run says how far it is.
const PROGRESS: u32 = 50;

/// A moment that does not come, because somebody is away, is not waited for longer.
const NO_SUCH_MOMENT: Duration = Duration::from_millis(700);

/// Power cuts at rest beyond twice as many as shall meet work: the terminal writes nothing, and the run would never end.
const AT_REST_MOST: u32 = 30;

/// A receipt, its copy, and a printer that was lost between them.
pub const LEAVES: Duration = Duration::from_secs(90);

/// Runs until so much was killed, and compares.
///
/// # Errors
///
/// A program that does not come back, or a page that does not follow.
pub fn run(folder: &Path, settings: &Settings, say: &mut dyn FnMut(String)) -> Result<Outcome> {
    let power = matches!(settings.blows, Blows::PowerCuts(_)).then_some(settings.seed);
    let site = Site::open(&folder.join("stage"), &settings.profile, power)?;
    let mut run = Run {
        county: County::new(&site.stage.addresses, &site.stage.people)?,
        site,
        folder: folder.to_owned(),
        reader: Reader::build()?,
        dice: Dice(settings.seed),
        taps: Vec::new(),
        left: Vec::new(),
        settled: BTreeSet::new(),
        visits: 0,
        kills: 0,
    };
    let done = run.play(settings.blows, say);
    if !done.as_ref().is_ok_and(|outcome| outcome.verdict.is_sound()) {
        run.site.keep_data(&folder.join("data")).unwrap_or_else(|problem| say(format!("{problem:#}")));
    }
    done
}

/// A run under way.
pub struct Run {
    /// Everything that is struck.
    pub site: Site,
    /// The county's people.
    pub county: County,
    /// Who reads paper.
    pub reader: Reader,
    /// Where everything is left.
    pub folder: PathBuf,
    /// What was submitted.
    pub taps: Vec<Tap>,
    /// What was left behind it.
    pub left: Vec<Left>,
    /// Which tickets the county has answered.
    pub settled: BTreeSet<String>,
    /// How many villagers came.
    pub visits: usize,
    dice: Dice,
    kills: u32,
}

impl Run {
    /// Visit by visit, and the comparison.
    fn play(&mut self, blows: Blows, say: &mut dyn FnMut(String)) -> Result<Outcome> {
        let watch = StopWatch::start();
        let mut told = 0;
        while let Some(cut) = self.next_cut(blows)? {
            if let Err(problem) = self.visit(cut) {
                let shown = self.site.villager.look().unwrap_or_default();
                return Err(problem.context(format!("visit {} with {cut:?}; the screen says {shown:?}", self.visits)));
            }
            self.kills += cut.kills();
            if self.kills / PROGRESS > told {
                told = self.kills / PROGRESS;
                say(format!("{} cuts, {} submissions, {} s", self.kills, self.taps.len(), watch.gone().as_secs()));
            }
        }
        self.site.run_until_quiet()?;
        let power_cuts = matches!(blows, Blows::PowerCuts(_)).then(|| self.site.power_cuts());
        Ok(Outcome { kills: self.kills, power_cuts, verdict: self.compare()? })
    }

    /// The next cut; none, it was enough.
    fn next_cut(&mut self, blows: Blows) -> Result<Option<Cut>> {
        match blows {
            Blows::Kills(wanted) => {
                let mut draws = std::iter::repeat_with(|| Cut::draw(&mut self.dice));
                let left = wanted - self.kills;
                Ok(if left == 0 { None } else { draws.find(|cut| cut.kills() <= left) })
            }
            Blows::PowerCuts(wanted) => {
                let Tally { met_work, at_rest, .. } = self.site.power_cuts();
                if at_rest > 2 * wanted + AT_REST_MOST {
                    bail!("{at_rest} power cuts found the disk at rest, only {met_work} met work");
                }
                Ok((met_work < wanted).then(|| Cut::draw_power(&mut self.dice)))
            }
        }
    }

    /// One villager and one cut.
    fn visit(&mut self, cut: Cut) -> Result<()> {
        self.visits += 1;
        self.site.come_back(cut.victim)?;
        if let Some(number) = self.comes_back()?.and_then(|tap| tap.told) {
            return self.rate(&number, cut);
        }
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
        let was_struck = matches!(cut.moment, Moment::Taps(_));
        let falls_at_contact = self.is_struck_at_contact(cut) && !was_struck;
        if cut.moment == Moment::Submitted && !falls_at_contact {
            self.site.arm(cut);
        }
        self.site.villager.tap("交给代表")?;
        self.taps.push(Tap { said, told: None, printed: None });
        if !was_struck && !falls_at_contact {
            self.watch_until(cut, events)?;
            self.site.strike(cut)?;
            if cut.victim.has_screen() {
                return Ok(());
            }
        }
        self.leave(cut, falls_at_contact.then_some(cut))
    }

    /// Strikes between two taps where the cut says so; whether the visit is over by that.
    fn is_over_at(&mut self, tap: usize, cut: Cut) -> Result<bool> {
        if cut.moment != Moment::Taps(tap) {
            return Ok(false);
        }
        thread::sleep(cut.delay);
        self.site.strike(cut)?;
        Ok(cut.victim.has_screen())
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
                if cut.moment != Moment::Submitted && cut.moment != Moment::StartUp {
                    self.site.arm(cut);
                }
            }
            if self.site.is_dark() || begun.is_some_and(|begun| gone >= begun + patience(cut)) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The villager waits for the receipt, leaves a telephone where it is their turn, and goes; the cut falls behind that
    /// tap where it did not fall before.
    fn leave(&mut self, cut: Cut, mut falls_now: Option<Cut>) -> Result<()> {
        let (mut asked, mut leaves_contact) = (false, self.leaves_contact());
        while self.stays(cut, &mut asked, leaves_contact)? {
            leaves_contact = false;
            if self.leave_contact(falls_now.take())? {
                return Ok(());
            }
        }
        // Nobody came to the page for it.
        falls_now.map_or(Ok(()), |cut| self.site.strike(cut))
    }

    /// Until the next is invited; or, where a telephone is to be left, until it can be: then true. Who is asked about the
    /// receipt answers.
    fn stays(&mut self, cut: Cut, asked: &mut bool, leaves_contact: bool) -> Result<bool> {
        let mut copies = 0;
        until("the villager to be done", LEAVES, || {
            self.site.check()?;
            let Some(seen) = (if *asked { self.site.villager.look().ok() } else { self.look() }) else {
                return Ok(None);
            };
            let touch = match seen.of_paper() {
                OfPaper::Unsure | OfPaper::Again if cut.asks_again && copies < 2 => {
                    copies += 1;
                    "再打一张"
                }
                OfPaper::Unsure => {
                    // From here on it is the villager who knows.
                    *asked = true;
                    "拿到了"
                }
                OfPaper::Again => "不用了",
                OfPaper::None if cut.asks_again => return Ok(None),
                OfPaper::Open if seen.target("摸一下，开始说").is_some() => return Ok(Some(false)),
                OfPaper::Open if *asked => "好了",
                OfPaper::Printed | OfPaper::None => "好了",
                OfPaper::Open => return Ok(None),
            };
            if leaves_contact && touch == "好了" && seen.target("留个电话").is_some() {
                return Ok(Some(true));
            }
            // The page may have gone on meanwhile.
            if let Some(at) = seen.target(touch) {
                self.site.villager.touch(at)?;
            }
            Ok(None)
        })
    }

    fn compare(&self) -> Result<Verdict> {
        let printer = self.site.printer();
        let cut: Vec<Vec<u8>> = printer.receipts().into_iter().map(|receipt| receipt.bytes).collect();
        let mut scraps = printer.scraps();
        scraps.push(printer.printed());
        let dots = self.site.stage.paper.dots().into();
        let papers = readers::papers(&self.reader, &self.folder.join("paper"), &cut, &scraps, dots)?;
        let database = self.folder.join("stage/host/county.sqlite");
        let cases = readers::cases(&database, &self.county)?;
        let verdict = Verdict::of(&self.taps, &papers, &cases, &self.site.noted_as_printed()?);
        Ok(verdict.with_further(&self.left, &readers::further(&database, &self.county)?))
    }
}

/// How long after its moment a cut falls at the latest: so many changes of the disk may never come.
pub fn patience(cut: Cut) -> Duration {
    if cut.changes.is_some() { NO_SUCH_MOMENT } else { cut.delay }
}
