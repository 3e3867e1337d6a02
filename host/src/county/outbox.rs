//! The outbox: the county's one address is told at a new case and at a call for help, without a word of either.
//!
//! Invariant: an announcement is written in the transaction of what it announces and delivered later, so no webhook
//! ever holds up a terminal. It names a station and a category; no text, name, telephone or ticket number. The form is
//! that of the usual group robots (`msgtype`, `text.content`), with the same facts beside it for programs.

use std::time::Duration;

use serde_json::json;

use super::{County, Error, case::Notice, record::category_name};
use crate::store::{Conn, bulletins, cases::CaseRow, desk, events, settings};

/// The setting with the webhook's address.
pub(crate) const WEBHOOK: &str = "webhook";

/// The tries that an announcement gets: over about three hours, then it is an alarm in the console.
const TRIES: i64 = 8;
/// How often the outbox is looked into.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that one delivery takes.
const DEADLINE: Duration = Duration::from_secs(10);

impl County {
    pub(crate) async fn announce_case(&self, conn: &mut Conn, row: &CaseRow, notice: Notice) -> Result<(), Error> {
        if self.webhook(&mut *conn).await?.is_none() {
            return Ok(());
        }
        let stations = bulletins::stations(&mut *conn).await?;
        let station = stations.into_iter().find(|s| Some(&s.id) == row.station.as_ref());
        let station = station.map(|s| s.name).unwrap_or_default();
        let category = category_name(&mut *conn, &row.category).await?;
        let (event, what) = match notice {
            Notice::New => ("new_case", "有一件新的意见，请登录接单。"),
            Notice::Reopened => ("reopened", "有一件事群众不满意，已转为二次协调，请登录办理。"),
        };
        let content = format!("{station}：{what}类别：{category}。");
        self.put(conn, event, &content, &station, Some(&category)).await
    }

    pub(crate) async fn announce_help(&self, conn: &mut Conn, station: &str) -> Result<(), Error> {
        let content = format!("{station}：终端前有人叫人帮忙，请登录点“我知道了”，并尽快过去。");
        self.put(conn, "help", &content, station, None).await
    }

    async fn put(
        &self,
        conn: &mut Conn,
        event: &str,
        content: &str,
        station: &str,
        category: Option<&str>,
    ) -> Result<(), Error> {
        if self.webhook(&mut *conn).await?.is_none() {
            return Ok(());
        }
        let body = json!({
            "msgtype": "text",
            "text": { "content": content },
            "event": event,
            "station": station,
            "category": category,
        });
        Ok(desk::announce(conn, self.now().as_millisecond(), &body.to_string()).await?)
    }

    /// Where announcements go: the console's setting, else the configuration's; none, nowhere.
    pub(crate) async fn webhook(&self, conn: &mut Conn) -> Result<Option<String>, Error> {
        let set = settings::get(conn, WEBHOOK).await?;
        Ok(set.or_else(|| self.settings.webhook.clone()).filter(|url| !url.is_empty()))
    }

    /// Delivers announcements for as long as the program runs; `client` has its TLS set up and follows no redirects.
    pub async fn deliver(self, client: reqwest::Client) {
        loop {
            if let Err(error) = self.deliver_due(&client).await {
                tracing::warn!(%error, "the outbox was not looked into");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Delivers what is due; returns how many arrived.
    ///
    /// # Errors
    /// The database.
    pub async fn deliver_due(&self, client: &reqwest::Client) -> Result<usize, Error> {
        let (due, url) = {
            let mut conn = self.store.read().await?;
            let due = desk::due(&mut conn, self.now().as_millisecond()).await?;
            (due, self.webhook(&mut conn).await?)
        };
        let mut arrived = 0;
        for row in due {
            let sent = match &url {
                Some(url) => post(client, url, row.body.clone()).await,
                None => true,
            };
            let now = self.now().as_millisecond();
            let mut tx = self.store.write().await?;
            if sent {
                arrived += 1;
                desk::over(&mut tx, row.number, now).await?;
            } else if row.tries + 1 >= TRIES {
                desk::over(&mut tx, row.number, now).await?;
                events::alarm(&mut tx, now, "webhook", None, None).await?;
            } else {
                desk::again(&mut tx, row.number, row.tries + 1, now + wait_ms(row.tries)).await?;
            }
            tx.commit().await?;
        }
        Ok(arrived)
    }
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
