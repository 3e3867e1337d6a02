//! The sites over the county's boundary.

use askama::Template;
use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    http::StatusCode,
};

use super::{
    Console,
    session::{FileForm, Posted, Signed},
    shell::{Answer, Frame, Problem, done, html, sentence},
    sites::allowed,
    words,
};
use crate::fleet::{
    map::{Boundary, FILE_MAX, NotABoundary, Sheet},
    users::{By, Pin, Standing},
};

/// The most bytes of a boundary's form.
pub(super) const FILE: usize = FILE_MAX + 64 * 1024;

/// A site's place on the sheet.
struct Spot {
    pin: Pin,
    x: i64,
    y: i64,
}

#[derive(Template)]
#[template(path = "fleet/map.html")]
struct MapPage {
    frame: Frame,
    /// Units from top to bottom; none, there is nothing to draw.
    high: Option<i64>,
    outline: String,
    spots: Vec<Spot>,
    /// Those of which nobody said where they are.
    nowhere: Vec<Pin>,
}

impl MapPage {
    /// The sign of a site without a terminal is a small ring.
    fn sign(&self, standing: &Option<Standing>) -> (&'static str, &'static str) {
        standing.map_or(("○", "none"), words::shape)
    }

    fn said(&self, pin: &Pin) -> String {
        let standing = pin
            .standing
            .map_or(self.frame.t("没有终端", "no terminal"), |standing| words::standing(self.frame.lang, standing));
        format!("{}{}{standing}", pin.site.name, self.frame.t("：", ": "))
    }
}

/// GET `/fleet/map`
pub(super) async fn page(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let (boundary, pins) = console.users.map(By::User(&by)).await?;
    let (placed, nowhere): (Vec<Pin>, Vec<Pin>) = pins.into_iter().partition(|pin| pin.site.position.is_some());
    let sheet = Sheet::over(&boundary, placed.iter().filter_map(|pin| pin.site.position));
    let mut spots = Vec::new();
    for pin in placed {
        if let Some((x, y)) = sheet.as_ref().zip(pin.site.position).map(|(sheet, at)| sheet.place(at)) {
            spots.push(Spot { pin, x, y });
        }
    }
    // What needs somebody is drawn last, over the rest.
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.pin.standing.map_or(usize::MAX, |standing| standing as usize)));
    html(&MapPage {
        high: sheet.as_ref().map(|sheet| sheet.high),
        outline: sheet.map(|sheet| sheet.outline(&boundary)).unwrap_or_default(),
        spots,
        nowhere,
        frame: Frame::of(&console, (by, lang), ("地图", "Map"), "map"),
    })
}

fn refused(problem: &NotABoundary) -> Problem {
    let zh = match problem {
        NotABoundary::Large => "这个边界太大：文件最多 4 MB，图上分得清的点最多两万个。请先简化一下。".to_owned(),
        NotABoundary::GeoJson(_) => "这不是 GeoJSON 文件。请导出 GeoJSON（RFC 7946）再传。".to_owned(),
        NotABoundary::NoPolygon => "文件里没有面（Polygon 或 MultiPolygon），画不出边界。".to_owned(),
        NotABoundary::Coordinates(found) => format!("坐标要写经度、纬度，单位是度；{found} 不是。"),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, sentence(&problem.to_string()))
}

/// POST `/fleet/map/boundary`
pub(super) async fn put(
    State(console): State<Console>,
    Signed { by, .. }: Signed,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    allowed(&by)?;
    let parts = FileForm::of(&by, form, FILE_MAX >> 20).await?;
    let boundary = Boundary::read(parts.get("boundary")).map_err(|problem| refused(&problem))?;
    console.users.put_boundary(By::User(&by), Some(&boundary)).await?;
    done("/fleet/map")
}

/// POST `/fleet/map/remove`
pub(super) async fn remove(State(console): State<Console>, posted: Posted) -> Answer {
    console.users.put_boundary(By::User(&posted.by), None).await?;
    done("/fleet/map")
}
