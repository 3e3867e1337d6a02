//! hawkBit's Direct Device Integration API, version 1: the whole table of its routes.
//!
//! | method | path below `/default/controller/v1/NUMBER` | answered by |
//! |---|---|---|
//! | GET | `/` | `base::poll` |
//! | PUT | `/configData` | `base::attributes` |
//! | PUT | `/installedBase` | `base::runs` |
//! | GET | `/deploymentBase/{action}`, `/installedBase/{action}` | `deployment` |
//! | POST | `/deploymentBase/{action}/feedback`, `/cancelAction/{action}/feedback` | `deployment` |
//! | GET | `/cancelAction/{action}` | `deployment::to_stop` |
//! | GET | `/confirmationBase`, `/confirmationBase/{action}` | `confirmation` |
//! | POST | `/confirmationBase/{action}/feedback`, `…/activateAutoConfirm`, `…/deactivateAutoConfirm` | `confirmation` |
//! | GET | `/softwaremodules/{artifact}/artifacts`, `…/{file}`, `…/{file}.MD5SUM` | `download` |
//!
//! Invariants: a poll changes nothing; nobody is counted or kept out by address, because a village stands behind one; headers
//! of a proxy say nothing here. Source: `hawkbit-ddi-v1` of Eclipse hawkBit, and what its clients insist on.

mod base;
mod confirmation;
mod deployment;
mod door;
mod download;
mod error;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, Uri, header},
    middleware::{from_fn_with_state, map_response},
    routing::{get, post, put},
};
use wire::{
    ddi::{Link, TENANT},
    ticket::TerminalNumber,
};

use super::terminals::Gate;
use crate::fleet::{Fleet, artifacts::Artifacts};

/// The most bytes of a request: a hundred attributes and their names.
const LARGEST: usize = 256 * 1024;

/// What devices reach.
#[derive(Debug, Clone)]
pub struct Devices {
    /// What they are to do.
    pub fleet: Fleet,
    /// What they fetch.
    pub artifacts: Artifacts,
    /// Who comes with a certificate.
    pub gate: Gate,
}

/// The routes, behind the door.
pub fn routes(devices: Devices) -> Router {
    let device = Router::new()
        .route("/", get(base::poll))
        .route("/configData", put(base::attributes))
        .route("/installedBase", put(base::runs))
        .route("/installedBase/{action}", get(deployment::installed))
        .route("/deploymentBase/{action}", get(deployment::to_do))
        .route("/deploymentBase/{action}/feedback", post(deployment::feedback))
        .route("/cancelAction/{action}", get(deployment::to_stop))
        .route("/cancelAction/{action}/feedback", post(deployment::stop_feedback))
        .route("/confirmationBase", get(confirmation::base))
        .route("/confirmationBase/activateAutoConfirm", post(confirmation::activate))
        .route("/confirmationBase/deactivateAutoConfirm", post(confirmation::deactivate))
        .route("/confirmationBase/{action}", get(confirmation::to_confirm))
        .route("/confirmationBase/{action}/feedback", post(confirmation::feedback))
        .route("/softwaremodules/{artifact}/artifacts", get(download::list))
        .route("/softwaremodules/{artifact}/artifacts/{file}", get(download::file))
        .layer(from_fn_with_state(devices.clone(), door::let_in))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(map_response(error::said))
        .with_state(devices);
    Router::new().nest("/{tenant}/controller/v1/{number}", device)
}

/// The address of a device's own resources, as it reached this host.
#[derive(Debug, Clone)]
struct Here(String);

impl Here {
    fn of(terminal: TerminalNumber, headers: &HeaderMap, uri: &Uri) -> Option<Self> {
        let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = named.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str))?;
        Some(Self(format!("https://{host}/{TENANT}/controller/v1/{terminal}")))
    }

    fn link(&self, below: &str) -> Link {
        Link { href: format!("{}/{below}", self.0) }
    }
}
