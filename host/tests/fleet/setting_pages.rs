//! Settings from afar on the console: drawn up, held against each other, and what terminals work by.

use axum::http::StatusCode;

use crate::{support::*, web::*};

const PAGE: &str = "/fleet/settings";

#[tokio::test]
async fn an_admin_draws_settings_up_begins_with_others_and_sees_what_differs() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let first = [("volume", "4"), ("panel.plain", "true"), ("why", "集市太吵")];
        assert_eq!(web.act(PAGE, &first).await.0, StatusCode::SEE_OTHER);
        let (_, page) = web.get(&format!("{PAGE}?on=1")).await;
        assert!(page.contains("照第 1 份改") && page.contains("<option selected>4</option>"), "{page}");
        assert!(page.contains("<option value=\"true\" selected>") && page.contains("集市太吵"), "{page}");
        let second = [
            ("on", "1"),
            ("volume", "4"),
            ("panel.plain", ""),
            ("panel.dark_after_s", "0"),
            ("printer.profile", "escpos"),
            ("printer.baud", "19200"),
            ("printer.paper_mm", "80"),
        ];
        assert_eq!(web.act(PAGE, &second).await.0, StatusCode::SEE_OTHER);
        let drawn = bench.fleet.settings(2).await.unwrap().settings;
        assert_eq!((drawn.volume, drawn.panel.plain, drawn.panel.dark_after_s), (Some(4), None, Some(0)));
        assert_eq!((drawn.printer.baud, drawn.printer.paper_mm), (Some(19_200), Some(80)));
        let (_, page) = web.get(&format!("{PAGE}?before=1&after=2")).await;
        let diff = page.split("id=\"diff\"").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(diff.contains("页面不滑动") && diff.contains("true") && diff.contains("终端自己的"), "{diff}");
        assert!(diff.contains("<b>escpos</b>") && !diff.contains("音量"), "{diff}");
        web.speaks("en").await;
        let (_, page) = web.get(&format!("{PAGE}?before=0&after=0")).await;
        assert!(page.contains("No difference."), "{page}");
        for path in ["?on=9", "?before=1&after=9"] {
            assert_eq!(web.get(&format!("{PAGE}{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let done = bench.audit().await;
        assert!(done.contains(&("user:admin".into(), "settings.draw_up".into(), "settings:2".into())), "{done:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_field_out_of_its_range_is_named_with_its_rule_in_both_languages_and_what_was_typed_stays() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let long = "很".repeat(201);
        for (field, value, zh, en) in [
            ("volume", "6", "音量（volume）：请填 1 到 5", "Volume: expected a whole number from 1 to 5"),
            ("volume", "laut", "音量（volume）：请填 1 到 5", "Volume: expected a whole number from 1 to 5"),
            ("panel.plain", "maybe", "（panel.plain）：请填是", "Panel.plain: expected true or false"),
            ("panel.dark_after_s", "59", "请填 60 以上的秒数", "Panel.dark_after_s: expected 60 seconds or more"),
            ("panel.dark_after_s", "1.5", "请填 60 以上的秒数", "Panel.dark_after_s: expected 60 seconds or more"),
            ("printer.profile", "a\u{7}", "（printer.profile）：请填", "Printer.profile: expected the name"),
            ("printer.baud", "9601", "（printer.baud）：请填 2400", "Printer.baud: expected 2400"),
            ("printer.paper_mm", "76", "（printer.paper_mm）：请填 58 或 80", "Printer.paper_mm: expected 58 or 80"),
            ("why", &long, "说明写在一行里，不超过 200 个字", "Why: expected 200 characters or fewer"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let rest = if field == "printer.profile" { ("volume", "3") } else { ("printer.profile", "escpos") };
                let (status, page) = web.act(PAGE, &[(field, value), rest]).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
                assert!(page.contains(sentence), "{sentence}: {page}");
                assert!(field == "printer.profile" || page.contains("value=\"escpos\""), "what was typed: {page}");
            }
        }
        assert!(bench.fleet.all_settings().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_terminals_work_by_is_what_they_say_page_by_page() {
    on_each_database(async |bench| {
        let (one, other) = (bench.terminal("花桥站").await, bench.terminal("北山站").await);
        for _ in 0..100 {
            bench.fleet.add(None, "大坪站", "").await.unwrap();
        }
        bench.staffed().await;
        let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
        let version = bench.fleet.draw_up(&louder, "").await.unwrap();
        bench.fleet.order_settings(version, &[one, other]).await.unwrap();
        bench.says(one, "reverted", Some("printer_silent")).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let (_, page) = web.get("/fleet/settings").await;
        assert!(page.contains("data-label=\"几台\">2<") && !page.contains("id=\"anew\""), "{page}");
        let (_, page) = web.get("/fleet/settings/standing").await;
        let row = |number: &str| page.split(&format!(">{number}</a>")).nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row("00001").contains("第 1 份设置"), "{page}");
        assert!(row("00001").contains("用的是终端自己的；试了以后退回去了：打印机没有回应了"), "{}", row("00001"));
        assert!(row("00002").contains("第 1 份设置") && row("00002").contains("还没有说过"), "{}", row("00002"));
        assert!(row("00003").contains("没有，用自己的"), "{}", row("00003"));
        assert!(page.contains(">00100<") && !page.contains(">00101<") && page.contains("?page=1"), "{page}");
        bench.fleet.order_settings(version, &[one]).await.unwrap();
        let (_, page) = web.get("/fleet/settings/standing").await;
        assert!(page.contains("用的是终端自己的；新的还没有收到"), "{page}");
        web.speaks("en").await;
        let (_, page) = web.get("/fleet/settings/standing").await;
        assert!(page.contains("works by its own; its newest order has not reached it"), "{page}");
        let (_, page) = web.get("/fleet/settings/standing?page=1").await;
        assert!(page.contains(">00102<") && !page.contains(">00100<") && page.contains("?page=0"), "{page}");
    })
    .await;
}
