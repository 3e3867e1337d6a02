//! What time it is, signed, for anybody who asks.
//!
//! Invariant: whoever asks is not asked who they are, because a terminal without a clock can't show a certificate yet;
//! a signature costs far less than the handshake before it, and each network gets only so many.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State, rejection::JsonRejection},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use wire::time::{TimeAnswer, TimeRequest};

use super::{
    error::ApiError,
    listener::{Peer, network},
};
use crate::{county, fleet::TimeSigner};

/// Behind one address may be all terminals of a mobile network, each of which asks once a day and at its start.
const PER_NETWORK_A_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("invariant: not zero");

/// Networks that are remembered before those with nothing to answer for are forgotten.
const NETWORKS: usize = 10_000;

/// The signer, and how often each network asked.
#[derive(Debug, Clone)]
pub struct Times {
    signer: Arc<TimeSigner>,
    asked: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Times {
    /// Nobody asked yet.
    #[must_use]
    pub fn new(signer: TimeSigner) -> Self {
        let asked = RateLimiter::keyed(Quota::per_second(PER_NETWORK_A_SECOND));
        Self { signer: Arc::new(signer), asked: Arc::new(asked) }
    }

    fn admit(&self, address: IpAddr) -> Result<(), ApiError> {
        if self.asked.len() > NETWORKS {
            self.asked.retain_recent();
        }
        let retry_after = std::time::Duration::from_secs(1);
        self.asked.check_key(&network(address)).map_err(|_| county::Error::TooMany { retry_after }.into())
    }
}

/// POST `/v1/time`
///
/// # Errors
/// 429 for a network that asks too often, 503 where the host's own clock can't be right.
pub async fn answer(
    State(times): State<Times>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Result<Json<TimeRequest>, JsonRejection>,
) -> Result<Json<TimeAnswer>, ApiError> {
    times.admit(peer.address.ip())?;
    let Json(request) = body?;
    Ok(Json(times.signer.answer(request.nonce)?))
}
