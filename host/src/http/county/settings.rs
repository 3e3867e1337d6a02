//! What holds for the whole county: its promise, its own address for announcements, the categories with their pictures.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use wire::bulletin::PICTURES;

use super::{
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
};
use crate::{
    county::{County, bulletins::DOORS},
    http::pages::Fields,
    store::bulletins::CategoryRow,
};

#[derive(Template)]
#[template(path = "county/settings.html")]
struct SettingsPage {
    frame: Frame,
    reply_period: String,
    webhook: String,
    offered: Vec<CategoryRow>,
    retired: Vec<CategoryRow>,
    /// Of a category that is to be added.
    blank: CategoryRow,
    doors: usize,
    pictures: &'static [(&'static str, &'static str)],
}

/// GET `/county/settings`
pub(super) async fn page(State(county): State<County>, Signed(by): Signed) -> Answer {
    let frame = Frame::of(&county, by, "设置", "settings").await?;
    if !frame.is_county() {
        return Err(crate::county::Error::NotAllowed.into());
    }
    let (reply_period, webhook) = county.county_settings().await?;
    let (offered, retired) = county.categories().await?.into_iter().partition(|c| c.retired == 0);
    let blank = row(String::new(), &Fields(Vec::new()));
    html(&SettingsPage { frame, reply_period, webhook, offered, retired, blank, doors: DOORS, pictures: &PICTURES })
}

/// POST `/county/settings`
pub(super) async fn edit(State(county): State<County>, posted: Posted) -> Answer {
    let fields = &posted.fields;
    county.edit_settings(&posted.by, &fields.get("reply_period"), &fields.get("webhook")).await?;
    done("/county/settings")
}

fn row(id: String, fields: &Fields) -> CategoryRow {
    CategoryRow {
        id,
        name: fields.get("name"),
        label: fields.get("label"),
        label_en: fields.get("label_en"),
        picture: fields.get("picture"),
        sentences: fields.get("sentences"),
        retired: 0,
    }
}

/// POST `/county/settings/categories`
pub(super) async fn add_category(State(county): State<County>, posted: Posted) -> Answer {
    county.add_category(&posted.by, row(String::new(), &posted.fields)).await?;
    done("/county/settings#categories")
}

/// POST `/county/settings/categories/{id}`
pub(super) async fn edit_category(State(county): State<County>, Path(id): Path<String>, posted: Posted) -> Answer {
    county.edit_category(&posted.by, row(id, &posted.fields)).await?;
    done("/county/settings#categories")
}

/// POST `/county/settings/categories/{id}/{step}`
pub(super) async fn change_category(
    State(county): State<County>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    match step.as_str() {
        "up" => county.move_category(&posted.by, &id, true).await?,
        "down" => county.move_category(&posted.by, &id, false).await?,
        "disable" => county.retire_category(&posted.by, &id, true).await?,
        "enable" => county.retire_category(&posted.by, &id, false).await?,
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "没有这一步。")),
    }
    done("/county/settings#categories")
}

/// A category's picture and its file, the terminal's own.
macro_rules! picture {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../kiosk/ui/pictures/", $name, ".svg")))
    };
}

const FILES: [(&str, &str); PICTURES.len()] = [
    picture!("motorway"),
    picture!("potable-water"),
    picture!("light-bulb"),
    picture!("broom"),
    picture!("sheaf-of-rice"),
    picture!("hospital"),
    picture!("school"),
    picture!("older-person"),
    picture!("handshake"),
    picture!("money-bag"),
    picture!("thumbs-up"),
    picture!("classical-building"),
    picture!("speech-balloon"),
];

/// `/static/pictures/{name}`
pub(super) fn pictures() -> Router {
    Router::new().route("/static/pictures/{name}", get(picture))
}

async fn picture(Path(name): Path<String>) -> impl IntoResponse {
    match FILES.iter().find(|(known, _)| *known == name) {
        Some((_, svg)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/svg+xml"),
                (header::CACHE_CONTROL, "public, max-age=3600"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, *svg).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_shows_the_pictures_that_terminals_hold() {
        let names = |all: &[(&'static str, &str)]| all.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names(&FILES), names(&PICTURES));
        let terminal = include_str!("../../../../kiosk/ui/pictures.slint");
        let category = terminal.split("function category").nth(1).unwrap();
        for name in names(&PICTURES) {
            assert!(category.contains(&format!("pictures/{name}.svg")), "{name}");
        }
    }
}
