//! What pages show in scenes: data as long as real data gets.

use kiosk::{
    pages::{
        App, Choice, Done, Door, Entry, Fact, Fault, Found, LookupRow, Page, Paper, People, Person, Phrases, Shell,
        Speak, Staff, Step,
    },
    ui,
};
use slint::ComponentHandle as _;

pub(crate) fn page(app: &App, page: Page) {
    app.global::<Shell>().set_page(page);
}

pub(crate) fn pick(english: bool, chinese: &str, other: &str) -> slint::SharedString {
    if english { other.into() } else { chinese.into() }
}

pub(crate) fn speak(app: &App, english: bool) {
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

pub(crate) fn waiting(app: &App, english: bool, fault: Fault) {
    done(app, english, Paper::Waiting, Page::Done);
    let why = app.global::<Phrases>().invoke_waits_for(fault);
    app.global::<Done>().set_next(why);
}

pub(crate) fn found(app: &App, english: bool, rated: i32) {
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

pub(crate) fn people(app: &App, english: bool, shown: Page) {
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

pub(crate) fn technician(app: &App, english: bool) {
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

pub(crate) fn lookup(app: &App, english: bool) {
    app.global::<Entry>().set_lookup_phone("13879341234".into());
    app.global::<Staff>().set_found(ui::model((0..4).map(|n| LookupRow {
        number: format!("00613 0100 427{n}").into(),
        category: pick(english, "环境卫生", "Rubbish"),
        when: "11-21".into(),
    })));
    page(app, Page::Lookup);
}
