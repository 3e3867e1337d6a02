//! The console over HTTP, in one process: who gets in, who sees what, what a form may do, what hostile text becomes.

use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use wire::case::Role;

use crate::{support::*, web::*};

#[tokio::test]
async fn nobody_gets_in_without_a_session_and_guessing_is_limited() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let mut web = Web::new(&bench);
    for path in ["/county/cases", "/county/people", "/county/ledger.csv?month=2026-03", "/county/help"] {
        let response = web.send(Request::get(path), String::new()).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(response.headers()[header::LOCATION], "/county/sign-in");
    }
    let mut last = StatusCode::OK;
    for _ in 0..6 {
        let (_, page) = web.get("/county/sign-in").await;
        let fields = [("csrf", field(&page, "csrf")), ("login", "boss"), ("password", "wrong")];
        last = web.post("/county/sign-in", &fields).await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    bench.clock.on(Duration::from_secs(900));
    Web::signed_in(&bench, "boss").await;
}

#[tokio::test]
async fn a_form_without_the_sessions_own_token_changes_nothing() {
    let bench = sqlite().await;
    bench.person("deputy", Role::Deputy, None).await;
    let receipt = bench.say(1, "路坏了。").await;
    let mut web = Web::signed_in(&bench, "deputy").await;
    let claim = format!("/county/cases/{}/claim", receipt.id);
    for fields in [&[][..], &[("csrf", "")], &[("csrf", "wrong")]] {
        assert_eq!(web.post(&claim, fields).await.0, StatusCode::FORBIDDEN);
    }
    assert!(web.get(&format!("/county/cases/{}", receipt.id)).await.1.contains("我来接单"));
    assert_eq!(web.act(&claim, &[]).await.0, StatusCode::SEE_OTHER);
    let mut stranger = Web::new(&bench);
    let fields = [("csrf", "x"), ("login", "deputy"), ("password", PASSWORD)];
    assert_eq!(stranger.post("/county/sign-in", &fields).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_case_goes_its_whole_way_through_the_pages() {
    let bench = sqlite().await;
    let deputy = bench.person("deputy", Role::Deputy, None).await;
    let clerk = bench.person("clerk", Role::Unit, Some("县交通运输局")).await;
    let other = bench.person("other", Role::Unit, Some("县水利局")).await;
    let receipt = bench.say(1, "路坏了。").await;
    let at = |step: &str| format!("/county/cases/{}{step}", receipt.id);
    let (mut one, mut two) = (Web::signed_in(&bench, &deputy.login).await, Web::signed_in(&bench, &clerk.login).await);
    assert_eq!(two.get(&at("")).await.0, StatusCode::NOT_FOUND, "nothing was forwarded to the unit");
    assert_eq!(one.act(&at("/claim"), &[]).await.0, StatusCode::SEE_OTHER);
    let unit = clerk.unit.unwrap().id;
    let joint = other.unit.clone().unwrap().id;
    let forward = [("unit", unit.as_str()), ("joint", &joint), ("due", "2026-03-09")];
    assert_eq!(one.act(&at("/forward"), &forward).await.0, StatusCode::SEE_OTHER);
    let (status, page) = two.act(&at("/reply"), &[("text", "  ")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("请写明内容"));
    assert_eq!(two.act(&at("/reply"), &[("text", "三天内修好。")]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(one.act(&at("/close"), &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY, "not confirmed yet");
    assert_eq!(one.act(&at("/confirm"), &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(one.act(&at("/close"), &[]).await.0, StatusCode::SEE_OTHER);
    let page = one.get(&at("")).await.1;
    for word in ["已收到", "代表已接单", "主办：县交通运输局", "协办：县水利局", "三天内修好。", "代表已确认", "已办结"]
    {
        assert!(page.contains(word), "{word}");
    }
    let mut joint = Web::signed_in(&bench, &other.login).await;
    assert_eq!(joint.get(&at("")).await.0, StatusCode::OK);
    assert_eq!(joint.get(&at("/contact")).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn hostile_text_is_shown_as_text_with_its_white_space() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let hostile = "<script>alert(1)</script>\n  \"><img src=x onerror=alert(2)> &amp; {{ 7*7 }} </div>";
    let receipt = bench.say(1, hostile).await;
    let (id, bytes) = bench.contact(receipt.ticket, "<b>李四</b>", "\"><script>1</script>");
    bench.send(1, id, &bytes).await;
    let mut web = Web::signed_in(&bench, "boss").await;
    let (_, page) = web.get(&format!("/county/cases/{}", receipt.id)).await;
    let start = page.find("class=\"words\" dir=\"auto\">").unwrap() + 25;
    let shown = &page[start..start + page[start..].find("</div>").unwrap()];
    assert!(!shown.contains('<'), "{shown}");
    let unescaped =
        ["&#60;=<", "&#62;=>", "&#34;=\"", "&#39;='", "&#38;=&"].iter().fold(shown.to_owned(), |text, rule| {
            let (entity, sign) = rule.split_once('=').unwrap();
            text.replace(entity, sign)
        });
    assert_eq!(unescaped, hostile);
    let (_, contact) = web.get(&format!("/county/cases/{}/contact", receipt.id)).await;
    assert!(!contact.contains("<script") && !contact.contains("<b>李"));
    let (_, page) = web.get("/county/cases?ticket=%22%3E%3Cscript%3E&state=%3Cscript%3E&category=%22").await;
    assert!(!page.contains("<script>") && !page.contains("\"><script"));
}

#[tokio::test]
async fn every_page_carries_its_guards() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let mut web = Web::signed_in(&bench, "boss").await;
    for path in ["/county/sign-in", "/county/cases", "/county/cases/none", "/county/settings", "/county/ledger.csv"] {
        let headers = web.send(Request::get(path), String::new()).await.headers().clone();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
    }
    for (path, mime) in [("/static/console.css", "text/css"), ("/static/htmx.min.js", "text/javascript")] {
        let response = web.send(Request::get(path), String::new()).await;
        assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(mime));
    }
}

#[tokio::test]
async fn the_months_ledger_is_a_file_that_a_spreadsheet_opens_and_no_formula() {
    let bench = sqlite().await;
    let boss = bench.person("boss", Role::County, None).await;
    let deputy = bench.person("deputy", Role::Deputy, None).await;
    let receipt = bench.say(1, "只有我知道的话。").await;
    let mut one = Web::signed_in(&bench, &deputy.login).await;
    let at = |step: &str| format!("/county/cases/{}{step}", receipt.id);
    one.act(&at("/claim"), &[]).await;
    one.act(&at("/explain"), &[("reason", "=HYPERLINK(\"http://x\")")]).await;
    let mut web = Web::signed_in(&bench, &boss.login).await;
    let (status, csv) = web.get("/county/ledger.csv?month=2026-03").await;
    assert_eq!(status, StatusCode::OK);
    assert!(csv.starts_with("\u{feff}序号,编号,"));
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{csv}");
    assert!(!csv.contains("只有我知道"));
    let (_, page) = web.get("/county/ledger?month=2026-03").await;
    assert!(page.contains("1 ÷ 1") && page.contains("0 ÷ 1") && page.contains("已答复未评价 1 件"));
    assert!(web.get("/county/ledger?month=2026-02").await.1.contains("这个月没有收到意见"));
    assert_eq!(web.get("/county/ledger?month=13").await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_call_for_help_is_acknowledged_with_one_button() {
    let bench = sqlite().await;
    bench.person("officer", Role::Officer, None).await;
    let call = wire::intake::HelpCall { id: uuid::Uuid::new_v4() };
    bench.county.help(terminal(1), &call).await.unwrap();
    let mut web = Web::signed_in(&bench, "officer").await;
    assert!(web.get("/county/help").await.1.contains("我知道了"));
    assert_eq!(web.act(&format!("/county/help/{}/acknowledge", call.id), &[]).await.0, StatusCode::SEE_OTHER);
    assert!(bench.county.help_state(terminal(1), call.id).await.unwrap().acknowledged);
}

#[tokio::test]
async fn what_the_county_edits_reaches_the_terminals_bulletin() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    let station = bench.county.stations().await.unwrap().remove(0).id;
    let mut web = Web::signed_in(&bench, "boss").await;
    let fields = [
        ("name", "花桥镇人大代表联络站"),
        ("telephone", "0793-1234567"),
        ("code", "https://example.com/1"),
        ("officer_name", "赵联络"),
        ("officer_telephone", "13800000000"),
        ("places", "huaqiao 花桥村\r\nbeishan 北山村"),
        ("place", "huaqiao"),
    ];
    assert_eq!(web.act(&format!("/county/stations/{station}"), &fields).await.0, StatusCode::SEE_OTHER);
    let settings = [("reply_period", "送到县里后 3 个工作日内答复"), ("webhook", "")];
    assert_eq!(web.act("/county/settings", &settings).await.0, StatusCode::SEE_OTHER);
    let words = [
        ("name", "道路"),
        ("label", "修路"),
        ("label_en", "Roads"),
        ("picture", "motorway"),
        ("sentences", "路坏了。\r\n\r\n桥坏了。"),
    ];
    assert_eq!(web.act("/county/settings/categories/road", &words).await.0, StatusCode::SEE_OTHER);
    let bulletin = bench.county.bulletin(terminal(1)).await.unwrap();
    assert_eq!(bulletin.station.name, "花桥镇人大代表联络站");
    assert_eq!(bulletin.station.place.as_deref(), Some("huaqiao"));
    assert_eq!(bulletin.places.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["花桥村", "北山村"]);
    assert_eq!(bulletin.reply_period.as_deref(), Some("送到县里后 3 个工作日内答复"));
    assert_eq!(bulletin.officer.unwrap().telephone, "13800000000");
    assert_eq!((bulletin.categories[0].label.as_str(), bulletin.categories[0].sentences.len()), ("修路", 2));
    for wrong in [("webhook", "javascript:alert(1)"), ("webhook", "http://10.0.0.1/x")] {
        assert_eq!(web.act("/county/settings", &[wrong]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_portrait_is_uploaded_and_reaches_the_roster_small() {
    let bench = sqlite().await;
    bench.person("boss", Role::County, None).await;
    bench.county.place_terminal(terminal(1), "人大代表联络站").await.unwrap();
    let station = bench.county.stations().await.unwrap().remove(0).id;
    let mut web = Web::signed_in(&bench, "boss").await;
    let (_, page) = web.get("/county/password").await;
    let csrf = field(&page, "csrf").to_owned();
    let path = format!("/county/stations/{station}/roster");
    let mut png = Vec::new();
    let picture = image::RgbImage::from_pixel(600, 800, image::Rgb([180, 120, 90]));
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    for (token, upload, expected) in [
        ("wrong", png.as_slice(), StatusCode::FORBIDDEN),
        (&csrf, b"<svg onload=alert(1)>", StatusCode::UNPROCESSABLE_ENTITY),
        (&csrf, &png, StatusCode::SEE_OTHER),
    ] {
        let mut body = Vec::new();
        for (name, value) in [("csrf", token), ("name", "王代表"), ("role", "县人大代表")] {
            let part = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = "--x\r\ncontent-disposition: form-data; name=\"portrait\"; filename=\"a\"\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(upload);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(&path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        assert_eq!(web.send(request, body).await.status(), expected);
    }
    let (_, page) = web.get(&format!("/county/stations/{station}")).await;
    let person = page.split("/roster/").nth(1).unwrap().split('/').next().unwrap();
    let duty = [("person", person), ("weekday", ""), ("day", "2026-03-03"), ("from", "09:00"), ("to", "11:00")];
    let path = format!("/county/stations/{station}/duties");
    assert_eq!(web.act(&path, &duty).await.0, StatusCode::SEE_OTHER);
    let backwards = [("person", person), ("weekday", "1"), ("day", ""), ("from", "11:00"), ("to", "09:00")];
    assert_eq!(web.act(&path, &backwards).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let roster = bench.county.bulletin(terminal(1)).await.unwrap().roster;
    assert_eq!(roster.len(), 1);
    assert!(roster[0].portrait.as_ref().is_some_and(|p| p.len() < 20_000));
}
