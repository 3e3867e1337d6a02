//! Rollouts of settings and artifacts as they are kept, moved on and shown. [`rollout`](super::rollout) decides.
//!
//! Invariants: a rollout and what it has done are one transaction. What a terminal does is read from its reports and its
//! actions, which may be read any number of times, so that no process has to be the only one and a host that was down
//! goes on where the terminals are. A terminal is in one rollout of settings and in one of artifacts that are not over, at most.

mod asked;
mod brought;
mod kept;
mod make;
mod news;
mod said;

use jiff::{SignedDuration, Timestamp};
use wire::ticket::TerminalNumber;

pub use asked::{AskedRollout, AskedWave, Named, start as read_start, window as read_window};
pub(super) use brought::Brings;
pub use brought::Brought;
pub use make::{NewRollout, Preview};

use self::kept::Kept;
use super::{
    Error, Fleet,
    actions::NotDone,
    rollout::{Event, NotAPlan, Phase, Refused, Rollout, Who},
};
use crate::store::{
    Conn, StoreError, Tx, actions, afar, afar::OrderRow, health as reports, rollouts as rows, sites, terminals,
};

/// Reports are looked at again from so long before the last look: their times are texts, compared to the second.
const AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// Why a rollout is not made, or does not do as it is told.
#[derive(Debug, thiserror::Error)]
pub enum NotRolledOut {
    /// There is no such rollout.
    #[error("there is no rollout {0}; `host rollout list` shows those there are")]
    Unknown(u64),
    /// There are no such settings.
    #[error("there are no settings {0}; `host config list` shows those there are")]
    UnknownSettings(u64),
    /// It is of another kind than what the rollout brings.
    #[error("former: expected settings where settings are brought, and an artifact where an artifact is")]
    Former,
    /// Nobody knows what they ran before.
    #[error("there is nothing to order them back to: no version of it that is lower was released before")]
    NoFormer,
    /// The artifact, or an action of it.
    #[error(transparent)]
    Action(#[from] NotDone),
    /// A terminal is in another rollout.
    #[error("terminal {0} is in rollout {1}, which is not over: end that one first")]
    Busy(TerminalNumber, u64),
    /// No terminal is there.
    #[error("there is no terminal that was enrolled and is not revoked")]
    NoTerminal,
    /// Other terminals than somebody was shown before.
    #[error("other terminals would be reached than were shown: look at it again")]
    Changed,
    /// The time zone of the windows.
    #[error("zone: expected an IANA name like Asia/Shanghai, found {0:?}")]
    Zone(String),
    /// The remark is too long.
    #[error("why: expected 200 characters or fewer without line breaks")]
    Why,
    /// The plan breaks a rule.
    #[error(transparent)]
    Plan(#[from] NotAPlan),
    /// Not in the state that it is in.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What else can be wrong.
    #[error(transparent)]
    Fleet(#[from] Error),
}

impl From<StoreError> for NotRolledOut {
    fn from(problem: StoreError) -> Self {
        Self::Fleet(problem.into())
    }
}

/// What a person has a rollout do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Approve it.
    Approve,
    /// Begin its next wave.
    Begin,
    /// Pause it.
    Pause,
    /// Go on, with the bad ones that there are.
    Resume,
    /// Give the wave that asks as long again for its sample.
    WaitLonger,
    /// Let the wave that asks pass without its sample.
    GoOn,
    /// End it without those that were never seen.
    Close,
    /// Cancel what has not begun.
    Abort,
    /// Abort it, and order back those that took what it brings.
    OrderBack,
    /// Have a terminal try again.
    Retry(TerminalNumber),
}

impl Order {
    fn event(self, who: Who) -> Event {
        match self {
            Self::Approve => Event::Approve(who),
            Self::Begin => Event::Begin,
            Self::Pause => Event::Pause(who),
            Self::Resume => Event::Resume,
            Self::WaitLonger => Event::WaitLonger,
            Self::GoOn => Event::GoOn,
            Self::Close => Event::Close,
            Self::Abort => Event::Abort,
            Self::OrderBack => Event::OrderBack,
            Self::Retry(terminal) => Event::Retry(terminal),
        }
    }

    /// As the audit calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Approve => "rollout.approve",
            Self::Begin => "rollout.begin",
            Self::Pause => "rollout.pause",
            Self::Resume => "rollout.resume",
            Self::WaitLonger => "rollout.wait",
            Self::GoOn => "rollout.go_on",
            Self::Close => "rollout.close",
            Self::Abort => "rollout.abort",
            Self::OrderBack => "rollout.order_back",
            Self::Retry(_) => "rollout.retry",
        }
    }
}

/// A rollout as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// What an admin wrote beside it.
    pub why: String,
    /// Of its maintenance windows.
    pub zone: String,
    /// When it was over; none, it is not.
    pub over_at: Option<Timestamp>,
    /// It itself.
    pub rollout: Rollout,
}

impl Fleet {
    /// Every rollout, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn rollouts(&self) -> Result<Vec<Shown>, Error> {
        let mut conn = self.store.read().await?;
        let mut all = Vec::new();
        for row in rows::all(&mut conn, false).await? {
            all.push(Kept::of(&mut conn, row).await?.shown());
        }
        Ok(all)
    }

    /// Every rollout, or those that are not over, the newest first, without their members.
    ///
    /// # Errors
    /// The database.
    pub(super) async fn rollouts_at_a_glance(&self, running_only: bool) -> Result<Vec<Shown>, Error> {
        let all = rows::all(&mut *self.store.read().await?, running_only).await?;
        let shown = all.into_iter().map(|row| Kept::head(row).map(|kept| kept.shown()));
        Ok(shown.collect::<Result<_, StoreError>>()?)
    }

    /// One rollout.
    ///
    /// # Errors
    /// [`NotRolledOut::Unknown`], or the database.
    pub async fn rollout(&self, number: u64) -> Result<Shown, NotRolledOut> {
        let mut conn = self.store.read().await?;
        let row = rows::find(&mut conn, number).await?.ok_or(NotRolledOut::Unknown(number))?;
        Ok(Kept::only_shown(&mut conn, row).await?)
    }

    /// A number that rises with each change of a rollout or its terminals; none, there is no such rollout.
    ///
    /// # Errors
    /// The database.
    pub async fn rollout_revision(&self, number: u64) -> Result<Option<u64>, Error> {
        Ok(rows::revision(&mut *self.store.read().await?, number).await?)
    }

    /// Has a rollout do something on this fleet's behalf.
    ///
    /// # Errors
    /// [`NotRolledOut::Unknown`], [`NotRolledOut::Refused`], or the database.
    pub async fn tell_rollout(&self, number: u64, order: Order) -> Result<Shown, NotRolledOut> {
        let mut tx = self.store.write().await?;
        let row = rows::find(&mut tx, number).await?.ok_or(NotRolledOut::Unknown(number))?;
        let mut kept = Kept::of(&mut tx, row).await?;
        let subject = match order {
            Order::Retry(terminal) => format!("rollout:{number} {}", super::subject(terminal)),
            _ => format!("rollout:{number}"),
        };
        self.note(&mut tx, order.name(), &subject).await?;
        let now = self.clock.now();
        kept.take(self, &mut tx, (order.event(Who(self.who.to_string())), now)).await?;
        kept.keep(&mut tx, now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(kept.shown())
    }

    /// Moves every rollout on by what time has passed and terminals have reported since `since`; the time to give next.
    ///
    /// # Errors
    /// The database.
    pub async fn move_rollouts(&self, since: Timestamp) -> Result<Timestamp, Error> {
        let now = self.clock.now();
        if rows::all(&mut *self.store.read().await?, true).await?.is_empty() {
            return Ok(now);
        }
        let mut tx = self.store.write().await?;
        let known = terminals::all(&mut tx).await?;
        let since = since.checked_sub(AGAIN).unwrap_or(Timestamp::MIN);
        let reports = reports::since(&mut tx, since).await?;
        let actions = actions::since(&mut tx, since).await?;
        let running = rows::all(&mut tx, true).await?;
        // Rollouts of settings have nothing to do with them.
        let bring_artifacts = running.iter().any(|row| row.brings == Brings::Artifact.word());
        let devices = news::Devices::read(&mut tx, bring_artifacts).await?;
        for row in running {
            let mut kept = Kept::of(&mut tx, row).await?;
            for event in news::of_terminals(&kept, &known, &devices) {
                kept.hear(self, &mut tx, (event, now)).await?;
            }
            for report in &reports {
                let (said, at) = (super::health::read(report)?, report.received_at);
                for event in news::of_report(&kept, &said, (at, now)) {
                    kept.hear(self, &mut tx, (event, at)).await?;
                }
            }
            for action in &actions {
                if let Some(event) = news::of_action(&kept, action)? {
                    kept.hear(self, &mut tx, (event, action.changed_at)).await?;
                }
            }
            for (event, at) in news::of_devices(&kept, &devices, &mut tx, since).await? {
                kept.hear(self, &mut tx, (event, at)).await?;
            }
            kept.hear(self, &mut tx, (Event::Tick, now)).await?;
            kept.keep(&mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(now)
    }

    /// Aborts those that bring an artifact, which is not to be ordered any more.
    pub(super) async fn abort_rollouts_of(&self, tx: &mut Tx, artifact: i64) -> Result<(), NotRolledOut> {
        let (now, brought) = (self.clock.now(), Brought::Artifact(artifact).release());
        for row in rows::all(tx, true).await? {
            let mut kept = Kept::of(tx, row).await?;
            if kept.rollout().release == brought && !kept.rollout().phase.has_ended() {
                self.note(tx, Order::Abort.name(), &format!("rollout:{}", kept.shown().number)).await?;
                kept.take(self, tx, (Event::Abort, now)).await?;
                kept.keep(tx, now).await?;
            }
        }
        Ok(())
    }

    /// The order that a terminal is shown at this instant: its newest, but for those that their rollout holds back.
    pub(super) async fn order_shown(
        &self,
        conn: &mut Conn,
        terminal: TerminalNumber,
    ) -> Result<Option<OrderRow>, StoreError> {
        for order in afar::orders_of(conn, terminal).await? {
            if !self.rollout_holds(conn, Brings::Settings, terminal, order.number).await? {
                return Ok(Some(order));
            }
        }
        Ok(None)
    }

    /// Whether an order belongs to a rollout that does not show it to the terminal at this instant.
    pub(super) async fn rollout_holds(
        &self,
        conn: &mut Conn,
        brings: Brings,
        terminal: TerminalNumber,
        order: u64,
    ) -> Result<bool, StoreError> {
        match rows::holding(conn, brings.word(), (terminal, order)).await? {
            Some((row, member)) => {
                let zone = sites::zone_of(conn, terminal).await?.unwrap_or_else(|| row.zone.clone());
                Ok(!kept::offers(&row, &member, (self.clock.now(), &zone))?)
            }
            None => Ok(false),
        }
    }
}

impl Shown {
    /// Whether nothing goes on before a person decides.
    #[must_use]
    pub fn waits_for_a_person(&self) -> bool {
        matches!(self.rollout.phase, Phase::AwaitsApproval | Phase::Paused(_) | Phase::Asks(_))
    }
}
