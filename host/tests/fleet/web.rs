//! A browser without a window: it keeps its cookies and fills in forms.

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{Request, Response, StatusCode, header},
};
use host::http::listener::Peer;
use tower::ServiceExt;

use crate::support::{Bench, PASSWORD};

/// The cookie of a session.
pub(crate) const SESSION: &str = "__Secure-lianxin-fleet";

/// A browser that keeps its cookies.
#[derive(Clone)]
pub(crate) struct Web {
    app: Router,
    pub(crate) cookies: Vec<(String, String)>,
}

pub(crate) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[at + name.len() + 15..];
    &rest[..rest.find('"').unwrap()]
}

fn form(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect::<Vec<_>>().join("&")
}

impl Web {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self::from(bench, "127.0.0.1:5000")
    }

    /// A browser at an address.
    pub(crate) fn from(bench: &Bench, address: &str) -> Self {
        let peer = Peer { address: address.parse().unwrap(), certificate: None };
        Self { app: bench.app().layer(MockConnectInfo(peer)), cookies: Vec::new() }
    }

    pub(crate) async fn signed_in(bench: &Bench, login: &str) -> Self {
        let mut web = Self::new(bench);
        assert_eq!(web.sign_in(login, PASSWORD, "").await.0, StatusCode::SEE_OTHER);
        web
    }

    pub(crate) async fn sign_in(&mut self, login: &str, password: &str, code: &str) -> (StatusCode, String) {
        let (_, page) = self.get("/fleet/sign-in").await;
        let csrf = field(&page, "csrf").to_owned();
        let fields = [("csrf", csrf.as_str()), ("login", login), ("password", password), ("code", code)];
        self.post("/fleet/sign-in", &fields).await
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    pub(crate) async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Response<Body> {
        let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; ")).body(Body::from(body)).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(
                set.starts_with("__Secure-") && set.contains("; Path=/fleet; Secure; HttpOnly; SameSite="),
                "{set}"
            );
            let (key, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(k, _)| k != key);
            self.cookies.push((key.to_owned(), value.to_owned()));
        }
        response
    }

    pub(crate) async fn get(&mut self, path: &str) -> (StatusCode, String) {
        read(self.send(Request::get(path), String::new()).await).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        read(self.send(request, form(fields)).await).await
    }

    /// Posts with the token of the session's own pages.
    pub(crate) async fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let (_, page) = self.get("/fleet/account").await;
        let mut all = vec![("csrf", field(&page, "csrf"))];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    pub(crate) async fn speaks(&mut self, language: &str) {
        let (status, _) = self.get(&format!("/fleet/language/{language}")).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
}

async fn read(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}
