//! The page that a terminal's QR opens on a phone: its requests, its cookie, and what it says when something is wrong.

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use host::{
    county::handover::{REMEMBERED, UPLOAD_MAX},
    http::{
        listener::{Patience, Peer},
        people,
    },
};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;
use wire::{case::Role, intake::HandOverVerdict, secret::Secret};

use crate::{
    handover::{MINUTE, id, photo, shows},
    support::*,
    web::*,
};

/// A phone's browser on the page.
struct Phone {
    app: Router,
    cookie: String,
    /// The hand-over that its page shows.
    of: Uuid,
}

struct Told {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

impl Told {
    /// A refusal by its name, with a sentence in each language.
    fn refused(&self) -> (StatusCode, &str) {
        let sentence = |language: &str| self.json[language].as_str().unwrap();
        assert!(sentence("zh").ends_with('。') && sentence("zh").chars().any(|c| c > '\u{4e00}'), "{}", self.json);
        assert!(sentence("en").is_ascii() || sentence("en").contains('“'), "{}", self.json);
        (self.status, self.json["error"].as_str().unwrap())
    }
}

impl Phone {
    fn new(bench: &Bench) -> Self {
        let peer =
            Peer { address: "127.0.0.1:5000".parse().unwrap(), certificate: None, patience: Patience::default() };
        let app = people(bench.county.clone(), "Asia/Shanghai").layer(MockConnectInfo(peer));
        Self { app, cookie: String::new(), of: Uuid::nil() }
    }

    async fn ask(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Told {
        let request = request.header(header::COOKIE, &self.cookie).header("sec-fetch-site", "same-origin");
        let request = request.header("hand-over", self.of.to_string());
        self.send(request, body).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Told {
        let response = self.app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        assert_eq!(parts.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(parts.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        Told { status: parts.status, headers: parts.headers, json: serde_json::from_slice(&bytes).unwrap() }
    }

    async fn post(&self, path: &str, body: &Value) -> Told {
        self.ask(Request::post(path).header(header::CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    async fn put(&self, n: u8, body: impl Into<Body>) -> Told {
        self.ask(Request::put(format!("/p/photos/{}", id(n))), body).await
    }

    async fn open(&mut self, secret: &Secret) -> Told {
        let told = self.post("/p/open", &json!({ "secret": secret, "phone": Secret::draw() })).await;
        if let Some(cookie) = told.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.of = told.json["id"].as_str().unwrap().parse().unwrap();
        }
        told
    }
}

async fn shown(bench: &Bench) -> (Receipt, Secret) {
    let (receipt, secret) = (bench.say(1, "路坏了。").await, Secret::draw());
    assert_eq!(shows(bench, receipt.ticket, &secret).await.verdict, HandOverVerdict::Open);
    (receipt, secret)
}

/// A phone that is in.
async fn inside(bench: &Bench) -> (Receipt, Phone) {
    let (receipt, secret) = shown(bench).await;
    let mut phone = Phone::new(bench);
    assert_eq!(phone.open(&secret).await.status, StatusCode::OK);
    (receipt, phone)
}

#[tokio::test]
async fn a_phone_opens_sends_words_and_a_photo_and_the_case_page_shows_them() {
    let bench = sqlite().await;
    let (receipt, phone) = inside(&bench).await;
    assert_eq!(phone.put(0, photo(10)).await.json["photos"], json!([id(0)]));
    let done = phone.post("/p/finish", &json!({ "text": "在<i>桥</i>头" })).await;
    assert_eq!((done.status, &done.json["is_done"]), (StatusCode::OK, &json!(true)));
    assert_eq!(done.json["ticket"], receipt.ticket.grouped());
    let again = phone.ask(Request::get("/p/state"), "").await;
    assert_eq!(again.json["is_done"], true, "a reload shows the end");

    bench.person("officer", Role::Officer, None).await;
    let mut web = Web::signed_in(&bench, "officer").await;
    let case = format!("/county/cases/{}", receipt.id);
    let page = web.get(&case).await.1;
    assert!(page.contains("在&#60;i&#62;桥&#60;/i&#62;头") && page.contains("用手机补充的"), "{page}");
    let at = page.find("/photo/").unwrap();
    let event = &page[at + 7..at + 43];
    let shown = web.send(Request::get(format!("{case}/photo/{event}")), String::new()).await;
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(shown.headers()[header::CACHE_CONTROL], "no-store");
    let disposition = format!("inline; filename=\"{}.jpg\"", receipt.ticket);
    assert_eq!(shown.headers()[header::CONTENT_DISPOSITION], disposition.as_str());
    for nothing in [format!("{case}/photo/17"), format!("{case}/photo/{}", receipt.id)] {
        assert_eq!(web.get(&nothing).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_cookie_goes_to_this_page_alone_and_is_out_of_reach_of_scripts_and_other_sites() {
    let bench = sqlite().await;
    let (_, secret) = shown(&bench).await;
    let mut phone = Phone::new(&bench);
    let told = phone.open(&secret).await;
    let cookie = told.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    let (name, attributes) = cookie.split_once("; ").unwrap();
    assert!(name.starts_with("__Secure-lianxin-phone="), "{cookie}");
    let age = format!("Path=/p; Max-Age={}; Secure; HttpOnly; SameSite=Strict", REMEMBERED.as_secs());
    assert_eq!(attributes, age);
    for (method, path) in
        [("PUT", "/p/photos/00000000000000000000000000000001"), ("POST", "/p/finish"), ("GET", "/p/state")]
    {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, &phone.cookie);
        let request = request.header("sec-fetch-site", "cross-site");
        assert_eq!(phone.send(request, "{}").await.refused(), (StatusCode::FORBIDDEN, "foreign"), "{path}");
    }
    let (_, value) = name.split_once('=').unwrap();
    let page = |site: &str| Request::get("/p/state").header("phone", value).header("sec-fetch-site", site);
    assert_eq!(phone.send(page("same-origin"), "").await.status, StatusCode::OK, "a browser without cookies");
    let foreign = phone.send(page("cross-site"), "").await;
    assert_eq!(foreign.refused(), (StatusCode::FORBIDDEN, "foreign"));
    let stranger = Phone { cookie: String::new(), ..phone };
    for told in [stranger.put(0, photo(1)).await, stranger.post("/p/finish", &json!({ "text": "x" })).await] {
        assert_eq!(told.refused(), (StatusCode::UNAUTHORIZED, "not_opened"));
    }
}

#[tokio::test]
async fn a_second_phone_and_one_after_ten_minutes_read_why() {
    let bench = sqlite().await;
    let (_, secret) = shown(&bench).await;
    let (mut first, mut second) = (Phone::new(&bench), Phone::new(&bench));
    assert_eq!(first.open(&secret).await.status, StatusCode::OK);
    assert_eq!(second.open(&secret).await.refused(), (StatusCode::CONFLICT, "taken"));
    let late = Secret::draw();
    shows(&bench, ticket(1, 2), &late).await;
    bench.clock.on(11 * MINUTE);
    assert_eq!(second.open(&late).await.refused(), (StatusCode::GONE, "late"));
    bench.clock.on(24 * 60 * MINUTE);
    assert_eq!(first.put(0, photo(1)).await.refused(), (StatusCode::GONE, "over"));
    let rubbish = first.post("/p/open", &json!({ "secret": "x" })).await;
    assert_eq!(rubbish.refused(), (StatusCode::GONE, "late"));
    for _ in 0..20 {
        second.open(&Secret::draw()).await;
    }
    let told = second.open(&Secret::draw()).await;
    assert_eq!(told.refused(), (StatusCode::TOO_MANY_REQUESTS, "too_many"));
    assert!(told.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn fifty_megabytes_are_refused_before_and_while_they_come() {
    let bench = sqlite().await;
    let (_, phone) = inside(&bench).await;
    let announced = Request::put(format!("/p/photos/{}", id(0))).header(header::CONTENT_LENGTH, 50 * 1024 * 1024);
    assert_eq!(phone.ask(announced, "").await.refused(), (StatusCode::PAYLOAD_TOO_LARGE, "long"));
    let unannounced = phone.put(0, vec![0xff; UPLOAD_MAX + 1]).await;
    assert_eq!(unannounced.refused(), (StatusCode::PAYLOAD_TOO_LARGE, "long"));
    assert_eq!(phone.ask(Request::get("/p/state"), "").await.json["photos"], json!([]));
}

#[tokio::test]
async fn a_video_an_svg_a_zip_and_a_bomb_are_refused_whatever_they_are_called() {
    let bench = sqlite().await;
    let (_, phone) = inside(&bench).await;
    let media = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    for (bytes, expected) in [
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom".to_vec(), (media, "video")),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec(), (media, "not_a_photo")),
        (b"PK\x03\x04bomb".to_vec(), (media, "not_a_photo")),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1".to_vec(), (media, "format")),
        (huge(), (StatusCode::UNPROCESSABLE_ENTITY, "huge")),
        (photo(1)[..50].to_vec(), (StatusCode::UNPROCESSABLE_ENTITY, "spoilt")),
    ] {
        let named = Request::put(format!("/p/photos/{}", id(0))).header(header::CONTENT_TYPE, "image/jpeg");
        assert_eq!(phone.ask(named, bytes).await.refused(), expected);
    }
    assert_eq!(phone.post("/p/finish", &json!({ "text": "" })).await.refused().1, "empty");
    for n in 0..6 {
        assert_eq!(phone.put(n, photo(n)).await.status, StatusCode::OK, "and then a photo is taken");
    }
    assert_eq!(phone.put(6, photo(1)).await.refused(), (StatusCode::CONFLICT, "full"));
}

#[tokio::test]
async fn a_code_scanned_again_by_its_own_phone_goes_on_and_by_one_with_another_ticket_is_taken() {
    let bench = sqlite().await;
    let (a, b) = (shown(&bench).await, Secret::draw());
    shows(&bench, ticket(1, 2), &b).await;
    let mut phone = Phone::new(&bench);
    phone.open(&a.1).await;
    let (cookie, of) = (phone.cookie.clone(), phone.of);
    assert_eq!(phone.open(&a.1).await.status, StatusCode::OK, "with a newly drawn secret of its own");
    assert_eq!((&phone.cookie, phone.of), (&cookie, of));
    Phone::new(&bench).open(&b).await;
    assert_eq!(phone.open(&b).await.refused(), (StatusCode::CONFLICT, "taken"), "and not the form of its own ticket");
    phone.of = Uuid::nil();
    assert_eq!(phone.post("/p/finish", &json!({ "text": "x" })).await.refused(), (StatusCode::CONFLICT, "other"));
    let unnamed = Request::put(format!("/p/photos/{}", id(0))).header(header::COOKIE, &phone.cookie);
    assert_eq!(phone.send(unnamed, photo(1)).await.refused(), (StatusCode::CONFLICT, "other"));
}

/// A JPEG of 65,500 by 65,500 pixels, as its frame header says.
fn huge() -> Vec<u8> {
    let mut jpeg = photo(1);
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    jpeg
}

#[tokio::test]
async fn an_upload_that_breaks_off_stores_nothing_and_is_sent_again() {
    let bench = sqlite().await;
    let (_, phone) = inside(&bench).await;
    let whole = photo(10);
    let frames = [Ok::<_, std::io::Error>(whole[..100].to_vec()), Err(std::io::ErrorKind::ConnectionReset.into())];
    let broken = Body::from_stream(Frames(frames.into_iter().collect()));
    assert_eq!(phone.put(0, broken).await.refused(), (StatusCode::REQUEST_TIMEOUT, "broke_off"));
    assert_eq!(phone.ask(Request::get("/p/state"), "").await.json["photos"], json!([]));
    for _ in 0..2 {
        assert_eq!(phone.put(0, whole.clone()).await.json["photos"], json!([id(0)]));
    }
}

#[tokio::test]
async fn a_photo_that_came_whole_is_kept_though_its_phone_has_gone() {
    let bench = sqlite().await;
    let (_, phone) = inside(&bench).await;
    let (came, mut has_come) = tokio::sync::oneshot::channel();
    let body = Body::from_stream(Watched(Some(photo(10)), Some(came)));
    let mut asked = Box::pin(phone.put(0, body));
    tokio::select! {
        biased;
        came = &mut has_come => came.unwrap(),
        _ = &mut asked => panic!("answered before its body had come"),
    }
    drop(asked);
    let kept = async {
        while phone.ask(Request::get("/p/state"), "").await.json["photos"] != json!([id(0)]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, kept).await.unwrap();
}

#[tokio::test]
async fn while_eight_photos_are_on_their_way_a_ninth_phone_reads_that_it_stands_in_line() {
    let bench = sqlite().await;
    let (_, ninth) = inside(&bench).await;
    let mut others = Vec::new();
    for counter in 2..10 {
        let secret = Secret::draw();
        shows(&bench, ticket(1, counter), &secret).await;
        let mut other = Phone { app: ninth.app.clone(), cookie: String::new(), of: Uuid::nil() };
        assert_eq!(other.open(&secret).await.status, StatusCode::OK);
        let ((began, has_begun), (end, ends)) = (tokio::sync::oneshot::channel(), tokio::sync::oneshot::channel());
        let body = Body::from_stream(Silent(Some(began), ends));
        others.push((tokio::spawn(async move { other.put(0, body).await.status }), end));
        has_begun.await.unwrap();
    }
    let told = ninth.put(0, photo(1)).await;
    assert_eq!(told.refused(), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
    assert_eq!(
        (&told.json["zh"], &told.headers[header::RETRY_AFTER]),
        (&json!("前面的照片还在收，正在排队，请稍等。"), &"3".parse().unwrap())
    );
    let (other, end) = others.pop().unwrap();
    end.send(()).unwrap();
    assert_eq!(other.await.unwrap(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(ninth.put(0, photo(1)).await.json["photos"], json!([id(0)]));
}

/// A body that says when it is waited for, sends nothing, and breaks off when it is told to.
struct Silent(Option<tokio::sync::oneshot::Sender<()>>, tokio::sync::oneshot::Receiver<()>);

impl futures_core::Stream for Silent {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        if let Some(began) = self.0.take() {
            began.send(()).unwrap();
        }
        let broken = |_| Some(Err(std::io::ErrorKind::ConnectionReset.into()));
        std::pin::Pin::new(&mut self.1).poll(context).map(broken)
    }
}

/// A body that says when all of it was read.
struct Watched(Option<Vec<u8>>, Option<tokio::sync::oneshot::Sender<()>>);

impl futures_core::Stream for Watched {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let piece = self.0.take();
        if let (None, Some(came)) = (&piece, self.1.take_if(|_| piece.is_none())) {
            came.send(()).unwrap();
        }
        std::task::Poll::Ready(piece.map(Ok))
    }
}

/// A body that comes in pieces, and breaks where one is an error.
struct Frames(std::collections::VecDeque<Result<Vec<u8>, std::io::Error>>);

impl futures_core::Stream for Frames {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_anybody_else_and_has_a_sentence_without_script() {
    let bench = sqlite().await;
    let phone = Phone::new(&bench);
    for path in ["/p", "/p/page.css", "/p/page.js"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = phone.app.clone().oneshot(request).await.unwrap();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        assert!(!response.headers().contains_key(header::SET_COOKIE), "{path}");
        let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        for never in ["http://", "https://", "localStorage", "document.cookie", "innerHTML", " style=", "<style"] {
            assert!(!text.contains(never), "{path}: {never}");
        }
        if path == "/p" {
            assert!(text.contains("<noscript><p") && text.contains("accept=\"image/*\""));
            assert!(!text.contains('{') && !text.contains('}'), "a place in the page was not filled");
        }
    }
}
