//! The on-screen keyboard and the pad: what is touched there, before it reaches the field that has the focus.
//!
//! Text goes to the field as key events of the window, the way a real keyboard's does, so that one path serves both.
//! Invariant: a page is left only once what was composed on it stands in its field.

use std::cell::RefCell;

use ime_line::Ready;
use slint::{ComponentHandle, Model as _, SharedString, platform::WindowEvent};

use super::{dispatch, scanner, with};
use crate::{
    input::{Edit, Method, Outcome, Unread, Writer, engine::Told},
    pages,
    session::Event,
};

/// The input methods need no more of the text before the cursor.
const BEFORE: usize = 20;

/// Letters of what is composed that are shown, but one.
const LETTERS_SHOWN: usize = 8;

thread_local! {
    static WRITER: RefCell<Writer> = RefCell::default();
    /// What is to be done once what is composed stands in the field.
    static LEAVING: RefCell<Option<Leaving>> = const { RefCell::new(None) };
    /// What was told while the page was covered: its field takes no keys then.
    static LATER: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

type Leaving = Box<dyn FnOnce(&pages::App)>;

/// A key of the keyboard was touched.
pub(super) fn press(ui: &pages::App, key: &str) {
    let now = with(|app| app.parts.clock.monotonic()).unwrap_or_default();
    let entry = ui.global::<pages::Entry>();
    if key == "clear" && entry.get_dialling() {
        entry.set_phone("".into());
    }
    touch(ui, |writer| writer.press(key, now));
}

/// A finger came down on a candidate.
pub(super) fn finger_on(shown: i32) {
    WRITER.with_borrow_mut(|writer| writer.finger_on(usize::try_from(shown).unwrap_or(usize::MAX)));
}

/// A candidate was touched.
pub(super) fn choose(ui: &pages::App, shown: i32) {
    let now = with(|app| app.parts.clock.monotonic()).unwrap_or_default();
    touch(ui, |writer| writer.choose(usize::try_from(shown).unwrap_or(usize::MAX), now));
}

/// Others than these candidates are wanted.
pub(super) fn more(ui: &pages::App, seen: i32) {
    touch(ui, |writer| {
        writer.more(usize::try_from(seen).unwrap_or_default());
        Outcome::default()
    });
}

/// Another method was chosen.
pub(super) fn write_by(ui: &pages::App, method: pages::Method) {
    let method = match method {
        pages::Method::Letters => Method::Letters,
        pages::Method::Pinyin => Method::Pinyin,
        pages::Method::Pad => Method::Pad,
    };
    touch(ui, |writer| writer.change(method));
}

/// A stroke was written on a pad of this width and height, as the commands of a path.
pub(super) fn stroke(ui: &pages::App, path: &str, pad: [f32; 2]) {
    touch(ui, |writer| writer.stroke(points(path), pad));
}

/// Leaves the field once what is composed stands in it; where it has to be looked for yet, when it was found.
pub(super) fn leave(ui: &pages::App, leaving: impl FnOnce(&pages::App) + 'static) {
    LEAVING.set(Some(Box::new(leaving)));
    touch(ui, Writer::leave);
}

fn touch(ui: &pages::App, touch: impl FnOnce(&mut Writer) -> Outcome) {
    dispatch(Event::Touched);
    catch_up(ui);
    let outcome = WRITER.with_borrow_mut(touch);
    settle(ui, outcome);
    ask(ui);
}

/// Takes what was told while the page was covered.
pub(super) fn catch_up(ui: &pages::App) {
    if !is_covered(ui) {
        for later in LATER.take() {
            told(ui, later);
        }
    }
}

fn is_covered(ui: &pages::App) -> bool {
    let shell = ui.global::<pages::Shell>();
    shell.get_help_open() || shell.get_countdown() >= 0
}

/// What the input methods told.
pub(super) fn told(ui: &pages::App, told: Told) {
    if is_covered(ui) {
        return LATER.with_borrow_mut(|later| later.push(told));
    }
    let (outcome, asks) = WRITER.with_borrow_mut(|writer| match told {
        Told::Ready(ready) => {
            writer.has(ready);
            (Outcome::default(), false)
        }
        Told::Missing(why) => (writer.missing(&why), false),
        Told::Answer(question, answer) => (writer.answered(question, answer), true),
        Told::Ended => (Outcome::default(), writer.lost()),
    });
    settle(ui, outcome);
    if asks {
        ask(ui);
    } else {
        show(ui);
    }
}

/// Why a method is not there, as far as somebody knows.
pub(super) fn ready() -> Option<Ready> {
    WRITER.with_borrow(|writer| writer.ready().cloned())
}

/// Why the strokes on the pad are no words.
pub(super) fn unread() -> Option<Unread> {
    WRITER.with_borrow(Writer::unread)
}

/// Brings edits to the field, and leaves it where that was wanted.
fn settle(ui: &pages::App, outcome: Outcome) {
    for edit in outcome.edits {
        match edit {
            Edit::Insert(text) => send(ui, text.into()),
            Edit::Backspace => send(ui, slint::platform::Key::Backspace.into()),
        }
    }
    if outcome.leaves
        && let Some(leaving) = LEAVING.take()
    {
        leaving(ui);
    }
}

/// Asks the input methods what is to be asked, and shows what is composed.
fn ask(ui: &pages::App) {
    if let Some((question, ask)) = WRITER.with_borrow_mut(|writer| writer.question(&before(ui))) {
        with(|app| app.parts.input.ask((question, ask)));
    }
    show(ui);
}

/// The end of the text before the cursor, as far as it is known.
fn before(ui: &pages::App) -> String {
    let entry = ui.global::<pages::Entry>();
    let text = match ui.global::<pages::Shell>().get_page() {
        pages::Page::Say => {
            let (part, cursor) = (entry.get_part(), usize::try_from(entry.get_cursor()).unwrap_or_default());
            part[..part.floor_char_boundary(cursor)].to_owned()
        }
        pages::Page::Place => entry.get_landmark().into(),
        _ => String::new(),
    };
    let from = text.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    text[from..].to_owned()
}

fn show(ui: &pages::App) {
    let keys = ui.global::<pages::Keys>();
    WRITER.with_borrow(|writer| {
        keys.set_shift(writer.shift());
        keys.set_symbols(writer.symbols());
        keys.set_method(match writer.method() {
            Method::Letters => pages::Method::Letters,
            Method::Pinyin => pages::Method::Pinyin,
            Method::Pad => pages::Method::Pad,
        });
        keys.set_has_pinyin(writer.offers(Method::Pinyin));
        keys.set_has_pad(writer.offers(Method::Pad));
        keys.set_composition(end_of(writer.composition()).into());
        keys.set_more(writer.has_more());
        keys.set_settled(writer.is_answered());
        keys.set_unread(match writer.unread() {
            None => pages::Unread::No,
            Some(Unread::Unknown) => pages::Unread::Unknown,
            Some(Unread::Unreadable) => pages::Unread::Unreadable,
            Some(Unread::Unsure) => pages::Unread::Unsure,
            Some(Unread::Dropping) => pages::Unread::Dropping,
        });
        keys.set_candidates(crate::ui::model(writer.candidates().map(SharedString::from)));
        // Strokes that stand are not painted anew.
        let strokes: Vec<_> = writer.strokes().iter().map(|stroke| path(stroke)).collect();
        if !keys.get_strokes().iter().eq(strokes.iter().cloned()) {
            keys.set_strokes(crate::ui::model(strokes));
        }
    });
}

/// Letters as far as they have room beside their words; more is written blind only by somebody who is far ahead.
fn end_of(letters: &str) -> String {
    match letters.char_indices().rev().nth(LETTERS_SHOWN) {
        Some((from, _)) => format!("…{}", &letters[from..]),
        None => letters.to_owned(),
    }
}

/// The points of a path as the pad writes it: `M x y`, then `L x y` for each further one.
fn points(path: &str) -> Vec<[f32; 2]> {
    let point = |text: &str| {
        let (x, y) = text.split_once(' ')?;
        Some([x.parse().ok()?, y.parse().ok()?])
    };
    path.split(['M', 'L']).filter_map(point).collect()
}

fn path(stroke: &[[f32; 2]]) -> SharedString {
    let mut path = String::new();
    for (at, [x, y]) in stroke.iter().enumerate() {
        path.push_str(&format!("{}{x} {y}", if at == 0 { 'M' } else { 'L' }));
    }
    path.into()
}

fn send(ui: &pages::App, text: SharedString) {
    let window = ui.window();
    window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
    window.dispatch_event(WindowEvent::KeyReleased { text });
}

/// A digit of the keypad on the page of lost receipts.
pub(super) fn lookup_digit(ui: &pages::App, digit: &str) {
    let entry = ui.global::<pages::Entry>();
    let mut phone = zeroize::Zeroizing::new(String::from(entry.get_lookup_phone()));
    match digit {
        "backspace" => drop(phone.pop()),
        "clear" => phone.clear(),
        _ if phone.len() < 20 => phone.push_str(digit),
        _ => {}
    }
    entry.set_lookup_phone(phone.as_str().into());
    dispatch(Event::Touched);
}

/// Forgets what was being written, and by which method.
pub(super) fn forget(ui: &pages::App) {
    LEAVING.set(None);
    LATER.set(Vec::new());
    WRITER.with_borrow_mut(Writer::forget);
    show(ui);
    scanner::forget();
}

#[cfg(test)]
mod tests;
