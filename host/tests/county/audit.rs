//! The audit: who did what when, by person, by day, page by page, for 县人大 only.

use std::time::Duration;

use axum::http::StatusCode;
use host::county::{
    Error,
    audits::{LINES, Sought},
};
use jiff::civil::date;
use wire::case::Role;

use crate::{support::*, web::*};

#[tokio::test]
async fn the_audit_tells_what_each_person_did_on_each_day() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let receipt = bench.say(1, "路坏了。").await;
        close(&bench, &receipt).await;
        let deputy = bench.county.everybody(&boss).await.unwrap().into_iter().find(|p| p.login == "deputy").unwrap();
        let his = Sought { person: deputy.id.clone(), ..Sought::default() };
        let told = bench.county.audited(&boss, &his).await.unwrap();
        let mut steps: Vec<_> = told.lines.iter().filter(|l| l.what == "case").map(|l| l.outcome.as_str()).collect();
        steps.sort_unstable();
        assert_eq!(steps, ["claimed", "closed", "confirmed", "forwarded"]);
        assert!(told.lines.iter().any(|l| l.what == "sign_in"));
        assert!(told.lines.iter().all(|l| l.who == format!("person:{}", deputy.id)));
        assert_eq!(told.names[&deputy.id], "deputy某");

        // The next day begins at midnight where the county lies, eight hours before Greenwich.
        bench.clock.on(Duration::from_secs(15 * 3600 + 60));
        bench.county.contact(&boss, &receipt.id.to_string()).await.unwrap();
        let on = async |day| {
            let sought = Sought { day: Some(day), ..Sought::default() };
            bench.county.audited(&boss, &sought).await.unwrap().lines
        };
        assert_eq!(on(date(2026, 3, 3)).await.iter().map(|l| l.what.as_str()).collect::<Vec<_>>(), ["contact"]);
        assert!(on(date(2026, 3, 2)).await.iter().all(|l| l.what != "contact"));
        assert!(on(date(2026, 3, 4)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_audits_page_goes_on_and_is_read_by_administrators_only() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    let deputy = bench.person("deputy", Role::Deputy, None).await;
    let receipt = bench.say(1, "路坏了。").await;
    for _ in 0..LINES {
        bench.county.contact(&boss, &receipt.id.to_string()).await.unwrap();
    }
    assert!(matches!(bench.county.audited(&deputy, &Sought::default()).await, Err(Error::NotAllowed)));
    let mut web = Web::signed_in(&bench, "boss").await;
    let (status, page) = web.get(&format!("/county/audit?person={}&day=2026-03-02", boss.id)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("boss某") && page.contains("看联系方式") && page.contains("下一页") && !page.contains("上一页")
    );
    let case = format!("<a href=\"/county/cases/{}\">{}</a>", receipt.id, receipt.ticket.grouped());
    assert!(page.contains(&case), "{page}");
    let next = page.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let (_, page) = web.get(&next.replace("&#38;", "&")).await;
    assert!(page.contains("登录") && page.contains("上一页") && !page.contains("下一页"), "{page}");
    assert_eq!(web.get("/county/audit?day=2026-02-30").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let mut web = Web::signed_in(&bench, "deputy").await;
    assert_eq!(web.get("/county/audit").await.0, StatusCode::FORBIDDEN);
}
