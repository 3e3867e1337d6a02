//! The page of one's own words by each way of writing.

use kiosk::{
    pages::{App, Entry, Keys, Method, Page, Shell, Speak, Unread},
    ui,
};
use slint::ComponentHandle as _;

use crate::{props::say, scenes::Scene};

fn write(app: &App, english: bool, text: &str, method: Method) {
    say(app, english, text);
    app.global::<Speak>().set_writing(true);
    by(app, method);
}

fn by(app: &App, method: Method) {
    let keys = app.global::<Keys>();
    keys.set_has_pad(true);
    keys.set_has_pinyin(true);
    keys.set_method(method);
}

fn candidates(app: &App, candidates: &[&str], more: bool) {
    let keys = app.global::<Keys>();
    keys.set_candidates(ui::model(candidates.iter().map(|word| (*word).into())));
    keys.set_more(more);
}

fn unread(app: &App, english: bool, unread: Unread) {
    write(app, english, "村口的", Method::Pad);
    app.global::<Keys>().set_strokes(ui::model(SCRIBBLE.map(Into::into)));
    app.global::<Keys>().set_unread(unread);
}

/// What is no character.
const SCRIBBLE: [&str; 2] = ["M60 60L300 220L80 240L310 70L90 150L320 160", "M200 40L190 250"];

/// 十, by a finger.
const TEN: [&str; 2] = ["M120 180L200 176L290 182L330 178", "M226 90L222 150L226 230L220 310"];

/// These pages in each state that changes their shape.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![
        Scene {
            name: "write-letters",
            set: |app, english| {
                write(app, english, "村口的", Method::Letters);
                app.global::<Keys>().set_has_pad(false);
            },
        },
        Scene {
            name: "write-pinyin",
            set: |app, english| {
                write(app, english, "村口的", Method::Pinyin);
                app.global::<Keys>().set_composition("ludeng".into());
                candidates(app, &["路灯", "绿灯", "路等", "露", "鹿"], true);
            },
        },
        Scene {
            name: "write-pinyin-next",
            set: |app, english| {
                write(app, english, "村口的路灯", Method::Pinyin);
                candidates(app, &["坏了", "不亮", "太暗", "杆", "下"], true);
            },
        },
        Scene { name: "write-pad", set: |app, english| write(app, english, "", Method::Pad) },
        Scene {
            name: "write-pad-words",
            set: |app, english| {
                write(app, english, "村口的路灯，坏了", Method::Pad);
                app.global::<Keys>().set_strokes(ui::model(TEN.map(Into::into)));
                candidates(app, &["十", "卜", "千", "+", "什"], true);
            },
        },
        Scene {
            name: "write-pad-line",
            set: |app, english| {
                write(app, english, "村口的", Method::Pad);
                app.global::<Keys>().set_strokes(ui::model(TEN.map(Into::into)));
                candidates(app, &["路灯坏了好几天了", "路灯坏了好", "路灯坏", "路灯", "路"], false);
            },
        },
        Scene { name: "write-pad-unread", set: |app, english| unread(app, english, Unread::Unknown) },
        Scene {
            name: "write-pad-unsure",
            set: |app, english| {
                unread(app, english, Unread::Unsure);
                candidates(app, &["雅", "藤", "难", "新", "霸"], true);
            },
        },
        Scene { name: "write-pad-dropping", set: |app, english| unread(app, english, Unread::Dropping) },
        Scene {
            name: "write-pad-gone",
            set: |app, english| {
                unread(app, english, Unread::Unreadable);
                app.global::<Keys>().set_has_pinyin(false);
            },
        },
        Scene {
            name: "place-pad",
            set: |app, _| {
                app.global::<Shell>().set_page(Page::Place);
                app.global::<Entry>().set_describing(true);
                app.global::<Entry>().set_landmark("老井旁边".into());
                by(app, Method::Pad);
                candidates(app, &["的", "有", "边", "那", "里"], false);
            },
        },
        Scene {
            name: "place-pad-unread",
            set: |app, _| {
                app.global::<Shell>().set_page(Page::Place);
                app.global::<Entry>().set_describing(true);
                by(app, Method::Pad);
                app.global::<Keys>().set_strokes(ui::model(SCRIBBLE.map(Into::into)));
                app.global::<Keys>().set_unread(Unread::Dropping);
            },
        },
        Scene {
            name: "contact-pinyin",
            set: |app, _| {
                app.global::<Shell>().set_page(Page::Contact);
                by(app, Method::Pinyin);
                app.global::<Keys>().set_composition("wangxiu".into());
                candidates(app, &["王", "网", "往", "望", "忘"], true);
            },
        },
    ]
}
