//! A phone that a terminal handed over to, in a real browser: it starts empty, sends words and photos, and the case has
//! them.

use std::{io::Cursor, path::PathBuf};

use host::durable::{self, Readers};
use uuid::Uuid;
use wire::{
    intake::{HandOver, HandOverVerdict, HandedOver},
    secret::{Secret, phone_link},
};

use crate::{
    asks_only_its_host, certificate,
    chromium::{Chromium, Page},
    county::Furnished,
    measure::check,
    sign_in,
};

/// Asks as a terminal does, and gives what its QR leads to: the path and the fragment.
async fn shown(county: &Furnished) -> String {
    let secret = Secret::draw();
    let asked = HandOver { ticket: county.fresh.ticket, boot: Uuid::nil(), secret: secret.hash() };
    let url = county.host.url("/intake/v1/hand-over");
    let answer = county.terminal.client.post(url).json(&asked).send().await.unwrap();
    let answer: HandedOver = answer.json().await.unwrap();
    assert_eq!((answer.verdict, answer.open_s), (HandOverVerdict::Open, Some(600)));
    phone_link("", &secret)
}

/// A photo as a phone's camera keeps it: wide, and large for a page.
fn photo(folder: &tempfile::TempDir, name: &str, bytes: Option<&[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    let mut made = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(2400, 1800, |x, y| {
        let shade = |n: u32| u8::try_from(n / 10 % 256).unwrap();
        image::Rgb([shade(x), shade(y), if (x / 200 + y / 200) % 2 == 0 { 60 } else { 200 }])
    });
    picture.write_to(&mut made, image::ImageFormat::Jpeg).unwrap();
    durable::write(&path, bytes.unwrap_or(made.get_ref()), Readers::Owner).unwrap();
    path
}

fn lines(page: &Page<'_>, state: &str) -> u64 {
    page.eval(&format!("document.querySelectorAll('#photos .{state}').length")).as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_adds_words_and_photos_and_the_case_shows_them() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let folder = tempfile::tempdir().unwrap();
    let link = shown(&county).await;
    let phone = browser.phone(&base);
    let mut wrong = Vec::new();

    phone.open(&link);
    phone.until("!document.querySelector('#form').hidden");
    assert_eq!(phone.eval("location.pathname + location.hash"), "/p", "the secret is gone from the address");
    assert_eq!(phone.eval("document.querySelector('#text').value"), "", "it starts empty");
    assert!(phone.text().contains(&county.fresh.ticket.grouped()));
    wrong.extend(check(&phone, "phone-empty"));
    phone.click("#finish");
    phone.until("!document.querySelector('#trouble').hidden");
    assert!(phone.text().contains("还没有写字，也没有照片"));
    wrong.extend(check(&phone, "phone-nothing-yet"));

    phone.type_into("#text", "就在桥头，下雨天水有半尺深。");
    phone.choose_files(
        "#file",
        &[photo(&folder, "road.jpg", None), photo(&folder, "film.jpg", Some(b"\0\0\0\x18ftypisom"))],
    );
    phone.until("document.querySelectorAll('#photos .taken, #photos .refused').length === 2");
    assert_eq!((lines(&phone, "taken"), lines(&phone, "refused")), (1, 1));
    assert!(phone.text().contains("这是视频，这里只收照片"), "{}", phone.text());
    wrong.extend(check(&phone, "phone-photos"));

    // The page loads again, as phones do that run out of memory: what was sent is there, and another may follow.
    phone.open("/p");
    phone.until("document.querySelectorAll('#photos .taken').length === 1");
    assert_eq!(phone.eval("document.querySelector('#text').value"), "就在桥头，下雨天水有半尺深。");
    phone.choose_files("#file", &[photo(&folder, "again.jpg", None)]);
    phone.until("document.querySelectorAll('#photos .taken').length === 2");
    phone.click("#finish");
    phone.until("!document.querySelector('#done').hidden");
    assert!(phone.text().contains("已经交给代表了") && phone.text().contains("收到照片 2 张"), "{}", phone.text());
    wrong.extend(check(&phone, "phone-done"));
    assert_eq!(phone.eval("sessionStorage.length"), 0, "what was handed over is not kept");
    asks_only_its_host(&phone, &base);
    let secret = link.split_once('#').unwrap().1;
    assert!(phone.asked().iter().all(|url| !url.split('#').next().unwrap().contains(secret)));
    let cookies = phone.cookies();
    assert_eq!(cookies.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["__Secure-lianxin-phone"]);
    assert_eq!(phone.eval("document.cookie"), "", "no script reads it");

    let second = browser.phone(&base);
    second.open(&link);
    second.until("!document.querySelector('#trouble').hidden");
    assert!(second.text().contains("已经被一部手机打开了"), "{}", second.text());
    wrong.extend(check(&second, "phone-second"));
    second.open("/p");
    second.until("!document.querySelector('#trouble').hidden");
    assert!(second.text().contains("请用手机扫终端机屏幕上的二维码"), "{}", second.text());

    let deputy = sign_in(&browser, &base, "deputy");
    deputy.open(&format!("/county/cases/{}", county.fresh.id));
    assert!(deputy.text().contains("就在桥头，下雨天水有半尺深。"), "{}", deputy.text());
    let drawn = "[...document.querySelectorAll('.photos img')].filter((i) => i.complete && i.naturalWidth === 1600).length === 2";
    deputy.eval("document.querySelector('.photos').scrollIntoView()");
    deputy.until(drawn);
    wrong.extend(check(&deputy, "case-photos"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_upload_breaks_is_sent_again_by_the_page() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let folder = tempfile::tempdir().unwrap();
    let phone = browser.phone(&base);
    phone.open(&shown(&county).await);
    phone.until("!document.querySelector('#form').hidden");
    phone.is_offline(true);
    phone.choose_files("#file", &[photo(&folder, "road.jpg", None)]);
    phone.until("document.querySelector('#photos .again')");
    assert!(phone.text().contains("网断了，正在再送"), "{}", phone.text());
    assert!(check(&phone, "phone-broken").is_empty());
    phone.is_offline(false);
    phone.until("document.querySelector('#photos .taken')");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_does_not_get_through_is_kept_and_nothing_is_ended_without_it() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let base = county.host.people_url("");
    let folder = tempfile::tempdir().unwrap();
    let phone = browser.phone(&base);
    phone.open(&shown(&county).await);
    phone.until("!document.querySelector('#form').hidden");
    // The page's pauses between its tries are long for whoever watches.
    phone.eval(
        "{ const timeout = setTimeout; window.setTimeout = (then, ms) => timeout(then, ms > 9000 ? ms : ms / 20); }",
    );
    phone.is_offline(true);
    let seven: Vec<PathBuf> = (0..7).map(|n| photo(&folder, &format!("{n}.jpg"), None)).collect();
    phone.choose_files("#file", &seven);
    phone.until("document.querySelector('#photos .again')");
    assert!(phone.text().contains("多选的没有加进来"), "{}", phone.text());
    phone.click("#finish");
    phone.until("document.querySelectorAll('#photos .stuck').length === 6");
    phone.until("!document.querySelector('#finish').disabled");
    assert!(phone.text().contains("有照片没有送到，所以还没有交"), "{}", phone.text());
    assert_eq!(phone.eval("document.querySelector('#done').hidden"), true);
    assert!(check(&phone, "phone-stuck").is_empty());
    phone.is_offline(false);
    phone.click("#photos .stuck button");
    phone.until("document.querySelector('#photos .taken')");
    phone.click("#finish");
    phone.until("!document.querySelector('#done').hidden");
    assert!(phone.text().contains("收到照片 6 张"), "{}", phone.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_script_does_not_come_says_what_to_do() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let phone = browser.phone(&county.host.people_url(""));
    let link = shown(&county).await;
    phone.never_gets(&["*/p/page.js"]);
    phone.open(&link);
    phone.until("document.readyState === 'complete'");
    assert!(phone.text().contains("要是一直停在这里，请再扫一次屏幕上的二维码"), "{}", phone.text());
    assert!(check(&phone, "phone-no-script").is_empty());
    // The code is still good.
    phone.never_gets(&[]);
    phone.open("/");
    phone.open(&link);
    phone.until("!document.querySelector('#form').hidden");
    assert!(!phone.text().contains("要是一直停在这里"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_no_cookie_sends_all_that_its_page_has() {
    let county = Furnished::new().await;
    let browser = Chromium::start(&certificate(&county));
    let folder = tempfile::tempdir().unwrap();
    let phone = browser.phone(&county.host.people_url(""));
    phone.open(&shown(&county).await);
    phone.until("!document.querySelector('#form').hidden");
    phone.drop_cookies();
    assert_eq!(phone.cookies(), []);
    phone.choose_files("#file", &[photo(&folder, "road.jpg", None)]);
    phone.until("document.querySelectorAll('#photos .taken').length === 1");
    phone.type_into("#text", "就在桥头。");
    phone.click("#finish");
    phone.until("!document.querySelector('#done').hidden");
    assert!(phone.text().contains("收到照片 1 张"), "{}", phone.text());
}
