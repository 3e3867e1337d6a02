//! From the pages' callbacks to events. Nothing is decided here.

use slint::{ComponentHandle, SharedString};
use wire::case::Satisfaction;

use super::{dispatch, keyboard, scanner, with};
use crate::{
    pages,
    session::{Door, Event, Field, Hearing, Key, Voicing},
};

/// Connects every callback of the pages.
pub(super) fn connect(ui: &pages::App) {
    let act = ui.global::<pages::Act>();
    act.on_touched(|| dispatch(Event::Touched));
    act.on_is_echo(is_echo);
    act.on_open_home(|| dispatch(Event::OpenHome));
    act.on_open_speak(|| dispatch(Event::OpenSpeak));
    act.on_open_find(|| dispatch(Event::OpenFind));
    act.on_open_people(|| dispatch(Event::OpenPeople));
    act.on_leave(|| dispatch(Event::Leave));
    act.on_keep_going(|| dispatch(Event::KeepGoing));
    act.on_switch_language(|| dispatch(Event::SwitchLanguage));
    act.on_larger(|larger| dispatch(Event::Larger(larger)));
    act.on_set_contrast(|on| dispatch(Event::Contrast(on)));
    act.on_call_help(|| dispatch(Event::CallHelp));
    act.on_close_help(|| dispatch(Event::CloseHelp));
    act.on_submit(|| dispatch(Event::Submit));
    act.on_another_receipt(|| dispatch(Event::AnotherReceipt));
    act.on_receipt_taken(|| dispatch(Event::ReceiptTaken));
    act.on_open_contact(|| dispatch(Event::OpenContact));
    act.on_open_phone(|| dispatch(Event::OpenPhone));
    act.on_find(|| dispatch(Event::Find));
    act.on_place_done(|| dispatch(Event::PlaceDone));
    act.on_choose_category(|id| dispatch(Event::ChooseCategory(id.into())));
    act.on_choose_place(|id| dispatch(Event::ChoosePlace(id.into())));
    act.on_toggle_sentence(|text| dispatch(Event::ToggleSentence(text.into())));
    act.on_voice_down(|| {
        if !is_echo(true) {
            dispatch(Event::Voice(Voicing::Down));
        }
    });
    act.on_voice_up(|inside| dispatch(Event::Voice(Voicing::Up { inside })));
    act.on_voice_stop(|| dispatch(Event::Voice(Voicing::Stop)));
    act.on_voice_submit(|| dispatch(Event::Voice(Voicing::StopAndSubmit)));
    act.on_voice_play(|on| dispatch(Event::Voice(if on { Voicing::Play } else { Voicing::StopPlaying })));
    act.on_voice_again(|| dispatch(Event::Voice(Voicing::Again)));
    act.on_voice_discard(|| dispatch(Event::Voice(Voicing::Discard)));
    act.on_hear(|| {
        if let Some(shown) = with(|app| app.shown()) {
            dispatch(Event::Aloud(Hearing::Hear(shown)));
        }
    });
    act.on_hush(|| dispatch(Event::Aloud(Hearing::Hush)));
    act.on_louder(|louder| dispatch(Event::Aloud(Hearing::Louder(louder))));
    act.on_set_text_on_receipt(|yes| dispatch(Event::TextOnReceipt(yes)));
    act.on_choose_field(|field| dispatch(Event::ChooseField(if field == 0 { Field::Number } else { Field::Code })));
    act.on_rate(|level| {
        if let Ok(level) = u8::try_from(level).map_err(|_| ()).and_then(|l| Satisfaction::try_from(l).map_err(|_| ())) {
            dispatch(Event::Rate(level));
        }
    });
    connect_typing(ui);
    connect_staff(ui);
}

fn is_echo(repeats: bool) -> bool {
    with(|app| app.steady.is_echo(repeats, app.parts.clock.monotonic())).unwrap_or(false)
}

fn connect_typing(ui: &pages::App) {
    let act = ui.global::<pages::Act>();
    let weak = ui.as_weak();
    act.on_text_edited(move || {
        let Some(ui) = weak.upgrade() else { return };
        let entry = ui.global::<pages::Entry>();
        match ui.global::<pages::Shell>().get_page() {
            pages::Page::Say => {
                let part = entry.get_part();
                let whole = with(|app| {
                    let before = app.session.speak.text.get(..app.part_begins).unwrap_or_default();
                    [before, part.as_str()].concat()
                });
                dispatch(Event::TextEdited(whole.unwrap_or_default()));
            }
            pages::Page::Place => dispatch(Event::LandmarkEdited(entry.get_landmark().into())),
            _ => dispatch(Event::Touched),
        }
    });
    let weak = ui.as_weak();
    act.on_key(move |key| {
        if let Some(ui) = weak.upgrade() {
            keyboard::press(&ui, &key);
        }
    });
    act.on_finger_on_candidate(keyboard::finger_on);
    let weak = ui.as_weak();
    act.on_choose_candidate(move |at| {
        if let Some(ui) = weak.upgrade() {
            keyboard::choose(&ui, at);
        }
    });
    let weak = ui.as_weak();
    act.on_more_candidates(move |seen| {
        if let Some(ui) = weak.upgrade() {
            keyboard::more(&ui, seen);
        }
    });
    let weak = ui.as_weak();
    act.on_choose_method(move |method| {
        if let Some(ui) = weak.upgrade() {
            keyboard::write_by(&ui, method);
        }
    });
    let weak = ui.as_weak();
    act.on_stroke(move |path, width, height| {
        if let Some(ui) = weak.upgrade() {
            keyboard::stroke(&ui, &path, [width, height]);
        }
    });
    let weak = ui.as_weak();
    act.on_choose_contact(move |phone| {
        if let Some(ui) = weak.upgrade() {
            keyboard::leave(&ui, move |ui| ui.global::<pages::Entry>().set_dialling(phone));
        }
    });
    let weak = ui.as_weak();
    act.on_landmark_done(move || {
        if let Some(ui) = weak.upgrade() {
            keyboard::leave(&ui, |ui| ui.global::<pages::Entry>().set_describing(false));
        }
    });
    let weak = ui.as_weak();
    act.on_back(move || {
        if let Some(ui) = weak.upgrade() {
            keyboard::leave(&ui, |_| dispatch(Event::Back));
        }
    });
    let weak = ui.as_weak();
    act.on_save_contact(move || {
        let Some(ui) = weak.upgrade() else { return };
        keyboard::leave(&ui, |ui| {
            let entry = ui.global::<pages::Entry>();
            dispatch(Event::SaveContact { name: entry.get_name().into(), phone: entry.get_phone().into() });
        });
    });
    let weak = ui.as_weak();
    act.on_write_myself(move |writing| {
        if let Some(ui) = weak.upgrade() {
            keyboard::leave(&ui, move |_| dispatch(Event::WriteMyself(writing)));
        }
    });
    let weak = ui.as_weak();
    act.on_digit(move |digit| {
        let Some(ui) = weak.upgrade() else { return };
        if ui.global::<pages::Shell>().get_page() == pages::Page::Lookup {
            keyboard::lookup_digit(&ui, &digit);
        } else if let Some(key) = keypad(&digit) {
            dispatch(Event::Key(key));
        }
    });
    act.on_typed(|text: SharedString| scanner::typed(&text));
}

fn keypad(key: &str) -> Option<Key> {
    match key {
        "backspace" => Some(Key::Backspace),
        "clear" => Some(Key::Clear),
        _ => key.chars().next().filter(char::is_ascii_digit).map(Key::Digit),
    }
}

fn connect_staff(ui: &pages::App) {
    let act = ui.global::<pages::Act>();
    act.on_open_pin(|technician| {
        dispatch(Event::OpenPin(if technician { Door::Technician } else { Door::Officer }));
    });
    act.on_staff_test_print(|| dispatch(Event::StaffTestPrint));
    act.on_staff_paper(|step| dispatch(Event::StaffPaper(u8::try_from(step).ok())));
    act.on_staff_on_behalf(|| dispatch(Event::StaffOnBehalf));
    act.on_staff_roster(|| dispatch(Event::StaffRoster));
    act.on_staff_check_in(|person, present| dispatch(Event::StaffCheckIn { person: person.into(), present }));
    act.on_staff_lookup_open(|| dispatch(Event::StaffLookupOpen));
    act.on_staff_stick_open(|| dispatch(Event::StaffStickOpen));
    act.on_staff_stick(|| dispatch(Event::StaffStick));
    let weak = ui.as_weak();
    act.on_staff_lookup(move || {
        if let Some(ui) = weak.upgrade() {
            dispatch(Event::StaffLookup(ui.global::<pages::Entry>().get_lookup_phone().into()));
        }
    });
    act.on_staff_reprint(|number| {
        if let Ok(ticket) = number.parse() {
            dispatch(Event::StaffReissue(ticket));
        }
    });
}
