//! What a finger does that was not meant: drawn over words, tapping twice, a palm on the pad.

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use kiosk::pages::{Act, App, Entry};
use slint::platform::WindowEvent;
use slint::{ComponentHandle as _, LogicalPosition};

use crate::{
    behaviour::{button, log, middle, press, release, scene, tap, type_text},
    stage::{self, PANELS},
};

fn field(app: &App, label: &str) -> ElementHandle {
    let fields =
        ElementQuery::from_root(app).match_descendants().match_accessible_role(AccessibleRole::TextInput).find_all();
    fields
        .into_iter()
        .find(|field| field.accessible_label().is_some_and(|l| l == label))
        .unwrap_or_else(|| panic!("no field {label}"))
}

/// How much of the picture has the ground of marked words.
fn marked(app: &App) -> usize {
    stage::paint(app).as_slice().iter().filter(|pixel| [pixel.r, pixel.g, pixel.b] == [0xf3, 0xd9, 0xa2]).count()
}

#[test]
fn a_finger_drawn_over_words_or_tapping_them_twice_loses_none_to_the_next_key() {
    type Get = fn(&Entry<'_>) -> slint::SharedString;
    let fields: [(&str, bool, &str, Get); 4] = [
        ("write", false, "您要说的话", |entry| entry.get_part()),
        ("place-pad", false, "附近有什么", |entry| entry.get_landmark()),
        ("contact", false, "姓名", |entry| entry.get_name()),
        ("contact", true, "电话", |entry| entry.get_phone()),
    ];
    let words = "村口桥边";
    for panel in PANELS {
        let app = stage::open(panel, false);
        for (name, dialling, label, get) in fields {
            for double_tap in [false, true] {
                scene(&app, name);
                let entry = app.global::<Entry>();
                entry.set_dialling(dialling);
                stage::settle();
                let before = get(&entry);
                type_text(&app, words);
                assert_eq!(get(&entry), format!("{before}{words}"), "{name}");
                let (field, unmarked) = (field(&app, label), marked(&app));
                let (at, size) = (field.absolute_position(), field.size());
                let from = LogicalPosition::new(at.x + 5.0 * panel.px_per_mm, at.y + size.height.min(100.0) / 3.0);
                if double_tap {
                    press(&app, from);
                    release(&app, from);
                    press(&app, from);
                } else {
                    press(&app, from);
                    let to = LogicalPosition::new(from.x + 30.0 * panel.px_per_mm, from.y);
                    app.window().dispatch_event(WindowEvent::PointerMoved { position: to });
                    release(&app, to);
                }
                release(&app, from);
                assert!(marked(&app) > unmarked, "{name}: nothing is marked");
                type_text(&app, "灯");
                let after = get(&entry);
                assert_eq!(after.replacen('灯', "", 1), format!("{before}{words}"), "{name}: {after}");
            }
        }
        app.hide().unwrap();
    }
}

#[test]
fn a_palm_that_is_let_go_writes_nothing_on_the_pad() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "write-pad");
    let seen = log();
    let to = seen.clone();
    app.global::<Act>().on_stroke(move |path, _, _| to.borrow_mut().push(path.into()));
    let at = middle(&button(&app, "写字的地方"));
    press(&app, at);
    app.window().dispatch_event(WindowEvent::PointerExited);
    release(&app, at);
    assert!(seen.borrow().is_empty());
    tap(&app, "写字的地方");
    assert_eq!(seen.borrow().len(), 1, "a dot is a stroke");
}
