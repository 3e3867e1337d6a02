//! Lists for the pages. A list that has not changed is not handed over again: a new model makes its rows anew, and a
//! row under a finger would lose its touch.

use jiff::civil;
use slint::{ModelRc, VecModel};
use wire::{secret::SecretHash, ticket::TicketNumber};

use crate::pages::{Choice, Door, Fact, LookupRow, Person, Step};

/// The last rows of one list.
pub(super) struct Kept<T>(Option<Vec<T>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + PartialEq + 'static> Kept<T> {
    /// Hands `rows` over unless they are the last ones.
    pub(super) fn put(&mut self, rows: Vec<T>, set: impl FnOnce(ModelRc<T>)) {
        if self.0.as_ref() != Some(&rows) {
            set(ModelRc::new(VecModel::from(rows.clone())));
            self.0 = Some(rows);
        }
    }
}

/// Every list.
#[derive(Default)]
pub(super) struct Models {
    pub(super) categories: Kept<Door>,
    pub(super) places: Kept<Choice>,
    pub(super) sentences: Kept<Choice>,
    pub(super) steps: Kept<Step>,
    pub(super) people: Kept<Person>,
    pub(super) facts: Kept<Fact>,
    pub(super) lookup: Kept<LookupRow>,
    /// The address in the station's code that is drawn.
    pub(super) code: Option<String>,
    /// The ticket whose QR is drawn.
    pub(super) receipt: Option<TicketNumber>,
    /// Of the secret in the code for a phone that is drawn.
    pub(super) phone: Option<SecretHash>,
    /// The bulletin, the day and how many came, of the roster that is drawn: portraits are decoded once.
    pub(super) roster: Option<(u64, Option<civil::Date>, usize)>,
}
