//! What the pages see of contacts, by tables and on the pages themselves.

use std::{cell::RefCell, rc::Rc};

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use i_slint_core::{input::TouchPhase, lengths::LogicalPoint, platform::InternalEvent};
use proptest::prelude::*;
use slint::ComponentHandle as _;

use super::*;
use crate::{app::writing, pages};

const PALM: LogicalPosition = LogicalPosition { x: 40.0, y: 700.0 };
const DOOR: LogicalPosition = LogicalPosition { x: 600.0, y: 300.0 };

/// One contact, what it does, and at which second.
type Step = (u8, Phase, u64);

fn seen(steps: &[Step]) -> Vec<WindowEvent> {
    let mut contacts = Contacts::default();
    let step = |&(id, phase, second): &Step| contacts.step(id, phase, false, Duration::from_secs(second));
    steps.iter().flat_map(step).collect()
}

fn pressed(position: LogicalPosition) -> WindowEvent {
    WindowEvent::PointerPressed { position, button: PointerEventButton::Left }
}

fn released(position: LogicalPosition) -> WindowEvent {
    WindowEvent::PointerReleased { position, button: PointerEventButton::Left }
}

fn beside(at: LogicalPosition, by: f32) -> LogicalPosition {
    LogicalPosition::new(at.x + by, at.y)
}

#[test]
fn one_finger_is_a_pointer() {
    let at = beside(DOOR, 30.0);
    assert_eq!(
        seen(&[(1, Phase::Down(DOOR), 0), (1, Phase::Moved(at), 0), (1, Phase::Up, 5)]),
        [pressed(DOOR), WindowEvent::PointerMoved { position: at }, released(at), WindowEvent::PointerExited]
    );
    assert_eq!(seen(&[(1, Phase::Down(DOOR), 0), (1, Phase::Lost, 1)]), [pressed(DOOR), WindowEvent::PointerExited]);
}

#[test]
fn a_second_contact_does_nothing_and_the_first_goes_on() {
    let moved = beside(DOOR, 3.0);
    for order in [
        [(2, Phase::Up, 1), (1, Phase::Moved(moved), 1), (1, Phase::Up, 1)],
        [(1, Phase::Moved(moved), 1), (1, Phase::Up, 1), (2, Phase::Up, 1)],
        [(1, Phase::Moved(moved), 1), (1, Phase::Up, 1), (2, Phase::Lost, 1)],
    ] {
        let begin = [(1, Phase::Down(DOOR), 0), (2, Phase::Down(PALM), 1), (2, Phase::Moved(beside(PALM, 90.0)), 1)];
        assert_eq!(
            seen(&[begin, order].concat()),
            [pressed(DOOR), WindowEvent::PointerMoved { position: moved }, released(moved), WindowEvent::PointerExited]
        );
    }
}

#[test]
fn a_palm_that_lies_still_is_let_go_when_a_finger_comes_and_neither_it_nor_its_end_does_anything() {
    let taps = [(2, Phase::Down(DOOR), 2), (2, Phase::Up, 2), (3, Phase::Down(DOOR), 3), (3, Phase::Up, 3)];
    let begin = [(1, Phase::Down(PALM), 0), (1, Phase::Moved(beside(PALM, 5.0)), 1)];
    let end = [(1, Phase::Moved(beside(PALM, 80.0)), 4), (1, Phase::Up, 4)];
    let tap = || [pressed(DOOR), released(DOOR), WindowEvent::PointerExited];
    let moved = WindowEvent::PointerMoved { position: beside(PALM, 5.0) };
    let expected = [vec![pressed(PALM), moved, WindowEvent::PointerExited], tap().into(), tap().into()].concat();
    assert_eq!(seen(&[&begin[..], &taps, &end].concat()), expected);
}

#[test]
fn a_finger_that_writes_or_has_just_come_is_not_let_go() {
    let writing: Vec<Step> = (0..10).map(|n| (1, Phase::Moved(beside(DOOR, 20.0 * n as f32)), n)).collect();
    let with_palm = [&[(1, Phase::Down(DOOR), 0)][..], &writing, &[(2, Phase::Down(PALM), 10)], &[(1, Phase::Up, 10)]];
    let seen_of_it = seen(&with_palm.concat());
    assert!(!seen_of_it.contains(&pressed(PALM)) && seen_of_it.contains(&released(beside(DOOR, 180.0))));
    assert_eq!(seen(&[(1, Phase::Down(PALM), 0), (2, Phase::Down(DOOR), 1)]), [pressed(PALM)]);
}

#[test]
fn what_is_held_on_purpose_is_not_let_go() {
    let mut contacts = Contacts::default();
    contacts.step(1, Phase::Down(DOOR), false, Duration::ZERO);
    assert!(contacts.step(2, Phase::Down(PALM), true, Duration::from_secs(60)).is_empty());
    assert!(contacts.step(2, Phase::Up, true, Duration::from_secs(61)).is_empty());
    assert_eq!(contacts.step(1, Phase::Up, true, Duration::from_secs(62))[0], released(DOOR));
}

#[test]
fn a_contact_of_whose_end_nobody_told_blocks_the_panel_no_longer_than_a_palm() {
    let same = seen(&[(1, Phase::Down(PALM), 0), (1, Phase::Down(DOOR), 1), (1, Phase::Up, 1)]);
    let expected =
        [pressed(PALM), WindowEvent::PointerExited, pressed(DOOR), released(DOOR), WindowEvent::PointerExited];
    assert_eq!(same, expected);
    assert_eq!(seen(&[(1, Phase::Down(PALM), 0), (2, Phase::Down(DOOR), 2), (2, Phase::Up, 2)]), expected);
}

fn any_step() -> impl Strategy<Value = (u8, Phase, u64)> {
    let place = (0..8u8, 0..8u8).prop_map(|(x, y)| LogicalPosition::new(f32::from(x) * 50.0, f32::from(y) * 50.0));
    let phase = prop_oneof![
        place.clone().prop_map(Phase::Down),
        place.prop_map(Phase::Moved),
        Just(Phase::Up),
        Just(Phase::Lost)
    ];
    (0..4u8, phase, 0..3_000u64)
}

proptest! {
    #[test]
    fn whatever_the_contacts_do_the_pages_see_one_pointer_that_is_released_by_its_own_finger_alone(
        steps in proptest::collection::vec(any_step(), 0..60), held: bool,
    ) {
        let (mut contacts, mut now, mut down) = (Contacts::default(), Duration::ZERO, None);
        for (id, phase, millis) in steps {
            now += Duration::from_millis(millis);
            for event in contacts.step(id, phase, held, now) {
                match event {
                    WindowEvent::PointerPressed { .. } => {
                        prop_assert_eq!(down, None);
                        down = Some(id);
                    }
                    WindowEvent::PointerReleased { .. } => {
                        prop_assert!(phase == Phase::Up && down == Some(id));
                        down = None;
                    }
                    WindowEvent::PointerMoved { .. } => prop_assert_eq!(down, Some(id)),
                    WindowEvent::PointerExited => down = None,
                    _ => prop_assert!(false, "{:?}", event),
                }
            }
            prop_assert_eq!(contacts.one_counts(), down.is_some());
        }
    }
}

/// The doors of the home page, and which of them were touched.
fn doors() -> (pages::App, Rc<RefCell<Vec<&'static str>>>) {
    let ui = writing::window();
    ui.global::<pages::Shell>().set_page(pages::Page::Home);
    i_slint_backend_testing::mock_elapsed_time(Duration::from_secs(1));
    let touched = Rc::new(RefCell::new(Vec::new()));
    let (speak, find) = (Rc::clone(&touched), Rc::clone(&touched));
    ui.global::<pages::Act>().on_open_speak(move || speak.borrow_mut().push("我要说"));
    ui.global::<pages::Act>().on_open_find(move || find.borrow_mut().push("查我的事"));
    (ui, touched)
}

fn middle(ui: &pages::App, label: &str) -> LogicalPosition {
    let found = ElementHandle::find_by_accessible_label(ui, label);
    let door = found.into_iter().find(|one| one.accessible_role() == Some(AccessibleRole::Button)).unwrap();
    let (at, size) = (door.absolute_position(), door.size());
    LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height / 2.0)
}

/// A palm on one door and then a finger on the other, which leaves first.
fn palm_and_finger(ui: &pages::App, rests: u64) -> [Step; 4] {
    let (palm, finger) = (middle(ui, "我要说"), middle(ui, "查我的事"));
    [(1, Phase::Down(palm), 0), (2, Phase::Down(finger), rests), (2, Phase::Up, rests), (1, Phase::Up, rests)]
}

#[test]
fn of_a_palm_and_a_finger_one_touches_a_door_and_none_touches_two() {
    for (rests, expected) in [(0, "我要说"), (3, "查我的事")] {
        let (ui, touched) = doors();
        for event in seen(&palm_and_finger(&ui, rests)) {
            ui.window().dispatch_event(event);
        }
        assert_eq!(*touched.borrow(), [expected], "it has lain for {rests} s");
    }
}

/// The reason of all this: where this fails, Slint has mended it.
#[test]
fn by_slint_alone_a_second_contact_makes_a_touch_of_the_first_and_its_end_another_one() {
    let (ui, touched) = doors();
    let mut places = [LogicalPosition::default(); 3];
    for (id, phase, _) in palm_and_finger(&ui, 3) {
        let place = &mut places[usize::from(id)];
        let phase = match phase {
            Phase::Down(at) => {
                *place = at;
                TouchPhase::Started
            }
            _ => TouchPhase::Ended,
        };
        let position = LogicalPoint::new(place.x, place.y);
        ui.window().dispatch_event(WindowEvent::internal(InternalEvent::Touch { id: id.into(), position, phase }));
    }
    assert_eq!(*touched.borrow(), ["我要说", "我要说"]);
}
