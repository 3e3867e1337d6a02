//! The bulletin's editor: stations with their places, officer, terminals and roster.

use askama::Template;
use axum::{
    extract::{Multipart, Path, State},
    http::StatusCode,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    session::{Posted, Signed, check_form},
    shell::{Answer, Frame, Problem, done, html},
};
use crate::{
    county::{County, bulletins::StationPage},
    store::{bulletins::StationRow, rosters::DutyRow},
};

#[derive(Template)]
#[template(path = "county/stations.html")]
struct ListPage {
    frame: Frame,
    stations: Vec<StationRow>,
}

struct Member {
    id: String,
    name: String,
    role: String,
    portrait: Option<String>,
    webhook: String,
}

struct Shift {
    id: String,
    name: String,
    when: String,
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "county/station.html")]
struct OnePage {
    frame: Frame,
    page: StationPage,
    places: String,
    roster: Vec<Member>,
    shifts: Vec<Shift>,
    today: String,
}

const WEEK: [&str; 7] = ["每周一", "每周二", "每周三", "每周四", "每周五", "每周六", "每周日"];

fn wrong(sentence: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

/// GET `/county/stations`
pub(super) async fn list(State(county): State<County>, Signed(by): Signed) -> Answer {
    let frame = Frame::of(&county, by, "站点", "stations").await?;
    if !frame.is_county() {
        return Err(crate::county::Error::NotAllowed.into());
    }
    html(&ListPage { frame, stations: county.stations().await? })
}

/// POST `/county/stations`
pub(super) async fn add(State(county): State<County>, posted: Posted) -> Answer {
    let id = county.add_station(&posted.by, &posted.fields.get("name")).await?;
    done(&format!("/county/stations/{id}"))
}

/// GET `/county/stations/{id}`
pub(super) async fn show(State(county): State<County>, Signed(by): Signed, Path(id): Path<String>) -> Answer {
    let page = county.station_page(&by, &id).await?;
    let roster = page.roster.iter().map(|p| Member {
        id: p.id.clone(),
        name: p.name.clone(),
        role: p.role.clone(),
        portrait: p.portrait.as_ref().map(|bytes| STANDARD.encode(bytes)),
        webhook: p.webhook.clone(),
    });
    let shift = |d: &DutyRow| Shift {
        id: d.id.clone(),
        name: page.roster.iter().find(|p| p.id == d.person).map(|p| p.name.clone()).unwrap_or_default(),
        when: match d.weekday.and_then(|w| usize::try_from(w - 1).ok()).and_then(|w| WEEK.get(w)) {
            Some(word) => (*word).to_owned(),
            None => d.day.clone().unwrap_or_default(),
        },
        from: d.from_time.clone(),
        to: d.to_time.clone(),
    };
    let places: Vec<String> = page.places.iter().map(|(id, name)| format!("{id} {name}")).collect();
    html(&OnePage {
        places: places.join("\n"),
        roster: roster.collect(),
        shifts: page.duties.iter().map(shift).collect(),
        today: county.today().to_string(),
        frame: Frame::of(&county, by, "站点", "stations").await?,
        page,
    })
}

/// Reads one place a line: `id name`, the id in plain letters.
fn places(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (id, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let plain = id.len() <= 40 && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || name.trim().is_empty() {
            return Err(wrong("每行写一个村：先写字母或数字的代号，空一格，再写村名，例如“huaqiao 花桥村”。"));
        }
        if found.iter().any(|(known, _)| known == id) {
            return Err(wrong("有两个村用了同一个代号，请改一个。"));
        }
        found.push((id.to_owned(), name.trim().to_owned()));
    }
    Ok(found)
}

/// POST `/county/stations/{id}`
pub(super) async fn edit(State(county): State<County>, Path(id): Path<String>, posted: Posted) -> Answer {
    let fields = &posted.fields;
    let some = |text: String| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let station = StationRow {
        id: id.clone(),
        name: fields.get("name"),
        telephone: fields.get("telephone").trim().to_owned(),
        code: some(fields.get("code")),
        place: some(fields.get("place")),
        officer_name: fields.get("officer_name").trim().to_owned(),
        officer_telephone: fields.get("officer_telephone").trim().to_owned(),
    };
    county.edit_station(&posted.by, station, &places(&fields.get("places"))?).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/terminals`
pub(super) async fn terminal(State(county): State<County>, Path(id): Path<String>, posted: Posted) -> Answer {
    let number = posted.fields.get("terminal");
    let number = number.parse().map_err(|_| wrong("终端编号是五位数字，例如 00613。"))?;
    county.move_terminal(&posted.by, number, &id).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/roster`
pub(super) async fn add_member(
    State(county): State<County>,
    Signed(by): Signed,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Answer {
    let broken = |_| wrong("照片没有传完，请再试一次。照片不要超过 10 MB。");
    let (mut csrf, mut name, mut role, mut portrait) = (String::new(), String::new(), String::new(), None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "csrf" => csrf = field.text().await.map_err(broken)?,
            "name" => name = field.text().await.map_err(broken)?,
            "role" => role = field.text().await.map_err(broken)?,
            "portrait" => portrait = Some(field.bytes().await.map_err(broken)?).filter(|b| !b.is_empty()),
            _ => {}
        }
    }
    check_form(&by, &csrf)?;
    county.add_to_roster(&by, &id, (&name, &role), portrait.as_deref()).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/roster/{person}/remove`
pub(super) async fn remove_member(
    State(county): State<County>,
    Path((id, person)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    county.remove_from_roster(&posted.by, &person).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/roster/{person}/webhook`
pub(super) async fn tell_member(
    State(county): State<County>,
    Path((id, person)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    county.tell_at(&posted.by, &id, &person, &posted.fields.get("webhook")).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/duties`
pub(super) async fn add_duty(State(county): State<County>, Path(id): Path<String>, posted: Posted) -> Answer {
    let fields = &posted.fields;
    let duty = DutyRow {
        id: String::new(),
        person: fields.get("person"),
        weekday: fields.get("weekday").parse().ok(),
        day: Some(fields.get("day")).filter(|d| !d.is_empty()),
        from_time: fields.get("from"),
        to_time: fields.get("to"),
    };
    county.add_duty(&posted.by, &id, duty).await?;
    done(&format!("/county/stations/{id}"))
}

/// POST `/county/stations/{id}/duties/{duty}/remove`
pub(super) async fn remove_duty(
    State(county): State<County>,
    Path((id, duty)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    county.remove_duty(&posted.by, &duty).await?;
    done(&format!("/county/stations/{id}"))
}
