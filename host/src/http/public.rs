//! The public pages: behind a receipt's QR state and reply, behind the station's code who is on duty. No app, no
//! account, no cookie.
//!
//! Invariants: the secret is in the address' fragment, so it is in no request line and no log; it travels once, in the
//! body of `/t/view`. The page loads nothing from anybody else and holds no script or style of its own text.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json,
    extract::{
        ConnectInfo, Path, State,
        rejection::{JsonRejection, PathRejection},
    },
    http::{HeaderName, header},
    response::{Html, IntoResponse, Response},
};
use wire::{
    case::{Satisfaction, State as CaseState},
    intake::Track,
    ticket::TerminalNumber,
};

use super::{error::ApiError, listener::Peer};
use crate::county::{County, tracking::Asker};

const CSS: &str = include_str!("../../static/public/track.css");
const JS: &str = include_str!("../../static/public/track.js");

/// Nothing but this page's own script, style and requests; in no frame, with no form that leaves it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) const GUARDS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-cache"),
];

/// The page with the words of this version's states.
#[derive(Debug, Clone)]
pub struct Page(Arc<str>);

#[derive(Template)]
#[template(path = "public/track.html")]
struct TrackPage<'a> {
    /// The zone that days are shown in.
    zone: &'a str,
    /// Id and word.
    states: Vec<(String, &'static str)>,
    ratings: Vec<(u8, &'static str)>,
}

impl Page {
    /// Writes the words of states and ratings into the page, and the zone that its days are shown in.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        let name = |state: &CaseState| serde_json::to_string(state).expect("invariant: a state is always JSON");
        let states = CaseState::ALL.iter().map(|state| (name(state).trim_matches('"').to_owned(), state.label()));
        let ratings = Satisfaction::ALL.iter().map(|level| (u8::from(*level), level.label()));
        let page = TrackPage { zone, states: states.collect(), ratings: ratings.collect() };
        Self(page.render().expect("invariant: texts are written into a text").into())
    }
}

/// GET `/t`
pub async fn page(State(Page(page)): State<Page>) -> Response {
    (GUARDS, Html(page.to_string())).into_response()
}

/// GET `/t/page.css`
pub async fn style() -> Response {
    (GUARDS, [(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

/// GET `/t/page.js`
pub async fn script() -> Response {
    (GUARDS, [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], JS).into_response()
}

/// POST `/t/view`
///
/// # Errors
/// 429 after too many wrong tries.
pub async fn view(
    State(county): State<County>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Result<Json<Track>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(track) = body?;
    let tracked = county.track(Asker::Address(peer.address.ip()), &track).await?;
    let guards = [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((guards, Json(tracked)).into_response())
}

#[derive(Template)]
#[template(path = "public/station.html")]
struct StationPage {
    name: String,
    telephone: String,
    duties: Vec<OnDuty>,
}

/// Somebody on duty today.
struct OnDuty {
    name: String,
    role: String,
    from: String,
    to: String,
    /// Only after a check-in.
    present: bool,
}

/// GET `/s/{terminal}`
///
/// # Errors
/// 404 where no station is known.
pub async fn station(
    State(county): State<County>,
    terminal: Result<Path<TerminalNumber>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(terminal) = terminal?;
    let bulletin = county.bulletin(terminal).await?;
    let today = county.today();
    let mut duties: Vec<_> = bulletin.roster.iter().filter(|duty| duty.day == today).collect();
    duties.sort_by_key(|duty| duty.from);
    let duties = duties.into_iter().map(|duty| OnDuty {
        name: duty.name.clone(),
        role: duty.role.clone(),
        from: duty.from.strftime("%H:%M").to_string(),
        to: duty.to.strftime("%H:%M").to_string(),
        present: bulletin.present.iter().any(|present| present.person == duty.person),
    });
    let duties = duties.collect();
    let page = StationPage { name: bulletin.station.name, telephone: bulletin.station.telephone, duties };
    let html = page.render().map_err(|error| ApiError::internal(&error))?;
    Ok((GUARDS, Html(html)).into_response())
}
