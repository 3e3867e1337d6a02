//! Rosters: who may be on duty at a station, when, and where they are told. Invariant: every change raises the
//! bulletin's revision and stands in the audit.

use jiff::civil;
use uuid::Uuid;

use super::{
    super::{
        County, Error,
        outbox::usable_address,
        people::{Official, named},
    },
    portrait,
};
use crate::store::{
    bulletins,
    rosters::{self, DutyRow, RosterRow},
};

impl County {
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
            webhook: String::new(),
        };
        let mut tx = self.store.write().await?;
        bulletins::stations(&mut tx).await?.iter().find(|s| s.id == station).ok_or(Error::NotFound)?;
        rosters::insert_roster(&mut tx, &row).await?;
        self.edited(&mut tx, by, "roster", &row.id).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Says where somebody of a roster is told while they are on duty; empty, nowhere.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], [`Error::Input`] for an address that is none, or the
    /// database.
    pub async fn tell_at(&self, by: &Official, station: &str, person: &str, address: &str) -> Result<(), Error> {
        by.rules()?;
        let address = usable_address(address)?;
        let mut tx = self.store.write().await?;
        if !rosters::set_webhook(&mut tx, station, person, &address).await? {
            return Err(Error::NotFound);
        }
        self.edited(&mut tx, by, "roster", person).await?;
        Ok(tx.commit().await?)
    }

    /// Takes somebody off the roster.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn remove_from_roster(&self, by: &Official, person: &str) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        rosters::remove_roster(&mut tx, person).await?;
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
        let roster = rosters::roster(&mut tx, station).await?;
        roster.iter().find(|p| p.id == duty.person).ok_or(Error::NotFound)?;
        let duty = DutyRow { id: Uuid::new_v4().to_string(), ..duty };
        rosters::insert_duty(&mut tx, &duty).await?;
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
        rosters::remove_duty(&mut tx, id).await?;
        self.edited(&mut tx, by, "duty", id).await?;
        Ok(tx.commit().await?)
    }
}
