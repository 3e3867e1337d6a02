//! Every page in each state that changes its shape, with data as long as real data gets.

use kiosk::{
    pages::{
        App, Choice, Done, Door, Entry, Fact, Fault, Find, Found, Help, Home, Keys, LookupRow, Page, Paper, People,
        Person, Phrases, Shell, Speak, Staff, Step,
    },
    ui,
};
use slint::ComponentHandle as _;

/// One page in one state.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) set: fn(&App, bool),
}

pub(crate) fn page(app: &App, page: Page) {
    app.global::<Shell>().set_page(page);
}

pub(crate) fn pick(english: bool, chinese: &str, other: &str) -> slint::SharedString {
    if english { other.into() } else { chinese.into() }
}

fn speak(app: &App, english: bool) {
    let speak = app.global::<Speak>();
    let all = wire::bulletin::built_in_categories();
    speak.set_categories(ui::model(all.iter().map(|c| Door {
        id: c.id.as_str().into(),
        label: if english { c.label_en.as_str().into() } else { c.label.as_str().into() },
        formal: c.name.as_str().into(),
        picture: ui::category_picture(app, &c.picture),
    })));
    let places = [
        "花桥村",
        "上刘家村",
        "石塘村",
        "五里岗",
        "新营社区",
        "老街居委会",
        "大茅山林场",
        "桐源村",
        "东山下",
        "李家坞",
    ];
    speak.set_places(ui::model(places.iter().enumerate().map(|(i, p)| Choice {
        id: format!("{i}").into(),
        label: (*p).into(),
        chosen: i == 0,
    })));
    let sentences = &all[0].sentences;
    speak.set_sentences(ui::model(sentences.iter().enumerate().map(|(i, s)| Choice {
        id: format!("{i}").into(),
        label: s.as_str().into(),
        chosen: i == 1,
    })));
}

pub(crate) fn say(app: &App, english: bool, text: &str) {
    speak(app, english);
    app.global::<Entry>().set_text(text.into());
    app.global::<Entry>().set_part(text.into());
    let speak = app.global::<Speak>();
    speak.set_length(i32::try_from(text.chars().count()).unwrap());
    speak.set_can_submit(!text.is_empty());
    page(app, Page::Say);
}

pub(crate) fn done(app: &App, english: bool, paper: Paper, shown: Page) {
    let done = app.global::<Done>();
    done.set_number("00613 0100 4270".into());
    done.set_code("381 204".into());
    done.set_category(pick(english, "道路", "Roads"));
    done.set_place("花桥村".into());
    done.set_when("11-21 09:30".into());
    done.set_next(pick(english, "没有网络也不要紧，\n联网后自动送到县里。", "It goes to the county when on line."));
    done.set_code_picture(ui::images::qr("https://lianxin.example.gov.cn/t#0061301004270.3fQ9xK2mV7bTzL0aRw").unwrap());
    done.set_paper(paper);
    page(app, shown);
}

fn waiting(app: &App, english: bool, fault: Fault) {
    done(app, english, Paper::Waiting, Page::Done);
    let why = app.global::<Phrases>().invoke_waits_for(fault);
    app.global::<Done>().set_next(why);
}

fn found(app: &App, english: bool, rated: i32) {
    let found = app.global::<Found>();
    let step = |title: (&str, &str), detail: (&str, &str), when: &str, reached, current| Step {
        title: pick(english, title.0, title.1),
        detail: pick(english, detail.0, detail.1),
        when: when.into(),
        reached,
        current,
    };
    found.set_number("00613 0100 4270".into());
    found.set_category(pick(english, "道路", "Roads"));
    found.set_state(pick(english, "单位已答复", "Answered"));
    found.set_steps(ui::model([
        step(("已收到", "Received"), ("", ""), "11-21 09:30", true, false),
        step(("代表已接单", "Taken"), ("刘德明代表", "Deputy Liu Deming"), "11-21", true, false),
        step(("已转交", "Forwarded"), ("主办 镇交通运输管理所", "Town transport office"), "11-22", true, false),
        step(("单位已答复", "Answered"), ("", ""), "11-24", true, true),
        step(("代表已确认", "Confirmed"), ("", ""), "", false, false),
        step(("已办结", "Closed"), ("", ""), "", false, false),
    ]));
    found.set_reply(pick(
        english,
        "村口到石桥这一段路面，已经安排养护队在 11 月 28 日前补好；下雨积水的地方加一根排水管。修路的三天里请走老街，给您添麻烦了。",
        "The road from the village gate to the stone bridge is being mended by 28 November, with a drain where water stands. \
         Please use the old street for those three days.",
    ));
    found.set_replied_by(pick(english, "镇交通运输管理所", "Town transport office"));
    found.set_can_rate(rated == 0);
    found.set_rated(rated);
    page(app, Page::Found);
}

fn people(app: &App, english: bool, shown: Page) {
    let people = app.global::<People>();
    let person = |id: &str, name: &str, hours: &str, present| Person {
        id: id.into(),
        name: name.into(),
        role: pick(english, "县人大代表", "County deputy"),
        hours: hours.into(),
        portrait: slint::Image::default(),
        has_portrait: false,
        present,
    };
    people.set_people(ui::model([
        person("1", "刘德明", "8:30–11:30", true),
        person("2", "王桂香", "8:30–11:30", true),
        person("3", "欧阳建国", "14:00–17:00", false),
        person("4", "周小梅", "14:00–17:00", false),
    ]));
    people.set_day(pick(english, "11月21日 星期六", "Saturday 21 November"));
    people.set_stale("".into());
    page(app, shown);
}

fn technician(app: &App, english: bool) {
    let fact = |label: (&str, &str), value: &str, good| Fact {
        label: pick(english, label.0, label.1),
        value: value.into(),
        good,
    };
    app.global::<Staff>().set_facts(ui::model([
        fact(("待送县里", "To forward"), "3", true),
        fact(("待打小票", "To print"), "0", true),
        fact(("网络", "Network"), "11-21 09:12", false),
        fact(("打印机", "Printer"), "/dev/kiosk-printer", true),
        fact(("纸", "Paper"), "80 mm", true),
        fact(("终端号", "Terminal"), "00613", true),
        fact(("程序", "Program"), "0.1.0", true),
        fact(("开机", "Boot"), "7f3c2a90", true),
    ]));
    page(app, Page::Technician);
}

fn lookup(app: &App, english: bool) {
    app.global::<Entry>().set_lookup_phone("13879341234".into());
    app.global::<Staff>().set_found(ui::model((0..4).map(|n| LookupRow {
        number: format!("00613 0100 427{n}").into(),
        category: pick(english, "环境卫生", "Rubbish"),
        when: "11-21".into(),
    })));
    page(app, Page::Lookup);
}

/// Every page in each state that changes its shape.
pub(crate) fn all() -> Vec<Scene> {
    let mut all = vec![
        Scene { name: "attract", set: |app, _| page(app, Page::Attract) },
        Scene {
            name: "home",
            set: |app, english| {
                app.global::<Home>().set_people_line(pick(
                    english,
                    "两位代表在站，\n上午接待",
                    "Two deputies\nthis morning",
                ));
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
        Scene { name: "say-empty", set: |app, english| say(app, english, "") },
        Scene { name: "say", set: |app, english| say(app, english, "路上有个大坑，容易摔跤。") },
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
    ];
    all.extend(crate::stick::scenes());
    all.extend(crate::phone::scenes());
    all.extend(crate::writing::scenes());
    all.extend(crate::voice::scenes());
    all
}
