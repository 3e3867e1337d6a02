//! A month of the ledger: as a page that prints, and as CSV that a spreadsheet opens.
//!
//! Invariants: the ledger holds no words, names or telephone numbers of villagers. A cell that a spreadsheet would
//! take for a formula begins with an apostrophe (OWASP, "CSV Injection"); the file begins with a byte order mark, or
//! Excel takes it for another encoding.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use jiff::civil;
use serde::Deserialize;
use wire::case::Satisfaction;

use super::{
    cases::{grouped, name_of},
    session::Signed,
    shell::{Answer, Frame, Problem, html, state_of},
};
use crate::{
    county::{
        County,
        people::Official,
        rates::{Rate, Rates},
    },
    store::cases::ListRow,
    table,
};

/// The query.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

const HEAD: [&str; 13] = [
    "序号",
    "编号",
    "收到时间",
    "站点",
    "类别",
    "地点",
    "进度",
    "接单代表",
    "主办单位",
    "答复期限",
    "答复或说明",
    "评价",
    "二次协调次数",
];

struct Shown {
    word: &'static str,
    meaning: &'static str,
    percent: String,
    numerator: u64,
    denominator: u64,
    beside: String,
}

#[derive(Template)]
#[template(path = "county/ledger.html")]
struct LedgerPage {
    frame: Frame,
    month: String,
    heading: String,
    head: [&'static str; 13],
    rows: Vec<Vec<String>>,
    rates: Vec<Shown>,
    reopened: u64,
    printed: String,
}

fn first_of(asked: &Asked, today: civil::Date) -> Result<civil::Date, Problem> {
    if asked.month.is_empty() {
        return Ok(today.first_of_month());
    }
    let wrong = |_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "请选择一个月份，例如 2026-03。");
    format!("{}-01", asked.month).parse().map_err(wrong)
}

async fn rows(county: &County, by: &Official, first: civil::Date) -> Result<(Vec<Vec<String>>, Rates), Problem> {
    let month = county.month(by, first).await?;
    let categories = county.categories().await?;
    let cells = |(number, row): (usize, ListRow)| {
        let rating = row.rating.and_then(|r| u8::try_from(r).ok()).and_then(|r| Satisfaction::try_from(r).ok());
        vec![
            number.to_string(),
            grouped(&row.ticket),
            county.local(row.received),
            row.station_name.unwrap_or_default(),
            name_of(&categories, &row.category),
            row.place_name.unwrap_or(row.place),
            state_of(&row.state).label().to_owned(),
            row.deputy_name.unwrap_or_default(),
            row.main_name.unwrap_or_default(),
            row.due.unwrap_or_default(),
            row.reason.or(row.reply_text).unwrap_or_default(),
            rating.map(Satisfaction::label).unwrap_or_default().to_owned(),
            row.rounds.to_string(),
        ]
    };
    Ok(((1..).zip(month.rows).map(cells).collect(), month.rates))
}

fn shown(word: &'static str, meaning: &'static str, rate: Rate, beside: String) -> Shown {
    let percent = rate.percent().unwrap_or_else(|| "—".to_owned());
    Shown { word, meaning, percent, numerator: rate.numerator, denominator: rate.denominator, beside }
}

/// GET `/county/ledger`
pub(super) async fn page(State(county): State<County>, Signed(by): Signed, Query(asked): Query<Asked>) -> Answer {
    let first = first_of(&asked, county.today())?;
    let (rows, rates) = rows(&county, &by, first).await?;
    let voted = rates.satisfied.denominator;
    let shown = vec![
        shown("办结率", "（已办结 + 暂时办不了并说明理由）÷ 本月收到", rates.finished, String::new()),
        shown("解决率", "已办结 ÷ 本月收到", rates.solved, String::new()),
        shown(
            "满意率",
            "评价“基本满意”及以上 ÷ 已评价",
            rates.satisfied,
            format!("已评价 {voted} 件，已答复未评价 {} 件", rates.not_voted),
        ),
    ];
    html(&LedgerPage {
        month: first.strftime("%Y-%m").to_string(),
        heading: format!("{}年{}月", first.year(), first.month()),
        head: HEAD,
        rows,
        rates: shown,
        reopened: rates.reopened,
        printed: county.today().to_string(),
        frame: Frame::of(&county, by, "台账", "ledger").await?,
    })
}

/// GET `/county/ledger.csv`
pub(super) async fn csv(State(county): State<County>, Signed(by): Signed, Query(asked): Query<Asked>) -> Answer {
    let first = first_of(&asked, county.today())?;
    let (rows, _) = rows(&county, &by, first).await?;
    let body = table::write(&HEAD, &rows).map_err(|error| {
        tracing::error!(%error, "the ledger was not written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "台账暂时导不出来。请稍后再试。")
    })?;
    let name = format!("attachment; filename=\"ledger-{}.csv\"", first.strftime("%Y-%m"));
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}
