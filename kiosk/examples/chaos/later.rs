//! What some villagers do besides: they leave a telephone once their words are safe, and come back to rate the reply.
//!
//! Invariant: only what the screen says behind the tap counts as told. The proof of a ticket is what its paper shows.

use std::{thread, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    further::{Kind, Left},
    ledgers::Tap,
    plan::Cut,
    run::{LEAVES, Run, patience},
    site::StopWatch,
    villager::{OfPaper, Seen},
    wait::until,
};

/// One of so many visits leaves a telephone.
const LEAVES_CONTACT: usize = 3;

/// Every other of them is struck behind the tap that leaves it, whoever is struck.
const STRUCK: usize = 2;

/// One of so many visits comes back to an earlier matter, where there is one that can be rated.
const COMES_BACK: usize = 5;

/// What may be thought of a reply, as screen and county call it.
pub const FACES: [&str; 5] = ["非常满意", "满意", "基本满意", "不满意", "非常不满意"];

const CONTACT_KEPT: &str = "电话留好了";
const RATING_KEPT: &str = "谢谢您，记下了。";
const OFFLINE: &str = "现在没有网络，请扫小票上的方码，或者改天再来。";
const ATTRACT: &str = "摸一下，开始说";

impl Run {
    /// Whether this visit leaves a telephone.
    pub fn leaves_contact(&self) -> bool {
        self.visits.is_multiple_of(LEAVES_CONTACT)
    }

    /// Whether the cut of this visit falls behind the tap that leaves the telephone; where the screen goes dark it always
    /// does, or none would ever be left.
    pub fn is_struck_at_contact(&self, cut: Cut) -> bool {
        self.leaves_contact() && (cut.victim.has_screen() || self.visits.is_multiple_of(LEAVES_CONTACT * STRUCK))
    }

    /// From the number on the screen to the words that the telephone is kept; whether the cut ended the visit.
    pub fn leave_contact(&mut self, cut: Option<Cut>) -> Result<bool> {
        let number = self.taps.last().and_then(|tap| tap.told.clone()).context("a number on the screen")?;
        let villager = &self.site.villager;
        villager.tap("留个电话")?;
        villager.see("the page for name and telephone", |seen| seen.target("留下"))?;
        let words = format!("王大妈1390000{:04}", self.visits);
        self.site.stage.terminal.type_text(&words)?;
        self.left.push(Left { kind: Kind::Contact, number, words, told: false });
        self.hand_over("留下", CONTACT_KEPT, cut)
    }

    /// A ticket whose villager has its receipt in hand and may come back for the reply.
    ///
    /// # Errors
    ///
    /// The county's database cannot be read.
    pub fn comes_back(&self) -> Result<Option<Tap>> {
        if !self.visits.is_multiple_of(COMES_BACK) || !self.site.is_connected() {
            return Ok(None);
        }
        let is_rated = |number: &str| self.left.iter().any(|left| left.kind == Kind::Rating && left.number == number);
        for tap in self.taps.iter().filter(|tap| tap.printed.is_some()) {
            let Some(number) = tap.told.as_ref().filter(|number| !is_rated(number)) else { continue };
            if self.site.is_at_county(number)? {
                return Ok(Some(tap.clone()));
            }
        }
        Ok(None)
    }

    /// The county answers, and the villager comes back and says what they think of it; the cut falls behind that tap.
    ///
    /// # Errors
    ///
    /// A page that does not follow.
    pub fn rate(&mut self, number: &str, cut: Cut) -> Result<()> {
        let code = self.query_code(number).with_context(|| format!("the receipt of {number}"))?;
        if self.settled.insert(number.to_owned()) {
            self.county.settle(number).context("deputy and unit")?;
        }
        let villager = &self.site.villager;
        villager.tap(ATTRACT)?;
        villager.tap("查我的事")?;
        // After the last digit of the number the keypad fills the code in.
        for digit in number.chars().chain(code.chars()) {
            villager.tap(&digit.to_string())?;
        }
        villager.tap("查一查")?;
        let face = FACES[self.visits / COMES_BACK % FACES.len()];
        let is_found = villager
            .see("the reply", |seen| seen.target(face).map(|_| true).or_else(|| seen.says(OFFLINE).then_some(false)))?;
        let is_over = if is_found {
            self.left.push(Left { kind: Kind::Rating, number: number.into(), words: face.into(), told: false });
            self.hand_over(face, RATING_KEPT, Some(cut))?
        } else {
            self.site.strike(cut)?;
            cut.victim.has_screen()
        };
        if is_over {
            return Ok(());
        }
        until("the terminal to invite the next", LEAVES, || {
            let Ok(seen) = self.site.villager.look() else { return Ok(None) };
            if seen.target(ATTRACT).is_some() {
                return Ok(Some(()));
            }
            if let Some(at) = seen.target("返回") {
                self.site.villager.touch(at)?;
            }
            Ok(None)
        })
    }

    /// Touches, and looks whether the screen says that it is kept; strikes where there is a cut. Whether the cut ended the
    /// visit.
    fn hand_over(&mut self, label: &str, kept: &str, cut: Option<Cut>) -> Result<bool> {
        if let Some(cut) = cut {
            self.site.arm(cut);
        }
        self.site.villager.tap(label)?;
        if let Some(cut) = cut {
            let watch = StopWatch::start();
            while !self.site.is_dark() && watch.gone() < patience(cut) {
                self.hear(kept);
                thread::sleep(Duration::from_millis(1));
            }
            self.site.strike(cut)?;
            if cut.victim.has_screen() {
                return Ok(true);
            }
        }
        until(kept, LEAVES, || {
            self.site.check()?;
            // Where the receipt is in doubt, it is that which the screen speaks of.
            let asks = |seen: Seen| matches!(seen.of_paper(), OfPaper::Unsure | OfPaper::Again);
            let is_done = self.hear(kept) || self.site.villager.look().is_ok_and(asks);
            Ok(is_done.then_some(false))
        })
    }

    /// Whether the screen says that what was left last is kept.
    fn hear(&mut self, kept: &str) -> bool {
        let says = self.site.villager.look().is_ok_and(|seen| seen.says(kept));
        if let Some(left) = self.left.last_mut().filter(|_| says) {
            left.told = true;
        }
        says
    }

    /// What the villager reads off the newest paper of the ticket.
    fn query_code(&self, number: &str) -> Result<String> {
        let link = format!("/t#{number}.");
        let is_its_own = |bytes: &[u8]| bytes.windows(link.len()).any(|part| part == link.as_bytes());
        let mut receipts = self.site.printer().receipts();
        receipts.retain(|receipt| is_its_own(&receipt.bytes));
        let receipt = receipts.pop().context("none came out")?;
        let (folder, dots) = (self.folder.join("in-hand"), self.site.stage.paper.dots().into());
        self.reader.read_words(&folder, number, &receipt.bytes, dots)?.query_code()
    }
}
