//! The list of cases, the page of one, and its steps.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use wire::case::{Role, State as CaseState};

use super::{
    alarm_word,
    session::{Posted, Signed},
    shell::{Answer, Badge, Frame, Problem, badge, done, html, state_of},
};
use crate::{
    county::{
        County,
        case::{Filed, Person, Unit, What},
        work::{CasePage, May, Wanted},
    },
    store::{bulletins::CategoryRow, cases::ListRow, people::UnitRow},
};

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    overdue: String,
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    page: usize,
}

struct Row {
    id: String,
    ticket: String,
    category: String,
    place: String,
    station: String,
    received: String,
    badge: Badge,
    deputy: String,
    unit: String,
    due: String,
    late: bool,
    again: bool,
}

struct Tab {
    word: &'static str,
    value: String,
    count: i64,
    on: bool,
}

#[derive(Template)]
#[template(path = "county/cases.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    all: i64,
    overdue: i64,
    asked: Asked,
    categories: Vec<CategoryRow>,
    next: Option<String>,
    before: Option<String>,
    is_cut: bool,
    takes: bool,
}

#[derive(Template)]
#[template(path = "county/cases_part.html")]
struct ListPart<'a> {
    rows: &'a [Row],
    next: &'a Option<String>,
    before: &'a Option<String>,
    is_cut: bool,
}

/// The formal name of a category; its id where the county doesn't have it.
pub(super) fn name_of(categories: &[CategoryRow], id: &str) -> String {
    categories.iter().find(|c| c.id == id).map_or_else(|| id.to_owned(), |c| c.name.clone())
}

pub(super) fn grouped(ticket: &str) -> String {
    match ticket.parse::<wire::ticket::TicketNumber>() {
        Ok(number) => number.grouped(),
        Err(_) => ticket.to_owned(),
    }
}

fn link(asked: &Asked, page: usize) -> String {
    let Asked { state, category, mine, overdue, ticket, words, .. } = asked;
    let escaped: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let safe = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let (state, category, ticket) = (safe(state), safe(category), safe(ticket));
    let (mine, overdue) = (safe(mine), safe(overdue));
    let filed = format!("state={state}&category={category}&mine={mine}&overdue={overdue}&ticket={ticket}");
    format!("/county/cases?{filed}&words={escaped}&page={page}")
}

/// GET `/county/cases`
pub(super) async fn list(
    State(county): State<County>,
    Signed(by): Signed,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    let wanted = Wanted {
        state: asked.state.clone(),
        category: asked.category.clone(),
        mine: asked.mine == "1",
        overdue: asked.overdue == "1",
        ticket: asked.ticket.clone(),
        words: asked.words.clone(),
        page: asked.page,
    };
    let (found, takes) = (county.list(&by, &wanted).await?, by.role == Role::Deputy);
    let categories = county.categories().await?;
    let today = county.today().to_string();
    let row = |r: ListRow| {
        let state = state_of(&r.state);
        Row {
            ticket: grouped(&r.ticket),
            category: name_of(&categories, &r.category),
            place: r.place_name.unwrap_or(r.place),
            station: r.station_name.unwrap_or_default(),
            received: county.local(r.received),
            badge: badge(state),
            deputy: r.deputy_name.unwrap_or_default(),
            unit: r.main_name.unwrap_or_default(),
            late: state == CaseState::Forwarded && r.due.as_deref().is_some_and(|due| due < today.as_str()),
            due: r.due.unwrap_or_default(),
            again: r.rounds > 0 && state != CaseState::Reopened,
            id: r.id,
        }
    };
    let rows: Vec<Row> = found.rows.into_iter().map(row).collect();
    let next = found.more.then(|| link(&asked, asked.page + 1));
    let before = (asked.page > 0).then(|| link(&asked, asked.page - 1));
    if headers.contains_key("hx-request") {
        return html(&ListPart { rows: &rows, next: &next, before: &before, is_cut: found.is_cut });
    }
    let tabs = CaseState::ALL.into_iter().map(|state| {
        let value = serde_json::to_string(&state).unwrap_or_default().trim_matches('"').to_owned();
        let count = found.counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n);
        Tab { word: state.label(), on: value == asked.state, value, count }
    });
    html(&ListPage {
        frame: Frame::of(&county, by, "意见", "cases").await?,
        tabs: tabs.collect(),
        all: found.counts.iter().map(|(_, n)| n).sum(),
        overdue: found.overdue,
        is_cut: found.is_cut,
        rows,
        asked,
        categories,
        next,
        before,
        takes,
    })
}

struct Line {
    word: String,
    class: &'static str,
    at: String,
    who: String,
    words: String,
    due: String,
}

#[derive(Template)]
#[template(path = "county/case.html")]
struct OnePage {
    frame: Frame,
    id: String,
    ticket: String,
    badge: Badge,
    category: String,
    place: String,
    landmark: String,
    station: String,
    said: String,
    received: String,
    text: Option<String>,
    on_behalf: bool,
    page: CasePage,
    may: May,
    lines: Vec<Line>,
    units: Vec<UnitRow>,
    deputies: Vec<Person>,
    today: String,
    week: String,
    alarms: Vec<String>,
    joint: String,
    filing: [Vec<Choice>; 2],
    notes: Vec<Note>,
}

/// Words that were added from a phone.
struct Note {
    at: String,
    words: String,
}

/// One of a list to choose from.
struct Choice {
    id: String,
    name: String,
    on: bool,
}

/// What can be chosen, with what is: also where the county has it no longer.
fn choices(all: impl Iterator<Item = (String, String)>, chosen: &str, name: &str) -> Vec<Choice> {
    let mut found: Vec<_> = all.map(|(id, name)| Choice { on: id == chosen, id, name }).collect();
    if !found.iter().any(|choice| choice.on) {
        found.insert(0, Choice { id: chosen.to_owned(), name: name.to_owned(), on: true });
    }
    found
}

/// GET `/county/cases/{id}`
pub(super) async fn show(State(county): State<County>, Signed(by): Signed, Path(id): Path<String>) -> Answer {
    let page = county.case_page(&by, &id).await?;
    let lines = page.ledger.iter().map(|line| {
        let state = state_of(&line.state);
        let (word, class) = match line.kind.as_str() {
            "joint" => ("协办意见".to_owned(), "aside"),
            "hand_over" => ("移交代表".to_owned(), "aside"),
            "correction" => ("更正类别、地点".to_owned(), "aside"),
            "transcript" => ("文字稿".to_owned(), "aside"),
            _ => (state.label().to_owned(), badge(state).class),
        };
        Line {
            word,
            class,
            at: county.local(line.at),
            who: line.shown_by.clone().unwrap_or_default(),
            words: line.words.clone().unwrap_or_default(),
            due: line.due.clone().unwrap_or_default(),
        }
    });
    let today = county.today();
    let week = today.checked_add(jiff::Span::new().days(7)).unwrap_or(today);
    let (category, place) = (page.row.filed_category(), page.row.filed_place());
    let categories = county.categories().await?.into_iter();
    let categories = categories.filter(|c| c.retired == 0 || c.id == category).map(|c| (c.id, c.name));
    let places = [(String::new(), "不选".to_owned())].into_iter().chain(page.places.iter().cloned());
    let filing = [choices(categories, category, &page.category), choices(places, place, &page.place)];
    let joint: Vec<&str> = page.case.joint.iter().map(|u| u.name.as_str()).collect();
    html(&OnePage {
        ticket: grouped(&page.row.ticket),
        badge: badge(page.case.state),
        category: page.category.clone(),
        place: page.place.clone(),
        landmark: page.words.as_ref().and_then(|w| w.landmark.clone()).unwrap_or_default(),
        station: page.station.clone(),
        said: page.row.said.map(|ms| county.local(ms)).unwrap_or_default(),
        received: county.local(page.row.received),
        text: page.words.as_ref().map(|w| w.text.clone()),
        on_behalf: page.row.on_behalf != 0,
        may: page.may,
        lines: lines.collect(),
        units: county.units().await?.into_iter().filter(|u| u.disabled == 0).collect(),
        deputies: county.deputies().await?.into_iter().filter(|d| d.id != by.id).collect(),
        today: today.to_string(),
        week: week.to_string(),
        alarms: page.alarms.iter().map(|a| alarm_word(&a.kind).to_owned()).collect(),
        joint: joint.join("，"),
        filing,
        notes: page
            .added
            .notes
            .iter()
            .map(|(at, words)| Note { at: county.local(*at), words: words.clone() })
            .collect(),
        frame: Frame::of(&county, by, "意见", "cases").await?,
        id,
        page,
    })
}

#[derive(Template)]
#[template(path = "county/contact.html")]
struct ContactPart {
    name: String,
    phone: String,
    known: bool,
}

/// GET `/county/cases/{id}/contact`
pub(super) async fn contact(State(county): State<County>, Signed(by): Signed, Path(id): Path<String>) -> Answer {
    let found = county.contact(&by, &id).await?;
    html(&ContactPart {
        known: found.is_some(),
        name: found.as_ref().map(|c| c.name.clone()).unwrap_or_default(),
        phone: found.as_ref().map(|c| c.phone.clone()).unwrap_or_default(),
    })
}

/// POST `/county/cases/{id}/{step}`
pub(super) async fn act(
    State(county): State<County>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let fields = &posted.fields;
    let what = match step.as_str() {
        "claim" => What::Claim,
        "confirm" => What::Confirm,
        "close" => What::Close,
        "reply" => What::Reply(fields.get("text")),
        "explain" => What::Explain(fields.get("reason")),
        "hand-over" => {
            let to = fields.get("deputy");
            let found = county.deputies().await?.into_iter().find(|d| d.id == to);
            What::HandOver(found.ok_or_else(|| unusable("请选择接着办的代表。"))?)
        }
        "forward" => forward(&county, fields).await?,
        "transcript" => {
            county.transcribe(&posted.by, &id, fields.get("text")).await?;
            return done(&format!("/county/cases/{id}"));
        }
        "correct" => {
            let filed = Filed { category: fields.get("category"), place: fields.get("place") };
            county.correct(&posted.by, &id, filed).await?;
            return done(&format!("/county/cases/{id}"));
        }
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "没有这一步。")),
    };
    county.act(&posted.by, &id, what).await?;
    done(&format!("/county/cases/{id}"))
}

async fn forward(county: &County, fields: &crate::http::pages::Fields) -> Result<What, Problem> {
    let units: Vec<Unit> = county.units().await?.into_iter().filter(|u| u.disabled == 0).map(of_row).collect();
    let find = |id: &str| units.iter().find(|u| u.id == id).cloned();
    let main = find(&fields.get("unit")).ok_or_else(|| unusable("请选择主办单位。"))?;
    let joint = fields.all("joint").iter().filter_map(|id| find(id)).collect();
    let due = fields.get("due").parse().map_err(|_| unusable("请选择答复的期限。"))?;
    Ok(What::Forward { main, joint, due })
}

fn of_row(row: UnitRow) -> Unit {
    Unit { id: row.id, name: row.name }
}

fn unusable(sentence: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}
