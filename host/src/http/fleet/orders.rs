//! Orders to one terminal: an artifact or settings, and no more of what it is at.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    Console,
    session::Posted,
    shell::{Answer, Problem, done},
    sites::allowed,
    terminals::numbered,
};
use crate::fleet::{Brought, rollout::Release, users::By};

/// What a form names as `settings:7` or `artifact:3`.
pub(super) fn brought(text: &str) -> Result<Brought, Problem> {
    Brought::of(&Release(text.to_owned())).ok_or_else(|| {
        let (zh, en) = ("请选一份设置或者一个更新。", "What: choose settings or an artifact.");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
    })
}

/// POST `/fleet/terminals/{number}/order`
pub(super) async fn order(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    allowed(&posted.by)?;
    let number = numbered(&number)?;
    let what = brought(&posted.fields.get("what"))?;
    let confirmed = posted.fields.get("confirmed") == "yes";
    console.users.order(By::User(&posted.by), number, what, confirmed).await?;
    done(&format!("/fleet/terminals/{number}#orders"))
}

/// POST `/fleet/terminals/{number}/cancel`
pub(super) async fn cancel(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    let give_up = posted.fields.get("give_up") == "yes";
    console.users.cancel_order(By::User(&posted.by), number, give_up).await?;
    done(&format!("/fleet/terminals/{number}#orders"))
}
