//! The backlog goes onto a stick: on a thread of its own, because a slow stick takes minutes and a dead one for ever.
//!
//! Invariant: one export at a time; who asks while one is under way is told of that one.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use slint::ComponentHandle;
use tracing::{error, info};

use super::{
    App,
    clerk::Office,
    post,
    task::{Clerk, Task},
};
use crate::{
    control::{Control, message::Signing},
    https::why,
    pages::{self, Phrases, StickText},
    session::{Event, Question, StaffResult, Stick},
    stick::{Export, NotExported, NotSigned, Signature},
};

/// The agent signs in milliseconds; it may be starting again.
const SIGN_MOST: Duration = Duration::from_secs(10);

/// The export under way: who asked last, and who looks at a queue file that it could not read.
#[derive(Clone)]
pub(super) struct Exports {
    asked: Arc<Mutex<Option<Question>>>,
    clerk: Clerk,
}

impl Exports {
    pub(super) fn new(clerk: &Clerk) -> Self {
        Self { asked: Arc::default(), clerk: clerk.clone() }
    }

    /// Starts an export, or tells of the one that is under way.
    pub(super) fn ask(&self, question: Question, office: &Office) {
        let before = self.asked().replace(question);
        let Some(stick) = office.config.stick_dir.clone() else { return self.end(Stick::NoStick) };
        if before.is_some() {
            return;
        }
        let (config, control, clock) = (office.config.clone(), Arc::clone(&office.control), Arc::clone(&office.clock));
        let exports = self.clone();
        let started = thread::Builder::new().name("stick".into()).spawn(move || {
            let queue = config.queue_path();
            let export = Export { stick: &stick, data: &config.data_dir, queue: &queue, clock: &clock };
            let exported = export.run(&mut |digest| sign(&control, digest), &mut |done, of| {
                exports.tell(Stick::Writing { done, of });
            });
            if let Err(NotExported::Queue(problem)) = &exported
                && problem.is_of_the_file()
            {
                exports.clerk.send(Task::StickCouldNotRead);
            }
            exports.end(came_to(exported));
        });
        if let Err(problem) = started {
            error!(error = %problem, "no thread to write the stick");
            self.end(Stick::Failed);
        }
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Option<Question>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, stick: Stick) {
        if let Some(question) = *self.asked() {
            post(Event::StaffAnswered(question, StaffResult::Stick(stick)));
        }
    }

    fn end(&self, stick: Stick) {
        if let Some(question) = self.asked().take() {
            post(Event::StaffAnswered(question, StaffResult::Stick(stick)));
        }
    }
}

fn sign(control: &Control, manifest_sha256: [u8; 32]) -> Result<Signature, NotSigned> {
    let (send, signing) = mpsc::channel();
    control.sign(&manifest_sha256, SIGN_MOST, move |signed| {
        // Nobody waits any more where the program is ending.
        send.send(signed).ok();
    });
    match signing.recv() {
        Ok(Ok(Signing::Signed { certificate, signature })) => {
            let signature = STANDARD.decode(signature).map_err(|_| NotSigned::NoAgent)?;
            Ok(Signature { certificate, signature })
        }
        Ok(Ok(Signing::NotEnrolled)) => Err(NotSigned::NotEnrolled),
        _ => Err(NotSigned::NoAgent),
    }
}

fn came_to(exported: Result<u32, NotExported>) -> Stick {
    let problem = match exported {
        Ok(0) => return Stick::Nothing,
        Ok(events) => {
            info!(events, "the backlog is on the stick");
            return Stick::Done(events);
        }
        Err(problem) => problem,
    };
    error!(error = why(&problem), "the backlog is not on the stick");
    match problem {
        NotExported::NoStick(_) => Stick::NoStick,
        NotExported::Full => Stick::Full,
        NotExported::ReadOnly => Stick::ReadOnly,
        NotExported::NotSigned(NotSigned::NotEnrolled) => Stick::NotEnrolled,
        NotExported::NotSigned(NotSigned::NoAgent) => Stick::NotReady,
        NotExported::Failed { .. } | NotExported::Queue(_) | NotExported::Gone(_) => Stick::Failed,
    }
}

impl App {
    /// The page of the stick.
    pub(super) fn stick(&self) {
        let (ui, staff) = (&self.parts.ui, &self.session.staff);
        let state = match &staff.result {
            Some(StaffResult::Stick(stick)) => Some(*stick),
            _ => None,
        };
        let (text, done, of) = match state {
            None if staff.busy => (StickText::Looking, 0, 0),
            None => (StickText::Insert, 0, 0),
            Some(Stick::Writing { done, of }) => (StickText::Writing, done, of),
            Some(Stick::Done(events)) => (StickText::Done, events, events),
            Some(Stick::Nothing) => (StickText::Nothing, 0, 0),
            Some(Stick::NoStick) => (StickText::NoStick, 0, 0),
            Some(Stick::Full) => (StickText::Full, 0, 0),
            Some(Stick::ReadOnly) => (StickText::ReadOnly, 0, 0),
            Some(Stick::Failed) => (StickText::Failed, 0, 0),
            Some(Stick::NotEnrolled) => (StickText::NotEnrolled, 0, 0),
            Some(Stick::NotReady) => (StickText::NotReady, 0, 0),
        };
        let number = |events: u32| i32::try_from(events).unwrap_or(i32::MAX);
        let line = ui.global::<Phrases>().invoke_stick(text, number(done), number(of));
        ui.global::<pages::Staff>().set_stick(line);
    }
}
