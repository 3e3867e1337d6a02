//! The browser at the fleet's console.

use axum::http::StatusCode;

pub(crate) use crate::browser::{Web, field};
use crate::support::{Bench, PASSWORD};

/// The cookie of a session.
pub(crate) const SESSION: &str = "__Secure-lianxin-fleet";

impl Web {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self::from(bench, "127.0.0.1:5000")
    }

    /// A browser at an address.
    pub(crate) fn from(bench: &Bench, address: &str) -> Self {
        Self::at(bench.app(), address, ["__Secure-", "/fleet"])
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

    /// Posts with the token of the session's own pages.
    pub(crate) async fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        self.post_from("/fleet/account", path, fields).await
    }

    /// The same by a form that comes in parts.
    pub(crate) async fn act_in_parts(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let (_, page) = self.get("/fleet/account").await;
        let mut all = vec![("csrf", field(&page, "csrf"))];
        all.extend_from_slice(fields);
        self.post_in_parts(path, &all).await
    }

    pub(crate) async fn speaks(&mut self, language: &str) {
        let (status, _) = self.get(&format!("/fleet/language/{language}")).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
}
