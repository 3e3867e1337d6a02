//! The audit as a page: who did what when, by person and by day.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use wire::case::State as CaseState;

use super::{
    cases::grouped,
    session::Signed,
    shell::{Answer, Frame, Problem, html, state_of},
};
use crate::{
    county::{
        County,
        audits::{Audit, Sought},
    },
    store::{desk::AuditRow, people::PersonRow},
};

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    person: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    page: usize,
}

struct Line {
    at: String,
    who: String,
    what: String,
    subject: String,
    /// Where the subject has a page.
    link: Option<String>,
    outcome: String,
}

#[derive(Template)]
#[template(path = "county/audit.html")]
struct AuditPage {
    frame: Frame,
    lines: Vec<Line>,
    people: Vec<PersonRow>,
    asked: Asked,
    next: Option<String>,
    before: Option<String>,
}

/// GET `/county/audit`
pub(super) async fn page(State(county): State<County>, Signed(by): Signed, Query(asked): Query<Asked>) -> Answer {
    let wrong = |_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "请选择一个日期，例如 2026-03-02。");
    let day = if asked.day.is_empty() { None } else { Some(asked.day.parse().map_err(wrong)?) };
    let sought = Sought { person: asked.person.clone(), day, page: asked.page };
    let audit = county.audited(&by, &sought).await?;
    let link = |page: usize| {
        let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
        format!("/county/audit?person={}&day={}&page={page}", plain(&asked.person), plain(&asked.day))
    };
    html(&AuditPage {
        lines: audit.lines.iter().map(|row| line(&county, &audit, row)).collect(),
        people: county.everybody(&by).await?,
        next: audit.more.then(|| link(asked.page + 1)),
        before: (asked.page > 0).then(|| link(asked.page - 1)),
        frame: Frame::of(&county, by, "操作记录", "audit").await?,
        asked,
    })
}

fn line(county: &County, audit: &Audit, row: &AuditRow) -> Line {
    let named = |id: &str| audit.names.get(id).cloned();
    let (kind, id) = row.subject.split_once(':').unwrap_or(("", &row.subject));
    let (subject, link) = match (row.what.as_str(), kind) {
        (_, "ticket") => (grouped(id), Some(format!("/county/cases?ticket={id}"))),
        ("case" | "contact" | "voice" | "photo", _) => {
            (grouped(&named(id).unwrap_or_default()), Some(format!("/county/cases/{id}")))
        }
        ("place" | "stick", "terminal") => (format!("终端 {id}"), None),
        ("stick", _) => (format!("另存第 {id} 号"), None),
        ("alarm", _) => ("看原件".to_owned(), Some(format!("/county/alarms/{id}"))),
        ("station", _) => (named(id).unwrap_or_else(|| "站点".to_owned()), Some(format!("/county/stations/{id}"))),
        _ => (named(id).unwrap_or_default(), None),
    };
    Line {
        at: county.local(row.at),
        who: who(&row.who, named),
        what: what(&row.what).to_owned(),
        subject,
        link,
        outcome: outcome(row),
    }
}

/// Whoever did it; an address is an HMAC and is told by its beginning only.
fn who(text: &str, named: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = text.rsplitn(2, ':');
    let (id, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match kind.rsplit(':').next() {
        Some("person") => named(id).unwrap_or_else(|| "已删去的人".to_owned()),
        Some("terminal") => format!("终端 {id}"),
        Some("address") => format!("网上 {}", id.chars().take(6).collect::<String>()),
        _ => "命令行".to_owned(),
    }
}

fn what(word: &str) -> &str {
    match word {
        "case" => "办理",
        "track" => "查进度",
        "lookup" => "按电话找小票",
        "reissue" => "换查询码",
        "sign_in" => "登录",
        "contact" => "看联系方式",
        "voice" => "听录音",
        "photo" => "看照片",
        "hand_over" => "用手机加照片",
        "person" => "人员",
        "unit" => "承办单位",
        "station" => "站点",
        "place" => "终端所在站点",
        "roster" => "值班人员",
        "duty" => "值班表",
        "category" => "类别",
        "settings" => "设置",
        "help" => "叫人帮忙",
        "check_in" => "签到",
        "alarm" => "要看一看",
        "stick" => "收U盘",
        other => other,
    }
}

fn outcome(row: &AuditRow) -> String {
    let word = match row.outcome.as_str() {
        "done" => "成功",
        "wrong" => "不对",
        "unknown" => "没有找到",
        "blocked" => "次数太多，挡住了",
        "shown" => "看过",
        "played" => "听过",
        "opened" => "打开",
        "added" => "添加",
        "edited" => "修改",
        "disabled" => "停用",
        "enabled" => "启用",
        "password reset" => "重设密码",
        "password changed" => "改了密码",
        "acknowledged" => "知道了",
        "came" => "到站",
        "left" => "离站",
        "taken" => "收下了",
        "quarantined" => "另外存放，没有收",
        "joint" => "协办意见",
        "hand_over" => "移交代表",
        "correction" => "更正类别、地点",
        "transcript" => "写文字稿",
        other => match other.strip_prefix("role ") {
            Some(role) => return format!("岗位改为{}", super::people::role_of(role).map_or("", |r| r.label())),
            None if row.what == "case" && state_of(other) != CaseState::Unknown => state_of(other).label(),
            None => other,
        },
    };
    word.to_owned()
}
