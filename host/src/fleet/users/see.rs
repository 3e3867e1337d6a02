//! Terminals and audit as far as somebody may see them, and what is done to a terminal.

use jiff::Timestamp;
use wire::ticket::TerminalNumber;

use super::{
    super::{
        Fleet, Health, Line, Today,
        health::SILENT_AFTER,
        sites::{Code, Path, Site},
    },
    By, Error, Role, Users,
};
use crate::store::{
    overview::{self, Among, OverviewRow},
    sites,
    terminals::{self, TerminalRow},
};

/// Rows of one page.
const ROWS: usize = 100;

/// How a terminal stands with the fleet, as far as that is known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Something is wrong with it.
    Calls,
    /// Nothing was heard of it for two hours, and no alarm says so yet: the host itself was away.
    Quiet,
    /// It reported within two hours, and nothing that was wrong.
    InOrder,
    /// It enrolled and never reported.
    Unheard,
    /// It never enrolled.
    Expected,
    /// It is revoked.
    Revoked,
}

impl Standing {
    /// Every one, what needs somebody first.
    pub const ALL: [Self; 6] = [Self::Calls, Self::Quiet, Self::InOrder, Self::Unheard, Self::Expected, Self::Revoked];

    /// The name in the database and in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Quiet => "quiet",
            Self::InOrder => "in_order",
            Self::Unheard => "unheard",
            Self::Expected => "expected",
            Self::Revoked => "revoked",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

/// How many terminals stand so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How.
    pub standing: Standing,
    /// How many.
    pub count: i64,
    /// When the oldest of their last reports came.
    pub oldest: Option<Timestamp>,
}

/// Which terminals somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// None, any.
    pub standing: Option<Standing>,
    /// Part of station or place, or a number; empty, any.
    pub words: String,
    /// A site, with those under it; none, any.
    pub under: Option<Code>,
    /// From 0.
    pub page: usize,
}

/// A page of terminals.
#[derive(Debug, Clone)]
pub struct Terminals {
    /// By station and number.
    pub rows: Vec<(OverviewRow, Standing)>,
    /// Whether another page follows.
    pub more: bool,
}

/// A page of the audit.
#[derive(Debug, Clone)]
pub struct AuditPage {
    /// Newest first.
    pub lines: Vec<Line>,
    /// The number below which the next page begins.
    pub next: Option<i64>,
}

impl Users {
    /// All terminals that somebody sees.
    pub(super) fn among<'a>(&self, by: &'a By<'_>) -> Among<'a> {
        let since = self.fleet.clock.now().checked_sub(SILENT_AFTER).unwrap_or(Timestamp::MIN);
        Among { since, within: by.scope().within(), under: "", standing: "", words: "" }
    }

    /// The fleet on behalf of whoever asks.
    pub(super) fn fleet_for(&self, by: By<'_>) -> Fleet {
        self.fleet.clone().on_behalf_of(&self.who(by))
    }

    /// What needs a person, and how many terminals stand how.
    ///
    /// # Errors
    /// The database.
    pub async fn today(&self, by: By<'_>) -> Result<(Today, Vec<Count>), Error> {
        let today = self.fleet.today_in(by.scope()).await?;
        let counts = overview::counts(&mut *self.fleet.store.read().await?, &self.among(&by)).await?;
        let count = |standing: Standing| {
            let row = counts.iter().find(|row| row.standing == standing.name())?;
            Some(Count { standing, count: row.count, oldest: row.oldest })
        };
        Ok((today, Standing::ALL.into_iter().filter_map(count).collect()))
    }

    /// A page of the terminals that somebody sees.
    ///
    /// # Errors
    /// The database.
    pub async fn terminals(&self, by: By<'_>, sought: &Sought) -> Result<Terminals, Error> {
        // PostgreSQL takes no NUL, and no name has a control character.
        let words: String = sought.words.trim().chars().filter(|c| !c.is_control()).take(60).collect();
        let at_most = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let skip = i64::try_from(sought.page).unwrap_or(0).saturating_mul(at_most);
        let among = Among {
            under: sought.under.as_ref().map_or("", Code::as_str),
            standing: sought.standing.map_or("", Standing::name),
            words: &words,
            ..self.among(&by)
        };
        let mut rows = overview::page(&mut *self.fleet.store.read().await?, &among, skip, at_most + 1).await?;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        let standing = |row: OverviewRow| Standing::named(&row.standing).map(|standing| (row, standing));
        Ok(Terminals { rows: rows.into_iter().filter_map(standing).collect(), more })
    }

    /// A terminal, and what it last told of itself.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn terminal(&self, by: By<'_>, number: TerminalNumber) -> Result<(TerminalRow, Option<Health>), Error> {
        let mut conn = self.fleet.store.read().await?;
        let row = terminals::find(&mut conn, number).await?;
        let path = Path::stored(&sites::path_of(&mut conn, number).await?);
        drop(conn);
        let row = row.filter(|row| by.sees(&row.station, &path)).ok_or(Error::NotFound)?;
        Ok((row, self.fleet.health_of(number).await?))
    }

    /// Somebody knows who opened the case: its alarm is over. False where there is none.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for viewers, [`Error::NotFound`], or the database.
    pub async fn case_checked(&self, by: By<'_>, number: TerminalNumber) -> Result<bool, Error> {
        by.may(Role::Operator)?;
        self.terminal(by, number).await?;
        Ok(self.fleet_for(by).case_checked(number).await?)
    }

    /// Revokes a terminal for good, and writes the list of the revoked ones to `list`; returns since when.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], the database, or the list's file.
    pub async fn revoke(&self, by: By<'_>, number: TerminalNumber, list: &std::path::Path) -> Result<Timestamp, Error> {
        by.may(Role::Admin)?;
        self.terminal(by, number).await?;
        let at = self.fleet_for(by).revoke(number).await?;
        self.fleet.write_revoked(list).await?;
        Ok(at)
    }

    /// A page of the audit: the lines below a number, or from the end on.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or the database.
    pub async fn audit(&self, by: By<'_>, below: Option<i64>) -> Result<AuditPage, Error> {
        by.may(Role::Admin)?;
        let at_most = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let mut lines = self.fleet.audit_below(below, at_most + 1).await?;
        let more = lines.len() > ROWS;
        lines.truncate(ROWS);
        let next = lines.last().map(|line| line.number).filter(|_| more);
        Ok(AuditPage { lines, next })
    }

    /// Puts a terminal at another site.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, [`Error::NotFound`], a site that is not there or closed, or the database.
    pub async fn move_terminal(
        &self,
        by: By<'_>,
        number: TerminalNumber,
        site: &Code,
        place: &str,
    ) -> Result<Site, Error> {
        by.may(Role::Admin)?;
        self.terminal(by, number).await?;
        Ok(self.fleet_for(by).move_terminal(number, site, place).await?)
    }
}
