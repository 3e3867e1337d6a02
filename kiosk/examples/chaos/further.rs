//! What villagers leave behind a suggestion, a telephone or a rating, and whether the county has it.
//!
//! Invariant: does no I/O. What the screen called kept is at the county as it was left; what it did not may be there or
//! not; nothing is there more often than it was left.

use std::collections::BTreeMap;

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
        let mut all: BTreeMap<(Kind, &str), (Vec<&Left>, Vec<&Held>)> = BTreeMap::new();
        for one in left {
            all.entry((one.kind, &one.number)).or_default().0.push(one);
        }
        for one in held {
            all.entry((one.kind, &one.number)).or_default().1.push(one);
        }
        for ((kind, number), (left, held)) in all {
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
