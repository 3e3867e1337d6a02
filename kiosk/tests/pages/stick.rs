//! The officer's page and the one of the stick, where a stick is offered.

use kiosk::pages::{App, Page, Phrases, Staff, StickText};
use slint::ComponentHandle as _;

use crate::{
    props::{page, pick},
    scenes::Scene,
};

fn stick(app: &App, text: StickText, busy: bool) {
    let line = app.global::<Phrases>().invoke_stick(text, 1_204, 9_876);
    app.global::<Staff>().set_stick(line);
    app.global::<Staff>().set_busy(busy);
    page(app, Page::Stick);
}

/// These pages in each state that changes their shape.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![
        Scene {
            name: "officer-with-stick",
            set: |app, english| {
                app.global::<Staff>().set_has_stick(true);
                app.global::<Staff>().set_result(pick(
                    english,
                    "机器现在存不了东西，不能收意见。",
                    "The machine can't keep anything now and takes no suggestions.",
                ));
                page(app, Page::Officer);
            },
        },
        Scene { name: "stick", set: |app, _| stick(app, StickText::Insert, false) },
        Scene { name: "stick-writing", set: |app, _| stick(app, StickText::Writing, true) },
        Scene { name: "stick-done", set: |app, _| stick(app, StickText::Done, false) },
        Scene { name: "stick-failed", set: |app, _| stick(app, StickText::Failed, false) },
    ]
}
