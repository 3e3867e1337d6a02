//! The on-screen keyboard: what its keys become before they reach the field that has the focus.
//!
//! Text goes to the field as key events of the window, the way a real keyboard's does, so that one path serves both.

use std::cell::RefCell;

use slint::{ComponentHandle, SharedString, platform::WindowEvent};

use super::{dispatch, scanner, with};
use crate::{
    input::{Edit, InputMethod, Letters},
    pages,
    session::Event,
};

thread_local! {
    static METHOD: RefCell<Letters> = RefCell::default();
}

/// A key of the keyboard was touched.
pub(super) fn press(ui: &pages::App, key: &str) {
    dispatch(Event::Touched);
    let now = with(|app| app.parts.clock.monotonic()).unwrap_or_default();
    let edits = METHOD.with_borrow_mut(|method| method.press(key, now));
    for edit in edits {
        match edit {
            Edit::Insert(text) => send(ui, text.into()),
            Edit::Backspace => send(ui, slint::platform::Key::Backspace.into()),
        }
    }
    show(ui);
}

fn show(ui: &pages::App) {
    let keys = ui.global::<pages::Keys>();
    METHOD.with_borrow(|method| {
        keys.set_shift(method.shift());
        keys.set_symbols(method.symbols());
    });
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

/// Forgets shift, symbols and what was begun.
pub(super) fn forget() {
    METHOD.set(Letters::default());
    scanner::forget();
}
