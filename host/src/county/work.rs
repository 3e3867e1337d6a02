//! What officials do with cases. Invariant: whoever may not see a case is answered as if there were none; words are
//! opened from the sealed event for the page that shows them and written nowhere.

use jiff::civil;
use wire::{
    case::{Role, State},
    event::{Contact, Suggestion},
};

use super::{
    County, Error,
    added::Added,
    case::{self, Case, Event, Filed, Outcome, Person, What},
    intake::Opened,
    people::Official,
    rates::{self, Counted, Rates},
    record::{case_of, category_name, from_word},
    search::Found,
    voice::Spoken,
};
use crate::store::{
    Conn,
    cases::{self, CaseRow, Filter, LedgerRow, ListRow},
    events::{self, AlarmRow},
};

/// The cases on one page of the list.
pub const PAGE: usize = 30;

/// A page of the list.
#[derive(Debug, Clone)]
pub struct CaseList {
    /// Newest first.
    pub rows: Vec<ListRow>,
    /// How many stand in each state, for whoever looks.
    pub counts: Vec<(State, i64)>,
    /// How many of them are overdue.
    pub overdue: i64,
    /// Whether another page follows.
    pub more: bool,
    /// Whether words were looked for and older cases were not looked into.
    pub is_cut: bool,
}

/// What somebody wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A state of the contract; empty, all.
    pub state: String,
    /// Id of a category; empty, all.
    pub category: String,
    /// Only what they took.
    pub mine: bool,
    /// Only what a unit did not answer in time.
    pub overdue: bool,
    /// A ticket's number, or its beginning.
    pub ticket: String,
    /// Words of the villager's, or of a transcript; empty, all.
    pub words: String,
    /// From 0.
    pub page: usize,
}

/// Which steps are open to whoever looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "one for each step")]
pub struct May {
    pub claim: bool,
    pub hand_over: bool,
    pub forward: bool,
    pub reply: bool,
    pub confirm: bool,
    pub close: bool,
    pub explain: bool,
    pub correct: bool,
    pub contact: bool,
    pub transcribe: bool,
}

/// A case with all that its page shows.
pub struct CasePage {
    /// Its row.
    pub row: CaseRow,
    /// Where it stands.
    pub case: Case,
    /// What the villager said; none where the key is gone.
    pub words: Option<Suggestion>,
    /// That it was spoken, and what has come of it; none for what was written.
    pub spoken: Option<Spoken>,
    /// What was added to it from phones.
    pub added: Added,
    /// Oldest first; transcripts are opened.
    pub ledger: Vec<LedgerRow>,
    /// Formal name.
    pub category: String,
    /// Name of the village.
    pub place: String,
    /// What the villager had chosen, where somebody corrected it; else empty.
    pub sent: String,
    /// Id and name of each place that it can be filed under.
    pub places: Vec<(String, String)>,
    /// Name of the station.
    pub station: String,
    /// How many cases carry the same number.
    pub same_number: usize,
    /// What somebody of 县人大 should look at; empty for others.
    pub alarms: Vec<AlarmRow>,
    /// What whoever looks may do.
    pub may: May,
    /// Whether a unit's period has passed.
    pub overdue: bool,
}

/// A month of the ledger.
#[derive(Debug, Clone)]
pub struct Month {
    /// Oldest first.
    pub rows: Vec<ListRow>,
    /// The three rates.
    pub rates: Rates,
}

fn may(case: &Case, by: &Official, today: civil::Date, now: jiff::Timestamp) -> May {
    let allows = |what: What| case::step(case.clone(), Event { by: by.actor(), what }, now, today).is_ok();
    let unit = case::Unit { id: "?".into(), name: String::new() };
    let other = Person { id: "?".into(), name: String::new() };
    let leads = case.deputy.as_ref().is_some_and(|d| d.id == by.id);
    May {
        // Whoever has it already goes on with it.
        claim: !leads && allows(What::Claim),
        hand_over: allows(What::HandOver(other)),
        forward: allows(What::Forward { main: unit, joint: Vec::new(), due: today }),
        reply: allows(What::Reply("?".into())),
        confirm: allows(What::Confirm),
        close: allows(What::Close),
        explain: allows(What::Explain("?".into())),
        correct: allows(What::Correct {
            filed: Filed { category: String::new(), place: String::new() },
            told: String::new(),
        }),
        transcribe: allows(What::Transcribe("?".into())),
        contact: matches!(by.role, Role::County | Role::Officer) || leads,
    }
}

fn sees(by: &Official, row: &CaseRow) -> bool {
    match by.role {
        Role::County | Role::Deputy => true,
        Role::Officer => by.station.is_none() || by.station == row.station,
        Role::Unit => by.unit.as_ref().is_some_and(|u| row.standing.units.iter().any(|(id, _)| *id == u.id)),
    }
}

impl County {
    fn filter_for(&self, by: &Official, wanted: &Wanted) -> Filter {
        let today = self.day_of(self.now()).to_string();
        Filter {
            state: wanted.state.clone(),
            category: wanted.category.clone(),
            deputy: if wanted.mine { by.id.clone() } else { String::new() },
            overdue_on: if wanted.overdue { today } else { String::new() },
            station: by.station.clone().unwrap_or_default(),
            // A unit's account without a unit sees nothing: no unit has this id.
            unit: match by.role {
                Role::Unit => by.unit.as_ref().map_or_else(|| "-".to_owned(), |u| u.id.clone()),
                _ => String::new(),
            },
            ticket: wanted.ticket.chars().filter(char::is_ascii_digit).collect(),
        }
    }

    /// The cases that `by` may see and wants to.
    ///
    /// # Errors
    /// The database.
    pub async fn list(&self, by: &Official, wanted: &Wanted) -> Result<CaseList, Error> {
        let mut conn = self.store.read().await?;
        let filter = self.filter_for(by, wanted);
        let words = wanted.words.trim();
        let found = if words.is_empty() {
            let page = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let skip = i64::try_from(wanted.page).unwrap_or(0).saturating_mul(page);
            let mut rows = cases::list(&mut conn, &filter, skip, page + 1).await?;
            let more = rows.len() > PAGE;
            rows.truncate(PAGE);
            Found { rows, more, is_cut: false }
        } else {
            self.search(&mut conn, &filter, words, wanted.page).await?
        };
        let all = self.filter_for(by, &Wanted::default());
        let late = self.filter_for(by, &Wanted { overdue: true, ..Wanted::default() });
        let counts = cases::counts(&mut conn, &all).await?;
        let counts = counts.into_iter().map(|(s, n)| Ok((from_word(&s, "state")?, n)));
        let counts = counts.collect::<Result<_, Error>>()?;
        let Found { rows, more, is_cut } = found;
        Ok(CaseList { rows, counts, overdue: cases::overdue_count(&mut conn, &late).await?, more, is_cut })
    }

    pub(super) async fn visible(&self, conn: &mut Conn, by: &Official, id: &str) -> Result<CaseRow, Error> {
        let row = cases::find(conn, id).await?.filter(|row| sees(by, row));
        row.ok_or(Error::NotFound)
    }

    /// One case.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see it, or the database.
    pub async fn case_page(&self, by: &Official, id: &str) -> Result<CasePage, Error> {
        let mut conn = self.store.read().await?;
        let row = self.visible(&mut conn, by, id).await?;
        let (case, now) = (case_of(&row)?, self.now());
        let today = self.day_of(now);
        let stations = crate::store::bulletins::stations(&mut conn).await?;
        let words = self.words(&mut conn, &row).await?;
        let ledger = self.with_transcripts(cases::ledger(&mut conn, &row.id).await?);
        let spoken = self.spoken(&mut conn, &row, words.as_ref(), &ledger).await?;
        let may = may(&case, by, today, now);
        Ok(CasePage {
            may: May { transcribe: may.transcribe && spoken.as_ref().is_some_and(Spoken::has_come), ..may },
            added: self.added(&mut conn, &row).await?,
            spoken,
            words,
            ledger,
            category: category_name(&mut conn, row.filed_category()).await?,
            place: self.place_name(&mut conn, row.filed_place()).await?,
            sent: match row.standing.corrected {
                Some(_) => self.filed_words(&mut conn, &row.category, &row.place).await?,
                None => String::new(),
            },
            places: match &row.station {
                Some(station) => crate::store::bulletins::places(&mut conn, station).await?,
                None => Vec::new(),
            },
            station: stations
                .into_iter()
                .find(|s| Some(&s.id) == row.station.as_ref())
                .map_or_else(String::new, |s| s.name),
            same_number: cases::proofs(&mut conn, &row.ticket).await?.len(),
            alarms: match by.role {
                Role::County => events::alarms_of(&mut conn, &row.ticket).await?,
                _ => Vec::new(),
            },
            overdue: case.overdue(today),
            case,
            row,
        })
    }

    /// Whom to ask back. Audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see the case, [`Error::NotAllowed`] where they may not see this, or the
    /// database.
    pub async fn contact(&self, by: &Official, id: &str) -> Result<Option<Contact>, Error> {
        let mut tx = self.store.write().await?;
        let row = self.visible(&mut tx, by, id).await?;
        let now = self.now();
        if !may(&case_of(&row)?, by, self.day_of(now), now).contact {
            return Err(Error::NotAllowed);
        }
        let contact = match &row.contact {
            Some(event) => events::find(&mut tx, event).await?,
            None => None,
        };
        self.audit(&mut tx, &by.who(), "contact", id, "shown").await?;
        tx.commit().await?;
        Ok(contact.and_then(|event| match self.reopen(&event.bytes) {
            Opened::Contact(contact) => Some(contact),
            _ => None,
        }))
    }

    /// Takes a step in a case.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see it, [`Error::Step`] where it doesn't take the step, or the database.
    pub async fn act(&self, by: &Official, id: &str, what: What) -> Result<State, Error> {
        let mut tx = self.store.write().await?;
        let row = self.visible(&mut tx, by, id).await?;
        let now = self.now();
        let event = Event { by: by.actor(), what };
        let (case, actions) = case::step(case_of(&row)?, event, now, self.day_of(now))?;
        self.carry_out(&mut tx, &row, &case, &actions).await?;
        if case.can_rate() {
            self.count_waiting(&mut tx, &row.id).await?;
        }
        tx.commit().await?;
        tracing::info!(case.id = %row.id, state = case.state.label_en(), "a case took a step");
        Ok(case.state)
    }

    /// Files a case under another category or place; the event stays as it was sealed, the ledger says what was changed.
    ///
    /// # Errors
    /// As [`Self::act`], and [`Error::Input`] for a category or a place that the county doesn't have.
    pub async fn correct(&self, by: &Official, id: &str, filed: Filed) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let row = self.visible(&mut tx, by, id).await?;
        let categories = crate::store::bulletins::categories(&mut tx).await?;
        if filed.category != row.filed_category() && !categories.iter().any(|c| c.id == filed.category) {
            return Err(Error::Input("请选择类别。".into()));
        }
        let places = match &row.station {
            Some(station) => crate::store::bulletins::places(&mut tx, station).await?,
            None => Vec::new(),
        };
        let known = filed.place.is_empty() || filed.place == row.filed_place();
        if !known && !places.iter().any(|(place, _)| *place == filed.place) {
            return Err(Error::Input("请选择地点。".into()));
        }
        if (filed.category.as_str(), filed.place.as_str()) == (row.filed_category(), row.filed_place()) {
            return Ok(());
        }
        let before = self.filed_words(&mut tx, row.filed_category(), row.filed_place()).await?;
        let after = self.filed_words(&mut tx, &filed.category, &filed.place).await?;
        let what = What::Correct { filed, told: format!("原来：{before}。改为：{after}。") };
        let now = self.now();
        let event = Event { by: by.actor(), what };
        let (case, actions) = case::step(case_of(&row)?, event, now, self.day_of(now))?;
        self.carry_out(&mut tx, &row, &case, &actions).await?;
        Ok(tx.commit().await?)
    }

    /// Category and place as people read them.
    async fn filed_words(&self, conn: &mut Conn, category: &str, place: &str) -> Result<String, Error> {
        let category = category_name(&mut *conn, category).await?;
        match self.place_name(conn, place).await? {
            place if place.is_empty() => Ok(category),
            place => Ok(format!("{category}，{place}")),
        }
    }

    /// The cases of a month, with their rates; an officer's own station only.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for a unit, [`Error::Input`] for no month, or the database.
    pub async fn month(&self, by: &Official, first: civil::Date) -> Result<Month, Error> {
        by.serves_villagers()?;
        let wrong = |_| Error::Input("请选择一个月份，例如 2026-03。".into());
        let first = first.first_of_month();
        let next = first.checked_add(jiff::Span::new().months(1)).map_err(wrong)?;
        let begins = |day: civil::Date| day.to_zoned(self.zone.clone()).map(|z| z.timestamp().as_millisecond());
        let (from, to) = (begins(first).map_err(wrong)?, begins(next).map_err(wrong)?);
        let mut conn = self.store.read().await?;
        let rows = cases::month(&mut conn, from, to, by.station.as_deref().unwrap_or_default()).await?;
        let rates = rates::count(rows.iter().map(|row| Counted {
            outcome: match row.outcome.as_deref() {
                Some("closed") => Some(Outcome::Closed),
                Some("declined") => Some(Outcome::Declined),
                _ => None,
            },
            rating: row.rating.and_then(|r| u8::try_from(r).ok()).and_then(|r| r.try_into().ok()),
            rounds: u32::try_from(row.rounds).unwrap_or(u32::MAX),
        }));
        Ok(Month { rows, rates })
    }

    /// The deputies that a case can be handed to.
    ///
    /// # Errors
    /// The database.
    pub async fn deputies(&self) -> Result<Vec<Person>, Error> {
        let all = crate::store::people::all(&mut *self.store.read().await?).await?;
        let deputies = all.into_iter().filter(|p| p.role == "deputy" && p.disabled == 0);
        Ok(deputies.map(|p| Person { id: p.id, name: p.name }).collect())
    }

    /// A time as people of the county read it.
    #[must_use]
    pub fn local(&self, ms: i64) -> String {
        super::record::at(ms).to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The day that it is in the county.
    #[must_use]
    pub fn today(&self) -> civil::Date {
        self.day_of(self.now())
    }
}
