//! The dispatcher: every event of the terminal comes here, the visit steps, its actions go out, the pages follow.
//!
//! Invariant: one event at a time, on the UI thread, and nothing here waits: the queue, the printer and the county
//! are asked, and answer with events of their own.

mod aloud;
mod clerk;
mod desk;
#[cfg(feature = "drive")]
mod drive;
mod fingers;
mod keyboard;
mod models;
mod panel;
#[cfg(test)]
#[path = "../../tests/support/papers.rs"]
mod papers;
mod part;
mod people;
mod phone;
mod render;
mod scanner;
mod steady;
mod stick;
mod task;
mod technician;
mod touches;
#[cfg(test)]
#[path = "../../tests/input_support/clock.rs"]
mod turned;
mod turns;
mod voice;
mod wanted;
#[cfg(test)]
#[path = "../../tests/support/writing.rs"]
mod writing;

use std::{cell::RefCell, sync::Arc, time::Duration};

pub use clerk::{Office, start as start_clerk};
#[cfg(feature = "drive")]
pub use drive::drive;
#[cfg(feature = "kms")]
pub use fingers::choose_panel;
#[cfg(feature = "x11")]
pub use fingers::take_contacts;
use jiff::Timestamp;
pub use panel::at_panel;
pub use scanner::{Codes, read_serial};
use slint::ComponentHandle as _;
use sound_line::Language;
pub use task::{Clerk, Task};
use uuid::Uuid;
pub use voice::heard;
use wire::intake::{CheckIn, HelpCall, Lookup, Reissue, Track, Tracked};

use crate::{
    clock::Clock,
    config::Loudness,
    control::{
        Board, Control,
        message::{Answer, Ask},
    },
    input::{
        engine::{Engine, Told},
        sound::Sound,
    },
    pages,
    panel::{self as pins, dim::Dim},
    session::{Action, Event, Page, Question, Session, StaffResult, TrackResult},
};

/// How long the county may take before the terminal's own memory answers: longer than a slow mobile line's round
/// trip, shorter than patience.
const COUNTY_MOST: Duration = Duration::from_secs(6);

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
}

/// What the dispatcher needs of the world.
pub struct Parts {
    /// The window.
    pub ui: pages::App,
    /// The thread that writes things down.
    pub clerk: Clerk,
    /// The socket to the agent.
    pub control: Arc<Control>,
    /// What the socket says of the screen.
    pub board: Arc<Board>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What hangs on the pins.
    pub panel: pins::Handle,
    /// After how long without anybody the screen goes dark; none, never.
    pub dark_after: Option<Duration>,
    /// The input methods' program.
    pub input: Engine,
    /// The program that hears and speaks.
    pub sound: Sound,
    /// How loud a visit begins.
    pub loudness: Loudness,
    /// The languages that it has clips of where it is there, as far as can be seen without starting it.
    pub may_speak: Vec<Language>,
    /// Whether a scanner is there for certain.
    pub has_scanner: bool,
    /// Whether the settings name a place for a stick.
    pub has_stick: bool,
}

/// The dispatcher.
pub struct App {
    parts: Parts,
    session: Session,
    models: models::Models,
    /// Where in the text the part begins that stands in the field.
    part_begins: usize,
    /// The call for help that is out, and its name at the county.
    help_call: Option<(Question, Uuid)>,
    /// Whether this visit has the input methods' program, and the one that hears and speaks.
    has_input: bool,
    has_sound: bool,
    turns: turns::Turns,
    dim: Dim,
    steady: steady::Steady,
    /// What the panel was told last.
    on_panel: Option<panel::Shown>,
    /// Whether the event loop ends for a new start.
    starts_anew: bool,
}

/// Starts dispatching on this thread, which must be the one that runs the event loop.
pub fn start(parts: Parts) {
    touches::connect(&parts.ui);
    count_frames(&parts.ui, Arc::clone(&parts.board));
    let dim = Dim::new(parts.dark_after, parts.clock.monotonic());
    let session = Session::new(parts.loudness, parts.may_speak.clone());
    let models = models::Models::default();
    let app = App {
        parts,
        session,
        models,
        part_begins: 0,
        help_call: None,
        has_input: false,
        has_sound: false,
        turns: turns::Turns::default(),
        dim,
        steady: steady::Steady::default(),
        on_panel: None,
        starts_anew: false,
    };
    APP.set(Some(app));
    dispatch(Event::Touched);
}

/// Counts beats of the pages' heart that were painted. Only the renderer reads what `painted` gives, while it draws; the
/// note that it leaves is taken up once it has returned. A frame that could not be presented ends the event loop.
fn count_frames(ui: &pages::App, board: Arc<Board>) {
    ui.global::<pages::Heart>().on_painted(move |beat| {
        // Nothing checks what becomes of the window's very first frame, and a picture of the page is no frame of the screen.
        if beat > 0 && !wanted::takes_a_picture() {
            let board = Arc::clone(&board);
            slint::invoke_from_event_loop(move || board.presented()).ok();
        }
        slint::Brush::default()
    });
}

/// Ends dispatching and drops everything that it held; whether it ended for a new start.
#[expect(clippy::must_use_candidate, reason = "it is called for what it ends")]
pub fn stop() -> bool {
    APP.take().is_some_and(|app| app.starts_anew)
}

/// Takes an event on the UI thread.
pub fn dispatch(event: Event) {
    with(|app| {
        let touched = event.is_touch();
        for action in app.session.step(event, app.parts.clock.monotonic()) {
            app.act(action);
        }
        app.show_on_panel(touched);
        app.have_input_methods();
        app.have_sound();
        app.render();
    });
}

/// Takes an event from any thread.
pub fn post(event: Event) {
    // Fails only after the event loop has ended; then there is nobody to tell.
    slint::invoke_from_event_loop(move || dispatch(event)).ok();
}

fn with<T>(f: impl FnOnce(&mut App) -> T) -> Option<T> {
    APP.with_borrow_mut(|app| app.as_mut().map(f))
}

/// Takes what the input methods told, from any thread.
pub fn told_by_input(told: Told) {
    slint::invoke_from_event_loop(move || {
        if let Some(ui) = with(|app| app.parts.ui.clone_strong()) {
            keyboard::told(&ui, told);
        }
    })
    .ok();
}

/// A second has gone by.
pub fn tick() {
    dispatch(Event::Tick);
    if let Some(ui) = with(|app| app.parts.ui.clone_strong()) {
        keyboard::catch_up(&ui);
    }
    with(|app| {
        let heart = app.parts.ui.global::<pages::Heart>();
        heart.set_beat(heart.get_beat().wrapping_add(1).max(1));
        if app.session.page == Page::Technician {
            app.parts.clerk.send(Task::Facts);
        }
    });
}

impl App {
    fn act(&mut self, action: Action) {
        let clerk = &self.parts.clerk;
        match action {
            Action::Submit(question, draft) => clerk.send(Task::Submit(question, draft)),
            Action::PrintAgain(ticket) => clerk.send(Task::PrintAgain(ticket)),
            Action::SubmitContact { ticket, name, phone } => clerk.send(Task::Contact { ticket, name, phone }),
            Action::SubmitRating { ticket, satisfaction, revision, proof } => {
                clerk.send(Task::Rating { ticket, satisfaction, revision, proof });
            }
            Action::Track { question, ticket, proof } => self.track(question, Track { ticket, proof }),
            Action::HandOver { question, ticket } => self.hand_over(question, ticket),
            Action::AskDelivered(ticket) => clerk.send(Task::Delivered(ticket)),
            Action::CallHelp(call) => self.call_help(call),
            Action::AskHelp(call) => self.ask_after_help(call),
            Action::CheckPin { question, door, pin } => {
                clerk.send(Task::CheckPin { question, door, pin: pin.into() });
            }
            Action::TestPrint(question) => clerk.send(Task::TestPrint(question)),
            Action::ToStick(question) => clerk.send(Task::Stick(question)),
            Action::CheckIn { question, person, present } => {
                let at: Timestamp = self.parts.clock.wall().at;
                self.ask(question, Ask::CheckIn(CheckIn { person, present, at }), |answer| match answer {
                    Some(Answer::CheckedIn) => StaffResult::CheckedIn,
                    said_no => without(said_no.as_ref()),
                });
            }
            Action::Lookup { question, phone } => {
                self.ask(question, Ask::Lookup(Lookup { phone }), |answer| match answer {
                    Some(Answer::Found(found)) => StaffResult::Lookup(found.tickets),
                    said_no => without(said_no.as_ref()),
                })
            }
            Action::Reissue { question, ticket, phone } => {
                let clerk = clerk.clone();
                self.ask(question, Ask::Reissue(Reissue { ticket, phone }), move |answer| match answer {
                    Some(Answer::Reissued(new)) => {
                        clerk.send(Task::PrintCode(question, new));
                        StaffResult::Reissued
                    }
                    said_no => without(said_no.as_ref()),
                });
            }
            Action::Record => self.record(),
            Action::StopRecording => self.stop_recording(),
            Action::CancelRecording => self.cancel_recording(),
            Action::PlayRecording(recording) => self.play_recording(&recording),
            Action::StopPlaying => self.stop_playing(),
            Action::Speak { phrases, language, loudness } => self.speak_clips(phrases, language, loudness),
            Action::Hush => self.hush(),
            Action::Loudness(loudness) => self.loudness(loudness),
            Action::Wipe => self.wipe(),
        }
    }

    fn ask(&self, question: Question, ask: Ask, result: impl FnOnce(Option<Answer>) -> StaffResult + Send + 'static) {
        self.parts
            .control
            .ask(ask, COUNTY_MOST, move |answer| post(Event::StaffAnswered(question, result(answer.ok()))));
    }

    /// Asks the county; where it is silent, the terminal's memory.
    fn track(&self, question: Question, track: Track) {
        let clerk = self.parts.clerk.clone();
        let asked = track.clone();
        self.parts.control.ask(Ask::Track(asked), COUNTY_MOST, move |answer| match answer {
            Ok(Answer::Tracked(Tracked::Found(view))) => post(Event::Tracked(question, TrackResult::Fresh(view))),
            Ok(Answer::Tracked(Tracked::NotFound)) => clerk.send(Task::Remember { question, track, unknown: true }),
            Ok(Answer::TooMany { .. }) => post(Event::Tracked(question, TrackResult::TooMany)),
            _ => clerk.send(Task::Remember { question, track, unknown: false }),
        });
    }

    /// Brings a call to the county; the same one as often as it takes, under one name.
    fn call_help(&mut self, call: Question) {
        let known = self.help_call.filter(|(known, _)| *known == call);
        let (_, id) = *self.help_call.insert(known.unwrap_or_else(|| (call, Uuid::new_v4())));
        self.parts.control.ask(Ask::Help(HelpCall { id }), COUNTY_MOST, move |answer| {
            if let Ok(Answer::HelpTaken) = answer {
                post(Event::HelpTaken(call));
            }
        });
    }

    fn ask_after_help(&self, call: Question) {
        let Some((_, id)) = self.help_call.filter(|(known, _)| *known == call) else { return };
        self.parts.control.ask(Ask::HelpState(id), COUNTY_MOST, move |answer| {
            if let Ok(Answer::HelpState(state)) = answer
                && state.acknowledged
            {
                post(Event::HelpAcknowledged(call));
            }
        });
    }

    /// Starts the input methods' program where somebody may need it before long, beside what they see.
    fn have_input_methods(&mut self) {
        let may_write = matches!(
            self.session.page,
            Page::Category | Page::Place | Page::Say | Page::Voice | Page::Done | Page::Contact | Page::Technician
        );
        if may_write && !self.has_input {
            self.parts.input.open();
            self.has_input = true;
        }
    }

    /// Nothing of a visit stays in a field, a model or the input methods' program.
    fn wipe(&mut self) {
        self.help_call = None;
        self.parts.input.close();
        self.forget_sound();
        self.has_input = false;
        self.parts.clerk.send(Task::Forget);
        self.models = models::Models::default();
        crate::ui::wipe_visit(&self.parts.ui);
        keyboard::forget(&self.parts.ui);
    }
}

/// What it comes to where the county did not do what the staff asked.
fn without(answer: Option<&Answer>) -> StaffResult {
    match answer {
        Some(Answer::TooMany { .. }) => StaffResult::TooMany,
        Some(Answer::Refused) => StaffResult::Refused,
        _ => StaffResult::Offline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_county_that_was_not_reached_is_called_a_missing_network() {
        assert!(matches!(without(Some(&Answer::TooMany { retry_after_s: 60 })), StaffResult::TooMany));
        assert!(matches!(without(Some(&Answer::Refused)), StaffResult::Refused));
        assert!(matches!(without(Some(&Answer::Offline)), StaffResult::Offline));
        assert!(matches!(without(None), StaffResult::Offline));
    }
}
