//! What a finger does: it acts when it leaves a target inside, keys keep the focus where it is, a real keyboard
//! reaches the same field, and the staff's doors take three seconds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery, mock_elapsed_time};
use kiosk::pages::{Act, App, Done, Entry, Found, Keys, Page, Paper, Shell, Speak, Staff, Unread};
use kiosk::ui;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle as _, LogicalPosition, Model as _};

use crate::{
    scenes,
    stage::{self, PANELS},
};

pub(crate) type Log = Rc<RefCell<Vec<String>>>;

pub(crate) fn log() -> Log {
    Rc::default()
}

pub(crate) fn scene(app: &App, name: &str) {
    let scene = scenes::all().into_iter().find(|s| s.name == name).unwrap();
    stage::show(app, scene, false);
}

pub(crate) fn button(app: &App, label: &str) -> ElementHandle {
    ElementQuery::from_root(app)
        .match_descendants()
        .match_accessible_role(AccessibleRole::Button)
        .find_all()
        .into_iter()
        .find(|e| e.accessible_label().is_some_and(|l| l == label))
        .unwrap_or_else(|| panic!("no button {label}"))
}

/// Of everything that can be touched.
pub(crate) fn labels(app: &App) -> Vec<String> {
    let all = ElementQuery::from_root(app).match_descendants().match_accessible_role(AccessibleRole::Button).find_all();
    all.iter().filter_map(|button| button.accessible_label()).map(Into::into).collect()
}

pub(crate) fn middle(element: &ElementHandle) -> LogicalPosition {
    let (at, size) = (element.absolute_position(), element.size());
    LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height / 2.0)
}

pub(crate) fn press(app: &App, position: LogicalPosition) {
    app.window().dispatch_event(WindowEvent::PointerMoved { position });
    app.window().dispatch_event(WindowEvent::PointerPressed { position, button: PointerEventButton::Left });
    mock_elapsed_time(Duration::from_millis(120));
}

pub(crate) fn release(app: &App, position: LogicalPosition) {
    app.window().dispatch_event(WindowEvent::PointerReleased { position, button: PointerEventButton::Left });
    mock_elapsed_time(Duration::from_millis(20));
}

pub(crate) fn tap(app: &App, label: &str) {
    let at = middle(&button(app, label));
    press(app, at);
    release(app, at);
}

pub(crate) fn type_text(app: &App, text: &str) {
    for c in text.chars() {
        app.window().dispatch_event(WindowEvent::KeyPressed { text: c.into() });
        app.window().dispatch_event(WindowEvent::KeyReleased { text: c.into() });
    }
}

#[test]
fn a_touch_anywhere_on_the_attract_page_opens_the_home_page() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "attract");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_open_home(move || to.borrow_mut().push("home".into()));
    for (x, y) in [(30.0, 130.0), (640.0, 400.0), (1250.0, 780.0), (1000.0, 250.0)] {
        press(&app, LogicalPosition::new(x, y));
        release(&app, LogicalPosition::new(x, y));
    }
    assert_eq!(seen.borrow().len(), 4);
}

#[test]
fn a_door_acts_when_the_finger_leaves_it_inside_and_not_when_it_slides_off() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "home");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_open_speak(move || to.borrow_mut().push("speak".into()));
    let at = middle(&button(&app, "我要说"));
    press(&app, at);
    assert!(seen.borrow().is_empty(), "acts on release");
    let off = middle(&button(&app, "今天谁在"));
    app.window().dispatch_event(WindowEvent::PointerMoved { position: off });
    release(&app, off);
    assert!(seen.borrow().is_empty(), "the finger slid off");
    tap(&app, "我要说");
    assert_eq!(*seen.borrow(), ["speak"]);
}

#[test]
fn a_pressed_door_is_painted_otherwise_at_once() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "home");
    let before = stage::paint(&app);
    let at = middle(&button(&app, "我要说"));
    app.window().dispatch_event(WindowEvent::PointerPressed { position: at, button: PointerEventButton::Left });
    let after = stage::paint(&app);
    assert_ne!(before.as_bytes(), after.as_bytes());
    release(&app, at);
}

#[test]
fn a_touch_of_each_page_tells_what_was_chosen_from_home_to_the_handing_over() {
    let app = stage::open(PANELS[2], false);
    scene(&app, "category");
    let seen = log();
    let act = app.global::<Act>();
    let weak = app.as_weak();
    act.on_open_speak(move || weak.unwrap().global::<Shell>().set_page(Page::Category));
    let weak = app.as_weak();
    act.on_choose_category(move |_| weak.unwrap().global::<Shell>().set_page(Page::Place));
    let (weak, to) = (app.as_weak(), seen.clone());
    act.on_choose_place(move |id| to.borrow_mut().push(format!("place {id}")));
    act.on_place_done(move || weak.unwrap().global::<Shell>().set_page(Page::Say));
    let (weak, to) = (app.as_weak(), seen.clone());
    act.on_toggle_sentence(move |id| {
        to.borrow_mut().push(format!("sentence {id}"));
        weak.unwrap().global::<Speak>().set_can_submit(true);
    });
    let to = seen.clone();
    act.on_submit(move || to.borrow_mut().push("submit".into()));
    app.global::<Shell>().set_page(Page::Home);
    stage::settle();
    let sentence = app.global::<Speak>().get_sentences().row_data(0).unwrap().label;
    for label in ["我要说", "道路", "花桥村", sentence.as_str(), "交给代表"] {
        tap(&app, label);
        stage::settle();
    }
    assert_eq!(*seen.borrow(), ["place 0", "sentence 0", "submit"]);
}

#[test]
fn keys_of_the_screen_leave_the_focus_and_a_real_keyboard_writes_into_the_field() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "write");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_key(move |key| to.borrow_mut().push(key.into()));
    let edits = Rc::new(RefCell::new(0));
    let count = edits.clone();
    app.global::<Act>().on_text_edited(move || *count.borrow_mut() += 1);
    tap(&app, "q");
    tap(&app, "退格");
    tap(&app, "空格");
    app.global::<Keys>().set_shift(true);
    stage::settle();
    tap(&app, "W");
    assert_eq!(*seen.borrow(), ["q", "backspace", "space", "W"]);
    type_text(&app, "abc");
    app.window().dispatch_event(WindowEvent::KeyPressed { text: "坑很深".into() });
    assert_eq!(app.global::<Entry>().get_part(), "村口的路上有个大坑，abc坑很深");
    assert_eq!(*edits.borrow(), 4);
}

#[test]
fn a_field_that_was_covered_takes_no_keys_and_has_the_focus_again_afterwards() {
    type Cover = fn(&Shell<'_>, bool);
    type Get = fn(&Entry<'_>) -> slint::SharedString;
    let covers: [Cover; 2] =
        [|shell, on| shell.set_help_open(on), |shell, on| shell.set_countdown(if on { 30 } else { -1 })];
    let fields: [(&str, bool, Get); 4] = [
        ("write", false, |entry| entry.get_part()),
        ("place-pad", false, |entry| entry.get_landmark()),
        ("contact", false, |entry| entry.get_name()),
        ("contact", true, |entry| entry.get_phone()),
    ];
    let app = stage::open(PANELS[0], false);
    for (name, dialling, get) in fields {
        for cover in covers {
            scene(&app, name);
            let (entry, shell) = (app.global::<Entry>(), app.global::<Shell>());
            entry.set_dialling(dialling);
            stage::settle();
            let before = get(&entry);
            type_text(&app, "a");
            cover(&shell, true);
            stage::settle();
            type_text(&app, "b");
            cover(&shell, false);
            stage::settle();
            type_text(&app, "c");
            assert_eq!(get(&entry), format!("{before}ac"), "{name}");
        }
    }
}

#[test]
fn a_scanner_that_types_is_heard_where_nothing_is_written_and_nowhere_else() {
    let app = stage::open(PANELS[0], false);
    let heard = log();
    let to = heard.clone();
    app.global::<Act>().on_typed(move |text| to.borrow_mut().push(text.into()));
    for name in ["attract", "home", "find", "found", "people"] {
        scene(&app, name);
        type_text(&app, "t#1");
        assert_eq!(heard.take().concat(), "t#1", "{name}");
    }
    scene(&app, "write");
    type_text(&app, "t#1");
    assert!(heard.take().is_empty());
}

#[test]
fn a_key_of_the_nine_sends_all_it_carries_once_for_each_tap() {
    let app = stage::open(PANELS[1], false);
    scene(&app, "write");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_key(move |key| to.borrow_mut().push(key.into()));
    tap(&app, "abc");
    tap(&app, "abc");
    tap(&app, "pqrs");
    assert_eq!(*seen.borrow(), ["abc", "abc", "pqrs"]);
}

#[test]
fn a_candidate_says_when_a_finger_comes_down_on_it_and_is_chosen_when_it_leaves() {
    for panel in PANELS {
        let app = stage::open(panel, false);
        scene(&app, "write-pinyin");
        let log = log();
        let to = log.clone();
        app.global::<Act>().on_finger_on_candidate(move |at| to.borrow_mut().push(format!("on {at}")));
        let to = log.clone();
        app.global::<Act>().on_choose_candidate(move |at| to.borrow_mut().push(format!("chose {at}")));
        let at = middle(&button(&app, "绿灯"));
        press(&app, at);
        assert_eq!(log.take(), ["on 1"]);
        release(&app, at);
        assert_eq!(log.take(), ["chose 1"]);
    }
}

#[test]
fn a_double_tap_that_brought_the_pad_leaves_no_dot_on_it() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "write-pad");
    let log = log();
    let to = log.clone();
    app.global::<Act>().on_stroke(move |path, _, _| to.borrow_mut().push(path.into()));
    for (is_echo, strokes) in [(true, 0), (false, 1)] {
        app.global::<Act>().on_is_echo(move |_| is_echo);
        tap(&app, "写字的地方");
        assert_eq!(log.take().len(), strokes, "{is_echo}");
    }
}

#[test]
fn the_key_that_empties_what_is_composed_is_there_only_while_something_is() {
    let standing = PANELS.into_iter().find(|panel| panel.height > panel.width).unwrap();
    let app = stage::open(standing, false);
    for (name, is_there) in [("write-letters", false), ("write-pinyin", true)] {
        scene(&app, name);
        assert_eq!(labels(&app).contains(&"清空".to_owned()), is_there, "{name}");
    }
}

#[test]
fn a_press_of_three_seconds_on_the_name_or_the_clock_opens_a_staff_door_and_a_shorter_one_none() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "home");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_open_pin(move |technician| to.borrow_mut().push(technician.to_string()));
    let name = LogicalPosition::new(150.0, 30.0);
    press(&app, name);
    mock_elapsed_time(Duration::from_millis(2_500));
    release(&app, name);
    assert!(seen.borrow().is_empty());
    for at in [name, LogicalPosition::new(1_150.0, 30.0)] {
        press(&app, at);
        mock_elapsed_time(Duration::from_millis(3_100));
        release(&app, at);
        mock_elapsed_time(Duration::from_millis(4_000));
    }
    assert_eq!(*seen.borrow(), ["false", "true"]);
}

#[test]
fn the_countdown_offers_one_huge_way_on() {
    let app = stage::open(PANELS[2], false);
    scene(&app, "idle");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_keep_going(move || to.borrow_mut().push("on".into()));
    let size = button(&app, "继续").size();
    assert!(size.width > 150.0 * 4.6 && size.height > 40.0 * 4.6, "{size:?}");
    tap(&app, "继续");
    assert_eq!(*seen.borrow(), ["on"]);
}

/// What of a visit the pages hold, by name.
fn left(app: &App) -> Vec<&'static str> {
    let (entry, done, found, staff) =
        (app.global::<Entry>(), app.global::<Done>(), app.global::<Found>(), app.global::<Staff>());
    let speak = app.global::<Speak>();
    let texts = [
        ("text", entry.get_text()),
        ("part of the text", entry.get_part()),
        ("landmark", entry.get_landmark()),
        ("name", entry.get_name()),
        ("phone", entry.get_phone()),
        ("number typed", entry.get_number()),
        ("code typed", entry.get_code()),
        ("lookup phone", entry.get_lookup_phone()),
        ("category said", speak.get_category()),
        ("number", done.get_number()),
        ("code", done.get_code()),
        ("category", done.get_category()),
        ("place", done.get_place()),
        ("when", done.get_when()),
        ("next", done.get_next()),
        ("number found", found.get_number()),
        ("category found", found.get_category()),
        ("state", found.get_state()),
        ("reply", found.get_reply()),
        ("replied by", found.get_replied_by()),
        ("age", found.get_age()),
        ("result", staff.get_result()),
        ("composition", app.global::<Keys>().get_composition()),
    ];
    let others = [
        ("sentences", speak.get_sentences().row_count() > 0),
        ("paper", done.get_paper() != Paper::None),
        ("contact", done.get_contact_saved()),
        ("code picture", done.get_code_picture().size() != Default::default()),
        ("steps", found.get_steps().row_count() > 0),
        ("can rate", found.get_can_rate()),
        ("rated", found.get_rated() != 0),
        ("rating not kept", found.get_not_kept()),
        ("lookup rows", staff.get_found().row_count() > 0),
        ("digits of a PIN", staff.get_typed() != 0),
        ("candidates", app.global::<Keys>().get_candidates().row_count() > 0),
        ("strokes", app.global::<Keys>().get_strokes().row_count() > 0),
        ("what is unread", app.global::<Keys>().get_unread() != Unread::No),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| name);
    texts.chain(others.into_iter().filter(|(_, is)| *is).map(|(name, _)| name)).collect()
}

#[test]
fn nothing_of_a_visit_is_left_after_it_is_wiped() {
    let app = stage::open(PANELS[0], false);
    let held = [
        ("say-long", "text"),
        ("write", "text"),
        ("write-pad-unread", "strokes"),
        ("write-pad-unread", "what is unread"),
        ("find-scanner", "number typed"),
        ("found", "steps"),
        ("found", "reply"),
        ("done-printed", "number"),
        ("done-printed", "code picture"),
        ("done-too-hot", "next"),
        ("lookup", "lookup rows"),
    ];
    for (name, what) in held {
        scene(&app, name);
        assert!(left(&app).contains(&what), "{name} shows no {what}");
        ui::wipe_visit(&app);
        assert!(left(&app).is_empty(), "{name} leaves {:?}", left(&app));
    }
    assert!(app.global::<Speak>().get_places().iter().all(|p| !p.chosen || p.id == "0"));
}
