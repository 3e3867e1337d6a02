//! A panel whose contacts stand as a script says, and which keeps what it was switched to.
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

use std::{
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use kiosk::panel::{Contacts, Outputs, Panel};

use crate::queue_support::Turned;

/// Contacts of one state, for so many looks.
pub type Run = (Contacts, usize);

pub struct Scripted {
    clock: Arc<Turned>,
    look: Duration,
    script: std::vec::IntoIter<Contacts>,
    last: Contacts,
    shown: Sender<Outputs>,
}

impl Scripted {
    /// Plays the runs one after the other and stays with the last; by the test's clock each look takes `look`.
    pub fn new(clock: &Arc<Turned>, look: Duration, runs: &[Run], shown: Sender<Outputs>) -> Self {
        let script: Vec<_> = runs.iter().flat_map(|(contacts, looks)| std::iter::repeat_n(*contacts, *looks)).collect();
        let last = *script.last().unwrap_or(&Contacts::default());
        Self { clock: Arc::clone(clock), look, script: script.into_iter(), last, shown }
    }
}

impl Panel for Scripted {
    fn contacts(&mut self) -> Contacts {
        self.clock.go_on(self.look);
        self.script.next().unwrap_or(self.last)
    }

    fn switch(&mut self, outputs: Outputs) {
        // The test may have seen enough.
        self.shown.send(outputs).unwrap_or_default();
    }
}

pub fn button(pressed: bool) -> Contacts {
    Contacts { help: Some(pressed), case_open: None }
}

pub fn case(open: bool) -> Contacts {
    Contacts { help: None, case_open: Some(open) }
}

/// A contact that chatters between two states before it comes to rest.
pub fn bounces(of: fn(bool) -> Contacts, to: bool) -> Vec<Run> {
    let mut runs: Vec<Run> = (0..7).map(|at| (of((at % 2 == 0) == to), 1 + at % 3)).collect();
    runs.push((of(to), 50));
    runs
}
