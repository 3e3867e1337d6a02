//! What is touched on the pages, through the dispatcher, with what the input methods told.

use ime_line::Answer;
use slint::platform::PointerEventButton;

use super::*;
use crate::{
    app::{self, Task, papers, turned::Turned, writing},
    pages::Unread,
    session::{Paper, Submitted},
};

const PAD: [f32; 2] = [200.0, 100.0];
const ONE: &str = "M10 50L190 50";
const OTHER: &str = "M100 10L100 90";

/// A villager who writes with a finger.
struct Writing {
    ui: pages::App,
    inbox: std::sync::mpsc::Receiver<Task>,
    clock: std::sync::Arc<Turned>,
    _folder: tempfile::TempDir,
}

impl Writing {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ui = writing::window();
        let inbox = writing::open_writing(&ui, folder.path(), papers::bulletin());
        let clock = std::sync::Arc::new(Turned::start());
        with(|app| app.parts.clock = clock.clone());
        told(&ui, Told::Ready(Ready::default()));
        let writing = Self { ui, inbox, clock, _folder: folder };
        writing.settle();
        writing
    }

    fn settle(&self) {
        writing::settle(&self.ui);
    }

    fn keys(&self) -> pages::Keys<'_> {
        self.ui.global()
    }

    fn act(&self) -> pages::Act<'_> {
        self.ui.global()
    }

    fn text(&self) -> String {
        self.ui.global::<pages::Entry>().get_text().into()
    }

    fn is_writing(&self) -> bool {
        self.ui.global::<pages::Speak>().get_writing()
    }

    fn stroke(&self, path: &str) {
        stroke(&self.ui, path, PAD);
    }

    /// Answers what was asked last, and what is asked because of that.
    fn answer(&self, candidates: &[&str]) {
        for question in 1..50 {
            let candidates: Vec<_> = candidates.iter().map(|text| (*text).to_owned()).collect();
            let answer = Answer { sure: !candidates.is_empty(), candidates, ..Answer::default() };
            told(&self.ui, Told::Answer(question, answer));
        }
    }

    fn strokes(&self) -> Vec<SharedString> {
        self.keys().get_strokes().iter().collect()
    }

    fn type_in(&self, text: &str) {
        send(&self.ui, text.into());
    }

    /// A finger on what is called so, in its own time.
    fn tap(&self, label: &str) {
        self.clock.turn(1);
        self.settle();
        let found = i_slint_backend_testing::ElementHandle::find_by_accessible_label(&self.ui, label);
        let is_button = |element: &i_slint_backend_testing::ElementHandle| {
            element.accessible_role() == Some(i_slint_backend_testing::AccessibleRole::Button)
        };
        let button = found.into_iter().find(is_button).unwrap_or_else(|| panic!("no button {label}"));
        button.mock_single_click(PointerEventButton::Left);
        self.settle();
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        app::stop();
    }
}

#[test]
fn a_stroke_comes_back_as_it_was_painted() {
    let written = "M10.5 20L11 21.25L200 0";
    assert_eq!(points(written), [[10.5, 20.0], [11.0, 21.25], [200.0, 0.0]]);
    assert_eq!(path(&points(written)), written);
    assert!(points("").is_empty() && points("M1 x").is_empty());
}

#[test]
fn the_pad_shows_the_strokes_that_are_on_it_though_there_were_as_many_others() {
    let writing = Writing::open();
    writing.stroke(ONE);
    assert_eq!(writing.strokes(), [ONE]);
    press(&writing.ui, "。");
    writing.stroke(OTHER);
    assert_eq!(writing.strokes(), [ONE], "it waits for what the sign takes");
    writing.answer(&["一"]);
    assert_eq!((writing.strokes(), writing.text()), (vec![OTHER.into()], "一。".to_owned()));
}

#[test]
fn no_way_out_of_the_pad_drops_what_is_unread_before_that_was_said() {
    type Out = fn(&Writing);
    let outs: [(Out, bool); 3] = [
        (|writing| writing.act().invoke_write_myself(false), false),
        (|writing| writing.act().invoke_back(), false),
        (|writing| writing.act().invoke_choose_method(pages::Method::Letters), true),
    ];
    let writing = Writing::open();
    for (out, goes_on_writing) in outs {
        app::dispatch(Event::WriteMyself(true));
        writing.act().invoke_choose_method(pages::Method::Pad);
        writing.settle();
        writing.stroke(ONE);
        assert_eq!(writing.keys().get_unread(), Unread::No, "nobody knows yet");
        out(&writing);
        writing.answer(&[]);
        assert_eq!((writing.keys().get_unread(), writing.strokes()), (Unread::Dropping, vec![ONE.into()]));
        assert!(writing.is_writing());
        out(&writing);
        assert_eq!((writing.keys().get_unread(), writing.strokes().len()), (Unread::No, 0));
        assert_eq!((writing.is_writing(), writing.text()), (goes_on_writing, String::new()));
    }
}

#[test]
fn what_is_unread_is_said_as_soon_as_it_is_known_and_no_longer_once_it_is_written_anew() {
    let writing = Writing::open();
    writing.stroke(ONE);
    writing.answer(&[]);
    assert_eq!(writing.keys().get_unread(), Unread::Unknown);
    writing.stroke(OTHER);
    assert_eq!(writing.keys().get_unread(), Unread::No);
    writing.answer(&[]);
    writing.tap("重写");
    assert_eq!((writing.keys().get_unread(), writing.strokes().len()), (Unread::No, 0));
    writing.stroke(ONE);
    told(&writing.ui, Told::Missing("it keeps ending".into()));
    assert_eq!(writing.keys().get_unread(), Unread::Unreadable);
    assert_eq!(writing.keys().get_method(), pages::Method::Pad, "they stay where they were written");
    writing.tap("重写");
    assert_eq!(writing.keys().get_method(), pages::Method::Letters);
}

#[test]
fn what_is_told_behind_a_cover_reaches_its_field_once_that_is_gone_and_the_focus_with_it() {
    type Cover = (fn(), fn());
    let covers: [Cover; 2] = [
        (|| app::dispatch(Event::CallHelp), || app::dispatch(Event::CloseHelp)),
        (
            || {
                with(|app| app.parts.ui.global::<pages::Shell>().set_countdown(30));
            },
            || app::dispatch(Event::KeepGoing),
        ),
    ];
    let writing = Writing::open();
    let mut expected = String::new();
    for (cover, uncover) in covers {
        writing.stroke(ONE);
        press(&writing.ui, "。");
        cover();
        writing.settle();
        writing.answer(&["一"]);
        writing.type_in("x");
        assert_eq!(writing.text(), expected, "a field that is covered takes no keys");
        uncover();
        writing.settle();
        app::tick();
        writing.type_in("a");
        expected.push_str("一。a");
        assert_eq!(writing.text(), expected);
    }
}

#[test]
fn a_page_that_is_left_behind_a_cover_is_left_with_its_words_once_that_is_gone() {
    let writing = Writing::open();
    writing.stroke(ONE);
    writing.act().invoke_write_myself(false);
    app::dispatch(Event::CallHelp);
    writing.settle();
    writing.answer(&["一"]);
    assert!(writing.is_writing() && writing.text().is_empty());
    app::dispatch(Event::CloseHelp);
    writing.settle();
    app::tick();
    assert_eq!((writing.is_writing(), writing.text()), (false, "一".to_owned()));
}

#[test]
fn all_digits_of_a_telephone_number_are_taken_back_with_one_key() {
    let writing = Writing::open();
    writing.type_in("路");
    for event in [Event::WriteMyself(false), Event::Submit] {
        app::dispatch(event);
    }
    let question =
        writing.inbox.try_iter().find_map(|task| if let Task::Submit(asked, _) = task { Some(asked) } else { None });
    let terminal = wire::ticket::TerminalNumber::new(613).unwrap();
    let ticket = wire::ticket::TicketNumber::new(terminal, 1, 1).unwrap();
    let (code, secret) = (wire::secret::QueryCode::draw(), wire::secret::Secret::draw());
    let submitted = Submitted { ticket, code, secret, at: None };
    app::dispatch(Event::Submitted(question.unwrap(), Box::new(submitted)));
    app::dispatch(Event::Paper { ticket, paper: Paper::Printed });
    app::dispatch(Event::OpenContact);
    writing.settle();
    writing.act().invoke_choose_contact(true);
    let phone = || writing.ui.global::<pages::Entry>().get_phone();
    for (label, expected) in [("1", "1"), ("3", "13"), ("8", "138"), ("退格", "13"), ("清空", ""), ("5", "5")] {
        writing.tap(label);
        assert_eq!(phone(), expected, "after {label}");
    }
}
