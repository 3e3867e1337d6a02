//! What is asked of a terminal from afar: asking, taking back, and looking at what came of it.

use askama::Template;
use axum::extract::{Path, State};
use base64::{Engine, engine::general_purpose::STANDARD};
use wire::{
    diagnostics::{Came, Diagnostic, Why},
    ticket::TerminalNumber,
};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    terminals::numbered,
    words,
};
use crate::{
    fleet::{
        diagnostics::{Asked, Stands, USUAL_HOURS},
        users::By,
    },
    store::terminals::TerminalRow,
};

#[derive(Template)]
#[template(path = "fleet/diagnostics.html")]
struct ListPage {
    frame: Frame,
    row: TerminalRow,
    asked: Vec<Asked>,
    usual_hours: u32,
}

/// GET `/fleet/terminals/{number}/diagnostics`
pub(super) async fn list(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(number): Path<String>,
) -> Answer {
    let number = numbered(&number)?;
    let asked = console.users.asked_of(By::User(&by), number).await?;
    let (row, _) = console.users.terminal(By::User(&by), number).await?;
    let frame = Frame::of(&console, (by, lang), ("远程检查", "Look into it from here"), "terminals");
    html(&ListPage { frame, row, asked, usual_hours: USUAL_HOURS })
}

impl ListPage {
    fn offers(&self) -> impl Iterator<Item = (Diagnostic, bool)> {
        let waits = |what: &Diagnostic| self.asked.iter().any(|asked| asked.what == *what && asked.state.is_open());
        Diagnostic::ALL.into_iter().map(move |what| {
            let waits = waits(&what);
            (what, waits)
        })
    }
}

impl Frame {
    fn diagnostic(&self, what: &Diagnostic) -> String {
        words::diagnostics::diagnostic(self.lang, what).0
    }

    fn diagnostic_does(&self, what: &Diagnostic) -> &'static str {
        words::diagnostics::diagnostic(self.lang, what).1
    }

    fn outcome(&self, asked: &Asked) -> String {
        words::diagnostics::outcome(self.lang, &asked.state)
    }

    fn why(&self, why: &Why) -> String {
        words::diagnostics::why(self.lang, why)
    }

    fn outcome_shape(&self, asked: &Asked) -> (&'static str, &'static str) {
        match asked.state {
            Stands::Waiting | Stands::Fetched => ("○", "open"),
            Stands::Cancelled | Stands::Expired => ("■", "told"),
            Stands::Ended(Came::Done | Came::Sent) => ("●", "done"),
            Stands::Ended(_) => ("▲", "again"),
        }
    }
}

/// POST `/fleet/terminals/{number}/diagnostics`
pub(super) async fn ask(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let (number, what) = (numbered(&number)?, what_of(&posted)?);
    // No number of hours is one that is refused.
    let hours = posted.fields.get("hours").trim().parse().unwrap_or(0);
    console.users.ask(By::User(&posted.by), number, &what, hours).await?;
    done(&page_of(number))
}

/// POST `/fleet/terminals/{number}/diagnostics-cancel`
pub(super) async fn cancel(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let (number, what) = (numbered(&number)?, what_of(&posted)?);
    console.users.cancel_asked(By::User(&posted.by), number, &what).await?;
    done(&page_of(number))
}

fn what_of(posted: &Posted) -> Result<Diagnostic, Problem> {
    Diagnostic::named(&posted.fields.get("what")).ok_or_else(Problem::not_found)
}

fn page_of(number: TerminalNumber) -> String {
    format!("/fleet/terminals/{number}/diagnostics")
}

#[derive(Template)]
#[template(path = "fleet/diagnostic.html")]
struct OnePage {
    frame: Frame,
    asked: Asked,
    log: Option<String>,
    /// As a picture's address.
    picture: Option<String>,
}

/// GET `/fleet/terminals/{number}/diagnostics/{asked}`
pub(super) async fn show(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path((number, asked)): Path<(String, String)>,
) -> Answer {
    let (number, asked) = (numbered(&number)?, asked.parse().map_err(|_| Problem::not_found())?);
    let (asked, sent) = console.users.asked(By::User(&by), number, asked).await?;
    let picture = sent.picture.map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png)));
    let frame = Frame::of(&console, (by, lang), ("远程检查", "Look into it from here"), "terminals");
    html(&OnePage { frame, asked, log: sent.log, picture })
}
