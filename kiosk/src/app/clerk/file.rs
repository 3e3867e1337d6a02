//! The clerk's queue file: opened, looked at anew, closed, and what the screen is told of it.
//!
//! Invariant: a file that is ill is closed before anything else is done with it, and opened with the check for damage.

use std::{path::Path, thread, time::Duration};

use tracing::{error, warn};
use wire::health::QueueState;

use super::{Counter, health};
use crate::{
    app::post,
    https::why,
    printer::Command,
    queue::{Queue, QueueError, QueueSettings},
    session::{Event, Note},
};

/// How often a full disk is looked at again: each look writes as much as the reserve has.
const ROOM_AGAIN: Duration = Duration::from_secs(60);

/// How often the file is looked at because the agent or a stick can't read it: a look reads all of it.
const LOOKED_FOR_OTHERS: Duration = Duration::from_secs(60);

/// The agent lets the queue file go within milliseconds; two seconds in all.
const LET_GO_LOOK: Duration = Duration::from_millis(50);
const LET_GO_LOOKS: u32 = 40;

impl Counter {
    pub(super) fn open_when_due(&mut self) {
        if (self.desk.is_some() && self.printer.is_ok()) || self.now() < self.look_due {
            return;
        }
        if self.printer.is_err() {
            self.start_printer_again();
        }
        if self.desk.is_none() {
            self.open();
        }
        self.look_due = self.now() + super::EVERY;
    }

    /// Closes a file that has to be looked at anew, and takes no more visits where the disk is full.
    pub(super) fn look_after_the_file(&mut self) {
        let now = self.now();
        // A receipt under way would be torn by it.
        let look = self.look_wanted && !self.in_visit;
        self.look_wanted &= !look;
        if self.desk.as_ref().is_some_and(|desk| desk.ill || look) {
            self.close();
        }
        if self.full_until.is_some_and(|until| now < until) {
            return;
        }
        let was_full = self.full_until.is_some();
        if let Some(room) = self.look_for_room()
            && room == was_full
        {
            post(Event::Broken((!room).then_some(Note::Full)));
        }
    }

    /// Whether another visit finds room; none where the file had to be closed.
    fn look_for_room(&mut self) -> Option<bool> {
        match self.desk.as_ref()?.queue.keep_reserve() {
            Ok(room) => {
                self.full_until = (!room).then_some(self.now() + ROOM_AGAIN);
                Some(room)
            }
            Err(problem) => {
                error!(error = %why(&problem), "the disk takes nothing");
                self.close();
                None
            }
        }
    }

    /// Closes the file, to open it anew at once.
    fn close(&mut self) {
        self.desk = None;
        self.told.closed = None;
        self.print(Command::LetGo);
        self.look_due = self.now();
    }

    /// Opens what is not open yet, and tells the screen what that came to.
    pub(super) fn open(&mut self) {
        if self.enrolment.is_none() {
            match self.office.config.load_enrolment() {
                Ok(enrolment) => self.enrolment = Some(enrolment),
                Err(problem) => {
                    self.told.closed = Some(QueueState::NotEnrolled);
                    return self.closed(Note::NotEnrolled, why(&problem));
                }
            }
        }
        match self.open_desk() {
            Ok(desk) => {
                self.desk = Some(desk);
                self.problem = None;
                self.settle_doubt();
                self.bulletin();
                // The reserve may have been given up to open the file at all.
                if let Some(room) = self.look_for_room() {
                    post(Event::Broken((!room).then_some(Note::Full)));
                }
            }
            Err(problem) => {
                // Whom to turn to stands there. Not before: a visit would begin without the villages fetched since.
                if let (None, Some(enrolment)) = (self.shown, &self.enrolment) {
                    self.show(enrolment.bulletin.clone(), None);
                }
                let state = health::why_closed(&problem);
                let note = if state == QueueState::Full { Note::Full } else { Note::CannotWrite };
                self.told.closed = Some(state);
                self.closed(note, format!("{problem:#}"));
            }
        }
    }

    /// Much of the file is read for the county and for sticks alone: where they meet damage, all of it is looked at here,
    /// once the visit is over.
    pub(super) fn others_could_not_read(&mut self) {
        let now = self.now();
        if self.desk.is_some() && self.looked_for_others.is_none_or(|last| now >= last + LOOKED_FOR_OTHERS) {
            warn!("the agent or a stick could not read the queue file: it is looked at anew");
            self.look_wanted = true;
            self.looked_for_others = Some(now);
        }
    }

    fn closed(&mut self, note: Note, problem: String) {
        if self.problem.as_ref() != Some(&problem) {
            match note {
                Note::NotEnrolled => warn!(error = problem, "not enrolled"),
                Note::CannotWrite | Note::Full | Note::StartsAnew => {
                    error!(error = problem, "nothing can be written down")
                }
            }
            self.problem = Some(problem);
            self.told.soon();
        }
        post(Event::Broken(Some(note)));
    }

    /// Opens the queue file; one that has to be migrated or set aside, once the agent has let it go.
    pub(super) fn open_queue(&self, path: &Path, settings: &QueueSettings) -> Result<Queue, QueueError> {
        let mut looks = 0;
        loop {
            match Queue::open_or_salvage(path, settings, &self.office.clock, &self.patience) {
                Err(QueueError::InUse(_)) if looks < LET_GO_LOOKS => {
                    if looks == 0 {
                        self.office.control.let_go();
                    }
                    looks += 1;
                    thread::sleep(LET_GO_LOOK);
                }
                opened => return opened.map(|(queue, _)| queue),
            }
        }
    }
}
