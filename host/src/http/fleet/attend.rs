//! Somebody sees to what is wrong with a terminal, or wants nothing told of it for a while.

use axum::extract::{Path, State};
use wire::ticket::TerminalNumber;

use super::{
    Console,
    session::Posted,
    shell::{Answer, done},
    terminals::numbered,
};
use crate::fleet::users::By;

/// POST `/fleet/terminals/{number}/take`
pub(super) async fn take(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    console.users.take(By::User(&posted.by), number).await?;
    if posted.fields.get("from") == "today" {
        return done("/fleet");
    }
    done(&page_of(number))
}

/// POST `/fleet/terminals/{number}/quiet`
pub(super) async fn quiet(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    // No number of hours is one that is refused.
    let hours = posted.fields.get("hours").trim().parse().unwrap_or(u32::MAX);
    let (is_whole_station, why) = (posted.fields.get("whole") == "yes", posted.fields.get("why"));
    console.users.silence(By::User(&posted.by), number, is_whole_station, (hours, &why)).await?;
    done(&page_of(number))
}

/// POST `/fleet/terminals/{number}/loud`
pub(super) async fn loud(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    console.users.end_silence(By::User(&posted.by), number).await?;
    done(&page_of(number))
}

fn page_of(number: TerminalNumber) -> String {
    format!("/fleet/terminals/{number}")
}
