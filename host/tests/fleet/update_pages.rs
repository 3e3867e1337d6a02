//! Updates on the console: taken in, looked at, released, withdrawn; and files that do not come as they should.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Request, StatusCode, header},
};
use host::fleet::{
    Brought, NewRollout,
    artifacts::State,
    rollout::{Selector, Start},
    users::{Role, Scope},
};
use hyper::body::{Frame, SizeHint};
use serde_json::json;
use wire::ddi::AssignedVersion;

use crate::{support::*, web::*};

const ADD: &str = "/fleet/updates/add";

fn form<'a>(name: &'a str, version: &'a str, kind: &'a str, file: &'a str) -> [(&'a str, &'a str); 4] {
    [("name", name), ("version", version), ("kind", kind), ("file", file)]
}

/// A request's body of a length that it announces, which may break off before.
struct Coming {
    pieces: Vec<Bytes>,
    announced: u64,
    breaks: bool,
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if !self.pieces.is_empty() {
            let piece = self.pieces.remove(0);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        Poll::Ready(self.breaks.then(|| Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

/// The beginning of a form with a file.
fn beginning(csrf: &str, file: &str) -> String {
    let fields = [("csrf", csrf), ("name", "tool"), ("version", "9"), ("kind", "file")];
    let part = |(name, value): &(&str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"tool\"\r\n\r\n";
    format!("{}{head}{file}", fields.iter().map(part).collect::<String>())
}

async fn sends(web: &mut Web, body: Coming) -> (StatusCode, String) {
    let request = Request::post(ADD).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    let answer = web.send(request, Body::new(body)).await;
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn an_admin_takes_a_file_in_releases_it_and_sees_who_has_to_do_with_it() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        assert!(web.get("/fleet/updates").await.1.contains("还没有文件"));
        let (status, _) = web.act_in_parts(ADD, &form("tool", "1.0", "swu", "hello")).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        // printf hello | sha256sum
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let (_, page) = web.get("/fleet/updates/1").await;
        for shown in ["tool", "1.0", sha256, "5 B", "还没有发布", "SWUpdate 更新包", ">admin<", "版本低也发布"]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("分批下发…"), "a draft is given to nobody: {page}");
        // The same once more is the one that is there.
        assert_eq!(web.act_in_parts(ADD, &form("tool", "1.0", "swu", "hello")).await.0, StatusCode::SEE_OTHER);
        assert_eq!((bench.artifacts.list().await.unwrap().len(), bench.files().len()), (1, 1));

        assert_eq!(web.act("/fleet/updates/1/release", &[]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.artifacts.show(1).await.unwrap().state, State::Released);
        let [ordered, running, done] =
            [bench.terminal("花桥站").await, bench.terminal("北山站").await, bench.terminal("大坪站").await];
        bench.fleet.order_artifact(1, &[ordered], false).await.unwrap();
        let runs = AssignedVersion { name: "tool".into(), version: "1.0".into() };
        bench.fleet.take_installed(running, runs).await.unwrap();
        let action = bench.fleet.order_artifact(1, &[done], false).await.unwrap()[0];
        let told = json!({ "execution": "closed", "result": { "finished": "success" }, "details": ["all is well"] });
        let told = host::fleet::actions::Event::Feedback(serde_json::from_value(told).unwrap());
        bench.fleet.hear_of_action(done, action, told).await.unwrap();
        bench.clock.on(jiff::SignedDuration::from_secs(1));
        let (_, page) = web.get("/fleet/updates/1").await;
        let after = |title: &str| page.split(title).nth(1).unwrap().split("<h3").next().unwrap().to_owned();
        for (title, terminal) in
            [("已经下了它、还没有办完的", ordered), ("自己说在用它的", running), ("说装好了它", done)]
        {
            let part = after(title);
            assert!(part.contains("<small class=\"num\">1</small>") && part.contains(&terminal.to_string()), "{part}");
        }
        web.speaks("en").await;
        let (_, page) = web.get("/fleet/updates").await;
        assert!(
            page.contains("released") && page.contains("SWUpdate image") && page.contains("2cf24dba5fb0"),
            "{page}"
        );
        let audit = bench.audit().await;
        let by_admin = |what: &str| audit.iter().filter(|line| line.0 == "user:admin" && line.1 == what).count();
        assert_eq!((by_admin("artifact.add"), by_admin("artifact.release")), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_named_with_field_and_rule_in_both_languages_and_leaves_nothing() {
    on_each_database(async |bench| {
        bench.staffed().await;
        bench.draft("taken", "1").await;
        let before = (bench.artifacts.list().await.unwrap(), bench.files());
        let mut web = Web::signed_in(&bench, "admin").await;
        let long = "x".repeat(2000);
        for (fields, zh, en) in [
            (form("Werkzeug 1", "1", "file", "x"), "名称只能用英文字母", "Name: expected ASCII letters"),
            (form("", "1", "file", "x"), "名称只能用英文字母", "Name: expected ASCII letters"),
            (form("tool", "../1", "file", "x"), "版本只能用英文字母", "Version: expected ASCII letters"),
            (form("tool", "1", "disk", "x"), "请选择种类", "Kind: expected file, rauc-bundle or swu"),
            (form("taken", "1", "file", "other"), "已经是第 1 号文件", "taken 1 is artifact 1, with other bytes"),
            (form(&long, "1", "file", "x"), "内容不完整", "The form is not as expected"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act_in_parts(ADD, &fields).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{sentence}: {page}");
                assert!(page.to_lowercase().contains(&sentence.to_lowercase()), "{sentence}: {page}");
            }
        }
        let (status, page) = web.act_in_parts(ADD, &form("tool", "1", "file", "")[..3]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("File: choose one"), "{page}");
        // The file before what it is to be called, and a form that another site's page made.
        let reversed = [("file", "x"), ("name", "tool"), ("version", "1"), ("kind", "file")];
        assert_eq!(web.act_in_parts(ADD, &reversed).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let foreign = [[("csrf", "none")].as_slice(), &form("tool", "1", "file", "x")].concat();
        assert_eq!(web.post_in_parts(ADD, &foreign).await.0, StatusCode::FORBIDDEN);
        assert_eq!(web.act(ADD, &[("name", "tool")]).await.0, StatusCode::FORBIDDEN);
        assert_eq!((bench.artifacts.list().await.unwrap(), bench.files()), before);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_breaks_off_or_is_more_than_the_disk_has_room_for_leaves_nothing() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let csrf = field(&web.get("/fleet/account").await.1, "csrf").to_owned();
        let half = "x".repeat(9 * 1024 * 1024);
        for (breaks, announced) in [(true, 20 * 1024 * 1024), (false, 20 * 1024 * 1024)] {
            // More than a piece is on the disk when it breaks.
            let pieces = vec![beginning(&csrf, &half).into(), Bytes::from_static(b"yyy")];
            let (status, page) = sends(&mut web, Coming { pieces, announced, breaks }).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{page}");
            assert!(page.contains("文件没有传完，什么也没有留下"), "{page}");
            assert!(bench.files().is_empty(), "{:?}", bench.files());
        }
        let whole = format!("{}\r\n--x--\r\n", beginning(&csrf, "small"));
        for (language, sentence) in [("zh", "文件：放不下"), ("en", "File: no room.")] {
            web.speaks(language).await;
            let body = Coming { pieces: vec![whole.clone().into()], announced: 1 << 60, breaks: false };
            let (status, page) = sends(&mut web, body).await;
            assert!(status == StatusCode::PAYLOAD_TOO_LARGE && page.contains(sentence), "{page}");
        }
        assert!(bench.files().is_empty() && bench.artifacts.list().await.unwrap().is_empty());
        let body = Coming { announced: whole.len() as u64, pieces: vec![whole.into()], breaks: false };
        assert_eq!(sends(&mut web, body).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.artifacts.show(1).await.unwrap().size, 5);
    })
    .await;
}

#[tokio::test]
async fn what_keeps_a_file_from_being_released_is_said_in_both_languages() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let high = bench.draft("tool", "2").await;
        let low = bench.draft("tool", "1").await;
        bench.artifacts.release(high, false).await.unwrap();
        assert_eq!(web.act_in_parts(ADD, &form("system", "1", "rauc-bundle", "hsqs")).await.0, StatusCode::SEE_OTHER);
        for (path, zh, en) in [
            (
                format!("/fleet/updates/{low}/release"),
                "已经发布过 2",
                "Version 2 of it was released, which is not lower",
            ),
            ("/fleet/updates/3/release".into(), "请在 host.toml 里设 rauc_keyring", "It stays a draft: no keyring"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act(&path, &[]).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
                assert!(page.contains(sentence), "{sentence}: {page}");
            }
        }
        let lower = web.act(&format!("/fleet/updates/{low}/release"), &[("lower", "yes")]).await.0;
        assert_eq!(lower, StatusCode::SEE_OTHER);
        assert_eq!(bench.artifacts.show(low).await.unwrap().state, State::Released);
        assert_eq!(bench.artifacts.show(3).await.unwrap().state, State::Draft);
        for path in ["/fleet/updates/9", "/fleet/updates/x", "/fleet/updates/9/withdraw"] {
            assert_eq!(web.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(web.act("/fleet/updates/9/release", &[]).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_says_what_follows_and_ends_what_brings_it() {
    on_each_database(async |bench| {
        bench.staffed().await;
        let terminal = bench.terminal("花桥站").await;
        let tool = bench.draft("tool", "1").await;
        bench.artifacts.release(tool, false).await.unwrap();
        let policy = json!({ "bad_percent_max": 5, "sample_min": 1, "sample_within_s": 3600, "bake_s": 0 });
        let new = NewRollout {
            brings: Brought::Artifact(tool),
            former: None,
            waves: vec![(Selector::Rest, Start::AfterFormer)],
            policy: serde_json::from_value(policy).unwrap(),
            zone: "Asia/Shanghai".into(),
            why: String::new(),
        };
        bench.fleet.roll_out(new).await.unwrap();
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.get("/fleet/updates/1").await;
        assert!(page.contains("/fleet/rollouts/1") && page.contains(&terminal.to_string()), "{page}");
        let (_, page) = web.get("/fleet/updates/1/withdraw").await;
        for shown in ["撤下以后不能再发布", "没有结束的分批下发</dt><dd class=\"num\">1<"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!(web.act("/fleet/updates/1/withdraw", &[]).await.0, StatusCode::SEE_OTHER);
        let (_, page) = web.get("/fleet/updates/1").await;
        assert!(page.contains("已撤下") && page.contains("中止了") && !page.contains("撤下…"), "{page}");
        let (status, page) = web.act("/fleet/updates/1/release", &[]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("撤下了，不能再发布"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn updates_settings_and_tokens_are_nobodys_who_sees_a_part_of_the_fleet() {
    on_each_database(async |bench| {
        let here = bench.terminal("花桥站").await;
        let tool = bench.draft("tool", "1").await;
        bench.artifacts.release(tool, false).await.unwrap();
        bench.fleet.order_artifact(tool, &[here], false).await.unwrap();
        bench.person(Role::Approver, Scope::of(&["T1".into()]).unwrap()).await;
        let mut web = Web::signed_in(&bench, "approver").await;
        for path in ["/fleet/updates", "/fleet/updates/1", "/fleet/settings", "/fleet/settings/standing"] {
            assert_eq!(web.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (_, page) = web.get(&format!("/fleet/terminals/{here}")).await;
        assert!(page.contains("tool 1") && page.contains("等终端来拿"), "its own terminal's order: {page}");
        assert!(!page.contains("/fleet/updates") && !page.contains("/fleet/settings"), "{page}");
    })
    .await;
}
