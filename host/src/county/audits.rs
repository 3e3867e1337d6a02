//! The audit, as 县人大 reads it: who did what when. Invariant: it is only read here; no line holds words, names or
//! numbers of villagers.

use std::collections::BTreeMap;

use jiff::{Span, civil};

use super::{County, Error, people::Official};
use crate::store::{
    bulletins, cases,
    desk::{self, AuditFilter, AuditRow},
    people, rosters,
};

/// The lines of one page.
pub const LINES: usize = 50;

/// Which lines somebody wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// Id of a person of the county; empty, everybody.
    pub person: String,
    /// The day, where the county lies; none, all.
    pub day: Option<civil::Date>,
    /// From 0.
    pub page: usize,
}

/// A page of the audit.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Newest first.
    pub lines: Vec<AuditRow>,
    /// What the people, units, stations and categories in it are called, and the tickets' numbers of its cases, by id.
    pub names: BTreeMap<String, String>,
    /// Whether another page follows.
    pub more: bool,
}

impl County {
    /// A page of the audit.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for a day that there isn't, or the database.
    pub async fn audited(&self, by: &Official, sought: &Sought) -> Result<Audit, Error> {
        by.rules()?;
        let begins = |day: civil::Date| day.to_zoned(self.zone.clone()).map(|z| z.timestamp().as_millisecond());
        let (from, to) = match sought.day {
            None => (0, i64::MAX),
            Some(day) => {
                let wrong = |_| Error::Input("请选择一个日期，例如 2026-03-02。".into());
                let next = day.checked_add(Span::new().days(1)).map_err(wrong)?;
                (begins(day).map_err(wrong)?, begins(next).map_err(wrong)?)
            }
        };
        let who = if sought.person.is_empty() { String::new() } else { format!("person:{}", sought.person) };
        let at_most = i64::try_from(LINES).unwrap_or(i64::MAX);
        let skip = i64::try_from(sought.page).unwrap_or(0).saturating_mul(at_most);
        let mut conn = self.store.read().await?;
        let mut lines = desk::audited(&mut conn, &AuditFilter { who, from, to }, skip, at_most + 1).await?;
        let more = lines.len() > LINES;
        lines.truncate(LINES);
        let mut names: BTreeMap<_, _> = rosters::names(&mut conn).await?.into_iter().collect();
        names.extend(people::all(&mut conn).await?.into_iter().map(|p| (p.id, p.name)));
        names.extend(bulletins::categories(&mut conn).await?.into_iter().map(|c| (c.id, c.name)));
        names.extend(bulletins::stations(&mut conn).await?.into_iter().map(|s| (s.id, s.name)));
        names.extend(people::units(&mut conn).await?.into_iter().map(|u| (u.id, u.name)));
        for line in lines.iter().filter(|l| matches!(l.what.as_str(), "case" | "contact" | "voice")) {
            if let Some(ticket) = cases::ticket_of(&mut conn, &line.subject).await? {
                names.insert(line.subject.clone(), ticket);
            }
        }
        Ok(Audit { lines, names, more })
    }
}
