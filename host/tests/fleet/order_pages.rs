//! Orders to one terminal on its page, and tokens of those that have no certificate.

use axum::http::StatusCode;
use host::fleet::{ShownToken, actions::State, users::Role};
use serde_json::json;

use crate::{support::*, web::*};

#[tokio::test]
async fn a_terminals_page_shows_its_orders_and_an_admin_gives_and_cancels_them() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥站").await;
        bench.staffed().await;
        let tool = bench.draft("tool", "1").await;
        let draft = bench.draft("tool", "2").await;
        bench.artifacts.release(tool, false).await.unwrap();
        let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
        bench.fleet.draw_up(&louder, "集市太吵").await.unwrap();
        let page_of = format!("/fleet/terminals/{terminal}");
        let (order, cancel) = (format!("{page_of}/order"), format!("{page_of}/cancel"));
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.get(&page_of).await;
        for shown in ["没有给过它更新", "artifact:1", "settings:1", "集市太吵"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains(&format!("artifact:{draft}")), "a draft: {page}");
        let mut operator = Web::signed_in(&bench, "operator").await;
        assert!(!operator.get(&page_of).await.1.contains("artifact:1"), "an operator looks");

        for (what, zh, en) in [
            ("", "请选一份设置或者一个更新", "What: choose settings or an artifact"),
            ("artifact:x", "请选一份设置或者一个更新", "What: choose settings or an artifact"),
            ("artifact:2", "第 2 号文件没有发布", "Artifact 2 is not released"),
            ("artifact:9", "没有第 9 号文件", "There is no artifact 9"),
            ("settings:9", "没有第 9 份设置", "There are no settings 9"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act(&order, &[("what", what)]).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
                assert!(page.contains(sentence), "{sentence}: {page}");
            }
        }
        web.speaks("zh").await;
        let (status, page) = web.act(&cancel, &[]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("没有要取消的更新"), "{page}");

        for what in ["settings:1", "artifact:1"] {
            assert_eq!(web.act(&order, &[("what", what)]).await.0, StatusCode::SEE_OTHER, "{what}");
        }
        assert_eq!(bench.fleet.ordered(terminal).await.unwrap().unwrap().version, 1);
        let (_, page) = web.get(&page_of).await;
        for shown in ["等终端来拿", "第 1 份设置", "取消没办完的更新", "/fleet/updates/1"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let told = json!({ "execution": "proceeding", "result": { "finished": "none" }, "details": ["half is here"] });
        let told = host::fleet::actions::Event::Feedback(serde_json::from_value(told).unwrap());
        bench.fleet.hear_of_action(terminal, 1, told).await.unwrap();
        assert!(web.get(&page_of).await.1.contains("proceeding half is here"));
        // What it has begun is told to stop, and another order waits for that.
        let (status, page) = web.act(&order, &[("what", "artifact:1")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("正在办第 1 号更新"), "{page}");
        assert_eq!(web.act(&cancel, &[]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.fleet.actions(terminal).await.unwrap()[0].state, State::ToStop);
        assert!(web.get(&page_of).await.1.contains("叫终端停下，等它回话"));
        assert_eq!(web.act(&cancel, &[("give_up", "yes")]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.fleet.actions(terminal).await.unwrap()[0].state, State::Cancelled);
        let asks = [("what", "artifact:1"), ("confirmed", "yes")];
        assert_eq!(web.act(&order, &asks).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.fleet.actions(terminal).await.unwrap()[0].state, State::ToBeConfirmed);
        let audit = bench.audit().await;
        let by_admin = |what: &str| audit.iter().filter(|line| line.0 == "user:admin" && line.1 == what).count();
        assert_eq!((by_admin("settings.order"), by_admin("action.order"), by_admin("action.cancel")), (1, 2, 2));
        for nobody in ["/fleet/terminals/99999/order", "/fleet/terminals/x/order"] {
            assert_eq!(web.act(nobody, &[("what", "artifact:1")]).await.0, StatusCode::NOT_FOUND, "{nobody}");
        }
        // Nothing is ordered to what is revoked.
        bench.fleet.revoke(terminal).await.unwrap();
        let (status, page) = web.act(&order, &[("what", "settings:1")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("已经注销了"), "{page}");
        assert!(!web.get(&page_of).await.1.contains("artifact:1"));
    })
    .await;
}

#[tokio::test]
async fn a_terminal_that_is_in_a_rollout_is_given_nothing_else() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥站").await;
        bench.staffed().await;
        bench.rolls_out(None).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        for (language, sentence) in
            [("zh", "还在第 1 次分批下发里"), ("en", "is in rollout 1, which is not over: end that one first")]
        {
            web.speaks(language).await;
            let (status, page) =
                web.act(&format!("/fleet/terminals/{terminal}/order"), &[("what", "settings:1")]).await;
            assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(sentence), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_once_listed_without_itself_and_good_until_it_is_revoked() {
    on_each_database(async |bench| {
        let certified = bench.terminal("花桥站").await;
        let other = bench.fleet.add(None, "北山站", "").await.unwrap().terminal;
        bench.person(Role::Admin, host::fleet::users::Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let number = other.to_string();
        let (status, page) = web.act("/fleet/tokens", &[("of", "terminal"), ("terminal", &number)]).await;
        assert!(status == StatusCode::OK && page.contains("TargetToken"), "{page}");
        let secret = page.split("<p class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(bench.fleet.speaks_for(other, &ShownToken::Target(&secret)).await.unwrap());
        let (_, list) = web.get("/fleet/tokens").await;
        assert!(list.contains("终端 00002") && !list.contains(&secret), "{list}");
        let (status, page) = web.act("/fleet/tokens", &[("of", "gateway")]).await;
        assert!(status == StatusCode::OK && page.contains("GatewayToken"), "{page}");

        for (terminal, zh, en) in [
            (certified.to_string().as_str(), "有自己的证书", "has a certificate, beside which no token is good"),
            ("7", "五位数字，比如 00007", "Terminal: expected its number, five digits"),
            ("", "五位数字，比如 00007", "Terminal: expected its number, five digits"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act("/fleet/tokens", &[("of", "terminal"), ("terminal", terminal)]).await;
                assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(sentence), "{terminal}: {page}");
            }
        }
        assert_eq!(web.act("/fleet/tokens", &[("terminal", "99999")]).await.0, StatusCode::NOT_FOUND);
        assert_eq!(web.act("/fleet/tokens/1/revoke", &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bench.fleet.speaks_for(other, &ShownToken::Target(&secret)).await.unwrap());
        assert_eq!(web.act("/fleet/tokens/1/revoke", &[("sure", "yes")]).await.0, StatusCode::SEE_OTHER);
        assert!(!bench.fleet.speaks_for(other, &ShownToken::Target(&secret)).await.unwrap());
        assert!(web.get("/fleet/tokens").await.1.contains("revoked"));
        for gone in ["/fleet/tokens/1/revoke", "/fleet/tokens/9/revoke", "/fleet/tokens/x/revoke"] {
            assert_eq!(web.act(gone, &[("sure", "yes")]).await.0, StatusCode::NOT_FOUND, "{gone}");
        }
        assert_eq!(bench.fleet.device_tokens().await.unwrap().len(), 2);
    })
    .await;
}
