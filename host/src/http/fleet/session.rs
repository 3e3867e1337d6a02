//! Signing in and out, whose session a request belongs to, the token that every form carries, the reader's language.
//!
//! Invariants: the cookies are Secure, HttpOnly and go to `/fleet` only; a form without the session's own token changes
//! nothing, the sign-in form is held to a cookie of its own; whoever signs in gets a session that nobody knew before.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{
        ConnectInfo, FromRequest, FromRequestParts, Multipart, Path, Request, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Console,
    shell::{Answer, Problem, done, html},
    words::{LANGUAGE, Lang},
};
use crate::{
    account::draw_form_token,
    fleet::users::{Error, User},
    http::{
        listener::Peer,
        pages::{Fields, cookie, same, set_cookie},
    },
};

const SESSION: &str = "__Secure-lianxin-fleet";
const DOOR: &str = "__Secure-lianxin-fleet-door";

fn set(response: &mut Response, name: &str, value: &str, rest: &str) {
    set_cookie(response, name, value, "/fleet", rest);
}

/// A form with a file, which came in parts: bytes by field.
pub(super) struct FileForm(BTreeMap<String, Vec<u8>>);

impl FileForm {
    /// Reads a form of whoever signed in, with the right token in it; a file may have so many megabytes.
    pub(super) async fn of(
        by: &User,
        form: Result<Multipart, MultipartRejection>,
        megabytes: usize,
    ) -> Result<Self, Problem> {
        let broken = |error: MultipartError| {
            let zh = format!("文件没有传完，什么也没有改。文件不要超过 {megabytes} MB，请再试一次。");
            let en = format!("The file did not come whole; nothing was changed. It may have {megabytes} MB at most.");
            Problem::new(error.status(), zh, en)
        };
        let mut parts = BTreeMap::new();
        if let Ok(mut form) = form {
            while let Some(field) = form.next_field().await.map_err(broken)? {
                let name = field.name().unwrap_or_default().to_owned();
                parts.insert(name, field.bytes().await.map_err(broken)?.to_vec());
            }
        }
        let parts = Self(parts);
        let csrf = std::str::from_utf8(parts.get("csrf")).unwrap_or_default();
        if same(&by.csrf, csrf) { Ok(parts) } else { Err(wrong_form()) }
    }

    /// A field's bytes; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

pub(super) fn wrong_form() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "这一页放得太久了，内容没有保存。请刷新页面，再提交一次。",
        "This page lay open too long; nothing was saved. Load it anew and send it again.",
    )
}

/// Whoever signed in, and the language that they read.
pub(super) struct Signed {
    pub(super) by: User,
    pub(super) lang: Lang,
}

impl FromRequestParts<Console> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let to_sign_in = || Redirect::to("/fleet/sign-in").into_response();
        let token = cookie(&parts.headers, SESSION).ok_or_else(to_sign_in)?;
        match console.users.session(token).await {
            Ok(Some(by)) => Ok(Self { by, lang: Lang::of(&parts.headers) }),
            Ok(None) => Err(to_sign_in()),
            Err(error) => Err(Problem::from(error).into_response()),
        }
    }
}

/// A form of whoever signed in, with the right token in it.
pub(super) struct Posted {
    pub(super) by: User,
    pub(super) lang: Lang,
    pub(super) fields: Fields,
}

impl FromRequest<Console> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Signed { by, lang } = Signed::from_request_parts(&mut parts, console).await?;
        let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), console).await;
        let Form(fields) = form.map_err(|rejection| {
            let (zh, en) = ("内容不完整，没有保存。请重新提交。", "The form did not come whole; nothing was saved.");
            Problem::new(rejection.status(), zh, en).into_response()
        })?;
        let fields = Fields(fields);
        if !same(&by.csrf, &fields.get("csrf")) {
            return Err(wrong_form().into_response());
        }
        Ok(Self { by, lang, fields })
    }
}

#[derive(Template)]
#[template(path = "fleet/sign_in.html")]
struct SignInPage<'a> {
    lang: Lang,
    csrf: &'a str,
    login: &'a str,
    problem: Option<&'a str>,
}

fn sign_in_page(lang: Lang, login: &str, problem: Option<&Problem>) -> Answer {
    let csrf = draw_form_token();
    let sentence = problem.map(|problem| problem.sentence(lang));
    let mut response = html(&SignInPage { lang, csrf: &csrf, login, problem: sentence })?;
    set(&mut response, DOOR, &csrf, "SameSite=Strict; Max-Age=3600");
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// GET `/fleet/sign-in`
pub(super) async fn sign_in_form(headers: HeaderMap) -> Answer {
    sign_in_page(Lang::of(&headers), "", None)
}

/// POST `/fleet/sign-in`
pub(super) async fn sign_in(
    State(console): State<Console>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let (fields, lang) = (Fields(fields), Lang::of(&headers));
    let login = fields.get("login");
    if !cookie(&headers, DOOR).is_some_and(|door| same(door, &fields.get("csrf"))) {
        return sign_in_page(lang, &login, Some(&wrong_form()));
    }
    let (password, code) = (fields.get("password"), fields.get("code"));
    match console.users.sign_in(&login, &password, &code, peer.address.ip()).await {
        Ok(token) => {
            // Whoever sat here before is gone.
            if let Some(former) = cookie(&headers, SESSION) {
                console.users.sign_out(former).await?;
            }
            let mut response = done("/fleet")?;
            set(&mut response, SESSION, &token, "SameSite=Lax");
            set(&mut response, DOOR, "", "SameSite=Strict; Max-Age=0");
            Ok(response)
        }
        Err(error @ (Error::Wrong | Error::TooMany { .. })) => {
            let retry = Problem::from(error);
            let mut response = sign_in_page(lang, &login, Some(&retry))?;
            if let Some(wait) = retry.into_response().headers_mut().remove(header::RETRY_AFTER) {
                response.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

/// POST `/fleet/sign-out`
pub(super) async fn sign_out(State(console): State<Console>, headers: HeaderMap, _: Posted) -> Answer {
    if let Some(token) = cookie(&headers, SESSION) {
        console.users.sign_out(token).await?;
    }
    let mut response = done("/fleet/sign-in")?;
    set(&mut response, SESSION, "", "SameSite=Lax; Max-Age=0");
    Ok(response)
}

/// GET `/fleet/language/{to}`: leads back to the page that it was asked on.
pub(super) async fn language(Path(to): Path<String>, headers: HeaderMap) -> Answer {
    let lang = Lang::named(&to).ok_or_else(Problem::not_found)?;
    let from = headers.get(header::REFERER).and_then(|from| from.to_str().ok());
    let from = from.and_then(|from| reqwest::Url::parse(from).ok());
    let back = from.filter(|url| url.path() == "/fleet" || url.path().starts_with("/fleet/")).map(|url| {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", url.path())
    });
    let mut response = done(back.as_deref().unwrap_or("/fleet"))?;
    set(&mut response, LANGUAGE, lang.name(), "SameSite=Lax; Max-Age=31536000");
    Ok(response)
}
