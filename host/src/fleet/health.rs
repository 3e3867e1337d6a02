//! How terminals are: their last report, and the alarms that follow from it.
//!
//! Invariant: a report and the alarms that it changes are one transaction; it is answered for once they are on the disk.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use wire::{
    health::{Report, Taken},
    ticket::TerminalNumber,
};

use super::{
    Error, Fleet,
    faults::{self, Fault},
    telling,
};
use crate::store::{
    StoreError, Tx, diagnostics,
    health::{self as rows, AlarmRow, HealthRow},
    terminals,
};

/// A terminal that is well reports every five minutes or so; one that was switched off over noon comes back by itself.
pub(super) const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// A host that was down itself hears within this time of every terminal that is well: three reports' time.
const HOST_AWAY: SignedDuration = SignedDuration::from_mins(15);

/// How a terminal is.
#[derive(Debug, Clone)]
pub struct Health {
    /// Which.
    pub terminal: TerminalNumber,
    /// When it last reported.
    pub seen: Timestamp,
    /// What it said.
    pub report: Report,
    /// The same as it came, with what this program does not know.
    pub text: String,
    /// Its alarms, the newest first.
    pub alarms: Vec<Alarm>,
    /// Not heard of for more than two hours, and not revoked: what it said may have changed since.
    pub is_silent: bool,
}

/// An alarm of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alarm {
    /// What is wrong.
    #[serde(serialize_with = "name")]
    pub fault: Fault,
    /// When it was first told.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When it was over; none, it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cleared_at: Option<Timestamp>,
    /// Whether kiosk or the machine was started anew meanwhile; none where nobody knows.
    pub restarted: Option<bool>,
    /// Who sees to it.
    pub taken: Option<telling::Taken>,
}

pub(super) fn name<S: serde::Serializer>(fault: &Fault, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fault.name())
}

impl Health {
    /// The alarms that stand.
    pub fn open(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter().filter(|alarm| alarm.cleared_at.is_none())
    }
}

impl Fleet {
    /// Takes a terminal's report, which came as `text`. One that was overtaken on its way changes nothing.
    ///
    /// # Errors
    /// [`Error::Revoked`], or the database.
    pub async fn take_health(&self, report: &Report, text: &str) -> Result<Taken, Error> {
        let (terminal, now) = (report.terminal, self.clock.now());
        let mut tx = self.store.write().await?;
        if terminals::find(&mut tx, terminal).await?.is_some_and(|row| row.revoked_at.is_some()) {
            return Err(Error::Revoked(terminal));
        }
        let before = rows::find(&mut tx, terminal).await?.map(|row| read(&row)).transpose()?;
        let settings = self.order_shown(&mut tx, terminal).await?.map(|order| order.number);
        let diagnostics = diagnostics::waiting(&mut tx, terminal, now).await?.map(|row| row.number);
        let taken = Taken { openings: report.tamper.openings, settings, diagnostics };
        if before.as_ref().is_some_and(|before| report.is_before(before)) {
            return Ok(taken);
        }
        let alarms = rows::alarms(&mut tx, Some(terminal)).await?;
        let open = alarms.into_iter().filter(|alarm| alarm.cleared_at.is_none());
        // One that a newer release raised is the newer release's to clear.
        let (open, standing): (Vec<AlarmRow>, Vec<Fault>) =
            open.filter_map(|alarm| Fault::named(&alarm.fault).map(|fault| (alarm, fault))).unzip();
        let change = faults::change(&standing, before.as_ref(), report);
        let run = report.kiosk.as_ref().map(|kiosk| kiosk.run.to_string());
        for (alarm, fault) in open.iter().zip(&standing) {
            if change.cleared.contains(fault) {
                let restarted = restarted(alarm, &report.boot.to_string(), run.as_deref());
                tracing::info!(%terminal, fault = fault.name(), "an alarm is over");
                rows::clear(&mut tx, alarm, now, restarted).await?;
            }
        }
        for fault in change.raised {
            raise(&mut tx, report, fault, now).await?;
        }
        rows::put(&mut tx, &HealthRow { terminal, received_at: now, report: text.to_owned() }).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// How every terminal is that ever reported, by number.
    ///
    /// # Errors
    /// The database.
    pub async fn health(&self) -> Result<Vec<Health>, Error> {
        let (mut conn, now) = (self.store.read().await?, self.clock.now());
        let known = terminals::all(&mut conn).await?;
        let is_revoked = |number| known.iter().any(|row| row.number == number && row.revoked_at.is_some());
        let (reports, mut alarms) = (rows::all(&mut conn).await?, rows::alarms(&mut conn, None).await?);
        let mut all = Vec::new();
        for row in reports {
            let own: Vec<_> = alarms.extract_if(.., |alarm| alarm.terminal == row.terminal).collect();
            let is_revoked = is_revoked(row.terminal);
            all.push(health_of(row, &own, is_revoked, now)?);
        }
        Ok(all)
    }

    /// How one terminal is; none where it never reported.
    ///
    /// # Errors
    /// The database.
    pub async fn health_of(&self, terminal: TerminalNumber) -> Result<Option<Health>, Error> {
        let known = terminals::look(&self.store, terminal).await?;
        let is_revoked = known.is_some_and(|row| row.revoked_at.is_some());
        let mut conn = self.store.read().await?;
        let Some(row) = rows::find(&mut conn, terminal).await? else { return Ok(None) };
        let own = rows::alarms(&mut conn, Some(terminal)).await?;
        Ok(Some(health_of(row, &own, is_revoked, self.clock.now())?))
    }

    /// Raises an alarm for each terminal that was silent for more than two hours, where the host has listened since `up`.
    /// The terminal's next report ends it.
    ///
    /// # Errors
    /// The database.
    pub async fn notice_silence(&self, up: Timestamp) -> Result<(), Error> {
        let now = self.clock.now();
        if now.duration_since(up) < HOST_AWAY {
            return Ok(());
        }
        let before = now.checked_sub(SILENT_AFTER).unwrap_or(Timestamp::MIN);
        if rows::fell_silent(&mut *self.store.read().await?, before, Fault::Silent.name()).await?.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        for row in rows::fell_silent(&mut tx, before, Fault::Silent.name()).await? {
            raise(&mut tx, &read(&row)?, Fault::Silent, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Somebody knows who opened the case: its alarm is over. False where there is none.
    ///
    /// # Errors
    /// The database.
    pub async fn case_checked(&self, terminal: TerminalNumber) -> Result<bool, Error> {
        let mut tx = self.store.write().await?;
        let alarms = rows::alarms(&mut tx, Some(terminal)).await?;
        let open = alarms.iter().find(|a| a.cleared_at.is_none() && a.fault == Fault::CaseOpened.name());
        let Some(alarm) = open else { return Ok(false) };
        rows::clear(&mut tx, alarm, self.clock.now(), None).await?;
        self.note(&mut tx, "terminal.case_checked", &super::subject(terminal)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Raises an alarm of a terminal whose last report this is.
async fn raise(tx: &mut Tx, report: &Report, fault: Fault, at: Timestamp) -> Result<(), StoreError> {
    let terminal = report.terminal;
    tracing::warn!(%terminal, fault = fault.name(), "alarm: {fault}");
    let alarm = AlarmRow {
        number: 0,
        terminal,
        fault: fault.name().to_owned(),
        raised_at: at,
        raised_boot: report.boot.to_string(),
        raised_run: report.kiosk.as_ref().map(|kiosk| kiosk.run.to_string()),
        cleared_at: None,
        restarted: None,
        taken_by: None,
        taken_at: None,
    };
    rows::raise(tx, &alarm).await
}

/// Ends every alarm of a terminal of which nothing will be heard again.
///
/// # Errors
/// The database.
pub(super) async fn end_alarms(tx: &mut Tx, terminal: TerminalNumber, at: Timestamp) -> Result<(), StoreError> {
    for alarm in rows::alarms(tx, Some(terminal)).await?.iter().filter(|alarm| alarm.cleared_at.is_none()) {
        rows::clear(tx, alarm, at, None).await?;
    }
    Ok(())
}

fn health_of(row: HealthRow, own: &[AlarmRow], is_revoked: bool, now: Timestamp) -> Result<Health, StoreError> {
    let (report, alarms) = (read(&row)?, own.iter().filter_map(shown).collect());
    let HealthRow { terminal, received_at, report: text } = row;
    let is_silent = now.duration_since(received_at) > SILENT_AFTER && !is_revoked;
    Ok(Health { terminal, seen: received_at, report, text, alarms, is_silent })
}

pub(super) fn read(row: &HealthRow) -> Result<Report, StoreError> {
    serde_json::from_str(&row.report).map_err(|_| StoreError::Unreadable("health report"))
}

/// None for one that a newer release raised, of which this one has no words.
fn shown(alarm: &AlarmRow) -> Option<Alarm> {
    let AlarmRow { raised_at, cleared_at, restarted, .. } = *alarm;
    let taken = alarm.taken_by.clone().zip(alarm.taken_at).map(|(by, at)| telling::Taken { by, at });
    Some(Alarm { fault: Fault::named(&alarm.fault)?, raised_at, cleared_at, restarted, taken })
}

/// Whether the terminal was started anew since an alarm was raised.
fn restarted(alarm: &AlarmRow, boot: &str, run: Option<&str>) -> Option<bool> {
    if alarm.raised_boot != boot {
        return Some(true);
    }
    Some(alarm.raised_run.as_deref()? != run?)
}
