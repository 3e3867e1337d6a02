//! What 县人大 edits: stations and the county's own settings; rosters and categories beside it. Invariant: every change
//! raises the bulletin's revision and stands in the audit.

use uuid::Uuid;
use wire::ticket::TerminalNumber;

use super::{
    super::{
        County, Error,
        outbox::{WEBHOOK, usable_address},
        people::{Official, named},
    },
    REPLY_PERIOD, StationPage,
};
use crate::store::{
    Conn,
    bulletins::{self, StationRow},
    rosters, settings,
};

impl County {
    /// All stations.
    ///
    /// # Errors
    /// The database.
    pub async fn stations(&self) -> Result<Vec<StationRow>, Error> {
        Ok(bulletins::stations(&mut *self.store.read().await?).await?)
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
            roster: rosters::roster(&mut conn, id).await?,
            duties: rosters::duties(&mut conn, id).await?,
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

    /// Says that a terminal stands in a station, by the station's id.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`] for no such station, or the database.
    pub async fn move_terminal(&self, by: &Official, terminal: TerminalNumber, station: &str) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        bulletins::stations(&mut tx).await?.iter().find(|s| s.id == station).ok_or(Error::NotFound)?;
        bulletins::place_terminal(&mut tx, &terminal.to_string(), station).await?;
        self.edited(&mut tx, by, "place", &format!("terminal:{terminal}")).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn edited(&self, tx: &mut Conn, by: &Official, what: &str, subject: &str) -> Result<(), Error> {
        self.changed(&mut *tx).await?;
        self.audit(tx, &by.who(), what, subject, "edited").await
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
        let webhook = usable_address(webhook)?;
        let mut tx = self.store.write().await?;
        settings::set(&mut tx, REPLY_PERIOD, reply_period.trim()).await?;
        settings::set(&mut tx, WEBHOOK, &webhook).await?;
        self.edited(&mut tx, by, "settings", "county").await?;
        Ok(tx.commit().await?)
    }
}
