//! Signing in and out, whose session a request belongs to, and the token that every form carries.
//!
//! Invariants: both cookies are `__Host-`, Secure, HttpOnly; a form without the session's own token changes nothing,
//! the sign-in form is held to a cookie of its own.

use askama::Template;
use axum::{
    Form,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::shell::{Answer, Frame, Problem, done, html};
use crate::{
    account::draw_form_token,
    county::{County, Error, people::Official},
    http::{
        listener::Peer,
        pages::{Fields, cookie, same, set_cookie},
    },
};

const SESSION: &str = "__Host-lianxin";
const DOOR: &str = "__Host-lianxin-door";
const WRONG_FORM: &str = "这一页放得太久了，内容没有保存。请刷新页面，再提交一次。";

fn set(response: &mut Response, name: &str, value: &str, rest: &str) {
    set_cookie(response, name, value, "/", rest);
}

/// Whoever signed in.
pub(super) struct Signed(pub(super) Official);

impl FromRequestParts<County> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, county: &County) -> Result<Self, Response> {
        let Some(token) = cookie(&parts.headers, SESSION) else { return Err(to_sign_in(&parts.headers)) };
        match county.session(token).await {
            Ok(Some(by)) => Ok(Self(by)),
            Ok(None) => Err(to_sign_in(&parts.headers)),
            Err(error) => Err(Problem::from(error).into_response()),
        }
    }
}

/// A page asked by a script is led there by a header, so that the form doesn't land inside a part of a page.
fn to_sign_in(headers: &HeaderMap) -> Response {
    if headers.contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", "/county/sign-in")]).into_response();
    }
    Redirect::to("/county/sign-in").into_response()
}

/// A form of whoever signed in, with the right token in it.
pub(super) struct Posted {
    pub(super) by: Official,
    pub(super) fields: Fields,
}

impl FromRequest<County> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, county: &County) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Signed(by) = Signed::from_request_parts(&mut parts, county).await?;
        let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), county).await;
        let Form(fields) = form.map_err(|rejection| {
            Problem::new(rejection.status(), "内容不完整，没有保存。请重新提交。").into_response()
        })?;
        let fields = Fields(fields);
        check_form(&by, &fields.get("csrf")).map_err(IntoResponse::into_response)?;
        Ok(Self { by, fields })
    }
}

/// Refuses a form without the session's token.
pub(super) fn check_form(by: &Official, token: &str) -> Result<(), Problem> {
    if same(&by.csrf, token) { Ok(()) } else { Err(Problem::new(StatusCode::FORBIDDEN, WRONG_FORM)) }
}

#[derive(Template)]
#[template(path = "county/sign_in.html")]
struct SignInPage<'a> {
    csrf: &'a str,
    login: &'a str,
    problem: Option<&'a str>,
}

fn sign_in_page(login: &str, problem: Option<&Problem>) -> Answer {
    let csrf = draw_form_token();
    let mut response = html(&SignInPage { csrf: &csrf, login, problem: problem.map(Problem::sentence) })?;
    set(&mut response, DOOR, &csrf, "SameSite=Strict; Max-Age=3600");
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// GET `/county/sign-in`
pub(super) async fn sign_in_form() -> Answer {
    sign_in_page("", None)
}

/// POST `/county/sign-in`
pub(super) async fn sign_in(
    State(county): State<County>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let fields = Fields(fields);
    let login = fields.get("login");
    if !cookie(&headers, DOOR).is_some_and(|door| same(door, &fields.get("csrf"))) {
        return sign_in_page(&login, Some(&Problem::new(StatusCode::FORBIDDEN, WRONG_FORM)));
    }
    match county.sign_in(&login, &fields.get("password"), peer.address.ip()).await {
        Ok(token) => {
            let mut response = done("/county/cases")?;
            set(&mut response, SESSION, &token, "SameSite=Lax");
            set(&mut response, DOOR, "", "SameSite=Strict; Max-Age=0");
            Ok(response)
        }
        Err(Error::NotFound) => {
            let sentence = "账号或密码不对。请再试一次；忘了密码，请县人大重设。";
            sign_in_page(&login, Some(&Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)))
        }
        Err(error) => sign_in_page(&login, Some(&Problem::from(error))),
    }
}

/// POST `/county/sign-out`
pub(super) async fn sign_out(State(county): State<County>, headers: HeaderMap, _: Posted) -> Answer {
    if let Some(token) = cookie(&headers, SESSION) {
        county.sign_out(token).await?;
    }
    let mut response = done("/county/sign-in")?;
    set(&mut response, SESSION, "", "SameSite=Lax; Max-Age=0");
    Ok(response)
}

#[derive(Template)]
#[template(path = "county/password.html")]
struct PasswordPage {
    frame: Frame,
}

/// GET `/county/password`
pub(super) async fn password_form(State(county): State<County>, Signed(by): Signed) -> Answer {
    html(&PasswordPage { frame: Frame::of(&county, by, "改密码", "password").await? })
}

/// POST `/county/password`
pub(super) async fn password(State(county): State<County>, posted: Posted) -> Answer {
    county.change_password(&posted.by, &posted.fields.get("old"), &posted.fields.get("new")).await?;
    done("/county/sign-in")
}
