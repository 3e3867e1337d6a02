//! Who asks: whoever's key stands in the request.
//!
//! Invariant: a cookie says nothing here, so that no page of another site can have somebody's browser ask.

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{Api, problem::Problem};
use crate::http::listener::Peer;

/// Lets in whoever shows a key that is good.
pub(super) async fn let_in(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let said = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = said.and_then(|said| said.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        let detail = "expected a key, drawn on your account's page: Authorization: Bearer lianxin-…";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    };
    let user = api.console.users.by_key(key.trim(), peer.address.ip()).await?;
    request.extensions_mut().insert(user);
    Ok(next.run(request).await)
}
