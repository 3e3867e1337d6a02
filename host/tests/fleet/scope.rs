//! Somebody who looks after a part of the fleet sees that part and does nothing to the rest.

use axum::http::StatusCode;
use host::fleet::users::{By, Error, Role, Scope, Sought};
use jiff::SignedDuration;

use crate::{support::*, web::*};

#[tokio::test]
async fn whoever_looks_after_some_stations_sees_and_changes_nothing_of_the_others() {
    on_each_database(async |bench| {
        let (own, other) = (bench.terminal("花桥镇联络站").await, bench.terminal("北山乡联络站").await);
        for terminal in [own, other] {
            bench.reports(terminal, "no_paper", 1).await;
        }
        bench.person(Role::Operator, Scope::of(&["T1".into()]).unwrap()).await;
        let mut web = Web::signed_in(&bench, "operator").await;
        for path in
            ["/fleet", "/fleet/terminals", "/fleet/terminals?words=%E7%AB%99", "/fleet/terminals?standing=calls"]
        {
            let (status, page) = web.get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(page.contains("花桥镇") && !page.contains("北山乡"), "{path}: {page}");
        }
        let (status, page) = web.get(&format!("/fleet/terminals?words={other}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("没有这样的终端"), "{page}");
        assert_eq!(web.get(&format!("/fleet/terminals/{own}")).await.0, StatusCode::OK);
        assert_eq!(web.get(&format!("/fleet/terminals/{other}")).await.0, StatusCode::NOT_FOUND);
        let before = bench.audit().await;
        let status = web.act(&format!("/fleet/terminals/{other}/case-checked"), &[]).await.0;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(bench.audit().await, before);
        assert_eq!(web.act(&format!("/fleet/terminals/{own}/case-checked"), &[]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.fleet.today().await.unwrap().from_the_desk.len(), 1, "the other's alarm stands");
    })
    .await;
}

#[tokio::test]
async fn a_beginning_of_names_that_was_given_before_is_held_against_names_letter_by_letter_until_codes_are_given() {
    on_each_database(async |bench| {
        for station in ["A_镇", "AB镇", "a_镇", "100%站", "100号站"] {
            bench.terminal(station).await;
        }
        let seen = async |scope: Scope, words: &str| {
            let login = format!("u{}", bench.users.everybody(By::Machine).await.unwrap().len());
            bench.named(&login, Role::Viewer, scope).await;
            let user = bench.signed_in(&login).await;
            let sought = Sought { words: words.into(), ..Sought::default() };
            let found = bench.users.terminals(By::User(&user), &sought).await.unwrap();
            found.rows.into_iter().map(|(row, _)| row.station).collect::<Vec<_>>()
        };
        assert_eq!(seen(Scope::Named(vec!["A_".into()]), "").await, ["A_镇"]);
        assert_eq!(seen(Scope::Named(vec!["100%".into()]), "").await, ["100%站"]);
        assert!(
            seen(Scope::Named(Vec::new()), "").await.is_empty() && seen(Scope::Sites(Vec::new()), "").await.is_empty()
        );
        assert_eq!(seen(Scope::All, "100%").await, ["100%站"]);
        assert_eq!(seen(Scope::All, "00002").await, ["AB镇"]);
        assert_eq!(seen(Scope::All, "").await.len(), 5);

        // The form that comes up for such a person is refused as it is, and shows them no more than before.
        bench.person(Role::Admin, Scope::All).await;
        let row = bench.users.everybody(By::Machine).await.unwrap().into_iter().find(|row| row.login == "u0").unwrap();
        let mut web = Web::signed_in(&bench, "admin").await;
        let page = web.get("/fleet/people").await.1;
        assert!(page.contains(">A_</textarea>"), "{page}");
        let role = format!("/fleet/people/{}/role", row.id);
        let status = web.act(&role, &[("role", "operator"), ("scope", "A_")]).await.0;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let still = bench.signed_in("u0").await;
        assert_eq!((still.role, still.scope), (Role::Viewer, Scope::Named(vec!["A_".into()])));
        assert_eq!(web.act(&role, &[("role", "operator"), ("scope", "T2")]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.signed_in("u0").await.scope, Scope::of(&["T2".into()]).unwrap());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_of_a_terminal_that_is_not_known() {
    on_each_database(async |bench| {
        let well = bench.terminal("甲站").await;
        bench.terminal("乙站").await;
        bench.fleet.add(None, "丙站", "").await.unwrap();
        bench.person(Role::Viewer, Scope::All).await;
        bench.reports(well, "ok", 0).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let page = web.get("/fleet").await.1;
        for sentence in [
            "今天不用到哪个站点去",
            "<b class=\"num\">1</b> 台在两小时内报来过情况，没有说哪里不好；其中最早的一份是 2026-03-02 09:00 报的。",
            "<b class=\"num\">1</b> 台入了网，还没有报过情况。现在好不好，不知道。",
            "<b class=\"num\">1</b> 台还没有第一次联系上。",
        ] {
            assert!(page.contains(sentence), "{sentence}: {page}");
        }
        // The host itself was away: no alarm says that the terminal is silent, and none says that it is well.
        bench.clock.on(SignedDuration::from_hours(3));
        let page = web.get("/fleet").await.1;
        assert!(page.contains("台两小时没有消息了，最早的从 2026-03-02 09:00 起。现在好不好，不知道。"), "{page}");
        assert!(!page.contains("没有说哪里不好"), "{page}");
        bench.fleet.notice_silence(jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        web.speaks("en").await;
        let page = web.get("/fleet").await.1;
        assert!(page.contains("nothing was heard of it for two hours") && page.contains("甲站"), "{page}");
        assert!(page.contains("Bring: </b>cables, a terminal"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_outside_is_answered_like_one_that_is_not_there() {
    on_each_database(async |bench| {
        let number = bench.terminal("北山乡联络站").await;
        bench.terminal("花桥镇联络站").await;
        bench.person(Role::Viewer, Scope::of(&["T2".into()]).unwrap()).await;
        let user = bench.signed_in("viewer").await;
        for number in [number, wire::ticket::TerminalNumber::new(77).unwrap()] {
            let found = bench.users.terminal(By::User(&user), number).await;
            assert!(matches!(found, Err(Error::NotFound)), "{number}");
        }
    })
    .await;
}
