//! The first page: what needs somebody today, and what is known of the rest.

use askama::Template;
use axum::extract::State;

use super::{
    Console,
    session::Signed,
    shell::{Answer, Frame, html},
    words,
};
use crate::fleet::{
    Shown, Today,
    users::{By, Count, Role, Standing},
};

#[derive(Template)]
#[template(path = "fleet/today.html")]
struct TodayPage {
    frame: Frame,
    today: Today,
    counts: Vec<Told>,
    /// Rollouts that go on only once a person has decided.
    waiting: Vec<Shown>,
    /// Whether whoever looks may say that they see to it.
    may_attend: bool,
    /// Terminals that are not revoked.
    total: i64,
}

/// A sentence of terminals that need nobody, or of which nobody knows.
struct Told {
    standing: &'static str,
    count: i64,
    rest: String,
}

/// GET `/fleet`
pub(super) async fn page(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let (today, counts) = console.users.today(By::User(&by)).await?;
    let waiting = console.users.rollouts_that_wait(By::User(&by)).await?;
    let may_attend = by.role >= Role::Operator;
    let frame = Frame::of(&console, (by, lang), ("今天要管的", "What needs me today"), "today");
    let counts: Vec<Count> = counts.into_iter().filter(|count| count.standing != Standing::Revoked).collect();
    let total = counts.iter().map(|count| count.count).sum();
    let told = |count: &Count| Told { standing: count.standing.name(), count: count.count, rest: rest(&frame, count) };
    let counts = counts.iter().filter(|count| count.standing != Standing::Calls).map(told).collect();
    html(&TodayPage { may_attend, counts, waiting, total, today, frame })
}

/// What is known of them, and since when.
fn rest(frame: &Frame, count: &Count) -> String {
    let oldest = count.oldest.map(|at| frame.time(&at)).unwrap_or_default();
    match (count.standing, frame.lang) {
        (Standing::InOrder, words::Lang::Zh) => {
            format!("台在两小时内报来过情况，没有说哪里不好；其中最早的一份是 {oldest} 报的。")
        }
        (Standing::InOrder, words::Lang::En) => {
            format!(
                "told of themselves within two hours and named nothing wrong; the oldest of these reports is from {oldest}."
            )
        }
        (Standing::Quiet, words::Lang::Zh) => {
            format!("台两小时没有消息了，最早的从 {oldest} 起。现在好不好，不知道。")
        }
        (Standing::Quiet, words::Lang::En) => {
            format!("have not been heard of for two hours, one of them since {oldest}. How they are is not known.")
        }
        (Standing::Unheard, words::Lang::Zh) => "台入了网，还没有报过情况。现在好不好，不知道。".to_owned(),
        (Standing::Unheard, words::Lang::En) => {
            "enrolled and have told nothing yet. How they are is not known.".to_owned()
        }
        (_, words::Lang::Zh) => "台还没有第一次联系上。".to_owned(),
        (_, words::Lang::En) => "wait for their first contact.".to_owned(),
    }
}
