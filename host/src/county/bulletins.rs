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

use super::{County, Error, people::named, record::at};
use crate::store::{
    Conn, StoreError,
    bulletins::{self, CategoryRow, StationRow},
    rosters::{self, DutyRow, RosterRow},
    settings,
};

mod categories;
mod edit;
mod portrait;
mod roster;

pub use categories::DOORS;

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
                    retired: 0,
                };
                bulletins::insert_category(&mut *tx, &row, rank).await?;
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
        let roster = rosters::roster(&mut conn, &station.id).await?;
        let duties = rosters::duties(&mut conn, &station.id).await?;
        let morning = today.to_zoned(self.zone.clone()).map_or(0, |z| z.timestamp().as_millisecond());
        let present = rosters::present(&mut conn, &station.id, morning).await?;
        let issued = settings::get(&mut conn, ISSUED).await?.and_then(|t| t.parse().ok());
        let officer = (!station.officer_name.is_empty())
            .then(|| Officer { name: station.officer_name.clone(), telephone: station.officer_telephone.clone() });
        let places = bulletins::places(&mut conn, &station.id).await?;
        let categories = bulletins::categories(&mut conn).await?;
        Ok(Bulletin {
            revision: u64::try_from(settings::last(&mut conn, REVISION).await?).unwrap_or_default(),
            issued: issued.unwrap_or_else(|| self.now()),
            zone: self.settings.zone.clone(),
            station: Station {
                name: station.name,
                telephone: station.telephone,
                // Without one of its own a station has the page that says who is on duty.
                code: station.code.or_else(|| Some(format!("{}/s/{terminal}", self.settings.public_base))),
                place: station.place,
            },
            officer,
            public_base: self.settings.public_base.clone(),
            reply_period: settings::get(&mut conn, REPLY_PERIOD).await?.filter(|p| !p.is_empty()),
            categories: categories.into_iter().filter(|c| c.retired == 0).map(category).collect(),
            places: places.into_iter().map(|(id, name)| Place { id, name }).collect(),
            roster: expand(&roster, &duties, today),
            present: present.into_iter().map(|(person, ms)| Presence { person, since: at(ms) }).collect(),
        })
    }

    /// Says from the command line which station a terminal stands in, by the station's name; the station is made where
    /// it isn't there. Audited.
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
        self.audit(&mut tx, "program", "place", &format!("terminal:{terminal}"), "edited").await?;
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
