//! What an admin does with updates at the desk, in a real browser: a file on its way in, a rollout looked at and made, and
//! pages that follow what they show.

use std::path::PathBuf;

use host::durable::{self, Readers};

use crate::{
    chromium::{Chromium, PHONE, Page},
    fleet::{Looked, heard, sign_in},
    measure::check,
};

fn started(fleet: &Looked) -> Chromium {
    Chromium::start(&fleet.host.data.path().join("fleet/tls/server.pem"))
}

/// A file of so many bytes to be sent.
fn file(fleet: &Looked, bytes: usize) -> PathBuf {
    let path = fleet.host.data.path().join("to-send");
    durable::write(&path, &vec![7; bytes], Readers::Owner).unwrap();
    path
}

fn fills_in(page: &Page<'_>, name: &str, version: &str, file: PathBuf) {
    page.open("/fleet/updates");
    page.type_into("[name=name]", name);
    page.type_into("[name=version]", version);
    page.choose_files("[name=file]", &[file]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_with_its_progress_shown_released_and_rolled_out_as_it_was_looked_at() {
    let fleet = Looked::new().await;
    let browser = started(&fleet);
    let boss = sign_in(&browser, &fleet.host.people_url(""), "zh");
    fills_in(&boss, "lianxin-voice", "1.5.0", file(&fleet, 20_000_000));
    // What the page says meanwhile outlives it.
    boss.eval(
        "new MutationObserver(() => { const said = document.querySelector('[role=status]').textContent; \
         if (said) sessionStorage.setItem('said', said); }).observe(document.querySelector('[role=status]'), \
         { childList: true, characterData: true, subtree: true })",
    );
    boss.follow("form[data-upload] button");
    assert!(boss.text().contains("还没有发布") && boss.text().contains("20000000 B"), "{}", boss.text());
    let said = boss.eval("sessionStorage.getItem('said')");
    assert!(said.as_str().is_some_and(|said| said.contains('%') || said.contains("传完了")), "{said}");
    boss.follow("form[action$='/release'] button");
    assert!(boss.text().contains("已发布"), "{}", boss.text());
    boss.follow("a[href^='/fleet/rollouts/new']");
    let mut wrong = heard(&boss, "rollout-new");
    boss.type_into("[name=what1]", "30");
    boss.choose("[name=when_last]", "hand");
    boss.follow("form.rollout-form > p button");
    let text = boss.text();
    assert!(text.contains("会到这些终端") && text.contains("第 1 号文件") && text.contains("有人点了才开始"), "{text}");
    wrong.extend(heard(&boss, "rollout-look"));
    wrong.extend(check(&boss, "fleet-rollout-look-zh"));
    boss.resize(1280, 800);
    boss.picture("fleet-rollout-look-zh-desk");
    boss.resize(PHONE, 740);
    boss.follow("section.urgent form button");
    assert!(boss.text().contains("第 3 号文件") && boss.text().contains("在进行"), "{}", boss.text());
    boss.open("/fleet/tokens");
    boss.follow("form.inline button");
    assert!(boss.text().contains("GatewayToken"), "{}", boss.text());
    wrong.extend(heard(&boss, "token"));
    wrong.extend(check(&boss, "fleet-token-zh"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_a_file_is_said_in_place_and_what_was_filled_in_stays() {
    let fleet = Looked::new().await;
    let browser = started(&fleet);
    let boss = sign_in(&browser, &fleet.host.people_url(""), "en");
    let said = "document.querySelector('[role=alert]').textContent";
    fills_in(&boss, "lianxin-voice", "1.4.0", file(&fleet, 3_000_000));
    boss.click("form[data-upload] button");
    boss.until(&format!("{said}.includes('is artifact 1, with other bytes')"));
    assert_eq!(boss.eval("document.querySelector('[name=version]').value"), "1.4.0");
    check(&boss, "fleet-updates-taken-en");
    boss.eval("document.querySelector('form[data-upload]').dataset.room = '2999999'");
    boss.click("form[data-upload] button");
    boss.until(&format!("{said}.includes('no room')"));
    boss.eval("document.querySelector('form[data-upload]').dataset.room = '3000000'");
    boss.never_gets(&["*/fleet/updates/add"]);
    boss.click("form[data-upload] button");
    boss.until(&format!("{said}.includes('did not come whole')"));
    assert_eq!(boss.eval("document.querySelector('form[data-upload] button').disabled"), false);
}

/// Listens beside the page, so that it is seen what comes through.
const HEAR: &str = "(() => { const heard = new EventSource(document.querySelector('#live').dataset.live); \
                    for (const word of ['still', 'moved']) heard.addEventListener(word, () => { window.word = word; }); })()";

#[tokio::test(flavor = "multi_thread")]
async fn a_rollouts_page_follows_by_itself_also_where_no_event_comes_through() {
    let fleet = Looked::new().await;
    let browser = started(&fleet);
    let boss = sign_in(&browser, &fleet.host.people_url(""), "zh");
    for hears in [true, false] {
        boss.never_gets(if hears { &[] } else { &["*/live?*"] });
        boss.open("/fleet/rollouts/1");
        if hears {
            boss.eval(HEAR);
            boss.until("window.word !== undefined");
            // The bad one that was accepted by this stops it no second time.
            boss.follow("form[action$='/resume'] button");
        }
        boss.follow("form[action$='/retry'] button");
        let (state, why, shown) =
            if hears { ("reverted", Some("kiosk_silent"), "五分钟") } else { ("kept", None, "好了") };
        fleet.says(state, why).await;
        boss.until(&format!("document.querySelector('#live').textContent.includes('{shown}')"));
    }
}
