//! The pages in both languages, as a browser gets them.

use axum::http::{Request, StatusCode, header};
use host::fleet::users::{Role, Scope};

use crate::{support::*, web::*};

const PAGES: &[&str] = &[
    "/fleet",
    "/fleet/terminals",
    "/fleet/terminals?standing=calls&words=Huaqiao",
    "/fleet/terminals/00001",
    "/fleet/terminals/00001/revoke",
    "/fleet/updates",
    "/fleet/updates/1",
    "/fleet/updates/1/withdraw",
    "/fleet/settings?before=0&after=1",
    "/fleet/settings/standing",
    "/fleet/tokens",
    "/fleet/rollouts",
    "/fleet/rollouts/new",
    "/fleet/account",
    "/fleet/people",
    "/fleet/audit",
    "/fleet/terminals/99999",
];

#[tokio::test]
async fn every_page_carries_its_guards_and_speaks_the_readers_language() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("Huaqiao <station>").await;
        bench.reports(terminal, "no_paper", 1).await;
        let tool = bench.draft("tool", "1.0").await;
        bench.artifacts.release(tool, false).await.unwrap();
        bench.fleet.order_artifact(tool, &[terminal], false).await.unwrap();
        let settings = wire::settings::Settings { volume: Some(5), ..Default::default() };
        let version = bench.fleet.draw_up(&settings, "").await.unwrap();
        bench.fleet.order_settings(version, &[terminal]).await.unwrap();
        bench.fleet.draw_device_token(None).await.unwrap();
        bench.named("boss", Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "boss").await;
        for (language, tag) in [("zh", "lang=\"zh-CN\""), ("en", "<html lang=\"en\"")] {
            web.speaks(language).await;
            for path in PAGES.iter().copied().chain(["/fleet/sign-in"]) {
                let response = web.send(Request::get(path), String::new()).await;
                let headers = response.headers();
                let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
                assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
                assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
                assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
                let status = response.status();
                let body = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
                let page = String::from_utf8(body.to_vec()).unwrap();
                assert_eq!(status == StatusCode::NOT_FOUND, path.ends_with("99999"), "{path}");
                assert!(page.contains(tag) && page.contains("<main") && page.contains("<h1"), "{path}: {page}");
                assert!(!page.contains("<station>"), "{path}");
                if language == "en" {
                    // But for the name of the language that it may be changed to, the mark, and what people called themselves.
                    let rest = page.replace("中文", "").replace("连心", "").replace("boss某", "").replace("门口", "");
                    let chinese: String = rest.chars().filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}')).collect();
                    assert_eq!(chinese, "", "{path}");
                }
            }
        }
        let css = web.send(Request::get("/static/console.css"), String::new()).await;
        assert_eq!(css.status(), StatusCode::OK);
        let first = web.send(Request::get("/"), String::new()).await;
        assert_eq!(first.headers()[header::LOCATION], "/fleet", "where the county runs elsewhere");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_revoked_only_by_whoever_types_its_number_again() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.person(Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let path = format!("/fleet/terminals/{terminal}/revoke");
        for typed in ["", "00002", "1"] {
            assert_eq!(web.act(&path, &[("number", typed)]).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        }
        assert!(bench.fleet.list().await.unwrap()[0].revoked_at.is_none());
        assert_eq!(web.act(&path, &[("number", &terminal.to_string())]).await.0, StatusCode::SEE_OTHER);
        let page = web.get(&format!("/fleet/terminals/{terminal}")).await.1;
        assert!(page.contains("已注销") && !page.contains("/revoke\""), "{page}");
        assert!(std::fs::read_to_string(bench.revoked()).unwrap().contains(&terminal.to_string()));
    })
    .await;
}

#[tokio::test]
async fn long_lists_and_the_audit_come_in_pages() {
    on_each_database(async |bench| {
        for _ in 0..101 {
            bench.fleet.add(None, "花桥镇联络站", "").await.unwrap();
        }
        bench.person(Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let (first, second) = (web.get("/fleet/terminals").await.1, web.get("/fleet/terminals?page=1").await.1);
        assert!(first.contains("00100") && !first.contains("00101") && first.contains("page=1"), "{first}");
        assert!(second.contains("00101") && !second.contains("00100") && second.contains("page=0"), "{second}");
        let newest = web.get("/fleet/audit").await.1;
        let older = newest.split("/fleet/audit?below=").nth(1).unwrap().split('"').next().unwrap();
        let last = web.get(&format!("/fleet/audit?below={older}")).await.1;
        assert!(newest.contains("登录") && last.contains("terminal:00001") && !last.contains("below="), "{last}");
        for odd in ["/fleet/terminals?page=x", "/fleet/audit?below=x"] {
            assert_eq!(web.get(odd).await.0, StatusCode::BAD_REQUEST, "{odd}");
        }
        for odd in ["/fleet/terminals?page=999999999999999", "/fleet/terminals?standing=odd", "/fleet/audit?below=-5"] {
            assert_eq!(web.get(odd).await.0, StatusCode::OK, "{odd}");
        }
    })
    .await;
}
