//! What three sides hold, and whether it fits together.
//!
//! Invariant: does no I/O. A ticket counts as told once the screen showed its number or a receipt with it came out;
//! what was submitted and killed before may have become a ticket or not, but never two.

use std::collections::{BTreeMap, BTreeSet};

/// What a villager said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// Formal name of the category.
    pub category: String,
    /// The village.
    pub place: String,
    /// The words.
    pub words: String,
}

/// One tap that submits, in the order of the taps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tap {
    /// What was handed over.
    pub said: Said,
    /// The number that the screen showed for it.
    pub told: Option<String>,
    /// How many receipts had come out when the screen first said "printed".
    pub printed: Option<usize>,
}

/// What shows one ticket on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Whose.
    pub number: String,
    /// Whether it is marked as a copy.
    pub copy: bool,
    /// Which receipt it is, in the order in which they were cut; none where it never came that far.
    pub receipt: Option<usize>,
    /// Whether the beginning of another receipt hangs at it, uncut: somebody else's number and code may stand there.
    pub hangs_at_another: bool,
}

/// One suggestion at the county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub number: String,
    /// Its place in the terminal's order.
    pub seq: i64,
    /// What the county opened; none where it could not.
    pub said: Option<Said>,
}

/// What does not fit, by ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Tickets that somebody was told of.
    pub tickets: usize,
    /// Telephones that somebody was told are kept.
    pub contacts: usize,
    /// Ratings that somebody was told are kept.
    pub ratings: usize,
    /// Told, and not at the county as it was said; telephones and ratings among them.
    pub lost: Vec<String>,
    /// More than once at the county, or there without a tap of its own.
    pub doubled: Vec<String>,
    /// Papers without a mark, beyond the original.
    pub unmarked: Vec<String>,
    /// "Printed" was said or written down, and there was no such paper.
    pub unprinted: Vec<String>,
    /// Came out on one piece with the beginning of another receipt, which broke off.
    pub joined: Vec<String>,
}

impl Verdict {
    /// Holds the ledgers against each other; `written` are the tickets that the terminal has noted as printed.
    pub fn of(taps: &[Tap], papers: &[Paper], cases: &[Case], written: &[String]) -> Self {
        let told: BTreeMap<&str, &Tap> = taps.iter().filter_map(|tap| Some((tap.told.as_deref()?, tap))).collect();
        let known: BTreeSet<&str> = told.keys().copied().chain(papers.iter().map(|p| p.number.as_str())).collect();
        let held: BTreeMap<&str, &Case> = cases.iter().map(|case| (case.number.as_str(), case)).collect();
        let is_lost = |number: &&&str| match (held.get(**number), told.get(**number)) {
            (None, _) => true,
            (Some(case), Some(tap)) => case.said.as_ref() != Some(&tap.said),
            (Some(case), None) => case.said.is_none(),
        };
        let names = |number: &&str| (*number).to_owned();
        let came_out = |number: &str, before: usize| {
            papers.iter().any(|p| p.number == number && p.receipt.is_some_and(|place| place < before))
        };
        let said_printed = taps.iter().filter_map(|tap| Some((tap.told.as_deref()?, tap.printed?)));
        let noted = written.iter().map(|number| (number.as_str(), usize::MAX));
        let unprinted: BTreeSet<&str> =
            said_printed.chain(noted).filter(|(number, before)| !came_out(number, *before)).map(|(n, _)| n).collect();
        Self {
            tickets: known.len(),
            lost: known.iter().filter(is_lost).map(names).collect(),
            doubled: doubled(taps, cases),
            unmarked: unmarked(papers),
            unprinted: unprinted.iter().map(names).collect(),
            contacts: 0,
            ratings: 0,
            joined: papers.iter().filter(|p| p.hangs_at_another).map(|p| p.number.clone()).collect(),
        }
    }

    /// Whether everything fits.
    pub fn is_sound(&self) -> bool {
        self.findings().next().is_none()
    }

    /// Each thing that does not fit, in words.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let kinds = [
            (&self.lost, "is lost"),
            (&self.doubled, "is doubled"),
            (&self.unmarked, "has an unmarked copy"),
            (&self.unprinted, "was called printed without paper"),
            (&self.joined, "hangs at the beginning of another receipt"),
        ];
        kinds.into_iter().flat_map(|(tickets, what)| tickets.iter().map(move |ticket| format!("{ticket} {what}")))
    }
}

/// Every suggestion at the county needs a tap of its own, in the order of the taps.
fn doubled(taps: &[Tap], cases: &[Case]) -> Vec<String> {
    let mut in_order: Vec<&Case> = cases.iter().collect();
    in_order.sort_by_key(|case| case.seq);
    let mut seen = BTreeSet::new();
    let mut next = 0;
    let mut doubled = Vec::new();
    for case in in_order {
        let told = taps.iter().position(|tap| tap.told.as_deref() == Some(&case.number));
        let own = told.or_else(|| {
            // Nobody was told: one of the taps before the next that somebody was told of.
            let untold = taps[next..].iter().take_while(|tap| tap.told.is_none());
            let its = untold.enumerate().find(|(_, tap)| case.said.as_ref().is_none_or(|said| tap.said == *said));
            its.map(|(place, _)| next + place)
        });
        match own {
            Some(own) if seen.insert(&case.number) => next = next.max(own + 1),
            _ => doubled.push(case.number.clone()),
        }
    }
    doubled
}

/// One paper of a ticket may be the original; a scrap that shows the number counts as one.
fn unmarked(papers: &[Paper]) -> Vec<String> {
    let mut originals = BTreeSet::new();
    let unmarked = papers.iter().filter(|paper| !paper.copy);
    unmarked.filter(|paper| !originals.insert(&paper.number)).map(|paper| paper.number.clone()).collect()
}
