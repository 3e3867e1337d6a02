//! The fleet's REST API, for programs of its people: what the console and the commands do, in JSON.
//!
//! Whoever asks shows a key (`Authorization: Bearer …`), and may and sees what its owner does. The routes, their fields and the
//! least role of each stand in the document that is served at `/fleet/api/openapi.json`, which is drawn from the routes and
//! their types: a route that is not in it is none.
//!
//! | module | routes below `/fleet/api/v1` |
//! |---|---|
//! | `account` | `/me`, `/keys` |
//! | `artifacts` | `/artifacts` |
//! | `groups` | `/groups`, `/who-meets` |
//! | `orders` | `/actions`, `/terminals/{number}/actions` |
//! | `people` | `/people` |
//! | `rollouts` | `/rollouts` |
//! | `settings` | `/settings` |
//! | `sites` | `/sites` |
//! | `terminals` | `/terminals` |
//! | `today` | `/today`, `/audit` |
//!
//! Invariants: no cookie is read here; nothing is done but by `fleet::users`, as everywhere; every answer that is no success is
//! a problem (RFC 9457).

mod account;
mod artifacts;
mod document;
mod door;
mod groups;
mod input;
mod orders;
mod people;
mod problem;
mod rollouts;
mod settings;
mod sites;
mod terminals;
mod today;
mod wrong;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts},
    http::{StatusCode, header, request::Parts},
    middleware::{from_fn_with_state, map_response},
    routing::get,
};
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use self::problem::Problem;
use super::{DEADLINE, fleet::Console, pages::guarded};
use crate::{
    county::County,
    fleet::users::{By, User},
};

/// The most bytes of a request: a rollout whose waves name a thousand terminals.
const LARGEST: usize = 64 * 1024;

/// The longest that a bundle's check may take, which reads all of it, and RAUC's own silence of ten minutes.
const CHECK_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// What the routes work with.
#[derive(Debug, Clone)]
struct Api {
    console: Console,
    /// Where it is played here too: a terminal that moves is moved there.
    county: Option<County>,
    /// IANA name of where the fleet's people live.
    zone: String,
}

/// Whoever's key was shown.
struct Asker(User);

impl Asker {
    fn by(&self) -> By<'_> {
        By::User(&self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let user = parts.extensions.get::<User>().cloned();
        user.map(Self).ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "expected a key"))
    }
}

type Answer<T> = Result<T, Problem>;

/// Everything below `/fleet/api`.
pub(super) fn routes(console: Console, county: Option<County>, zone: &str) -> Router {
    let api = Api { console, county, zone: zone.to_owned() };
    let (v1, document) = all().split_for_parts();
    let v1 = v1.route_layer(from_fn_with_state(api.clone(), door::let_in)).with_state(api);
    let document = document::text(&document);
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/fleet/api/openapi.json", get(move || async move { (json, document) }))
        .merge(v1)
        .nest("/fleet/api", Router::new().fallback(|| async { Problem::not_found() }))
        .layer(map_response(problem::said))
        .layer(map_response(guarded))
}

/// Every route, with its part of the document.
fn all() -> OpenApiRouter<Api> {
    let within = |most| TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, most);
    let ordinary = OpenApiRouter::new()
        .merge(account::routes())
        .merge(artifacts::routes())
        .merge(groups::routes())
        .merge(orders::routes())
        .merge(people::routes())
        .merge(rollouts::routes())
        .merge(settings::routes())
        .merge(sites::routes())
        .merge(terminals::routes())
        .merge(today::routes())
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(within(DEADLINE));
    // An upload keeps a pace of its own.
    let long = artifacts::checked().layer(DefaultBodyLimit::max(LARGEST)).layer(within(CHECK_DEADLINE));
    let v1 = ordinary.merge(long).merge(artifacts::taken_in());
    OpenApiRouter::with_openapi(document::head()).nest("/fleet/api/v1", v1)
}
