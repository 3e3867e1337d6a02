//! Who a request comes from, and how a terminal gets its certificate.
//!
//! Invariants: every route but `/enrol` and `/v1/time` needs a certificate of ours; whether it is revoked, or another card has taken
//! the terminal's place, is asked on every request; an expired one is good for `/renew` alone.

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
    fleet::{Fleet, RENEW_LATE, Revocations, Signer},
    tls::TerminalCertificate,
};

/// SHA-256 of the public key that a request's certificate shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown([u8; 32]);

/// The terminal that a request comes from, by its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal(pub TerminalNumber);

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
    /// Signs what is asked of them.
    pub asks: Arc<Signer>,
}

impl Gate {
    pub(super) async fn admit(&self, peer: &Peer, late: jiff::SignedDuration) -> Result<(Terminal, Shown), ApiError> {
        let Some(TerminalCertificate { terminal, not_after, key_hash }) = peer.certificate else {
            let message = "a terminal's certificate is needed; POST /enrol gives the first one";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "certificate", message));
        };
        if self.clock.now().duration_since(not_after) > late {
            let message = "the certificate has expired; POST /renew with it";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "expired", message));
        }
        let admitted = self.revocations.admits(terminal, &key_hash).await;
        admitted.inspect_err(|error| tracing::warn!(%terminal, %error, "a terminal was refused"))?;
        Ok((Terminal(terminal), Shown(key_hash)))
    }
}

/// Lets in who shows a certificate that is good at this instant.
///
/// # Errors
/// 401 without one, 403 for a revoked one or a former card's.
pub async fn certified(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (terminal, _) = gate.admit(&peer, jiff::SignedDuration::ZERO).await?;
    request.extensions_mut().insert(terminal);
    Ok(next.run(request).await)
}

/// Lets in who shows a certificate that is good or expired at most 400 days ago.
///
/// # Errors
/// 401 without one, 403 for a revoked one or a former card's.
pub async fn certified_or_late(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (terminal, shown) = gate.admit(&peer, RENEW_LATE).await?;
    request.extensions_mut().insert(terminal);
    request.extensions_mut().insert(shown);
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
/// 422 for what isn't a certificate request, 403 for one of another key than was shown.
pub async fn renew(
    State(enrolments): State<Enrolments>,
    Extension(Terminal(terminal)): Extension<Terminal>,
    Extension(Shown(shown)): Extension<Shown>,
    body: Result<Json<RenewRequest>, JsonRejection>,
) -> Result<Json<Enrolled>, ApiError> {
    let Json(request) = body?;
    let enrolled = enrolments.fleet.renew(&enrolments.ca, (terminal, &shown), &request).await?;
    tracing::info!(%terminal, "renewed");
    Ok(Json(enrolled))
}
