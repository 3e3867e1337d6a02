//! Who a request comes from, and how a terminal gets its certificate.
//!
//! Invariants: every route but `/enrol` needs a certificate of ours; whether it is revoked is asked on every request;
//! an expired one is good for `/renew` alone.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{ConnectInfo, Request, State, rejection::JsonRejection},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use wire::{
    enrol::{EnrolRequest, Enrolled, RenewRequest},
    ticket::TerminalNumber,
};

use super::{error::ApiError, listener::Peer};
use crate::{
    ca::Ca,
    clock::SharedClock,
    fleet::{Fleet, RENEW_LATE, RevokedFile},
    tls::TerminalCertificate,
};

/// The terminal that a request comes from, by its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal(pub TerminalNumber);

/// Where it stands written who is revoked.
#[derive(Debug, Clone)]
pub enum Revocations {
    /// The fleet role is in this process.
    Fleet(Fleet),
    /// It runs apart.
    File(Arc<RevokedFile>),
}

/// Lets terminals in.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Who is revoked.
    pub revocations: Revocations,
    /// When a certificate has expired.
    pub clock: SharedClock,
}

/// What enrolment needs.
#[derive(Debug, Clone)]
pub struct Enrolments {
    /// Which terminals there are.
    pub fleet: Fleet,
    /// Issues their certificates.
    pub ca: Arc<Ca>,
}

impl Gate {
    async fn admit(&self, peer: &Peer, late: jiff::SignedDuration) -> Result<Terminal, ApiError> {
        let Some(TerminalCertificate { terminal, not_after }) = peer.certificate else {
            let message = "a terminal's certificate is needed; POST /enrol gives the first one";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "certificate", message));
        };
        if self.clock.now().duration_since(not_after) > late {
            let message = "the certificate has expired; POST /renew with it";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "expired", message));
        }
        let revoked = match &self.revocations {
            Revocations::Fleet(fleet) => fleet.is_revoked(terminal).await?,
            Revocations::File(list) => list.holds(terminal)?,
        };
        if revoked {
            tracing::warn!(%terminal, "a revoked terminal asked");
            return Err(crate::fleet::Error::Revoked(terminal).into());
        }
        Ok(Terminal(terminal))
    }
}

/// Lets in who shows a certificate that is good at this instant.
///
/// # Errors
/// 401 without one, 403 for a revoked one.
pub async fn certified(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let terminal = gate.admit(&peer, jiff::SignedDuration::ZERO).await?;
    request.extensions_mut().insert(terminal);
    Ok(next.run(request).await)
}

/// Lets in who shows a certificate that is good or expired at most 400 days ago.
///
/// # Errors
/// 401 without one, 403 for a revoked one.
pub async fn certified_or_late(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let terminal = gate.admit(&peer, RENEW_LATE).await?;
    request.extensions_mut().insert(terminal);
    Ok(next.run(request).await)
}

/// POST `/enrol`
///
/// # Errors
/// 403 for a token that isn't good, 422 for what isn't a certificate request.
pub async fn enrol(
    State(enrolments): State<Enrolments>,
    body: Result<Json<EnrolRequest>, JsonRejection>,
) -> Result<Json<Enrolled>, ApiError> {
    let Json(request) = body?;
    let terminal = request.terminal;
    let enrolled = enrolments.fleet.enrol(&enrolments.ca, &request).await.inspect_err(|error| {
        tracing::warn!(%terminal, %error, "enrolment refused");
    })?;
    tracing::info!(%terminal, "enrolled");
    Ok(Json(enrolled))
}

/// POST `/renew`
///
/// # Errors
/// 422 for what isn't a certificate request.
pub async fn renew(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    body: Result<Json<RenewRequest>, JsonRejection>,
) -> Result<Json<Enrolled>, ApiError> {
    let Json(request) = body?;
    let enrolled = enrolments.fleet.renew(&enrolments.ca, terminal, &request).await?;
    tracing::info!(%terminal, "renewed");
    Ok(Json(enrolled))
}
