//! Typing with the keys of the screen into the real pages, through the dispatcher: what was typed is what is handed in,
//! however long, though the field itself only ever holds the end of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/papers.rs"]
mod papers;
#[path = "support/writing.rs"]
mod writing;

use kiosk::{app, pages, session::Event};
use slint::{ComponentHandle as _, platform::WindowEvent};
use writing::open_writing;

/// The field holds no more of the text than this, in characters.
const MOST: usize = 301;

/// A terminal whose villager has opened the keyboard.
struct Writing {
    ui: pages::App,
    _folder: tempfile::TempDir,
}

impl Writing {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ui = writing::window();
        open_writing(&ui, folder.path(), papers::bulletin());
        let writing = Self { ui, _folder: folder };
        writing.settle();
        writing
    }

    fn settle(&self) {
        writing::settle(&self.ui);
    }

    fn key(&self, key: &str) {
        self.ui.global::<pages::Act>().invoke_key(key.into());
    }

    fn text(&self) -> String {
        let entry = self.ui.global::<pages::Entry>();
        let (text, part) = (entry.get_text(), entry.get_part());
        assert!(text.ends_with(part.as_str()) && part.chars().count() <= MOST, "{text:?} {part:?}");
        text.into()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        app::stop();
    }
}

#[test]
fn a_long_text_is_typed_and_taken_away_again_key_by_key_and_nothing_of_it_is_lost() {
    let writing = Writing::open();
    let mut typed = String::new();
    for key in ["a", "b", "c", "，", "d", "。"].into_iter().cycle().take(700) {
        writing.key(key);
        typed.push_str(key);
        assert_eq!(writing.text(), typed);
    }
    // The keyboard goes and comes back: one writes on behind what is there.
    app::dispatch(Event::WriteMyself(false));
    writing.settle();
    app::dispatch(Event::WriteMyself(true));
    writing.settle();
    writing.key("e");
    typed.push('e');
    assert_eq!(writing.text(), typed);

    // What a real keyboard would undo is not where it was any more.
    let control = slint::SharedString::from(slint::platform::Key::Control);
    writing.ui.window().dispatch_event(WindowEvent::KeyPressed { text: control.clone() });
    writing.ui.window().dispatch_event(WindowEvent::KeyPressed { text: "z".into() });
    writing.ui.window().dispatch_event(WindowEvent::KeyReleased { text: "z".into() });
    writing.ui.window().dispatch_event(WindowEvent::KeyReleased { text: control });
    assert_eq!(writing.text(), typed);

    while typed.pop().is_some() {
        writing.key("backspace");
        assert_eq!(writing.text(), typed);
    }
}

#[test]
fn a_key_in_the_middle_of_a_long_text_writes_there() {
    let writing = Writing::open();
    app::dispatch(Event::WriteMyself(false));
    app::dispatch(Event::TextEdited("路".repeat(900)));
    writing.settle();
    app::dispatch(Event::WriteMyself(true));
    writing.settle();
    let left = slint::SharedString::from(slint::platform::Key::LeftArrow);
    for _ in 0..60 {
        writing.ui.window().dispatch_event(WindowEvent::KeyPressed { text: left.clone() });
        writing.ui.window().dispatch_event(WindowEvent::KeyReleased { text: left.clone() });
    }
    writing.key("a");
    writing.key("b");
    assert_eq!(writing.text(), format!("{}ab{}", "路".repeat(840), "路".repeat(60)));
}
