//! A rollout is made at the console, as it was looked at; and its page is told of changes.

use axum::{
    body::{Body, HttpBody as _},
    http::{Request, StatusCode, header},
};
use host::fleet::{
    Order,
    rollout::{Phase, Selector, Start},
};

use crate::{support::*, web::*};

const NEW: &str = "/fleet/rollouts/new";

/// Fields that somebody filled in: name and value.
type Filled<'a> = [(&'a str, &'a str)];

/// The form as it comes up, with these of its fields filled in.
fn form<'a>(filled: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("what", "settings:1"),
        ("rows", "2"),
        ("who1", "percent"),
        ("what1", ""),
        ("who2", "percent"),
        ("what2", ""),
        ("sample", "3"),
        ("sample_within_h", "48"),
        ("bake_min", "60"),
        ("silent_after_min", "120"),
        ("bad_percent_max", "5"),
        ("step", "look"),
    ];
    let is_filled = |name: &str| filled.iter().any(|(other, _)| *other == name);
    usual.into_iter().filter(|(name, _)| !is_filled(name)).chain(filled.iter().copied()).collect()
}

async fn settings(bench: &Bench) {
    let louder = wire::settings::Settings { volume: Some(5), ..Default::default() };
    bench.fleet.draw_up(&louder, "集市太吵").await.unwrap();
}

#[tokio::test]
async fn whom_each_wave_reaches_is_seen_first_and_then_made_as_it_was_seen() {
    on_each_database(async |bench| {
        for station in ["花桥站", "北山站", "大坪站", "上畈站", "新岗山站"] {
            bench.terminal(station).await;
        }
        bench.staffed().await;
        settings(&bench).await;
        bench.fleet.put_group("山里", &"under=T2".parse().unwrap()).await.unwrap();
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.get(&format!("{NEW}?settings=1")).await;
        assert!(page.contains("value=\"settings:1\" selected") && page.contains("Asia/Shanghai"), "{page}");
        let filled = [
            ("rows", "4"),
            ("who1", "group"),
            ("what1", "山里"),
            ("who2", "site"),
            ("what2", "T1"),
            ("when2", "hand"),
            ("who3", "terminals"),
            ("what3", "00003， 00004"),
            ("who4", "percent"),
            ("what4", "50%"),
            ("when4", "at"),
            ("at4", "2027-03-01T10:00"),
            ("when_last", "hand"),
            ("approve_above", "4"),
            ("window_opens", "02:00"),
            ("window_minutes", "120"),
            ("why", "集市太吵"),
        ];
        let before = (bench.audit().await, bench.fleet.rollouts().await.unwrap());
        let (status, page) = web.act(NEW, &form(&filled)).await;
        assert_eq!(status, StatusCode::OK);
        for shown in ["会到这些终端", "分组 山里", "站点 T1", "00003, 00004", "2027-03-01 10:00", "要第二个人批准"]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!(field(&page, "reached"), "1,1,2,1,0");
        assert_eq!((bench.audit().await, bench.fleet.rollouts().await.unwrap()), before, "it was only looked at");

        let made = [filled.as_slice(), &[("step", "make"), ("reached", "1,1,2,1,0")]].concat();
        assert_eq!(web.act(NEW, &form(&made)).await.0, StatusCode::SEE_OTHER);
        let made = bench.fleet.rollout(1).await.unwrap();
        assert_eq!((made.why.as_str(), made.zone.as_str()), ("集市太吵", "Asia/Shanghai"));
        assert_eq!(made.rollout.phase, Phase::AwaitsApproval);
        assert_eq!(made.rollout.made_by.0, "user:admin");
        let waves: Vec<_> = made.rollout.waves.iter().map(|wave| (wave.selector.clone(), wave.start)).collect();
        let number = |n| wire::ticket::TerminalNumber::new(n).unwrap();
        let at = Start::At("2027-03-01T02:00:00Z".parse().unwrap());
        assert_eq!(
            waves,
            [
                (Selector::Group([number(2)].into()), Start::AfterFormer),
                (Selector::Sites(["T1".to_owned()].into()), Start::ByHand),
                (Selector::Group([number(3), number(4)].into()), Start::AfterFormer),
                (Selector::Percent(50), at),
                (Selector::Rest, Start::ByHand),
            ]
        );
        let policy = &made.rollout.policy;
        assert_eq!((policy.sample_min, policy.sample_within_s, policy.bake_s), (3, 48 * 3600, 3600));
        assert_eq!((policy.silent_after_s, policy.bad_percent_max, policy.takes_s), (7200, 5, 600));
        // Sent twice, it is not made twice.
        let (status, page) = web.act(NEW, &form(&[("step", "make"), ("reached", "5")])).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("还在第 1 次分批下发里"), "{page}");
        assert_eq!(bench.fleet.rollouts().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_rollout_that_would_reach_others_than_were_seen_is_seen_once_more() {
    on_each_database(async |bench| {
        bench.terminal("花桥站").await;
        bench.staffed().await;
        settings(&bench).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.act(NEW, &form(&[])).await;
        let seen = field(&page, "reached").to_owned();
        bench.terminal("北山站").await;
        let (status, page) = web.act(NEW, &form(&[("step", "make"), ("reached", &seen)])).await;
        assert_eq!((status, seen.as_str(), field(&page, "reached")), (StatusCode::UNPROCESSABLE_ENTITY, "1", "2"));
        assert!(page.contains("和刚才看到的不一样"), "{page}");
        assert!(bench.fleet.rollouts().await.unwrap().is_empty());
        assert_eq!(web.act(NEW, &form(&[("step", "make"), ("reached", "2")])).await.0, StatusCode::SEE_OTHER);
    })
    .await;
}

#[tokio::test]
async fn a_field_that_no_rollout_can_have_is_named_with_its_rule_in_both_languages() {
    on_each_database(async |bench| {
        bench.terminal("花桥站").await;
        bench.staffed().await;
        settings(&bench).await;
        let draft = bench.draft("tool", "1").await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let of_draft = format!("artifact:{draft}");
        let long = "很".repeat(201);
        let cases: [(&Filled, &str, &str); 19] = [
            (&[("what", "")], "请选一份设置或者一个更新", "What: choose settings"),
            (&[("what", &of_draft)], "第 1 号文件没有发布", "Artifact 1 is not released"),
            (&[("what", "settings:9")], "没有第 9 份设置", "There are no settings 9"),
            (&[("former", "settings:1")], "要下发的和要退回的一样", "Release: expected another than the former one"),
            (&[("former", "artifact:1")], "设置对设置", "Former: expected settings where settings"),
            (&[("what1", "x")], "第 1 批：百分比请填 1 到 99", "Wave 1: expected a whole percentage"),
            (&[("what2", "100")], "第 1 批：百分比请填 1 到 99", "Waves[0].percent: expected 1 to 99"),
            (&[("who1", "site"), ("what1", "花桥")], "第 1 批：请填站点的代码", "Wave 1: expected a site"),
            (&[("who1", "site"), ("what1", "DX-99")], "第 1 批里一台终端也没有", "Waves[0]: expected one terminal"),
            (&[("who1", "group"), ("what1", "山里")], "没有叫“山里”的分组", "There is no group"),
            (&[("who1", "terminals"), ("what1", "7")], "第 1 批：请填终端的编号", "Wave 1: expected terminals"),
            (&[("who1", "terminals"), ("what1", "00009")], "终端 00009 这一次到不了", "Waves[0].group: terminal 00009"),
            (&[("what1", "10"), ("when1", "at")], "第 1 批：请填什么时候开始", "Wave 1: expected the day and time"),
            (&[("sample", "0")], "每批至少等几台：请填 1 以上", "Policy.sample_min: expected 1 or more"),
            (&[("bad_percent_max", "100")], "请填 0 到 99", "Policy.bad_percent_max: expected 0 to 99"),
            (&[("bake_min", "-1")], "每批看多少分钟：请填整数", "Minutes that a wave is watched: expected a whole"),
            (&[("sample_within_h", "4000000000")], "不超过一百年", "sample_within_s: expected less than a century"),
            (&[("window_opens", "02:00"), ("window_minutes", "5")], "请填 30 到 1380", "expected 30 to 1380"),
            (&[("why", &long)], "说明写在一行里", "Why: expected 200 characters"),
        ];
        for (filled, zh, en) in cases {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act(NEW, &form(filled)).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{filled:?}");
                assert!(page.contains(sentence), "{sentence}: {page}");
                assert!(
                    page.contains("name=\"sample\"") && !page.contains("name=\"reached\""),
                    "the form stands: {page}"
                );
            }
        }
        assert!(bench.fleet.rollouts().await.unwrap().is_empty());
        // One more row, and what was typed stays.
        let (status, page) = web.act(NEW, &form(&[("step", "row"), ("what1", "10"), ("sample", "")])).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("name=\"what3\"") && page.contains("name=\"what1\" value=\"10\""), "{page}");
        let (_, page) = web.act(NEW, &form(&[("step", "row"), ("rows", "999")])).await;
        assert!(page.contains("name=\"what19\"") && !page.contains("name=\"what20\""), "as many as there may be");
    })
    .await;
}

#[tokio::test]
async fn a_rollout_of_an_update_goes_back_to_the_version_before() {
    on_each_database(async |bench| {
        bench.terminal("花桥站").await;
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        for version in ["1", "2"] {
            let id = bench.draft("tool", version).await;
            bench.artifacts.release(id, false).await.unwrap();
        }
        let (_, page) = web.act(NEW, &form(&[("what", "artifact:1")])).await;
        assert!(page.contains("没有：以前没有发布过更低的版本"), "{page}");
        let (_, page) = web.act(NEW, &form(&[("what", "artifact:2")])).await;
        assert!(page.contains("<dd>第 1 号文件</dd>"), "{page}");
        let make = form(&[("what", "artifact:2"), ("step", "make"), ("reached", "1")]);
        assert_eq!(web.act(NEW, &make).await.0, StatusCode::SEE_OTHER);
        let made = bench.fleet.rollout(1).await.unwrap().rollout;
        assert_eq!((made.release.0.as_str(), made.former.0.as_str()), ("artifact:2", "artifact:1"));
        assert_eq!(made.policy.takes_s, 1800);
    })
    .await;
}

/// The next event of a stream.
async fn event(body: &mut Body) -> Option<String> {
    let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context));
    let data = frame.await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(data.to_vec()).unwrap())
}

#[tokio::test]
async fn whoever_watches_a_rollout_is_told_that_it_changed_and_nothing_else() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥站").await;
        bench.staffed().await;
        bench.rolls_out(None).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let (_, page) = web.get("/fleet/rollouts/1").await;
        let live = page.split("data-live=\"").nth(1).unwrap().split('"').next().unwrap();
        let answer = web.send(Request::get(live), String::new()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let mut body = answer.into_body();
        let revision = bench.fleet.rollout_revision(1).await.unwrap().unwrap();
        assert_eq!(event(&mut body).await.unwrap(), format!("event: still\ndata: {revision}\n\n"));
        // Somebody else's command, in a process of its own.
        bench.fleet.tell_rollout(1, Order::Pause).await.unwrap();
        assert_eq!(event(&mut body).await.unwrap(), format!("event: moved\ndata: {}\n\n", revision + 1));
        bench.fleet.tell_rollout(1, Order::Resume).await.unwrap();
        assert_eq!(event(&mut body).await.unwrap(), format!("event: moved\ndata: {}\n\n", revision + 2));
        // What a terminal says is a change; that time passes is none.
        bench.says(terminal, "trial", None).await;
        let moved = bench.fleet.rollout_revision(1).await.unwrap().unwrap();
        assert_eq!(event(&mut body).await.unwrap(), format!("event: moved\ndata: {moved}\n\n"));
        bench.fleet.move_rollouts(jiff::Timestamp::MIN).await.unwrap();
        assert_eq!(bench.fleet.rollout_revision(1).await.unwrap(), Some(moved));
        // A page that shows less than there is hears of it at once.
        let answer = web.send(Request::get("/fleet/rollouts/1/live?seen=1"), String::new()).await;
        let mut late = answer.into_body();
        assert_eq!(event(&mut late).await.unwrap(), format!("event: moved\ndata: {moved}\n\n"));
        bench.goes_down();
        assert_eq!((event(&mut body).await, event(&mut late).await), (None, None));
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_for_whoever_sees_the_rollout_and_no_more_at_a_time_than_there_are_places() {
    on_each_database(async |bench| {
        bench.terminal("花桥站").await;
        bench.staffed().await;
        bench.rolls_out(None).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        for path in ["/fleet/rollouts/9/live", "/fleet/rollouts/x/live"] {
            assert_eq!(web.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let mut watching = Vec::new();
        for _ in 0..64 {
            let answer = web.send(Request::get("/fleet/rollouts/1/live"), String::new()).await;
            assert_eq!(answer.status(), StatusCode::OK);
            watching.push(answer);
        }
        assert_eq!(web.get("/fleet/rollouts/1/live").await.0, StatusCode::SERVICE_UNAVAILABLE);
        watching.pop();
        let answer = web.send(Request::get("/fleet/rollouts/1/live"), String::new()).await;
        assert_eq!(answer.status(), StatusCode::OK, "a place that was left is free");
        let scope = host::fleet::users::Scope::of(&["T1".into()]).unwrap();
        bench.named("part", host::fleet::users::Role::Approver, scope).await;
        let mut part = Web::signed_in(&bench, "part").await;
        assert_eq!(part.get("/fleet/rollouts/1/live").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}
