//! The console and the public pages in a real browser, on a phone and on paper.
//!
//! With `LIANXIN_SCREENSHOTS` naming a folder, a picture of every page is left there.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod chromium;
mod county;
mod fleet;
mod measure;
mod phone;
#[path = "../host/support.rs"]
#[expect(dead_code, reason = "shared with the tests that speak HTTP")]
mod support;
mod updates;
mod voice;

use std::path::PathBuf;

use chromium::{Chromium, PHONE, Page};
use county::{Furnished, PASSWORD};
use measure::check;

fn certificate(county: &Furnished) -> PathBuf {
    county.host.data.path().join("fleet/tls/server.pem")
}

fn sign_in<'a>(browser: &'a Chromium, base: &str, login: &str) -> Page<'a> {
    let page = browser.phone(base);
    page.open("/county/sign-in");
    page.type_into("[name=login]", login);
    page.type_into("[name=password]", PASSWORD);
    page.follow("button.main");
    assert!(page.text().contains("群众意见"), "{}", page.text());
    page
}

/// Every address that the page asked for is the host's own.
fn asks_only_its_host(page: &Page<'_>, base: &str) {
    let asked = page.asked();
    assert!(!asked.is_empty());
    for url in asked {
        assert!(url.starts_with(base) || url.starts_with("data:") || url == "about:blank", "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_console_fits_a_phone_and_a_finger() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let mut wrong = Vec::new();

    let door = browser.phone(&base);
    door.open("/county/sign-in");
    wrong.extend(check(&door, "sign-in"));
    door.type_into("[name=login]", "boss");
    door.type_into("[name=password]", "wrong");
    door.follow("button.main");
    assert!(door.text().contains("账号或密码不对"));
    wrong.extend(check(&door, "sign-in-wrong"));

    let boss = sign_in(&browser, &base, "boss");
    let station = format!("/county/stations/{}", county.station);
    for (name, path) in [
        ("cases", "/county/cases"),
        ("cases-forwarded", "/county/cases?state=forwarded"),
        ("cases-none", "/county/cases?state=rated"),
        ("help", "/county/help"),
        ("ledger", "/county/ledger"),
        ("alarms", "/county/alarms"),
        ("alarm", "/county/alarms/1"),
        ("audit", "/county/audit"),
        ("stations", "/county/stations"),
        ("station", &station),
        ("people", "/county/people"),
        ("settings", "/county/settings"),
        ("password", "/county/password"),
        ("problem", "/county/cases/none"),
    ] {
        boss.open(path);
        wrong.extend(check(&boss, name));
    }
    // The same pages on a desk.
    boss.resize(1280, 800);
    for (name, path) in [
        ("cases", "/county/cases"),
        ("case", &county.case("forwarded")),
        ("ledger", "/county/ledger"),
        ("audit", "/county/audit"),
        ("station", &station),
        ("people", "/county/people"),
        ("settings", "/county/settings"),
    ] {
        boss.open(path);
        boss.eval("document.querySelectorAll('main details').forEach((d, i) => { d.open = i < 2; })");
        boss.picture(&format!("{name}-desk"));
        if boss.eval("document.documentElement.scrollWidth") != 1280 {
            wrong.push(format!("{name}: wider than a desk's screen"));
        }
    }
    boss.resize(PHONE, 740);
    boss.open("/county/people");
    boss.follow("form[action$='/reset'] button");
    assert!(boss.text().contains("新密码是"));
    wrong.extend(check(&boss, "reset"));

    for (login, cases) in [
        ("boss", &["received", "overdue"][..]),
        ("deputy", &["received", "claimed", "forwarded", "answered", "confirmed", "closed", "declined"]),
        ("clerk", &["forwarded"]),
        ("officer", &["claimed", "announced", "spoken"]),
    ] {
        let page = sign_in(&browser, &base, login);
        for case in cases {
            page.open(&county.case(case));
            wrong.extend(check(&page, &format!("case-{case}-{login}")));
        }
        asks_only_its_host(&page, &base);
    }
    asks_only_its_host(&boss, &base);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_pages_fit_a_phone_keep_nothing_and_ask_nobody_else() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let page = browser.phone(&base);
    let mut wrong = Vec::new();
    page.open("/t");
    wrong.extend(check(&page, "track"));
    page.type_into("#ticket", "1234567890123");
    page.click("#ask button");
    page.until("!document.querySelector('#trouble').hidden");
    wrong.extend(check(&page, "track-mistyped"));
    for (name, said, word) in [("new", &county.fresh, "已收到"), ("closed", &county.closed, "三天内修好")] {
        page.open(&format!("/t#{}.{}", said.ticket, said.secret.text()));
        page.until("!document.querySelector('#found').hidden");
        assert!(page.text().contains(word), "{}", page.text());
        wrong.extend(check(&page, &format!("track-{name}")));
    }
    page.open("/t");
    page.type_into("#ticket", &county.closed.ticket.to_string());
    page.type_into("#code", county.closed.code.digits());
    page.click("#ask button");
    page.until("!document.querySelector('#found').hidden");
    assert!(page.text().contains("三天内修好"), "number and code are enough");
    page.open(&format!("/s/{}", county.terminal.number));
    assert!(page.text().contains("王代表"), "{}", page.text());
    wrong.extend(check(&page, "station-public"));
    assert!(page.cookies().is_empty());
    asks_only_its_host(&page, &base);
    assert!(page.asked().iter().all(|url| !url.contains(&county.closed.secret.text()) || url.contains('#')));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_its_whole_way_by_clicks_on_a_phone() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let id = county.fresh.id.to_string();
    let form = |step: &str| format!("form[action='/county/cases/{id}/{step}']");

    // The list is filtered in place: by its own script, without a page being loaded.
    let deputy = sign_in(&browser, &base, "deputy");
    let rows = "document.querySelectorAll('#list tbody tr').length";
    assert!(deputy.eval(rows).as_u64().unwrap() > 5);
    deputy.eval("window.same = true");
    deputy.type_into("input[name=ticket]", &county.fresh.ticket.to_string());
    deputy.until(&format!("{rows} === 1"));
    assert_eq!(deputy.eval("window.same"), true, "the page was loaded anew");
    deputy.follow("#list tbody tr");
    assert!(deputy.text().contains("村口到学校的那一段路"), "a touch anywhere on the row opens the case");

    deputy.follow(&format!("{} button", form("claim")));
    assert!(deputy.text().contains("代表已接单"));
    deputy.click("#contact a");
    deputy.until("document.querySelector('#contact').textContent.includes('没有留联系方式')");
    deputy.choose(&format!("{} [name=unit]", form("forward")), &county.unit.id);
    deputy.follow(&format!("{} button", form("forward")));
    assert!(deputy.text().contains("已转交"));

    let clerk = sign_in(&browser, &base, "clerk");
    clerk.open(&format!("/county/cases/{id}"));
    clerk.type_into("textarea[name=text]", "已派人修好。");
    clerk.follow(&format!("{} button", form("reply")));
    assert!(clerk.text().contains("单位已答复"));

    deputy.open(&format!("/county/cases/{id}"));
    deputy.follow(&format!("{} button", form("confirm")));
    deputy.follow(&format!("{} button", form("close")));
    assert!(deputy.text().contains("已办结") && deputy.text().contains("已派人修好。"));

    let officer = sign_in(&browser, &base, "officer");
    officer.open(&format!("/county/cases/{id}"));
    officer.eval(&format!("document.querySelector(\"{}\").closest('details').open = true", form("correct")));
    officer.choose(&format!("{} [name=category]", form("correct")), "road");
    officer.follow(&format!("{} button", form("correct")));
    assert!(officer.text().contains("群众选的"));
    officer.open("/county/help");
    officer.follow("form[action$='/acknowledge'] button");
    assert!(officer.text().contains("周联络员 知道了"));

    let public = browser.phone(&base);
    public.open(&format!("/t#{}.{}", county.fresh.ticket, county.fresh.secret.text()));
    public.until("!document.querySelector('#found').hidden");
    assert!(public.text().contains("已派人修好。"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_and_a_case_fit_their_paper() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let boss = sign_in(&browser, &base, "boss");
    // A4 on its side and upright, within margins of 12 mm, at 96 pixels an inch.
    for (name, path, width, points) in
        [("ledger", "/county/ledger".to_owned(), 1031, "841."), ("case", county.case("closed"), 703, "594.")]
    {
        boss.open(&path);
        let pdf = boss.print(&format!("print-{name}"));
        let text = String::from_utf8_lossy(&pdf);
        let pages = text.matches("/Type /Page\n").count().max(text.matches("/Type /Page\r").count());
        assert!((1..=2).contains(&pages), "{name}: {pages} pages");
        assert!(text.contains(&format!("/MediaBox [0 0 {points}")), "{name}: the paper lies the wrong way");
        boss.resize(width, 700);
        boss.as_printed();
        assert_eq!(boss.eval("document.documentElement.scrollWidth"), width, "{name}");
        let hidden = "['.top', '.noprint', '.back', 'form', 'button'].every((s) => [...document.querySelectorAll(s)] \
                      .every((e) => !e.checkVisibility()))";
        assert_eq!(boss.eval(hidden), true, "{name}: what is for the screen only is on the paper");
        boss.picture(&format!("print-{name}"));
    }
}
