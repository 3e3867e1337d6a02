//! What the consoles of both roles share: cookies, forms' fields, headers, the stylesheet and the script.
//!
//! Invariant: a console's page asks nobody but its own host for anything, and stands in no frame.

use aws_lc_rs::constant_time;
use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// The most bytes of a form: a reply of 2,000 characters, escaped.
pub(super) const FORM: usize = 64 * 1024;

/// Nothing but the console's own script, style and pictures; in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      media-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers of every answer.
const GUARDS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Puts them onto an answer.
pub(super) async fn guarded(mut response: Response) -> Response {
    response.headers_mut().extend(GUARDS);
    response
}

/// The one stylesheet and the scripts, as they lie in the program.
pub(super) fn assets() -> Router {
    const CSS: &str = include_str!("../../static/console/console.css");
    const HTMX: &str = include_str!("../../static/console/htmx.min.js");
    const UPLOAD: &str = include_str!("../../static/console/upload.js");
    const LIVE: &str = include_str!("../../static/console/live.js");
    let fixed = |mime: &'static str, body: &'static str| {
        let headers = [
            (header::CONTENT_TYPE, mime),
            (header::CACHE_CONTROL, "public, max-age=3600"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        get(move || async move { (headers, body).into_response() })
    };
    Router::new()
        .route("/static/console.css", fixed("text/css; charset=utf-8", CSS))
        .route("/static/upload.js", fixed("text/javascript; charset=utf-8", UPLOAD))
        .route("/static/live.js", fixed("text/javascript; charset=utf-8", LIVE))
        .route("/static/htmx.min.js", fixed("text/javascript; charset=utf-8", HTMX))
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|c| c.to_str().ok());
    let mut pairs = cookies.flat_map(|c| c.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Sets a cookie that no script reads and that goes over TLS only.
pub(super) fn set_cookie(response: &mut Response, name: &str, value: &str, path: &str, rest: &str) {
    let cookie = format!("{name}={value}; Path={path}; Secure; HttpOnly; {rest}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Whether two tokens are one, without telling by the time it takes how much of them is.
pub(super) fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// The fields of a form.
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// A field's value with line breaks as one character; empty where there is none.
    pub(super) fn get(&self, name: &str) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.replace("\r\n", "\n")).unwrap_or_default()
    }

    /// All values of a field that can stand several times.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, v)| v.clone()).collect()
    }
}
