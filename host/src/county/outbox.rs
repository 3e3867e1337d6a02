//! The outbox: whoever is on duty is told of a new case and of a call for help, without a word of either.
//!
//! Who is told: everybody who is on duty today, by the county's calendar, at the station where it was said, at the
//! address that stands beside them on the roster; and, as well, the county's own address. As well, because a phone may
//! be switched off and a roster may have gaps, and because a county that has only the one address is told as ever. One
//! address is told once, however many stand behind it.
//!
//! Invariant: an announcement is written in the transaction of what it announces and delivered later, so no webhook
//! ever holds up a terminal, and none another webhook. It names a station and a category; no text, name, telephone or
//! ticket number. The form is that of the usual group robots (`msgtype`, `text.content`), with the same facts beside
//! it for programs.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::{County, Error, case::Notice, record::category_name};
use crate::store::{
    Conn,
    bulletins::{self, StationRow},
    cases::CaseRow,
    desk::{self, OutboxRow},
    events, rosters, settings,
};

/// The setting with the county's own address.
pub(crate) const WEBHOOK: &str = "webhook";

/// The tries that an announcement gets: over about three hours, then it is an alarm in the console.
const TRIES: i64 = 8;
/// How often the outbox is looked into.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that one delivery takes.
const DEADLINE: Duration = Duration::from_secs(10);

impl County {
    pub(crate) async fn announce_case(&self, conn: &mut Conn, row: &CaseRow, notice: Notice) -> Result<(), Error> {
        let stations = bulletins::stations(&mut *conn).await?;
        let station = stations.iter().find(|s| Some(&s.id) == row.station.as_ref());
        let category = category_name(&mut *conn, row.filed_category()).await?;
        let (event, what) = match notice {
            Notice::New => ("new_case", "有一件新的意见，请登录接单。"),
            Notice::Reopened => ("reopened", "有一件事群众不满意，已转为二次协调，请登录办理。"),
        };
        let content = format!("{}：{what}类别：{category}。", name_of(station));
        self.put(conn, event, &content, station, Some(&category)).await
    }

    pub(crate) async fn announce_help(&self, conn: &mut Conn, station: Option<&StationRow>) -> Result<(), Error> {
        let content = format!("{}：终端前有人叫人帮忙，请登录点“我知道了”，并尽快过去。", name_of(station));
        self.put(conn, "help", &content, station, None).await
    }

    async fn put(
        &self,
        conn: &mut Conn,
        event: &str,
        content: &str,
        station: Option<&StationRow>,
        category: Option<&str>,
    ) -> Result<(), Error> {
        let body = json!({
            "msgtype": "text",
            "text": { "content": content },
            "event": event,
            "station": name_of(station),
            "category": category,
        });
        let (body, now) = (body.to_string(), self.now().as_millisecond());
        let mut told = Vec::new();
        if let Some(url) = self.webhook(&mut *conn).await? {
            desk::announce(&mut *conn, now, None, &body).await?;
            told.push(url);
        }
        let Some(station) = station else { return Ok(()) };
        let today = self.day_of(self.now());
        let weekday = i64::from(today.weekday().to_monday_one_offset());
        for (person, url) in rosters::on_duty(&mut *conn, &station.id, weekday, &today.to_string()).await? {
            if !told.contains(&url) {
                desk::announce(&mut *conn, now, Some(&person), &body).await?;
                told.push(url);
            }
        }
        Ok(())
    }

    /// The county's own address: the console's setting, else the configuration's; none, nowhere.
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

    /// Delivers what is due, all at once; returns how many arrived.
    ///
    /// # Errors
    /// The database.
    pub async fn deliver_due(&self, client: &reqwest::Client) -> Result<usize, Error> {
        let mut deliveries = JoinSet::new();
        for row in desk::due(&mut *self.store.read().await?, self.now().as_millisecond()).await? {
            let address = self.address_of(&row).await?;
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

    /// As it is set when it is used: an address that was mended gets what waits, whoever left the roster gets nothing.
    async fn address_of(&self, row: &OutboxRow) -> Result<Option<String>, Error> {
        let mut conn = self.store.read().await?;
        match &row.person {
            Some(person) => Ok(rosters::webhook_of(&mut conn, person).await?),
            None => self.webhook(&mut conn).await,
        }
    }
}

fn name_of(station: Option<&StationRow>) -> &str {
    station.map_or("", |s| s.name.as_str())
}

/// An address that announcements can go to; empty, nowhere.
pub(crate) fn usable_address(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let local = text.starts_with("http://127.0.0.1:") || text.starts_with("http://localhost:");
    if text.is_empty() || text.starts_with("https://") || local {
        return Ok(text.to_owned());
    }
    Err(Error::Input("通知地址要以 https:// 开头；留空就不通知。".into()))
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
