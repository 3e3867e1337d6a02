//! The audit as a page: who changed what in the fleet.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{
    Console,
    session::Signed,
    shell::{Answer, Frame, html},
    words,
};
use crate::fleet::{Line, users::By};

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    below: Option<i64>,
}

#[derive(Template)]
#[template(path = "fleet/audit.html")]
struct AuditPage {
    frame: Frame,
    lines: Vec<Line>,
    next: Option<i64>,
}

impl AuditPage {
    fn at(&self, line: &Line) -> String {
        line.at.parse().map_or_else(|_| line.at.clone(), |at| self.frame.time(&at))
    }

    fn deed<'a>(&self, line: &'a Line) -> &'a str {
        words::deed(self.frame.lang, &line.what)
    }
}

/// GET `/fleet/audit`
pub(super) async fn page(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Query(asked): Query<Asked>,
) -> Answer {
    let page = console.users.audit(By::User(&by), asked.below).await?;
    let frame = Frame::of(&console, (by, lang), ("操作记录", "Audit"), "audit");
    html(&AuditPage { frame, lines: page.lines, next: page.next })
}
