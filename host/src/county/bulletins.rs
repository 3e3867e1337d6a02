//! Bulletins: what each station shows, kept by 县人大.
//!
//! Invariant: every change raises the revision in its own transaction, and so does the first question on a new day:
//! a roster reaches [`ROSTER_DAYS`] ahead, and a terminal that is off line has that much of it. Whoever did not leave
//! the day before is not shown as present.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Span, civil};
use uuid::Uuid;
use wire::{
    bulletin::{Bulletin, Category, Duty, Officer, Place, Presence, Station, built_in_categories},
    ticket::TerminalNumber,
};

use super::{
    County, Error,
    outbox::WEBHOOK,
    people::{Official, named},
    record::at,
};
use crate::store::{
    Conn, StoreError,
    bulletins::{self, CategoryRow, DutyRow, RosterRow, StationRow},
    settings,
};

mod portrait;

/// The counter behind every change.
pub(crate) const REVISION: &str = "bulletin";
const DAY: &str = "bulletin_day";
const ISSUED: &str = "bulletin_issued";
const REPLY_PERIOD: &str = "reply_period";
/// How many days of the roster a bulletin holds.
pub const ROSTER_DAYS: i32 = 14;

/// All that the console shows of a station.
#[derive(Debug, Clone)]
pub struct StationPage {
    /// Its fields.
    pub station: StationRow,
    /// Id and name.
    pub places: Vec<(String, String)>,
    /// Who may be on duty.
    pub roster: Vec<RosterRow>,
    /// When they are.
    pub duties: Vec<DutyRow>,
    /// The terminals that stand there.
    pub terminals: Vec<String>,
}

impl County {
    /// What a new county starts with.
    pub(super) async fn start_bulletins(&self, tx: &mut Conn) -> Result<(), Error> {
        if bulletins::categories(&mut *tx).await?.is_empty() {
            for (rank, category) in (0..).zip(built_in_categories()) {
                let row = CategoryRow {
                    id: category.id,
                    name: category.name,
                    label: category.label,
                    label_en: category.label_en,
                    picture: category.picture,
                    sentences: category.sentences.join("\n"),
                };
                bulletins::put_category(&mut *tx, &row, rank).await?;
            }
        }
        if bulletins::stations(&mut *tx).await?.is_empty() {
            let (id, now) = (Uuid::new_v4().to_string(), self.now().as_millisecond());
            bulletins::insert_station(&mut *tx, &id, "人大代表联络站", now).await?;
            self.changed(tx).await?;
        }
        Ok(())
    }

    async fn changed(&self, tx: &mut Conn) -> Result<(), Error> {
        let now = self.now();
        settings::next(&mut *tx, REVISION).await?;
        settings::set(&mut *tx, DAY, &self.day_of(now).to_string()).await?;
        Ok(settings::set(tx, ISSUED, &now.to_string()).await?)
    }

    /// The station that a terminal stands in; the first one where nobody said so.
    pub(crate) async fn station_of(
        &self,
        conn: &mut Conn,
        terminal: TerminalNumber,
    ) -> Result<Option<StationRow>, Error> {
        let placed = bulletins::station_of(&mut *conn, &terminal.to_string()).await?;
        let mut stations = bulletins::stations(conn).await?;
        let index = placed.and_then(|id| stations.iter().position(|s| s.id == id)).unwrap_or(0);
        Ok((index < stations.len()).then(|| stations.swap_remove(index)))
    }

    /// What the terminal's station shows; the revision is the `ETag`.
    ///
    /// # Errors
    /// The database.
    pub async fn bulletin(&self, terminal: TerminalNumber) -> Result<Bulletin, Error> {
        let today = self.day_of(self.now());
        let mut conn = self.store.read().await?;
        if settings::get(&mut conn, DAY).await?.as_deref() != Some(&today.to_string()) {
            drop(conn);
            let mut tx = self.store.write().await?;
            self.changed(&mut tx).await?;
            tx.commit().await?;
            conn = self.store.read().await?;
        }
        let station = self.station_of(&mut conn, terminal).await?.ok_or(Error::NotFound)?;
        let roster = bulletins::roster(&mut conn, &station.id).await?;
        let duties = bulletins::duties(&mut conn, &station.id).await?;
        let morning = today.to_zoned(self.zone.clone()).map_or(0, |z| z.timestamp().as_millisecond());
        let present = bulletins::present(&mut conn, &station.id, morning).await?;
        let issued = settings::get(&mut conn, ISSUED).await?.and_then(|t| t.parse().ok());
        let officer = (!station.officer_name.is_empty())
            .then(|| Officer { name: station.officer_name.clone(), telephone: station.officer_telephone.clone() });
        let places = bulletins::places(&mut conn, &station.id).await?;
        Ok(Bulletin {
            revision: u64::try_from(settings::last(&mut conn, REVISION).await?).unwrap_or_default(),
            issued: issued.unwrap_or_else(|| self.now()),
            zone: self.settings.zone.clone(),
            station: Station {
                name: station.name,
                telephone: station.telephone,
                code: station.code,
                place: station.place,
            },
            officer,
            public_base: self.settings.public_base.clone(),
            reply_period: settings::get(&mut conn, REPLY_PERIOD).await?.filter(|p| !p.is_empty()),
            categories: bulletins::categories(&mut conn).await?.into_iter().map(category).collect(),
            places: places.into_iter().map(|(id, name)| Place { id, name }).collect(),
            roster: expand(&roster, &duties, today),
            present: present.into_iter().map(|(person, ms)| Presence { person, since: at(ms) }).collect(),
        })
    }

    /// Says which station a terminal stands in, by the station's name; the station is made where it isn't there.
    ///
    /// # Errors
    /// The database, or [`Error::Input`] for a name that is none.
    pub async fn place_terminal(&self, terminal: TerminalNumber, station: &str) -> Result<(), Error> {
        let name = named(station, "站点名称")?;
        let mut tx = self.store.write().await?;
        let known = bulletins::stations(&mut tx).await?.into_iter().find(|s| s.name == name);
        let id = match known {
            Some(station) => station.id,
            None => {
                let (id, now) = (Uuid::new_v4().to_string(), self.now().as_millisecond());
                bulletins::insert_station(&mut tx, &id, &name, now).await?;
                id
            }
        };
        bulletins::place_terminal(&mut tx, &terminal.to_string(), &id).await?;
        self.changed(&mut tx).await?;
        Ok(tx.commit().await?)
    }

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

    /// The name of a place of any station; its id where no station has it.
    pub(crate) async fn place_name(&self, conn: &mut Conn, id: &str) -> Result<String, StoreError> {
        let found = bulletins::places(conn, "").await?.into_iter().find(|(known, _)| known == id);
        Ok(found.map_or_else(|| id.to_owned(), |(_, name)| name))
    }
}

fn category(row: CategoryRow) -> Category {
    Category {
        id: row.id,
        name: row.name,
        label: row.label,
        label_en: row.label_en,
        picture: row.picture,
        sentences: row.sentences.lines().map(str::to_owned).collect(),
    }
}

/// The roster's days from today on.
fn expand(roster: &[RosterRow], duties: &[DutyRow], today: civil::Date) -> Vec<Duty> {
    let mut days = Vec::new();
    for ahead in 0..ROSTER_DAYS {
        let Ok(day) = today.checked_add(Span::new().days(ahead)) else { break };
        let weekday = i64::from(day.weekday().to_monday_one_offset());
        for duty in duties {
            let on = duty.weekday == Some(weekday) || duty.day.as_deref() == Some(day.to_string().as_str());
            let person = roster.iter().find(|p| p.id == duty.person);
            if let (true, Some(person), Ok(from), Ok(to)) = (on, person, duty.from_time.parse(), duty.to_time.parse()) {
                days.push(Duty {
                    person: person.id.clone(),
                    name: person.name.clone(),
                    role: person.role.clone(),
                    portrait: person.portrait.as_ref().map(|bytes| STANDARD.encode(bytes)),
                    day,
                    from,
                    to,
                });
            }
        }
    }
    days.sort_by(|a, b| (a.day, a.from, &a.name).cmp(&(b.day, b.from, &b.name)));
    days
}
