//! What a display server tells of contacts, on the page for writing.

#![cfg(feature = "x11")]

use std::sync::Arc;

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use i_slint_backend_winit::winit::{dpi::PhysicalPosition, event::Touch};
use slint::ComponentHandle as _;

use super::*;
use crate::{
    app::{papers, turned::Turned, writing},
    pages,
};

/// The middle of a key, in pixels of the window.
fn key(ui: &pages::App, label: &str) -> PhysicalPosition<f64> {
    let found = ElementHandle::find_by_accessible_label(ui, label);
    let key = found.into_iter().find(|one| one.accessible_role() == Some(AccessibleRole::Button)).unwrap();
    let (at, size) = (key.absolute_position(), key.size());
    let middle = slint::LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height / 2.0);
    let middle = middle.to_physical(ui.window().scale_factor());
    PhysicalPosition::new(middle.x.into(), middle.y.into())
}

#[test]
fn a_finger_on_the_glass_types_its_key_and_the_pointer_that_goes_with_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let ui = writing::window();
    let _inbox = writing::open_writing(&ui, folder.path(), papers::bulletin());
    i_slint_backend_testing::mock_elapsed_time(std::time::Duration::from_secs(1));

    // No touch is the second half of a double tap.
    let clock = Arc::new(Turned::start());
    with(|app| app.parts.clock = clock.clone());
    clock.turn(1);

    let (mut contacts, q, w) = (Contacts::default(), key(&ui, "q"), key(&ui, "w"));
    let device_id = DeviceId::dummy();
    let mut tell = |id, phase, location| {
        let event = WindowEvent::Touch(Touch { device_id, phase, location, force: None, id });
        assert!(matches!(told_by_display_server(ui.window(), &mut contacts, &event), EventResult::PreventDefault));
        let moved = WindowEvent::CursorMoved { device_id, position: w };
        matches!(told_by_display_server(ui.window(), &mut contacts, &moved), EventResult::Propagate)
    };
    let typed = || ui.global::<pages::Entry>().get_part();
    assert!(!tell(1, TouchPhase::Started, q) && !tell(1, TouchPhase::Moved, q));
    assert_eq!(typed(), "");
    assert!(tell(1, TouchPhase::Ended, q));
    assert_eq!(typed(), "q");
    assert!(!tell(2, TouchPhase::Started, q) && !tell(2, TouchPhase::Moved, w) && tell(2, TouchPhase::Ended, w));
    assert!(!tell(3, TouchPhase::Started, w) && tell(3, TouchPhase::Cancelled, w));
    assert_eq!(typed(), "q", "it slid off, or was none");

    assert!(!tell(4, TouchPhase::Started, q));
    clock.turn(2);
    assert!(!tell(5, TouchPhase::Started, w) && tell(5, TouchPhase::Ended, w) && tell(4, TouchPhase::Ended, q));
    assert_eq!(typed(), "qw", "the palm was let go");
}
