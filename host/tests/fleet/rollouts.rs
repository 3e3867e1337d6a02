//! Rollouts in the console: who sees them, what stands there in which state, and what a person has them do.

use axum::http::StatusCode;
use host::fleet::users::{Role, Scope};

use crate::{support::*, web::*};

const PAGE: &str = "/fleet/rollouts/1";

async fn step(web: &mut Web, step: &str, fields: &[(&str, &str)]) -> StatusCode {
    web.act(&format!("{PAGE}/{step}"), fields).await.0
}

#[tokio::test]
async fn a_rollout_that_went_badly_stands_first_and_a_person_looks_resumes_retries_and_ends_it() {
    on_each_database(async |bench| {
        let (one, other) = (bench.terminal("花桥镇联络站").await, bench.terminal("北山乡联络站").await);
        bench.staffed().await;
        bench.rolls_out(None).await;
        let mut web = Web::signed_in(&bench, "operator").await;
        let (_, page) = web.get(PAGE).await;
        assert!(page.contains("在进行") && page.contains("集市太吵") && page.contains("data-live="), "{page}");
        assert!(!web.get("/fleet").await.1.contains(PAGE), "it needs nobody");

        bench.says(one, "reverted", Some("printer_silent")).await;
        let (_, page) = web.get(PAGE).await;
        assert!(page.contains("自动停了：第 1 批里不好的太多"), "{page}");
        assert!(page.contains("试了以后退回去了：打印机没有回应了"), "{page}");
        let (_, today) = web.get("/fleet").await;
        assert!(today.contains(PAGE) && today.contains("自动停了"), "{today}");
        web.speaks("en").await;
        let (_, page) = web.get(PAGE).await;
        assert!(
            page.contains("stopped by itself: too many of wave 1 are bad")
                && page.contains("went back: the printer answered no more")
                && page.contains("Resume"),
            "{page}"
        );
        web.speaks("zh").await;

        let number = one.to_string();
        assert_eq!(step(&mut web, "resume", &[]).await, StatusCode::SEE_OTHER);
        assert_eq!(step(&mut web, "retry", &[("terminal", &number)]).await, StatusCode::SEE_OTHER);
        bench.says(one, "kept", None).await;
        bench.says(other, "kept", None).await;
        let (_, page) = web.get(PAGE).await;
        assert!(page.contains("完成") && !page.contains("data-live="), "{page}");
        assert_eq!(step(&mut web, "order-back", &[]).await, StatusCode::SEE_OTHER);
        let (_, list) = web.get("/fleet/rollouts").await;
        assert!(list.contains("/fleet/rollouts/2") && list.contains("back from rollout 1"), "{list}");
        let done = bench.audit().await;
        for what in ["rollout.resume", "rollout.retry", "rollout.order_back"] {
            assert!(done.iter().any(|(who, did, _)| who == "user:operator" && did == what), "{what}: {done:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_rollout_does_not_take_is_said_and_what_is_no_step_is_no_page() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await.to_string();
        bench.staffed().await;
        bench.rolls_out(None).await;
        let mut web = Web::signed_in(&bench, "operator").await;
        let before = bench.audit().await;
        let (status, page) = web.act(&format!("{PAGE}/resume"), &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("它现在的状态变了"), "{page}");
        let (status, page) = web.act(&format!("{PAGE}/retry"), &[("terminal", &terminal)]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("没有要再试的"), "{page}");
        for (name, fields) in [("retry", [("terminal", "x")]), ("explode", [("terminal", "1")])] {
            assert_eq!(step(&mut web, name, &fields).await, StatusCode::NOT_FOUND, "{name}");
        }
        for path in ["/fleet/rollouts/9", "/fleet/rollouts/x", "/fleet/rollouts/99999999999999999999"] {
            assert_eq!(web.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(bench.audit().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_large_rollout_is_approved_by_an_approver_who_did_not_make_it() {
    on_each_database(async |bench| {
        bench.terminal("花桥镇联络站").await;
        bench.staffed().await;
        bench.rolls_out(Some(0)).await;
        let mut operator = Web::signed_in(&bench, "operator").await;
        let (_, page) = operator.get(PAGE).await;
        assert!(page.contains("等第二个人批准") && !page.contains(">批准<"), "{page}");
        assert_eq!(step(&mut operator, "approve", &[]).await, StatusCode::FORBIDDEN);
        let mut approver = Web::signed_in(&bench, "approver").await;
        assert!(approver.get("/fleet").await.1.contains("等第二个人批准"));
        assert!(approver.get(PAGE).await.1.contains(">批准<"));
        assert_eq!(step(&mut approver, "approve", &[]).await, StatusCode::SEE_OTHER);
        assert!(approver.get(PAGE).await.1.contains("在进行"));
    })
    .await;
}

#[tokio::test]
async fn whoever_sees_a_part_of_the_fleet_sees_no_rollout_of_all_of_it() {
    on_each_database(async |bench| {
        bench.terminal("花桥镇联络站").await;
        bench.rolls_out(Some(0)).await;
        bench.person(Role::Approver, Scope::of(&["T1".into()]).unwrap()).await;
        let mut web = Web::signed_in(&bench, "approver").await;
        assert!(!web.get("/fleet").await.1.contains("/fleet/rollouts"));
        for path in ["/fleet/rollouts", PAGE] {
            assert_eq!(web.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let before = bench.audit().await;
        for name in ["approve", "abort"] {
            assert_eq!(step(&mut web, name, &[]).await, StatusCode::NOT_FOUND, "{name}");
        }
        assert_eq!(bench.audit().await, before);
    })
    .await;
}
