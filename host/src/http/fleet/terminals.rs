//! Terminals: the list, one of them with what it told of itself, and what is done to it.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::Deserialize;
use wire::{event::ClockQuality, settings::InForce, ticket::TerminalNumber};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    words,
};
use crate::{
    fleet::{
        Alarm, Fault, Health, Quiet,
        actions::{self, Action, Told},
        sites::Code,
        users::{By, Orders, Role, Sought, Standing, What},
    },
    store::{overview::OverviewRow, terminals::TerminalRow},
};

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    standing: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "fleet/terminals.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<(OverviewRow, Standing)>,
    asked: Asked,
    next: Option<String>,
    before: Option<String>,
}

/// GET `/fleet/terminals`
pub(super) async fn list(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Query(asked): Query<Asked>,
) -> Answer {
    let sought = Sought {
        standing: Standing::named(&asked.standing),
        words: asked.words.clone(),
        under: asked.site.parse().ok(),
        page: asked.page,
    };
    let found = console.users.terminals(By::User(&by), &sought).await?;
    let link = |page: usize| {
        let words: String = asked.words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let standing = sought.standing.map_or("", Standing::name);
        let site = sought.under.as_ref().map_or("", Code::as_str);
        format!("/fleet/terminals?standing={standing}&words={words}&site={site}&page={page}")
    };
    html(&ListPage {
        next: found.more.then(|| link(asked.page + 1)),
        before: asked.page.checked_sub(1).map(link),
        rows: found.rows,
        frame: Frame::of(&console, (by, lang), ("终端", "Terminals"), "terminals"),
        asked,
    })
}

#[derive(Template)]
#[template(path = "fleet/terminal.html")]
struct TerminalPage {
    frame: Frame,
    row: TerminalRow,
    health: Option<Health>,
    /// Whether messages leave it out.
    quiet: Option<Quiet>,
    /// Whether whoever looks may say who sees to it and that it is quiet.
    may_attend: bool,
    /// Whether its case was opened and whoever looks may say by whom.
    may_check_case: bool,
    may_revoke: bool,
    orders: Orders,
    /// What whoever looks may order it.
    what: What,
    may_order: bool,
}

pub(super) fn numbered(number: &str) -> Result<TerminalNumber, Problem> {
    number.parse().map_err(|_| Problem::not_found())
}

/// GET `/fleet/terminals/{number}`
pub(super) async fn show(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(number): Path<String>,
) -> Answer {
    let number = numbered(&number)?;
    let (row, health) = console.users.terminal(By::User(&by), number).await?;
    let is_opened = health.iter().flat_map(Health::open).any(|alarm| alarm.fault == Fault::CaseOpened);
    let may_order = by.role == Role::Admin && row.revoked_at.is_none();
    html(&TerminalPage {
        orders: console.users.orders(By::User(&by), number).await?,
        what: console.users.what_can_be_ordered(By::User(&by), &console.artifacts).await?,
        may_order,
        quiet: console.users.quiet_of(By::User(&by), number).await?,
        may_attend: by.role >= Role::Operator && row.revoked_at.is_none(),
        may_check_case: is_opened && by.role >= Role::Operator,
        may_revoke: by.role == Role::Admin && row.revoked_at.is_none(),
        frame: Frame::of(&console, (by, lang), ("终端", "Terminal"), "terminals"),
        row,
        health,
    })
}

impl TerminalPage {
    /// The order that is not over.
    fn open_order(&self) -> Option<&Action> {
        self.orders.actions.iter().map(|(action, _)| action).find(|action| action.state.is_open())
    }

    fn action(&self, state: &actions::State) -> String {
        words::update::action(self.frame.lang, state)
    }

    fn action_shape(&self, state: &actions::State) -> (&'static str, &'static str) {
        words::update::action_shape(state)
    }

    /// What it told last of an order.
    fn told(&self, told: &Told) -> String {
        let (at, said) = (self.frame.time(&told.at), told.status.details.last().map_or("", String::as_str));
        let execution = serde_json::to_value(told.status.execution).unwrap_or_default();
        format!("{at} {} {said}", execution.as_str().unwrap_or_default()).trim_end().to_owned()
    }

    /// Whether something is wrong that nobody sees to.
    fn calls_for_somebody(&self) -> bool {
        self.health.iter().flat_map(Health::open).any(|alarm| alarm.taken.is_none())
    }

    fn standing(&self) -> &'static str {
        let lang = self.frame.lang;
        match (self.row.revoked_at, self.row.certificate_until) {
            (Some(_), _) => words::standing(lang, Standing::Revoked),
            (None, Some(_)) => lang.t("已入网", "enrolled"),
            (None, None) => words::standing(lang, Standing::Expected),
        }
    }

    fn count(&self, count: &Option<u32>) -> String {
        count.map_or_else(|| self.frame.t("不知道", "not known").to_owned(), |count| count.to_string())
    }

    /// A span of time in its two largest units.
    fn span(&self, seconds: &u64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        let t = |zh, en| self.frame.t(zh, en);
        match (days, hours) {
            (0, 0) => format!("{minutes} {}", t("分钟", "min")),
            (0, _) => format!("{hours} {} {minutes} {}", t("小时", "h"), t("分钟", "min")),
            _ => format!("{days} {} {hours} {}", t("天", "d"), t("小时", "h")),
        }
    }

    /// What it says of settings from afar.
    fn settings(&self, says: &InForce) -> String {
        words::rollout::in_force(self.frame.lang, says)
    }

    fn clock(&self, quality: &ClockQuality) -> &'static str {
        if quality.shows_a_day() {
            self.frame.t("对得上日子", "knows the day")
        } else {
            self.frame.t("日子不准", "does not know the day")
        }
    }

    /// How an alarm ended.
    fn ended(&self, alarm: &Alarm, at: &Timestamp) -> String {
        let after = match alarm.restarted {
            Some(false) => self.frame.t("，没有重启", ", without a restart"),
            _ => "",
        };
        format!("{} {}{after}", self.frame.t("已结束", "over since"), self.frame.time(at))
    }
}

/// POST `/fleet/terminals/{number}/case-checked`
pub(super) async fn case_checked(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    console.users.case_checked(By::User(&posted.by), number).await?;
    done(&format!("/fleet/terminals/{number}"))
}

#[derive(Template)]
#[template(path = "fleet/revoke.html")]
struct RevokePage {
    frame: Frame,
    row: TerminalRow,
}

/// GET `/fleet/terminals/{number}/revoke`
pub(super) async fn revoke_form(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(number): Path<String>,
) -> Answer {
    if by.role < Role::Admin {
        return Err(crate::fleet::users::Error::NotAllowed.into());
    }
    let (row, _) = console.users.terminal(By::User(&by), numbered(&number)?).await?;
    html(&RevokePage {
        frame: Frame::of(&console, (by, lang), ("注销终端", "Revoke a terminal"), "terminals"), row
    })
}

/// POST `/fleet/terminals/{number}/revoke`
pub(super) async fn revoke(State(console): State<Console>, Path(number): Path<String>, posted: Posted) -> Answer {
    let number = numbered(&number)?;
    if posted.by.role < Role::Admin {
        return Err(crate::fleet::users::Error::NotAllowed.into());
    }
    if posted.fields.get("number").trim() != number.to_string() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "输入的编号和这台终端不一样，没有注销。",
            "The number that was typed is not this terminal's; nothing was revoked.",
        ));
    }
    console.users.revoke(By::User(&posted.by), number, &console.revoked).await?;
    done(&format!("/fleet/terminals/{number}"))
}
