//! The HTTP side: the whole route table on one screen.
//!
//! Two listeners: people (console, public page) and terminals (mutual TLS). Invariant: no route of one is reachable
//! through the other.

mod api;
pub mod county;
pub mod ddi;
pub mod diagnostics;
pub mod error;
pub mod fleet;
pub mod health;
pub mod intake;
pub mod listener;
pub mod pace;
mod pages;
pub mod phone;
pub mod public;
mod ranges;
pub mod terminals;
pub mod time;
pub mod uploads;
pub mod watch;

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn_with_state, map_response_with_state},
    response::Redirect,
    routing::{get, post, put},
};
use tower_http::timeout::TimeoutLayer;

use self::{
    phone::PHOTO_DEADLINE,
    terminals::{Enrolments, Gate, certified, certified_or_late},
    time::Times,
};
use crate::county::County;

/// The longest that a request may take, but for a photo's and an artifact's; a terminal's own deadline is longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// The most bytes of a request that isn't an event: a certificate request has about 500.
const SMALL: usize = 16 * 1024;

/// What people reach, of the roles that this host plays.
pub fn for_people(county: Option<County>, fleet: Option<fleet::Console>, zone: &str) -> Router {
    let router = match county.clone() {
        Some(county) => people(county, zone),
        None => Router::new().route("/", get(|| async { Redirect::to("/fleet") })).merge(pages::assets()),
    };
    match fleet {
        Some(console) => {
            let programs = api::routes(console.clone(), county, zone);
            let uploads = fleet::uploads(console.clone()).layer(deadline(fleet::UPLOAD_DEADLINE));
            router.merge(fleet::routes(console).layer(deadline(DEADLINE))).merge(uploads).merge(programs)
        }
        None => router,
    }
}

/// What people reach of the county.
pub fn people(county: County, zone: &str) -> Router {
    let page = public::Page::new(zone);
    let public = Router::new()
        .route("/t", get(public::page).with_state(page))
        .route("/t/page.css", get(public::style))
        .route("/t/page.js", get(public::script))
        .route("/s/{terminal}", get(public::station).with_state(county.clone()))
        .route("/t/view", post(public::view).with_state(county.clone()))
        .layer(DefaultBodyLimit::max(SMALL));
    Router::new()
        .route("/", get(|| async { Redirect::to("/county") }))
        .merge(public)
        .merge(phone::routes(county.clone()))
        .merge(county::routes(county.clone()))
        .layer(deadline(DEADLINE))
        .merge(phone::photos(county).layer(deadline(PHOTO_DEADLINE)))
}

/// What terminals reach.
pub fn for_terminals(
    gate: &Gate,
    enrolments: Option<Enrolments>,
    times: Option<Times>,
    county: Option<County>,
    devices: Option<ddi::Devices>,
) -> Router {
    let mut router = devices.map(ddi::routes).unwrap_or_default();
    if let Some(times) = times {
        let time = Router::new().route(wire::time::PATH, post(time::answer));
        router = router.merge(time.layer(DefaultBodyLimit::max(SMALL)).with_state(times));
    }
    if let Some(enrolments) = enrolments {
        let renew = from_fn_with_state(gate.clone(), certified_or_late);
        router = router.merge(
            Router::new()
                .route("/enrol", post(terminals::enrol))
                .route("/renew", post(terminals::renew).layer(renew))
                .route(wire::health::PATH, post(health::take).layer(from_fn_with_state(gate.clone(), certified)))
                .route(wire::settings::PATH, get(health::settings).layer(from_fn_with_state(gate.clone(), certified)))
                .layer(DefaultBodyLimit::max(SMALL))
                .merge(diagnostics::routes().route_layer(from_fn_with_state(gate.clone(), certified)))
                .with_state(enrolments),
        );
    }
    if let Some(county) = county {
        let event = DefaultBodyLimit::max(wire::event::LARGEST_EVENT_MAX);
        let small = Router::new()
            .route("/views", get(intake::views))
            .route("/bulletin", get(intake::bulletin))
            .route("/track", post(intake::track))
            .route("/help", post(intake::help))
            .route("/help/{id}", get(intake::help_state))
            .route("/check-in", post(intake::check_in))
            .route("/lookup", post(intake::lookup))
            .route("/reissue", post(intake::reissue))
            .route("/hand-over", post(intake::hand_over))
            .layer(DefaultBodyLimit::max(SMALL));
        let v1 = Router::new()
            .route("/events/{id}", put(intake::put_event).layer(event))
            .merge(small)
            .merge(uploads::routes())
            .layer(from_fn_with_state(gate.clone(), certified))
            .layer(map_response_with_state(county.clone(), intake::ledger));
        router = router.nest("/intake/v1", v1.with_state(county));
    }
    router.layer(deadline(DEADLINE))
}

fn deadline(most: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, most)
}
