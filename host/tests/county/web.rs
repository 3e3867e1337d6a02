//! The browser at the county's console.

use axum::http::StatusCode;
use host::http::county::routes;

pub(crate) use crate::browser::{Web, field};
use crate::support::*;

impl Web {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self::at(routes(bench.county.clone()), "127.0.0.1:5000", ["__Host-", "/"])
    }

    pub(crate) async fn signed_in(bench: &Bench, login: &str) -> Self {
        let mut web = Self::new(bench);
        let (_, page) = web.get("/county/sign-in").await;
        let fields = [("csrf", field(&page, "csrf")), ("login", login), ("password", PASSWORD)];
        assert_eq!(web.post("/county/sign-in", &fields).await.0, StatusCode::SEE_OTHER);
        web
    }

    /// Posts with the token of the session's own pages.
    pub(crate) async fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        self.post_from("/county/password", path, fields).await
    }
}
