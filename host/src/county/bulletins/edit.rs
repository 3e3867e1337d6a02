//! What 县人大 edits: stations, categories, rosters, the county's own settings. Invariant: every change raises the
//! bulletin's revision and stands in the audit.

use jiff::civil;
use uuid::Uuid;

use super::{
    super::{
        County, Error,
        outbox::WEBHOOK,
        people::{Official, named},
    },
    REPLY_PERIOD, StationPage, portrait,
};
use crate::store::{
    Conn,
    bulletins::{self, CategoryRow, DutyRow, RosterRow, StationRow},
    settings,
};

impl County {
    /// All stations.
    ///
    /// # Errors
    /// The database.
    pub async fn stations(&self) -> Result<Vec<StationRow>, Error> {
        Ok(bulletins::stations(&mut *self.store.read().await?).await?)
    }

    /// All categories.
    ///
    /// # Errors
    /// The database.
    pub async fn categories(&self) -> Result<Vec<CategoryRow>, Error> {
        Ok(bulletins::categories(&mut *self.store.read().await?).await?)
    }

    /// One station with all that belongs to it.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], or the database.
    pub async fn station_page(&self, by: &Official, id: &str) -> Result<StationPage, Error> {
        by.rules()?;
        let mut conn = self.store.read().await?;
        let station = bulletins::stations(&mut conn).await?.into_iter().find(|s| s.id == id).ok_or(Error::NotFound)?;
        let terminals = bulletins::terminals(&mut conn).await?;
        Ok(StationPage {
            places: bulletins::places(&mut conn, id).await?,
            roster: bulletins::roster(&mut conn, id).await?,
            duties: bulletins::duties(&mut conn, id).await?,
            terminals: terminals.into_iter().filter(|(_, s)| s == id).map(|(t, _)| t).collect(),
            station,
        })
    }

    /// Adds a station; returns its id.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for a name that is none or taken, or the database.
    pub async fn add_station(&self, by: &Official, name: &str) -> Result<String, Error> {
        by.rules()?;
        let (id, name) = (Uuid::new_v4().to_string(), named(name, "站点名称")?);
        let mut tx = self.store.write().await?;
        self.free_name(&mut tx, &id, &name).await?;
        bulletins::insert_station(&mut tx, &id, &name, self.now().as_millisecond()).await?;
        self.edited(&mut tx, by, "station", &id).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn free_name(&self, tx: &mut Conn, id: &str, name: &str) -> Result<(), Error> {
        let taken = bulletins::stations(tx).await?.iter().any(|s| s.name == name && s.id != id);
        if taken { Err(Error::Input("已有同名的站点，请换一个名称。".into())) } else { Ok(()) }
    }

    /// Writes a station's fields and its places.
    ///
    /// # Errors
    /// As [`Self::add_station`], and [`Error::NotFound`].
    pub async fn edit_station(
        &self,
        by: &Official,
        station: StationRow,
        places: &[(String, String)],
    ) -> Result<(), Error> {
        by.rules()?;
        let name = named(&station.name, "站点名称")?;
        if station.code.as_ref().is_some_and(|code| !code.starts_with("https://")) {
            return Err(Error::Input("站点码的网址要以 https:// 开头。".into()));
        }
        let mut tx = self.store.write().await?;
        bulletins::stations(&mut tx).await?.iter().find(|s| s.id == station.id).ok_or(Error::NotFound)?;
        self.free_name(&mut tx, &station.id, &name).await?;
        let place = station.place.clone().filter(|p| places.iter().any(|(id, _)| id == p));
        let station = StationRow { name, place, ..station };
        bulletins::update_station(&mut tx, &station).await?;
        bulletins::set_places(&mut tx, &station.id, places).await?;
        self.edited(&mut tx, by, "station", &station.id).await?;
        Ok(tx.commit().await?)
    }

    async fn edited(&self, tx: &mut Conn, by: &Official, what: &str, subject: &str) -> Result<(), Error> {
        self.changed(&mut *tx).await?;
        self.audit(tx, &by.who(), what, subject, "edited").await
    }

    /// Writes a category's words; its id, picture and rank stay.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], [`Error::Input`], or the database.
    pub async fn edit_category(&self, by: &Official, edited: CategoryRow) -> Result<(), Error> {
        by.rules()?;
        let (name, label) = (named(&edited.name, "正式名称")?, named(&edited.label, "短名称")?);
        if !(2..=3).contains(&label.chars().count()) {
            return Err(Error::Input("短名称要两个或三个字，终端的按钮才放得下。".into()));
        }
        let sentences: Vec<&str> = edited.sentences.lines().map(str::trim).filter(|s| !s.is_empty()).collect();
        let sentences = sentences.join("\n");
        let mut tx = self.store.write().await?;
        let known = bulletins::categories(&mut tx).await?.into_iter().find(|c| c.id == edited.id);
        let known = known.ok_or(Error::NotFound)?;
        let row = CategoryRow { name, label, sentences, ..known };
        bulletins::put_category(&mut tx, &row, 0).await?;
        self.edited(&mut tx, by, "category", &row.id).await?;
        Ok(tx.commit().await?)
    }

    /// The county's promise and the webhook's address, as they are set.
    ///
    /// # Errors
    /// The database.
    pub async fn county_settings(&self) -> Result<(String, String), Error> {
        let mut conn = self.store.read().await?;
        let period = settings::get(&mut conn, REPLY_PERIOD).await?.unwrap_or_default();
        Ok((period, self.webhook(&mut conn).await?.unwrap_or_default()))
    }

    /// Sets the county's promise and the webhook's address.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for an address that is none, or the database.
    pub async fn edit_settings(&self, by: &Official, reply_period: &str, webhook: &str) -> Result<(), Error> {
        by.rules()?;
        let webhook = webhook.trim();
        let local = webhook.starts_with("http://127.0.0.1:") || webhook.starts_with("http://localhost:");
        if !webhook.is_empty() && !webhook.starts_with("https://") && !local {
            return Err(Error::Input("通知地址要以 https:// 开头；留空就不发通知。".into()));
        }
        let mut tx = self.store.write().await?;
        settings::set(&mut tx, REPLY_PERIOD, reply_period.trim()).await?;
        settings::set(&mut tx, WEBHOOK, webhook).await?;
        self.edited(&mut tx, by, "settings", "county").await?;
        Ok(tx.commit().await?)
    }

    /// Adds somebody to a station's roster; `portrait` is a PNG or JPEG as uploaded.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for a portrait that is none, or the database.
    pub async fn add_to_roster(
        &self,
        by: &Official,
        station: &str,
        (name, role): (&str, &str),
        portrait: Option<&[u8]>,
    ) -> Result<String, Error> {
        by.rules()?;
        let row = RosterRow {
            id: Uuid::new_v4().to_string(),
            station: station.to_owned(),
            name: named(name, "姓名")?,
            role: named(role, "身份")?,
            portrait: portrait.map(portrait::shrink).transpose()?,
        };
        let mut tx = self.store.write().await?;
        bulletins::stations(&mut tx).await?.iter().find(|s| s.id == station).ok_or(Error::NotFound)?;
        bulletins::insert_roster(&mut tx, &row).await?;
        self.edited(&mut tx, by, "roster", &row.id).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Takes somebody off the roster.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn remove_from_roster(&self, by: &Official, person: &str) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        bulletins::remove_roster(&mut tx, person).await?;
        self.edited(&mut tx, by, "roster", person).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a duty, every week or on one day.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for hours that are none, or the database.
    pub async fn add_duty(&self, by: &Official, station: &str, duty: DutyRow) -> Result<(), Error> {
        by.rules()?;
        let hours = (duty.from_time.parse::<civil::Time>(), duty.to_time.parse::<civil::Time>());
        if !matches!(hours, (Ok(from), Ok(to)) if from < to) {
            return Err(Error::Input("请填写值班时间，开始要早于结束，例如 09:00 到 17:00。".into()));
        }
        let weekly = duty.weekday.is_some_and(|d| (1..=7).contains(&d));
        let once = duty.day.as_ref().is_some_and(|d| d.parse::<civil::Date>().is_ok());
        if weekly == once {
            return Err(Error::Input("请选择每周的一天，或者填写一个日期，两样选一样。".into()));
        }
        let mut tx = self.store.write().await?;
        let roster = bulletins::roster(&mut tx, station).await?;
        roster.iter().find(|p| p.id == duty.person).ok_or(Error::NotFound)?;
        let duty = DutyRow { id: Uuid::new_v4().to_string(), ..duty };
        bulletins::insert_duty(&mut tx, &duty).await?;
        self.edited(&mut tx, by, "duty", &duty.id).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a duty away.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn remove_duty(&self, by: &Official, id: &str) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        bulletins::remove_duty(&mut tx, id).await?;
        self.edited(&mut tx, by, "duty", id).await?;
        Ok(tx.commit().await?)
    }
}
