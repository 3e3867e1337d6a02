//! The pages' helpers: pictures and models from plain data, the probe for missing characters, and the wiping of a
//! visit.
//!
//! Invariant: decides nothing about a visit and reads no clock.

pub mod fonts;
pub mod images;

use i_slint_core::platform::Clipboard;
use slint::{ComponentHandle as _, Image, Model, ModelRc, SharedString, VecModel};

use crate::{
    pages::{
        App, Attract, Broken, Done, Entry, Find, Found, Keys, Listening, Paper, Pictures, Shell, Speak, Staff, Unread,
    },
    session::Note,
};

/// Makes a model of the pages from plain values.
pub fn model<T: Clone + 'static>(items: impl IntoIterator<Item = T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from_iter(items))
}

/// The picture of a category by the name the bulletin gives it; the speech balloon where it is not known.
pub fn category_picture(app: &App, name: &str) -> Image {
    app.global::<Pictures>().invoke_category(name.into())
}

/// Why the terminal takes nothing, as the pages name it.
#[must_use]
pub fn broken(note: Note) -> Broken {
    match note {
        Note::NotEnrolled => Broken::NotEnrolled,
        Note::CannotWrite => Broken::CannotWrite,
        Note::Full => Broken::Full,
        Note::StartsAnew => Broken::StartsAnew,
    }
}

/// Switches the language of all texts at once; Chinese is the language of the source.
pub fn set_language(app: &App, english: bool) {
    // Both languages are in the binary, so that there is nothing to report.
    let _ = slint::select_bundled_translation(if english { "en" } else { "" });
    app.global::<Shell>().set_english(english);
}

/// Shows the station's code for phones on the attract page.
pub fn set_station_code(app: &App, link: Option<&str>) {
    let code = link.and_then(images::qr);
    let attract = app.global::<Attract>();
    attract.set_has_code(code.is_some());
    attract.set_code(code.unwrap_or_default());
}

/// Empties every text, model, picture and selection that belongs to a visit. Pages that were open are gone with their
/// undo history when the next page is shown.
pub fn wipe_visit(app: &App) {
    empty_selection(app);
    let none = SharedString::new;
    let entry = app.global::<Entry>();
    entry.set_text(none());
    entry.set_part(none());
    entry.set_cursor(0);
    entry.set_landmark(none());
    entry.set_describing(false);
    entry.set_name(none());
    entry.set_phone(none());
    entry.set_dialling(false);
    entry.set_number(none());
    entry.set_code(none());
    entry.set_lookup_phone(none());

    let speak = app.global::<Speak>();
    speak.set_category(none());
    speak.set_sentences(ModelRc::default());
    let places = speak.get_places();
    speak.set_places(model(places.iter()));
    speak.set_length(0);
    speak.set_can_submit(false);
    speak.set_writing(false);
    speak.set_text_on_receipt(false);
    speak.set_listening(Listening::No);
    speak.set_seconds(0);
    speak.set_loudness(0.0);
    speak.set_recorded(0);
    speak.set_playing(false);
    speak.set_voice_note(none());

    let keys = app.global::<Keys>();
    keys.set_shift(false);
    keys.set_symbols(false);
    keys.set_composition(none());
    keys.set_candidates(ModelRc::default());
    keys.set_more(false);
    keys.set_strokes(ModelRc::default());
    keys.set_unread(Unread::No);

    let done = app.global::<Done>();
    done.set_number(none());
    done.set_code(none());
    done.set_category(none());
    done.set_place(none());
    done.set_when(none());
    done.set_next(none());
    done.set_paper(Paper::None);
    done.set_contact_saved(false);
    done.set_code_picture(Image::default());
    done.set_has_phone(false);
    done.set_phone(none());
    done.set_phone_code(Image::default());
    done.set_phone_again(false);

    let find = app.global::<Find>();
    find.set_trouble(none());
    find.set_busy(false);
    find.set_field(0);

    let found = app.global::<Found>();
    found.set_number(none());
    found.set_category(none());
    found.set_state(none());
    found.set_steps(ModelRc::default());
    found.set_reply(none());
    found.set_replied_by(none());
    found.set_age(none());
    found.set_can_rate(false);
    found.set_rated(0);
    found.set_not_kept(false);

    let staff = app.global::<Staff>();
    staff.set_typed(0);
    staff.set_trouble(none());
    staff.set_result(none());
    staff.set_found(ModelRc::default());
    staff.set_busy(false);
    staff.set_paper_step(-1);
    app.global::<Shell>().set_on_behalf(false);
}

/// A finger drawn over a text selects it, and Slint keeps what was selected last for a middle button, on a panel without
/// a display server in the program itself. The other clipboard is never written to: the pages take no shortcuts.
fn empty_selection(app: &App) {
    let window = i_slint_core::window::WindowInner::from_pub(app.window());
    window.context().platform().set_clipboard_text("", Clipboard::SelectionClipboard);
}
