//! The fleet's console on a phone and on a desk, in both languages.

use host::{
    ca::Ca,
    fleet::{
        Brought, NewRollout,
        actions::Event,
        artifacts::{Artifacts, Kind, New},
        map::Boundary,
        rollout::{Selector, Start},
        users::{By, NewUser, Role, Scope, Users},
    },
    setup,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use wire::{
    diagnostics::{Came, Diagnostic, Outcome, Why},
    health::Report,
    ticket::TerminalNumber,
};

use crate::{
    chromium::{Chromium, PHONE, Page},
    measure::check,
    support::TestHost,
};

const PASSWORD: &str = "correct horse battery";

/// A fleet with something on every page.
pub(crate) struct Looked {
    pub(crate) host: TestHost,
    broken: TerminalNumber,
    pub(crate) well: TerminalNumber,
}

async fn reports(host: &TestHost, terminal: TerminalNumber, printer: &str, openings: u64) {
    tells(host, terminal, (printer, openings), None).await;
}

/// With what a terminal says of settings from afar.
async fn tells(
    host: &TestHost,
    terminal: TerminalNumber,
    (printer, openings): (&str, u64),
    settings: Option<serde_json::Value>,
) {
    let clock = host.clock();
    let report = json!({
        "v": 1, "terminal": terminal, "boot": Uuid::from_u128(1), "seq": clock.now().as_second(),
        "wall": { "at": clock.now(), "quality": "host" }, "uptime_s": 93_784, "agent": "0.1.0",
        "kiosk": {
            "run": Uuid::from_u128(2), "version": "0.1.0",
            "queue": { "state": "ok", "waiting": 2, "oldest_s": 61, "dead": 0, "set_aside": 0 },
            "printer": { "port": true, "state": printer, "profile": "epson-tm" },
        },
        "tamper": { "open": false, "journal": 1, "openings": openings },
        "settings": settings,
    });
    let report: Report = serde_json::from_value(report).unwrap();
    host.fleet().await.take_health(&report, &serde_json::to_string(&report).unwrap()).await.unwrap();
}

/// Louder voices for every terminal, the first ten percent first.
async fn roll_out(host: &TestHost) {
    let fleet = host.fleet().await;
    let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
    let version = fleet.draw_up(&louder, "集市太吵").await.unwrap();
    let policy = json!({ "bad_percent_max": 5, "sample_min": 1, "sample_within_s": 3600, "bake_s": 0 });
    let well = fleet.list().await.unwrap()[1].number;
    let new = NewRollout {
        brings: Brought::Settings(version),
        former: None,
        waves: vec![(Selector::Group([well].into()), Start::AfterFormer), (Selector::Rest, Start::ByHand)],
        policy: serde_json::from_value(policy).unwrap(),
        zone: "Asia/Shanghai".into(),
        why: "集市太吵，听不清".into(),
    };
    fleet.roll_out(new).await.unwrap();
}

/// An update that one terminal is at, another that is a draft, and tokens.
async fn updates(host: &TestHost, well: TerminalNumber) {
    let fleet = host.fleet().await.on_behalf_of("user:boss");
    let artifacts = Artifacts::open(fleet.clone(), &setup::artifacts(host.data.path())).await.unwrap();
    let add = async |name: &str, version: &str, kind| {
        let new = New { name: name.parse().unwrap(), version: version.parse().unwrap(), kind };
        let bytes = format!("{name} {version}");
        artifacts.add(new, bytes.as_bytes(), bytes.len() as u64, |_| {}).await.unwrap().id
    };
    let voice = add("lianxin-voice", "1.4.0", Kind::File).await;
    artifacts.release(voice, false).await.unwrap();
    add("lianxin-system", "2.1.0~rc1", Kind::RaucBundle).await;
    let action = fleet.order_artifact(voice, &[well], false).await.unwrap()[0];
    let told = json!({ "execution": "download", "result": { "finished": "none" }, "details": ["12 of 40 MB"] });
    let told = Event::Feedback(serde_json::from_value(told).unwrap());
    fleet.hear_of_action(well, action, told).await.unwrap();
    fleet.draw_device_token(None).await.unwrap();
    let (_, token) = fleet.draw_device_token(None).await.unwrap();
    fleet.revoke_device_token(token.id).await.unwrap();
}

/// The sites that there are get their place in a tree, and some more.
async fn tree(host: &TestHost) {
    let list = "代码,名称,级别,上级代码,地址,纬度,经度,标签\n\
                DX,德兴市人大代表之家,代表之家,,银城街道人民路 1 号,28.9475,117.5786,\n\
                DX-01,花桥镇,乡镇代表联络站,DX,,,,\n\
                T1,花桥镇人大代表联络站,村代表联络点,DX-01,,,,\n\
                DX-02,北山乡人大代表联络站,乡镇代表联络站,DX,乡政府一楼大厅,28.8,117.6,山区 太阳能\n\
                T5,北山乡大坪村人大代表联络点,村代表联络点,DX-02,,,,\n\
                DX-02-2,北山乡上畈村人大代表联络点,村代表联络点,DX-02,,,,\n\
                DX-NET,网上代表联络站,网上代表联络站,DX,,,,\n";
    let list = host::fleet::sites::List::read(list.as_bytes()).unwrap();
    let fleet = host.fleet().await;
    fleet.import_sites(&list, false).await.unwrap();
    let boundary = r#"{"type":"Polygon","coordinates":[[[117.4,28.7],[117.7,28.66],[117.9,28.9],[117.8,29.1],[117.5,29.15],[117.4,28.7]]]}"#;
    fleet.put_boundary(Some(&Boundary::read(boundary.as_bytes()).unwrap())).await.unwrap();
}

/// A log and a picture came, a test print was not done, and a new start waits.
async fn ask(host: &TestHost, terminal: TerminalNumber) {
    const PICTURE: &[u8] = include_bytes!("../../../images/readme/page.png");
    let fleet = host.fleet().await;
    for (what, came, why) in [
        (Diagnostic::Log, Came::Done, None),
        (Diagnostic::Picture, Came::Done, None),
        (Diagnostic::TestPrint, Came::Failed, Some(Why::PrinterRefuses)),
    ] {
        let number = fleet.ask(terminal, &what, 24).await.unwrap();
        let mut outcome = Outcome::of(number, came, why);
        if what == Diagnostic::Log {
            let line = |second| {
                format!("2026-11-24T03:20:{second:02}.1234Z  INFO kiosk::printer: no paper attempt={second}  [kiosk]")
            };
            outcome.log = (0..40).map(line).collect();
        }
        if what == Diagnostic::Picture {
            outcome = outcome.with_picture(PICTURE);
        }
        fleet.take_outcome(terminal, &outcome).await.unwrap();
    }
    fleet.ask(terminal, &Diagnostic::RestartScreen, 24).await.unwrap();
}

impl Looked {
    pub(crate) async fn new() -> Self {
        let host = TestHost::start().await;
        let fleet = host.fleet().await;
        let users = Users::new(fleet.clone(), &Ca::open(&setup::ca_folder(host.data.path())).unwrap());
        for (login, name, role, scope) in [
            ("boss", "刘主任", Role::Admin, Scope::All),
            ("operator", "欧阳建国", Role::Operator, Scope::Named(vec!["花桥镇".into(), "北山乡".into()])),
        ] {
            let new = NewUser { login: login.into(), name: name.into(), role, scope, password: PASSWORD.into() };
            users.add(By::Machine, &new).await.unwrap();
        }
        let broken = host.terminal().await.number;
        let well = host.terminal().await.number;
        host.terminal().await;
        host.admit().await;
        fleet.add(None, "北山乡大坪村人大代表联络点", "村委会一楼进门左手边").await.unwrap();
        reports(&host, broken, "ok", 0).await;
        reports(&host, broken, "paper_near_end", 0).await;
        host.clock.turn(SignedDuration::from_mins(10));
        reports(&host, broken, "no_paper", 1).await;
        reports(&host, well, "ok", 0).await;
        roll_out(&host).await;
        tree(&host).await;
        updates(&host, well).await;
        fleet.put_group("山里", &"under=DX-02 tag=山区".parse().unwrap()).await.unwrap();
        ask(&host, broken).await;
        let looked = Self { host, broken, well };
        looked.says("reverted", Some("printer_silent")).await;
        looked
    }

    /// The terminal that is well says this of its order.
    pub(crate) async fn says(&self, state: &str, why: Option<&str>) {
        self.host.clock.turn(SignedDuration::from_mins(1));
        let order = self.host.fleet().await.ordered(self.well).await.unwrap().unwrap();
        let version = why.is_none().then_some(order.version);
        let says = json!({ "version": version, "order": order.order, "state": state, "why": why });
        tells(&self.host, self.well, ("ok", 0), Some(says)).await;
        self.host.fleet().await.move_rollouts(Timestamp::MIN).await.unwrap();
    }
}

pub(crate) fn sign_in<'a>(browser: &'a Chromium, base: &str, language: &str) -> Page<'a> {
    let page = browser.phone(base);
    page.open(&format!("/fleet/language/{language}"));
    page.open("/fleet/sign-in");
    page.type_into("[name=login]", "boss");
    page.type_into("[name=password]", PASSWORD);
    page.follow("button.main");
    page
}

/// What somebody who hears the page finds: one heading of the page, landmarks, a name for each field and each link.
const HEARD: &str = r#"(() => {
  const wrong = [];
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  for (const mark of ["main", "header", "nav[aria-label]"]) if (!document.querySelector(mark)) wrong.push(`no ${mark}`);
  let level = 1;
  for (const h of document.querySelectorAll("h1, h2, h3")) {
    const now = Number(h.tagName[1]);
    if (now > level + 1) wrong.push(`${h.textContent} skips a level`);
    level = now;
  }
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!e.labels.length || !e.labels[0].textContent.trim()) wrong.push(`${e.name} has no label`);
  for (const e of document.querySelectorAll("a, button, summary, th"))
    if (!e.textContent.trim()) wrong.push(`${e.outerHTML.slice(0, 60)} has no name`);
  for (const e of document.querySelectorAll("img")) if (!e.alt) wrong.push("a picture without words");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  for (const e of document.querySelectorAll("[aria-labelledby]"))
    if (!document.getElementById(e.getAttribute("aria-labelledby"))) wrong.push("a label that is not there");
  return wrong;
})()"#;

pub(crate) fn heard(page: &Page<'_>, name: &str) -> Vec<String> {
    let wrong = page.eval(HEARD);
    wrong.as_array().unwrap().iter().map(|w| format!("{name}: {}", w.as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_fleets_console_fits_a_phone_a_desk_and_an_ear_in_both_languages() {
    let fleet = Looked::new().await;
    let browser = Chromium::start(&fleet.host.data.path().join("fleet/tls/server.pem"));
    let base = fleet.host.people_url("");
    let mut wrong = Vec::new();
    for language in ["zh", "en"] {
        let door = browser.phone(&base);
        door.open(&format!("/fleet/language/{language}"));
        door.open("/fleet/sign-in");
        wrong.extend(check(&door, &format!("fleet-sign-in-{language}")));
        door.type_into("[name=login]", "nobody");
        door.type_into("[name=password]", "wrong");
        door.follow("button.main");
        wrong.extend(check(&door, &format!("fleet-sign-in-wrong-{language}")));

        let boss = sign_in(&browser, &base, language);
        let (broken, well) = (format!("/fleet/terminals/{}", fleet.broken), format!("/fleet/terminals/{}", fleet.well));
        let revoke = format!("{well}/revoke");
        let [asked, log, picture] = ["", "/1", "/2"].map(|one| format!("{broken}/diagnostics{one}"));
        let pages = [
            ("today", "/fleet"),
            ("terminals", "/fleet/terminals"),
            ("terminals-none", "/fleet/terminals?standing=revoked"),
            ("terminal", &broken),
            ("revoke", &revoke),
            ("diagnostics", &asked),
            ("diagnostics-log", &log),
            ("diagnostics-picture", &picture),
            ("groups", "/fleet/groups?query=level%3Dvillage"),
            ("groups-wrong", "/fleet/groups?query=colour%3Dred"),
            ("map", "/fleet/map"),
            ("sites", "/fleet/sites"),
            ("site", "/fleet/sites/DX-02"),
            ("sites-import", "/fleet/sites/import"),
            ("poster", "/fleet/sites/T1/poster"),
            ("poster-elsewhere", "/fleet/sites/DX-02-2/poster"),
            ("updates", "/fleet/updates"),
            ("update", "/fleet/updates/1"),
            ("update-draft", "/fleet/updates/2"),
            ("withdraw", "/fleet/updates/1/withdraw"),
            ("settings", "/fleet/settings?before=0&after=1&on=1"),
            ("settings-standing", "/fleet/settings/standing"),
            ("tokens", "/fleet/tokens"),
            ("rollout-new", "/fleet/rollouts/new?settings=1"),
            ("terminal-well", &well),
            ("rollouts", "/fleet/rollouts"),
            ("rollout", "/fleet/rollouts/1"),
            ("people", "/fleet/people"),
            ("audit", "/fleet/audit"),
            ("account", "/fleet/account"),
        ];
        for (name, path) in pages {
            let name = format!("fleet-{name}-{language}");
            boss.open(path);
            wrong.extend(heard(&boss, &name));
            wrong.extend(check(&boss, &name));
        }
        boss.open("/fleet/terminals/99999");
        wrong.extend(check(&boss, &format!("fleet-problem-{language}")));
        boss.open("/fleet/account");
        boss.type_into("form[action$='codes-begin'] [name=password]", PASSWORD);
        boss.follow("form[action$='codes-begin'] button");
        boss.until("document.querySelector('img.qr').naturalWidth > 0");
        wrong.extend(heard(&boss, "codes"));
        wrong.extend(check(&boss, &format!("fleet-codes-{language}")));
        boss.open("/fleet/account");
        boss.eval("document.querySelector('form[action$=\"/key-draw\"]').closest('details').open = true");
        wrong.extend(heard(&boss, "key-draw"));
        wrong.extend(check(&boss, &format!("fleet-key-draw-{language}")));
        boss.type_into("form[action$='key-draw'] [name=name]", "月报");
        boss.type_into("form[action$='key-draw'] [name=password]", PASSWORD);
        boss.follow("form[action$='key-draw'] button");
        assert!(boss.text().contains("lianxin-"), "{}", boss.text());
        wrong.extend(heard(&boss, "key"));
        wrong.extend(check(&boss, &format!("fleet-key-{language}")));
        boss.open("/fleet/sites");
        boss.eval("document.querySelector('form[action=\"/fleet/sites\"]').closest('details').open = true");
        wrong.extend(check(&boss, &format!("fleet-sites-add-{language}")));
        boss.open("/fleet/people");
        boss.follow("form[action$='/password'] button");
        wrong.extend(check(&boss, &format!("fleet-reset-{language}")));

        boss.resize(1280, 800);
        for (name, path) in pages {
            boss.open(path);
            boss.picture(&format!("fleet-{name}-{language}-desk"));
            if boss.eval("document.documentElement.scrollWidth") != 1280 {
                wrong.push(format!("{name}: wider than a desk's screen"));
            }
        }
        boss.resize(PHONE, 740);
        super::asks_only_its_host(&boss, &base);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_learns_where_to_go_and_changes_the_language_in_place() {
    let fleet = Looked::new().await;
    let browser = Chromium::start(&fleet.host.data.path().join("fleet/tls/server.pem"));
    let boss = sign_in(&browser, &fleet.host.people_url(""), "zh");
    let text = boss.text();
    assert!(text.contains("今天要管的") && text.contains("打印纸用完了") && text.contains("带上：打印纸"), "{text}");
    boss.follow(".calls a");
    assert!(boss.text().contains("epson-tm"), "{}", boss.text());
    boss.follow("a.language");
    let text = boss.text();
    assert!(text.contains("the paper ran out") && text.contains(&fleet.broken.to_string()), "{text}");
    boss.follow("form[action$='/take'] button");
    assert!(
        boss.text().contains("boss sees to it since") && !boss.text().contains("I'll see to it"),
        "{}",
        boss.text()
    );
    boss.type_into("form[action$='/quiet'] [name=why]", "the power is off");
    boss.follow("form[action$='/quiet'] button");
    assert!(boss.text().contains("the power is off") && boss.text().contains("silenced until"), "{}", boss.text());
    boss.follow("form[action$='/loud'] button");
    assert!(!boss.text().contains("silenced until"), "{}", boss.text());
    boss.follow("form[action$='/case-checked'] button");
    assert!(!boss.text().contains("It is known who opened the case"), "{}", boss.text());
    assert!(fleet.host.fleet().await.today().await.unwrap().from_the_desk.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_that_stopped_is_resumed_with_one_touch_and_its_page_follows_by_itself() {
    let fleet = Looked::new().await;
    let browser = Chromium::start(&fleet.host.data.path().join("fleet/tls/server.pem"));
    let boss = sign_in(&browser, &fleet.host.people_url(""), "zh");
    boss.follow("#waiting + ul a");
    assert!(boss.text().contains("自动停了：第 1 批里不好的太多"), "{}", boss.text());
    boss.follow("form[action$='/resume'] button");
    assert!(boss.text().contains("在进行"), "{}", boss.text());
    boss.follow("form[action$='/retry'] button");
    fleet.says("kept", None).await;
    // Nobody loads the page anew.
    boss.until("document.querySelector('.waves tbody tr').textContent.includes('好了')");
    assert!(boss.text().contains("开始下一批"), "{}", boss.text());
    boss.follow("form[action$='/pause'] button");
    assert!(boss.text().contains("boss 暂停了") && !boss.text().contains("user:boss"), "{}", boss.text());
}
