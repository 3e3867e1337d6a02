//! The door to a phone beside the number, and the page of its code in each state that changes its shape.

use kiosk::{
    pages::{App, Done, Page, Paper, PhoneText, Phrases},
    ui,
};
use slint::ComponentHandle as _;

use crate::{
    props::{done, page},
    scenes::Scene,
};

fn phone(app: &App, english: bool, text: PhoneText) {
    done(app, english, Paper::Taken, Page::Done);
    let is_open = text == PhoneText::Open;
    let line = app.global::<Phrases>().invoke_phone(text);
    let shown = app.global::<Done>();
    shown.set_phone(line);
    shown.set_phone_again(text != PhoneText::Asking);
    if is_open {
        shown.set_phone_code(ui::images::qr("https://lianxin.example.gov.cn/p#AAECAwQFBgcICQoLDA0ODw").unwrap());
    }
    page(app, Page::Phone);
}

/// The scenes.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![
        Scene {
            name: "done-with-phone",
            set: |app, english| {
                done(app, english, Paper::Printed, Page::Done);
                app.global::<Done>().set_has_phone(true);
            },
        },
        Scene { name: "phone", set: |app, english| phone(app, english, PhoneText::Open) },
        Scene { name: "phone-asking", set: |app, english| phone(app, english, PhoneText::Asking) },
        Scene { name: "phone-over", set: |app, english| phone(app, english, PhoneText::Over) },
        Scene { name: "phone-offline", set: |app, english| phone(app, english, PhoneText::Offline) },
        Scene { name: "phone-in-use", set: |app, english| phone(app, english, PhoneText::InUse) },
        Scene { name: "phone-too-many", set: |app, english| phone(app, english, PhoneText::TooMany) },
    ]
}
