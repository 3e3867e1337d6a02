//! The outbox: whoever is on duty is told of a new case and of a call for help, without a word of either.
//!
//! Who is told: everybody who is on duty today, by the county's calendar, at the station where it was said, at the
//! address that stands beside them on the roster; and, as well, the county's own address. As well, because a phone may
//! be switched off and a roster may have gaps, and because a county that has only the one address is told as ever. One
//! address is told once, however many stand behind it.
//!
//! Invariant: an announcement names a station and a category; no text, name, telephone or ticket number. The form is that
//! of the usual group robots (`msgtype`, `text.content`), with the same facts beside it for programs.

use serde_json::json;

use super::{County, Error, case::Notice, record::category_name};
use crate::{
    outbox::{self, Announces, is_usable},
    store::{
        Conn, Store, Tx,
        bulletins::{self, StationRow},
        cases::CaseRow,
        events,
        outbox::{self as rows, OutboxRow},
        rosters, settings,
    },
};

/// The setting with the county's own address.
pub(crate) const WEBHOOK: &str = "webhook";

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
            rows::announce(&mut *conn, now, None, &body).await?;
            told.push(url);
        }
        let Some(station) = station else { return Ok(()) };
        let today = self.day_of(self.now());
        let weekday = i64::from(today.weekday().to_monday_one_offset());
        for (person, url) in rosters::on_duty(&mut *conn, &station.id, weekday, &today.to_string()).await? {
            if !told.contains(&url) {
                rows::announce(&mut *conn, now, Some(&person), &body).await?;
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

    /// Delivers what is due, all at once; returns how many arrived.
    ///
    /// # Errors
    /// The database.
    pub async fn deliver_due(&self, client: &reqwest::Client) -> Result<usize, Error> {
        outbox::deliver_due(self, client).await
    }
}

impl Announces for County {
    type Error = Error;

    fn store(&self) -> &Store {
        &self.store
    }

    fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Whoever left the roster gets nothing.
    async fn address_of(&self, row: &OutboxRow) -> Result<Option<String>, Error> {
        let mut conn = self.store.read().await?;
        match &row.person {
            Some(person) => Ok(rosters::webhook_of(&mut conn, person).await?),
            None => self.webhook(&mut conn).await,
        }
    }

    async fn given_up(&self, tx: &mut Tx, _: &OutboxRow) -> Result<(), Error> {
        Ok(events::alarm(tx, self.now_ms(), "webhook", None, None).await?)
    }
}

fn name_of(station: Option<&StationRow>) -> &str {
    station.map_or("", |s| s.name.as_str())
}

/// An address that announcements can go to; empty, nowhere.
pub(crate) fn usable_address(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || is_usable(text) {
        return Ok(text.to_owned());
    }
    Err(Error::Input("通知地址要以 https:// 开头；留空就不通知。".into()))
}
