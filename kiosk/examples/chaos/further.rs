//! What villagers leave behind a suggestion, a telephone or a rating, and whether the county has it.
//!
//! Invariant: does no I/O. What the screen called kept is at the county as it was left; what it did not may be there or
//! not; nothing is there more often than it was left.

use std::collections::BTreeSet;

use crate::ledgers::Verdict;

/// Of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Name and telephone.
    Contact,
    /// What is thought of a reply.
    Rating,
}

/// One tap that leaves something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What kind of thing.
    pub kind: Kind,
    /// For which ticket.
    pub number: String,
    /// As it was typed or touched.
    pub words: String,
    /// Whether the screen said that it is kept.
    pub told: bool,
}

/// One such thing at the county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What kind of thing.
    pub kind: Kind,
    /// For which ticket.
    pub number: String,
    /// What the county's page shows; none where it shows nothing.
    pub words: Option<String>,
}

impl Verdict {
    /// With what was left, held against what the county has of it.
    #[must_use]
    pub fn with_further(mut self, left: &[Left], held: &[Held]) -> Self {
        let of_left = left.iter().map(|one| (one.kind, one.number.as_str()));
        let of_held = held.iter().map(|one| (one.kind, one.number.as_str()));
        let all: BTreeSet<(Kind, &str)> = of_left.chain(of_held).collect();
        for (kind, number) in all {
            let left: Vec<&Left> = left.iter().filter(|one| one.kind == kind && one.number == number).collect();
            let held: Vec<&Held> = held.iter().filter(|one| one.kind == kind && one.number == number).collect();
            let name = || match kind {
                Kind::Contact => format!("the telephone for {number}"),
                Kind::Rating => format!("the rating of {number}"),
            };
            let is_there = |one: &Left| held.iter().any(|held| held.words.as_ref() == Some(&one.words));
            let is_foreign = |one: &Held| !left.iter().any(|left| one.words.as_ref() == Some(&left.words));
            if left.iter().any(|one| one.told && !is_there(one)) || held.iter().any(|one| is_foreign(one)) {
                self.lost.push(name());
            }
            if held.len() > left.len() {
                self.doubled.push(name());
            }
        }
        let told = |kind| left.iter().filter(|one| one.kind == kind && one.told).count();
        (self.contacts, self.ratings) = (told(Kind::Contact), told(Kind::Rating));
        self
    }
}
