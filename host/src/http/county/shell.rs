//! What all pages of the console share: the frame, plain sentences for what went wrong.
//!
//! Invariant: an answer names no row and no cause inside the program; those go to the log, without villagers' words.

use askama::Template;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use wire::case::{Role, State};

use crate::county::{County, Error, people::Official};

/// The frame around a page.
pub(super) struct Frame {
    pub(super) title: &'static str,
    /// Which entry of the menu the page belongs to.
    pub(super) here: &'static str,
    pub(super) by: Official,
    pub(super) alarms: i64,
    pub(super) calls: usize,
}

impl Frame {
    pub(super) async fn of(
        county: &County,
        by: Official,
        title: &'static str,
        here: &'static str,
    ) -> Result<Self, Problem> {
        let alarms = county.open_alarms(&by).await?;
        let calls = match by.role {
            Role::Unit => 0,
            _ => county.help_calls(&by).await?.iter().filter(|c| c.acknowledged.is_none()).count(),
        };
        Ok(Self { title, here, by, alarms, calls })
    }

    pub(super) fn is_county(&self) -> bool {
        self.by.role == Role::County
    }

    pub(super) fn is_unit(&self) -> bool {
        self.by.role == Role::Unit
    }

    pub(super) fn role(&self) -> &'static str {
        self.by.role.label()
    }
}

/// A state as the console draws it: a word, a shape, a colour.
pub(super) struct Badge {
    pub(super) word: &'static str,
    pub(super) shape: &'static str,
    pub(super) class: &'static str,
}

pub(super) fn badge(state: State) -> Badge {
    let (shape, class) = match state {
        State::Received => ("○", "new"),
        State::Claimed => ("◐", "open"),
        State::Forwarded => ("▷", "open"),
        State::Answered => ("◇", "open"),
        State::Confirmed => ("◆", "open"),
        State::Closed => ("●", "done"),
        State::Declined => ("■", "told"),
        State::Rated => ("★", "done"),
        State::Reopened => ("▲", "again"),
        State::Unknown => ("○", "open"),
    };
    Badge { word: state.label(), shape, class }
}

/// A state of the store.
pub(super) fn state_of(word: &str) -> State {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).unwrap_or(State::Unknown)
}

/// What is answered in place of a page.
pub(super) struct Problem {
    status: StatusCode,
    sentence: String,
    retry_after_s: Option<u64>,
}

#[derive(Template)]
#[template(path = "county/problem.html")]
struct ProblemPage<'a> {
    sentence: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), retry_after_s: None }
    }

    pub(super) fn sentence(&self) -> &str {
        &self.sentence
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "没有这一页，或者不由您的岗位查看。请回到列表再找一找。")
            }
            Error::NotAllowed => Self::new(StatusCode::FORBIDDEN, "这一步不由您的岗位办理。"),
            Error::Input(sentence) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence),
            Error::Step(refused) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refused.sentence()),
            Error::TooMany { retry_after } => {
                let minutes = retry_after.as_secs().div_ceil(60).max(1);
                let sentence = format!("试的次数太多了。请过 {minutes} 分钟再试。");
                let retry_after_s = Some(retry_after.as_secs().max(1));
                Self { retry_after_s, ..Self::new(StatusCode::TOO_MANY_REQUESTS, sentence) }
            }
            Error::Intake(_) | Error::Upload(_) | Error::Phone(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "内容不完整，请重新提交。")
            }
            Error::Store(source) => {
                let cause = std::error::Error::source(&source).map(ToString::to_string);
                tracing::error!(error = %source, cause, "the console can't answer");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "系统暂时不能用，内容没有保存。请稍后再试一次。")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let page = ProblemPage { sentence: &self.sentence }.render();
        let body = page.unwrap_or_else(|_| self.sentence.clone());
        let mut response = (self.status, Html(body)).into_response();
        if let Some(wait) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }
}

/// A page, or the sentence that stands in its place.
pub(super) type Answer = Result<Response, Problem>;

pub(super) fn html(page: &impl Template) -> Answer {
    let body = page.render().map_err(|error| {
        tracing::error!(%error, "a page was not drawn");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "这一页暂时打不开。请稍后再试。")
    })?;
    Ok(Html(body).into_response())
}

/// Done; shows `to`.
pub(super) fn done(to: &str) -> Answer {
    Ok(Redirect::to(to).into_response())
}

/// The headers of a file that is attached to a case: one that browsers show or play, as what it is; any other only to be
/// saved.
pub(super) fn described(ticket: &str, ending: &str, shown_as: Option<&str>) -> [(HeaderName, String); 2] {
    let how = if shown_as.is_some() { "inline" } else { "attachment" };
    [
        (header::CONTENT_TYPE, shown_as.unwrap_or("application/octet-stream").to_owned()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename=\"{ticket}.{ending}\"")),
    ]
}
