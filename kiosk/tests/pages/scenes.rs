//! Every page in each state that changes its shape, with data as long as real data gets.

use kiosk::{
    pages::{
        App, Done, Entry, Fault, Find, Found, Help, Home, Keys, Page, Paper, People, Phrases, Shell, Speak, Staff,
    },
    ui,
};
use slint::ComponentHandle as _;

use crate::props::{done, found, lookup, page, people, pick, say, speak, technician, waiting};

/// One page in one state.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) set: fn(&App, bool),
}

/// Every page in each state that changes its shape.
pub(crate) fn all() -> Vec<Scene> {
    let mut all = vec![
        Scene { name: "attract", set: |app, _| page(app, Page::Attract) },
        Scene {
            name: "home",
            set: |app, _| {
                let line = app.global::<Phrases>().invoke_present("刘德明、\n王桂香".into());
                app.global::<Home>().set_people_line(line);
                page(app, Page::Home);
            },
        },
        Scene {
            name: "category",
            set: |app, english| {
                speak(app, english);
                page(app, Page::Category);
            },
        },
        Scene {
            name: "place",
            set: |app, english| {
                speak(app, english);
                page(app, Page::Place);
            },
        },
        Scene { name: "say", set: |app, english| say(app, english, "路上有个大坑，容易摔跤。") },
        Scene { name: "say-empty", set: |app, english| say(app, english, "") },
        Scene {
            name: "say-note",
            set: |app, english| {
                say(app, english, "路上有个大坑，容易摔跤。");
                app.global::<Speak>().set_note(pick(
                    english,
                    "没有网络也能交，联网后自动送到县里。",
                    "No network: it goes out later.",
                ));
            },
        },
        Scene {
            name: "say-long",
            set: |app, english| say(app, english, &"路上有个大坑，容易摔跤。下雨天路上积水，过不去。".repeat(12)),
        },
        Scene {
            name: "write",
            set: |app, english| {
                say(app, english, "村口的路上有个大坑，");
                app.global::<Speak>().set_writing(true);
            },
        },
        Scene {
            name: "write-symbols",
            set: |app, english| {
                say(app, english, "");
                app.global::<Speak>().set_writing(true);
                app.global::<Keys>().set_symbols(true);
            },
        },
        Scene {
            name: "write-candidates",
            set: |app, english| {
                say(app, english, "村口的");
                app.global::<Speak>().set_writing(true);
                let keys = app.global::<Keys>();
                keys.set_composition("lu".into());
                keys.set_candidates(ui::model(["路", "露", "鹿", "陆", "绿"].map(Into::into)));
            },
        },
        Scene { name: "printing", set: |app, english| done(app, english, Paper::Printing, Page::Printing) },
        Scene { name: "done-printed", set: |app, english| done(app, english, Paper::Printed, Page::Done) },
        Scene { name: "done-unsure", set: |app, english| done(app, english, Paper::Unsure, Page::Done) },
        Scene { name: "done-taken", set: |app, english| done(app, english, Paper::Taken, Page::Done) },
        Scene { name: "done-taken-back", set: |app, english| done(app, english, Paper::Retracted, Page::Done) },
        Scene { name: "done-incomplete", set: |app, english| done(app, english, Paper::Incomplete, Page::Done) },
        Scene { name: "done-no-paper", set: |app, english| waiting(app, english, Fault::NoPaper) },
        Scene { name: "done-cover-open", set: |app, english| waiting(app, english, Fault::CoverOpen) },
        Scene { name: "done-cutter-stuck", set: |app, english| waiting(app, english, Fault::CutterStuck) },
        Scene { name: "done-too-hot", set: |app, english| waiting(app, english, Fault::TooHot) },
        Scene { name: "done-no-answer", set: |app, english| waiting(app, english, Fault::NoAnswer) },
        Scene { name: "done-other-fault", set: |app, english| waiting(app, english, Fault::Other) },
        Scene {
            name: "done-saved",
            set: |app, english| {
                waiting(app, english, Fault::NoAnswer);
                app.global::<Done>().set_contact_saved(true);
            },
        },
        Scene { name: "contact", set: |app, _| page(app, Page::Contact) },
        Scene {
            name: "contact-dialling",
            set: |app, _| {
                page(app, Page::Contact);
                app.global::<Entry>().set_dialling(true);
                app.global::<Entry>().set_phone("138".into());
            },
        },
        Scene {
            name: "find",
            set: |app, _| {
                app.global::<Find>().set_has_scanner(false);
                page(app, Page::Find);
            },
        },
        Scene {
            name: "find-scanner",
            set: |app, _| {
                app.global::<Find>().set_has_scanner(true);
                app.global::<Entry>().set_number("0061301004270".into());
                app.global::<Entry>().set_code("3812".into());
                app.global::<Find>().set_field(1);
                page(app, Page::Find);
            },
        },
        Scene {
            name: "find-trouble",
            set: |app, english| {
                app.global::<Entry>().set_number("0061301004720".into());
                app.global::<Find>().set_trouble(pick(
                    english,
                    "编号里有数字按错了，请对着小票再看一看。",
                    "One digit differs from the slip. Please look again.",
                ));
                page(app, Page::Find);
            },
        },
        Scene { name: "found", set: |app, english| found(app, english, 0) },
        Scene {
            name: "found-rated",
            set: |app, english| {
                found(app, english, 2);
                app.global::<Found>().set_age(pick(
                    english,
                    "现在没有网络，这是上次联网时的情况。",
                    "There is no network; this is how it stood last time.",
                ));
            },
        },
        Scene {
            name: "found-no-reply",
            set: |app, english| {
                found(app, english, 0);
                let found = app.global::<Found>();
                found.set_reply("".into());
                found.set_replied_by("".into());
                found.set_can_rate(false);
            },
        },
        Scene { name: "people", set: |app, english| people(app, english, Page::People) },
        Scene {
            name: "people-stale",
            set: |app, english| {
                people(app, english, Page::People);
                app.global::<People>().set_stale(pick(
                    english,
                    "这是11月18日的安排，可能变了，请打电话问一问。",
                    "These are the plans of 11/18; they may have changed. Please call.",
                ));
            },
        },
        Scene {
            name: "people-none",
            set: |app, english| {
                people(app, english, Page::People);
                app.global::<People>().set_people(ui::model([]));
            },
        },
        Scene { name: "out-of-service", set: |app, _| page(app, Page::OutOfService) },
        Scene {
            name: "pin",
            set: |app, _| {
                app.global::<Staff>().set_typed(3);
                page(app, Page::Pin);
            },
        },
        Scene {
            name: "officer",
            set: |app, english| {
                app.global::<Staff>().set_result(pick(
                    english,
                    "已经发给打印机了，请看看出来没有。",
                    "Sent to the printer. Did it come out?",
                ));
                page(app, Page::Officer);
            },
        },
        Scene {
            name: "officer-paper",
            set: |app, _| {
                app.global::<Staff>().set_paper_step(2);
                page(app, Page::Officer);
            },
        },
        Scene { name: "lookup", set: lookup },
        Scene { name: "roster-check", set: |app, english| people(app, english, Page::RosterCheck) },
        Scene { name: "technician", set: technician },
        Scene {
            name: "help-calling",
            set: |app, _| {
                page(app, Page::Home);
                app.global::<Shell>().set_help(Help::Calling);
                app.global::<Shell>().set_help_open(true);
            },
        },
        Scene {
            name: "help-taken",
            set: |app, _| {
                page(app, Page::Home);
                app.global::<Shell>().set_help(Help::Taken);
                app.global::<Shell>().set_help_open(true);
            },
        },
        Scene {
            name: "help-acknowledged",
            set: |app, _| {
                page(app, Page::Home);
                app.global::<Shell>().set_help(Help::Acknowledged);
                app.global::<Shell>().set_help_open(true);
            },
        },
        Scene {
            name: "idle",
            set: |app, _| {
                page(app, Page::Home);
                app.global::<Shell>().set_countdown(30);
            },
        },
        Scene {
            name: "idle-unsent",
            set: |app, _| {
                page(app, Page::Say);
                app.global::<Shell>().set_unsent(true);
                app.global::<Shell>().set_countdown(30);
            },
        },
    ];
    all.extend(crate::stick::scenes());
    all.extend(crate::phone::scenes());
    all.extend(crate::writing::scenes());
    all.extend(crate::voice::scenes());
    all
}
