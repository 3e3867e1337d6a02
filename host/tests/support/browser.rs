//! A browser without a window: it keeps its cookies and fills in forms. And the routes that it can be sent to.

#![allow(dead_code, clippy::allow_attributes, reason = "each suite uses a part of it")]

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{Request, Response, StatusCode, header},
};
use host::http::listener::{Patience, Peer};
use tower::ServiceExt;

/// A browser that keeps its cookies.
#[derive(Clone)]
pub(crate) struct Web {
    app: Router,
    pub(crate) cookies: Vec<(String, String)>,
    /// How each cookie's name begins, and the path that it goes to.
    rule: [&'static str; 2],
}

pub(crate) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[at + name.len() + 15..];
    &rest[..rest.find('"').unwrap()]
}

fn form(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(k, v)| format!("{}={}", plain(k), plain(v))).collect::<Vec<_>>().join("&")
}

impl Web {
    /// A browser at an address, on a console whose cookies are held to this rule.
    pub(crate) fn at(app: Router, address: &str, rule: [&'static str; 2]) -> Self {
        let peer = Peer { address: address.parse().unwrap(), certificate: None, patience: Patience::default() };
        Self { app: app.layer(MockConnectInfo(peer)), cookies: Vec::new(), rule }
    }

    pub(crate) async fn send(
        &mut self,
        request: axum::http::request::Builder,
        body: impl Into<Body>,
    ) -> Response<Body> {
        let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; ")).body(body.into()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let [begins, path] = self.rule;
        for set in response.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let is_guarded = set.contains(&format!("; Path={path}; Secure; HttpOnly; SameSite="));
            assert!(set.starts_with(begins) && is_guarded, "{set}");
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

    /// Posts a form that comes in parts.
    pub(crate) async fn post_in_parts(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        let part = |(name, value): &(&str, &str)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body: String = fields.iter().map(part).chain(["--x--\r\n".to_owned()]).collect();
        read(self.send(request, body).await).await
    }

    /// Posts with the token that one of the session's own pages carries.
    pub(crate) async fn post_from(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let (_, page) = self.get(page).await;
        let mut all = vec![("csrf", field(&page, "csrf"))];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }
}

async fn read(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// Every `METHOD path` of a route table as it is written, below a path.
pub(crate) fn routes_of(source: &str, below: &str) -> Vec<String> {
    let mut found = Vec::new();
    for route in source.split(".route(\"").skip(1) {
        let (path, rest) = route.split_once("\", ").unwrap();
        let handlers = rest.lines().next().unwrap();
        for (word, method) in [("get(", "GET"), ("post(", "POST")] {
            if path.starts_with(below) && handlers.contains(word) {
                found.push(format!("{method} {path}"));
            }
        }
    }
    found
}
