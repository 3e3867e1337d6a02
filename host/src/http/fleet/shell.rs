//! What all pages of the console share: the frame, and sentences for what went wrong, in the reader's language.
//!
//! Invariant: an answer names no row and no cause inside the program; those go to the log.

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use qrcode::{QrCode, render::svg};
use wire::health::{PrinterState, QueueState};

use super::{
    Console,
    words::{self, Lang},
};
use crate::fleet::{
    self, Bring, Fault, Quiet, Shown, Taken,
    users::{By, Error, Role, Standing, User},
};

/// The frame around a page.
pub(super) struct Frame {
    pub(super) title: &'static str,
    /// Which entry of the menu the page belongs to.
    pub(super) here: &'static str,
    pub(super) by: User,
    pub(super) lang: Lang,
    zone: TimeZone,
}

impl Frame {
    pub(super) fn of(
        console: &Console,
        (by, lang): (User, Lang),
        title: (&'static str, &'static str),
        here: &'static str,
    ) -> Self {
        Self { title: lang.t(title.0, title.1), here, by, lang, zone: console.zone.clone() }
    }

    /// A text in the reader's language.
    pub(super) fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.t(zh, en)
    }

    /// Whether what goes over the whole fleet is theirs: rollouts, groups, updates, settings.
    pub(super) fn sees_whole_fleet(&self) -> bool {
        By::User(&self.by).sees_whole_fleet()
    }

    pub(super) fn is_admin(&self) -> bool {
        self.by.role == Role::Admin
    }

    pub(super) fn role(&self, role: &Role) -> &'static str {
        words::role(self.lang, *role)
    }

    pub(super) fn duty(&self, role: &Role) -> &'static str {
        words::duty(self.lang, *role)
    }

    pub(super) fn standing(&self, standing: &Standing) -> &'static str {
        words::standing(self.lang, *standing)
    }

    pub(super) fn shape(&self, standing: &Standing) -> (&'static str, &'static str) {
        words::shape(*standing)
    }

    pub(super) fn fault(&self, fault: &Fault) -> String {
        words::fault(self.lang, *fault)
    }

    pub(super) fn taken(&self, taken: &Taken) -> String {
        let (who, since) = (words::who(&taken.by), self.time(&taken.at));
        match self.lang {
            Lang::Zh => format!("{who} 去处理了，从 {since} 起"),
            Lang::En => format!("{who} sees to it since {since}"),
        }
    }

    pub(super) fn silenced(&self, quiet: &Quiet) -> String {
        let (who, until, why) = (words::who(&quiet.who), self.time(&quiet.until), &quiet.why);
        match self.lang {
            Lang::Zh => format!("静音到 {until}，不发提醒。{who}：{why}"),
            Lang::En => format!("silenced until {until}: nobody is told. {who}: {why}"),
        }
    }

    pub(super) fn bring(&self, bring: &Bring) -> &'static str {
        words::bring(self.lang, *bring)
    }

    /// What a rollout brings.
    pub(super) fn brought(&self, shown: &Shown) -> String {
        words::rollout::what(self.lang, shown)
    }

    pub(super) fn phase(&self, shown: &Shown) -> String {
        words::rollout::phase(self.lang, shown)
    }

    pub(super) fn phase_shape(&self, shown: &Shown) -> (&'static str, &'static str) {
        words::rollout::shape(shown)
    }

    pub(super) fn queue(&self, state: &QueueState) -> String {
        words::queue(self.lang, state)
    }

    pub(super) fn printer(&self, state: &PrinterState) -> String {
        words::printer(self.lang, state)
    }

    /// The zone of [`Frame::time`], as IANA has it.
    pub(super) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// A time as people of the fleet read it.
    pub(super) fn time(&self, at: &Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// What is answered in place of a page: a sentence in each language.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    zh: String,
    en: String,
    retry_after_s: Option<u64>,
}

#[derive(Template)]
#[template(path = "fleet/problem.html")]
struct ProblemPage<'a> {
    lang: Lang,
    sentence: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, zh: zh.into(), en: en.into(), retry_after_s: None }
    }

    pub(super) fn sentence(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn not_found() -> Self {
        let zh = "没有这一页，或者不在您管的范围内。请回到列表再找一找。";
        Self::new(StatusCode::NOT_FOUND, zh, "There is no such page, or not for you. Look for it in the list again.")
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::Fleet(fleet::Error::Unknown(_)) => Self::not_found(),
            Error::NotAllowed => {
                Self::new(StatusCode::FORBIDDEN, "这一步不由您的岗位办理。", "Your role does not let you do this.")
            }
            Error::Wrong => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "账号、密码或验证码不对。请再试一次；忘了密码，请管理员重设。",
                "Login, password or code is not right. Try again; an admin gives you a new password.",
            ),
            Error::Refused(refusal) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, words::refusal(refusal), sentence(&refusal.to_string()))
            }
            Error::Rollout(problem) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::rollout::refused(&problem),
                sentence(&problem.to_string()),
            ),
            Error::Diagnostics(problem) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::diagnostics::not_asked(&problem),
                sentence(&problem.to_string()),
            ),
            Error::Settings(problem) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::update::not_ordered(words::Lang::Zh, &problem),
                sentence(&problem.to_string()),
            ),
            Error::Action(problem) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::update::not_done(&problem),
                sentence(&problem.to_string()),
            ),
            Error::Artifact(problem) => no_artifact(&problem),
            Error::Fleet(fleet::Error::Revoked(terminal)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("终端 {terminal} 已经注销了。"),
                format!("Terminal {terminal} is revoked."),
            ),
            Error::Fleet(fleet::Error::Certified(terminal)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("终端 {terminal} 有自己的证书，用不着口令。没有证书的终端才发口令。"),
                format!("Terminal {terminal} has a certificate, beside which no token is good."),
            ),
            Error::TooMany { retry_after } => {
                let minutes = retry_after.as_secs().div_ceil(60).max(1);
                let zh = format!("试的次数太多了。请过 {minutes} 分钟再试。");
                let en = format!("Too many tries. Come back in {minutes} minutes.");
                let retry_after_s = Some(retry_after.as_secs().max(1));
                Self { retry_after_s, ..Self::new(StatusCode::TOO_MANY_REQUESTS, zh, en) }
            }
            Error::Fleet(fleet::Error::Quiet) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "请填 1 到 720 之间的小时数，再写一句为什么，不超过 100 个字。",
                "Give 1 to 720 hours, and a reason of at most 100 characters.",
            ),
            Error::Fleet(fleet::Error::Site(problem)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::site::refused(&problem),
                sentence(&problem.to_string()),
            ),
            Error::Fleet(fleet::Error::Group(problem)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                words::site::no_group(&problem),
                sentence(&problem.to_string()),
            ),
            Error::Fleet(fleet::Error::Revocations(error)) => {
                tracing::error!(error = ?error, "the list of revoked terminals was not written");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "终端已经注销，但是给另一台机器用的注销名单没有写好。请看主机的日志。",
                    "The terminal is revoked, but the list for a county that runs apart was not written; the host's log says why.",
                )
            }
            Error::Fleet(source) => {
                let cause = std::error::Error::source(&source).map(|cause| format!("{cause:?}"));
                tracing::error!(error = %source, cause, "the console can't answer");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "系统暂时不能用，内容没有保存。请稍后再试一次。",
                    "The system does not work at present; nothing was saved. Try again later.",
                )
            }
        }
    }
}

fn no_artifact(problem: &fleet::artifacts::Error) -> Problem {
    use fleet::artifacts::Error as E;
    match words::update::no_artifact(problem) {
        Some((zh, en)) => {
            let is_large = matches!(problem, E::NoRoom { .. });
            let status = if is_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::UNPROCESSABLE_ENTITY };
            Problem::new(status, zh, en)
        }
        None if matches!(problem, E::Source(_)) => super::updates::upload::broken_off(),
        None => {
            tracing::error!(error = ?problem, "the console can't keep artifacts");
            let zh = "主机现在存不了更新文件。请看主机的日志。";
            let en = "The host can't keep updates at present; its log says why.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, zh, en)
        }
    }
}

/// A refusal as a sentence stands on a page.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

impl IntoResponse for Problem {
    /// Its words are said by [`spoken`], which knows who reads them.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(wait) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Says what went wrong in the reader's language.
pub(super) async fn spoken(request: Request, next: Next) -> Response {
    let lang = Lang::of(request.headers());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let sentence = problem.sentence(lang);
        let page = ProblemPage { lang, sentence }.render().unwrap_or_else(|_| sentence.to_owned());
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        let (page_parts, body) = Html(page).into_response().into_parts();
        parts.headers.extend(page_parts.headers);
        return Response::from_parts(parts, body);
    }
    response
}

/// A QR as a picture's address.
pub(super) fn qr(text: &str) -> String {
    let code = QrCode::new(text).expect("invariant: an address fits a QR code");
    let svg = code.render::<svg::Color>().min_dimensions(240, 240).build();
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

/// A page, or the sentence that stands in its place.
pub(super) type Answer = Result<Response, Problem>;

pub(super) fn html(page: &impl Template) -> Answer {
    let body = page.render().map_err(|error| {
        tracing::error!(%error, "a page was not drawn");
        let (zh, en) = ("这一页暂时打不开。请稍后再试。", "This page does not open at present. Try again later.");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, zh, en)
    })?;
    Ok(Html(body).into_response())
}

/// Done; shows `to`.
pub(super) fn done(to: &str) -> Answer {
    Ok(Redirect::to(to).into_response())
}
