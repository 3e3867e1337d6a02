//! A sheet for the wall of a site: that there is a terminal, where it is, and who is on duty.

use askama::Template;
use axum::extract::{Path, State};

use super::{
    Console,
    session::Signed,
    shell::{Answer, Frame, Problem, html, qr},
};
use crate::fleet::users::{By, Poster};

#[derive(Template)]
#[template(path = "fleet/poster.html")]
struct PosterPage {
    frame: Frame,
    poster: Poster,
    /// Where phones find who is on duty, as a QR; none where there is no terminal, or phones can't reach the host.
    qr: Option<String>,
    is_reachable: bool,
}

/// GET `/fleet/sites/{code}/poster`
pub(super) async fn page(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(code): Path<String>,
) -> Answer {
    let code = code.parse().map_err(|_| Problem::not_found())?;
    let poster = console.users.poster(By::User(&by), &code).await?;
    let is_reachable = !console.public_base.starts_with("https://localhost");
    let nearest = poster.nearest.as_ref().filter(|_| is_reachable);
    html(&PosterPage {
        qr: nearest.map(|nearest| qr(&format!("{}/s/{}", console.public_base, nearest.terminal))),
        poster,
        is_reachable,
        frame: Frame::of(&console, (by, lang), ("海报", "Poster"), "sites"),
    })
}
