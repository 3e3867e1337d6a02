//! Who a device is: by its certificate, or by a token that an admin drew for it or for its gateway.

use axum::{
    extract::{ConnectInfo, RawPathParams, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use wire::{ddi::TENANT, ticket::TerminalNumber};

use super::{
    super::{listener::Peer, terminals::Terminal},
    Devices, Here,
    error::Refused,
};
use crate::fleet::ShownToken;

/// Lets in who may speak for the device in the address.
pub(super) async fn let_in(
    State(devices): State<Devices>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    named: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let param = |name: &str| named.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    if param("tenant").as_deref() != Some(TENANT) {
        return Err(Refused::not_found());
    }
    let number = param("number").and_then(|number| number.parse().ok()).ok_or_else(Refused::not_found)?;
    if peer.certificate.is_some() {
        let (Terminal(shown), _) = devices.gate.admit(&peer, jiff::SignedDuration::ZERO).await?;
        if shown != number {
            let message = format!("the certificate is terminal {shown}'s, which speaks for itself only");
            return Err(Refused::new(StatusCode::FORBIDDEN, "hawkbit.server.error.forbidden", message));
        }
    } else {
        by_token(&devices, number, request.headers()).await?;
    }
    let here = Here::of(number, request.headers(), request.uri())
        .ok_or_else(|| Refused::new(StatusCode::BAD_REQUEST, "hawkbit.server.error.host", "expected a Host header"))?;
    request.extensions_mut().insert(Terminal(number));
    request.extensions_mut().insert(here);
    Ok(next.run(request).await)
}

async fn by_token(devices: &Devices, number: TerminalNumber, headers: &HeaderMap) -> Result<(), Refused> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = said.and_then(|said| match said.split_once(' ')? {
        ("TargetToken", token) => Some(ShownToken::Target(token)),
        ("GatewayToken", token) => Some(ShownToken::Gateway(token)),
        _ => None,
    });
    let is_good = match token {
        Some(token) => devices.fleet.speaks_for(number, &token).await?,
        None => false,
    };
    if is_good {
        return Ok(());
    }
    let message = "expected the device's certificate, or a token that is good for it; `host token draw` draws one";
    Err(Refused::new(StatusCode::UNAUTHORIZED, "hawkbit.server.error.unauthorized", message))
}
