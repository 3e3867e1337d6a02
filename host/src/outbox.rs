//! Announcements on their way to webhooks, for both roles: tried again, given up in the end, never in anybody's way.
//!
//! Invariant: an announcement is written in the transaction of what it announces and delivered later, so no webhook ever
//! holds up a terminal, and none another webhook.

use std::{fmt::Display, future::Future, time::Duration};

use tokio::task::JoinSet;

use crate::store::{
    Store, StoreError, Tx,
    outbox::{self as rows, OutboxRow},
};

/// The tries that an announcement gets: over about three hours.
const TRIES: i64 = 8;
/// How often the outbox is looked into.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that one delivery takes.
const DEADLINE: Duration = Duration::from_secs(10);

/// A role that announces.
pub trait Announces: Sync {
    /// Why it couldn't.
    type Error: From<StoreError> + From<sqlx::Error> + Display + Send;

    /// Its database, which has the outbox.
    fn store(&self) -> &Store;

    /// Milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64;

    /// Where an announcement goes, as it is set when it is delivered: an address that was mended gets what waits. None, to
    /// nobody any more.
    fn address_of(&self, row: &OutboxRow) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;

    /// Notes in the same transaction that an announcement was given up.
    fn given_up(&self, tx: &mut Tx, row: &OutboxRow) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Delivers announcements for as long as the program runs; `client` has its TLS set up and follows no redirects.
pub async fn deliver<A: Announces>(of: A, client: reqwest::Client) {
    loop {
        if let Err(error) = deliver_due(&of, &client).await {
            tracing::warn!(%error, "the outbox was not looked into");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Delivers what is due, all at once; returns how many arrived.
///
/// # Errors
/// The database.
pub async fn deliver_due<A: Announces>(of: &A, client: &reqwest::Client) -> Result<usize, A::Error> {
    let due = rows::due(&mut *of.store().read().await?, of.now_ms()).await?;
    let mut deliveries = JoinSet::new();
    for row in due {
        let address = of.address_of(&row).await?;
        let client = client.clone();
        deliveries.spawn(async move {
            let sent = match &address {
                Some(url) => post(&client, url, row.body.clone()).await,
                // Nobody is left to be told.
                None => true,
            };
            (row, sent)
        });
    }
    let mut arrived = 0;
    for (row, sent) in deliveries.join_all().await {
        let now = of.now_ms();
        let mut tx = of.store().write().await?;
        if sent {
            arrived += 1;
            rows::over(&mut tx, row.number, now).await?;
        } else if row.tries + 1 >= TRIES {
            rows::over(&mut tx, row.number, now).await?;
            of.given_up(&mut tx, &row).await?;
        } else {
            rows::again(&mut tx, row.number, row.tries + 1, now + wait_ms(row.tries)).await?;
        }
        tx.commit().await?;
    }
    Ok(arrived)
}

/// Whether an announcement can go to an address; an empty one is none.
#[must_use]
pub fn is_usable(address: &str) -> bool {
    let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| address.starts_with(local));
    address.starts_with("https://") || is_local
}

/// 10 s, then four times as long each, at most an hour.
fn wait_ms(tries: i64) -> i64 {
    (0..tries).fold(10_000_i64, |wait, _| (wait * 4).min(3_600_000))
}

async fn post(client: &reqwest::Client, url: &str, body: String) -> bool {
    let request = client.post(url).header("content-type", "application/json").body(body).timeout(DEADLINE);
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!((0..6).map(wait_ms).collect::<Vec<_>>(), [10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000]);
    }
}
