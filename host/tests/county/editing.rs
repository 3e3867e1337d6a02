//! What 县人大 edits in the console: categories, who is told, who may do what.

use axum::http::StatusCode;
use host::county::{Error, people::Post};
use wire::case::Role;

use crate::{support::*, web::*};

async fn offered(bench: &Bench) -> Vec<String> {
    bench.county.bulletin(terminal(1)).await.unwrap().categories.into_iter().map(|c| c.id).collect()
}

const BRIDGE: [(&str, &str); 5] = [
    ("name", "桥梁"),
    ("label", "修桥"),
    ("label_en", "Bridges"),
    ("picture", "classical-building"),
    ("sentences", "桥坏了。\r\n\r\n 桥上没有栏杆。 "),
];

#[tokio::test]
async fn a_category_is_added_moved_and_retired_and_its_cases_keep_it() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let receipt = bench.say(1, "路坏了。").await;
    let mut web = Web::signed_in(&bench, "boss").await;
    let twelve = offered(&bench).await;
    assert_eq!(twelve.len(), 12);

    let (status, page) = web.act("/county/settings/categories", &BRIDGE).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a page of the terminal has twelve doors");
    assert!(page.contains("只放得下 12 个类别"));
    assert_eq!(web.act("/county/settings/categories/road/disable", &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(offered(&bench).await, twelve[1..]);
    assert_eq!(web.act("/county/settings/categories", &BRIDGE).await.0, StatusCode::SEE_OTHER);
    let bulletin = bench.county.bulletin(terminal(1)).await.unwrap();
    let added = bulletin.categories.last().unwrap().clone();
    assert_eq!((added.name.as_str(), added.picture.as_str()), ("桥梁", "classical-building"));
    assert_eq!(added.sentences, ["桥坏了。", "桥上没有栏杆。"]);

    for _ in 0..11 {
        web.act(&format!("/county/settings/categories/{}/up", added.id), &[]).await;
    }
    let mut order = offered(&bench).await;
    assert_eq!(order[0], added.id);
    web.act(&format!("/county/settings/categories/{}/up", added.id), &[]).await;
    assert_eq!(offered(&bench).await, order, "the first one stays where it is");
    web.act(&format!("/county/settings/categories/{}/down", added.id), &[]).await;
    order.swap(0, 1);
    assert_eq!(offered(&bench).await, order);

    let (_, case) = web.get(&format!("/county/cases/{}", receipt.id)).await;
    assert!(case.contains("<dd>道路</dd>"), "a case keeps the name of its category");
    assert!(web.get("/county/cases").await.1.contains("道路（已停用）"));
    assert!(web.get("/county/cases?category=road").await.1.contains(&receipt.id.to_string()));
    bench.say(2, "桥也坏了。").await;
    let (status, _) = web.act("/county/settings/categories/road/enable", &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "all doors are taken");
    web.act("/county/settings/categories/other/disable", &[]).await;
    assert_eq!(web.act("/county/settings/categories/road/enable", &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(offered(&bench).await.last().map(String::as_str), Some("road"));
}

#[tokio::test]
async fn the_last_category_stays_and_what_cannot_be_shown_is_refused() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    let mut ids = offered(&bench).await;
    let last = ids.pop().unwrap();
    for id in ids {
        bench.county.retire_category(&boss, &id, true).await.unwrap();
    }
    assert!(matches!(bench.county.retire_category(&boss, &last, true).await, Err(Error::Input(_))));
    let mut web = Web::signed_in(&bench, "boss").await;
    for (name, value) in [("picture", "hologram"), ("picture", ""), ("label", "桥"), ("name", ""), ("name", "道路")]
    {
        let mut wrong = BRIDGE;
        wrong.iter_mut().find(|(key, _)| *key == name).unwrap().1 = value;
        let answer = web.act("/county/settings/categories", &wrong).await.0;
        assert_eq!(answer, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}");
    }
    let (_, page) = web.get("/county/settings").await;
    assert!(page.contains("src=\"/static/pictures/potable-water\""));
    let (status, svg) = web.get("/static/pictures/potable-water").await;
    assert_eq!(status, StatusCode::OK);
    assert!(svg.starts_with("<svg") && !svg.contains("<script"));
    assert_eq!(web.get("/static/pictures/../console.css").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn somebody_on_a_roster_gets_an_address_of_their_own_in_the_console() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    bench.person("deputy", Role::Deputy, None).await;
    let station = bench.county.stations().await.unwrap().remove(0).id;
    let person = bench.county.add_to_roster(&boss, &station, ("王代表", "县人大代表"), None).await.unwrap();
    let path = format!("/county/stations/{station}/roster/{person}/webhook");
    let mut web = Web::signed_in(&bench, "boss").await;
    let wrong = web.act(&path, &[("webhook", "http://10.0.0.1/x")]).await;
    assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(web.act(&path, &[("webhook", " https://chat.example/wang ")]).await.0, StatusCode::SEE_OTHER);
    let (_, page) = web.get(&format!("/county/stations/{station}")).await;
    assert!(page.contains("value=\"https://chat.example/wang\""));
    let mut deputy = Web::signed_in(&bench, "deputy").await;
    assert_eq!(deputy.act(&path, &[("webhook", "https://evil.example")]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_is_changed_in_the_console_and_its_holder_signs_in_anew() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let clerk = bench.person("clerk", Role::Deputy, None).await;
    let unit = bench.person("other", Role::Unit, Some("县水利局")).await.unit.unwrap();
    let (mut boss, mut web) = (Web::signed_in(&bench, "boss").await, Web::signed_in(&bench, "clerk").await);
    let path = format!("/county/people/{}/role", clerk.id);
    let nowhere = [("role", "unit"), ("unit", ""), ("station", "")];
    assert_eq!(boss.act(&path, &nowhere).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let to_unit = [("role", "unit"), ("unit", unit.id.as_str()), ("station", "")];
    assert_eq!(web.act(&path, &to_unit).await.0, StatusCode::FORBIDDEN);
    assert_eq!(boss.act(&path, &to_unit).await.0, StatusCode::SEE_OTHER);
    assert_eq!(web.get("/county/cases").await.0, StatusCode::SEE_OTHER, "the session ended");
    let mut web = Web::signed_in(&bench, "clerk").await;
    assert_eq!(web.get("/county/ledger").await.0, StatusCode::FORBIDDEN);
    assert!(web.get("/county/cases").await.1.contains("县水利局"));
    let to_officer = [("role", "officer"), ("unit", unit.id.as_str()), ("station", "")];
    assert_eq!(boss.act(&path, &to_officer).await.0, StatusCode::SEE_OTHER);
    let mut web = Web::signed_in(&bench, "clerk").await;
    assert!(!web.get("/county/cases").await.1.contains("县水利局"), "the unit goes with the role");
}

#[tokio::test]
async fn the_last_administrator_keeps_the_role_and_the_account() {
    on_each_database(async |bench| {
        let (one, two) = (bench.person("one", Role::County, None).await, bench.person("two", Role::County, None).await);
        let deputy = Post { role: Role::Deputy, unit: "", station: "" };
        assert!(matches!(bench.county.change_role(&one, &one.id, deputy).await, Err(Error::Input(_))), "not one's own");
        bench.county.change_role(&one, &two.id, deputy).await.unwrap();
        // Both were administrators when their pages were drawn; only the first one is heard.
        assert!(matches!(bench.county.change_role(&two, &one.id, deputy).await, Err(Error::Input(_))));
        assert!(matches!(bench.county.disable(&two, &one.id, true).await, Err(Error::Input(_))));
        let everybody = bench.county.everybody(&one).await.unwrap();
        assert_eq!(everybody.iter().filter(|p| p.role == "county" && p.disabled == 0).count(), 1);
    })
    .await;
}
