//! Actions: orders of artifacts to terminals, and what these say came of it. [`step`] decides.
//!
//! Invariants: a terminal has one open action at most; what is released is ordered, and what is withdrawn is not shown to
//! anybody any more; a terminal that only asks changes nothing. What a terminal says is kept shortened, the newest of it.

mod step;
mod who;

use jiff::Timestamp;
use serde::Serialize;
use wire::{
    ddi::{Confirmation, Status},
    ticket::TerminalNumber,
};

pub use self::step::{Event, NotTaken, State, step};
pub use self::who::Found;
use super::{
    Error, Fleet,
    artifacts::{Artifact, State as ArtifactState, artifact},
    rollouts::Brings,
    subject,
};
use crate::store::{
    Conn, StoreError, Tx,
    actions::{self as rows, ActionRow, FeedbackRow},
    artifacts, devices, rollouts, terminals,
};

/// So many of a terminal's actions are shown.
const SHOWN: u32 = 50;

/// The most texts of a feedback that are kept, and of each the most Unicode scalar values.
const DETAILS: usize = 50;
const DETAIL_CHARS: usize = 512;

const UNREADABLE: StoreError = StoreError::Unreadable("action");

/// Why an artifact is not ordered, or an action doesn't do as it is told.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is no such artifact.
    #[error("there is no artifact {0}; `host artifact list` shows those there are")]
    UnknownArtifact(i64),
    /// It is a draft, or was withdrawn.
    #[error("artifact {0} is not released; `host artifact release` lets terminals be given it")]
    NotReleased(i64),
    /// The terminal is at something else.
    #[error("terminal {0} is at action {1}; `host action cancel {0}` has it stop, then it can be given another")]
    AtAnother(TerminalNumber, u64),
    /// The terminal is in a rollout.
    #[error("terminal {0} is in rollout {1}, which is not over: end that one first")]
    InRollout(TerminalNumber, u64),
    /// The terminal has no such action.
    #[error("terminal {0} has no action {1}")]
    Unknown(TerminalNumber, u64),
    /// The terminal has nothing to do.
    #[error("terminal {0} has no action that is not over")]
    Nothing(TerminalNumber),
    /// The action doesn't take it.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// What else can be wrong.
    #[error(transparent)]
    Fleet(#[from] Error),
}

impl From<StoreError> for NotDone {
    fn from(problem: StoreError) -> Self {
        Self::Fleet(problem.into())
    }
}

/// An action with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its id.
    pub id: u64,
    /// Whose.
    pub terminal: TerminalNumber,
    /// What is ordered.
    pub artifact: Artifact,
    /// How far it is.
    pub state: State,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// By whom, as the audit calls them.
    pub ordered_by: String,
    /// When its state was written or the terminal last told of it.
    pub changed_at: Timestamp,
}

/// What a terminal told of an action at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Told {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    #[schema(value_type = crate::fleet::views::ActionStatus)]
    pub status: Status,
}

/// On whose behalf an action is opened.
#[derive(Debug, Clone, Copy)]
pub(super) enum For<'a> {
    /// A person's; somebody at the device may have to say yes first. What the terminal has begun stays.
    Person { confirmed: bool },
    /// A rollout's, as the audit calls it. Whatever the terminal is at is given up.
    Rollout(&'a str),
}

/// What a terminal is shown when it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// Its open action; none, or a rollout holds it back.
    pub action: Option<Action>,
    /// The last that it finished.
    pub installed: Option<u64>,
    /// Whether nobody knows yet what it is.
    pub unknown: bool,
}

impl Fleet {
    /// Orders an artifact to terminals, all of them or none. What one of them has not begun yet gives way.
    ///
    /// # Errors
    /// [`NotDone::NotReleased`] and so on, a terminal that is not known, or revoked; or the database.
    pub async fn order_artifact(
        &self,
        id: i64,
        terminals: &[TerminalNumber],
        confirmed: bool,
    ) -> Result<Vec<u64>, NotDone> {
        let mut tx = self.store.write().await?;
        let ordered = released(&mut tx, id).await?;
        if let Some((rollout, terminal)) = rollouts::that_has(&mut tx, Brings::Artifact.word(), terminals).await? {
            return Err(NotDone::InRollout(terminal, rollout));
        }
        let mut opened = Vec::new();
        for terminal in terminals {
            let known = terminals::find(&mut tx, *terminal).await?.ok_or(Error::Unknown(*terminal))?;
            if known.revoked_at.is_some() {
                return Err(Error::Revoked(*terminal).into());
            }
            opened.push(self.open_action(&mut tx, *terminal, &ordered, For::Person { confirmed }).await?);
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(opened)
    }

    /// Opens an action of an artifact that is released.
    pub(super) async fn open_action(
        &self,
        tx: &mut Tx,
        terminal: TerminalNumber,
        ordered: &Artifact,
        on_behalf: For<'_>,
    ) -> Result<u64, NotDone> {
        let (who, asks, yields) = match on_behalf {
            For::Person { confirmed } => (&*self.who, confirmed, true),
            For::Rollout(who) => (who, false, false),
        };
        if let Some(mut row) = rows::open_of(tx, terminal).await? {
            let has_begun = !matches!(read_state(&row)?, State::ToBeConfirmed | State::Waiting);
            if has_begun && yields {
                return Err(NotDone::AtAnother(terminal, row.id));
            }
            self.act_on(tx, &mut row, &Event::GiveUp).await?;
        }
        let asks = asks && devices::find(tx, terminal).await?.is_none_or(|device| device.auto_confirm.is_none());
        let first = if asks { State::ToBeConfirmed } else { State::Waiting };
        let now = self.clock.now();
        let row = ActionRow {
            id: 0,
            terminal,
            artifact: ordered.id,
            ordered_at: now,
            ordered_by: who.to_owned(),
            state: written(&first)?,
            is_open: true,
            changed_at: now,
        };
        let id = rows::insert(tx, &row).await?;
        let Artifact { id: artifact, name, version, .. } = ordered;
        let of = format!("{} action:{id} artifact:{artifact} {name} {version}", subject(terminal));
        self.note_by(tx, who, "action.order", &of).await?;
        Ok(id)
    }

    /// Has a terminal stop what it is at; `give_up` doesn't wait for its answer. What it has not begun is over at once.
    ///
    /// # Errors
    /// [`NotDone::Nothing`], [`NotDone::InRollout`], or the database.
    pub async fn cancel_action(&self, terminal: TerminalNumber, give_up: bool) -> Result<Action, NotDone> {
        let mut tx = self.store.write().await?;
        let mut row = rows::open_of(&mut tx, terminal).await?.ok_or(NotDone::Nothing(terminal))?;
        if let Some((rollout, _)) = rollouts::that_has(&mut tx, Brings::Artifact.word(), &[terminal]).await? {
            return Err(NotDone::InRollout(terminal, rollout));
        }
        let event = if give_up { Event::GiveUp } else { Event::Cancel };
        self.act_on(&mut tx, &mut row, &event).await?;
        let shown = with_artifact(&mut tx, row).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(shown)
    }

    /// Has everybody stop who is at an artifact.
    pub(super) async fn cancel_all_of(&self, tx: &mut Tx, artifact: i64) -> Result<(), NotDone> {
        for mut row in rows::open_with(tx, artifact).await? {
            self.act_on(tx, &mut row, &Event::Cancel).await?;
        }
        Ok(())
    }

    /// Cancels one of a terminal's, where it is open.
    pub(super) async fn cancel_one(&self, tx: &mut Tx, terminal: TerminalNumber, id: u64) -> Result<(), NotDone> {
        match rows::find(tx, terminal, id).await? {
            Some(mut row) if row.is_open => self.act_on(tx, &mut row, &Event::Cancel).await,
            _ => Ok(()),
        }
    }

    async fn act_on(&self, tx: &mut Tx, row: &mut ActionRow, event: &Event) -> Result<(), NotDone> {
        let next = step(&read_state(row)?, event)?;
        (row.state, row.is_open, row.changed_at) = (written(&next)?, next.is_open(), self.clock.now());
        rows::put_state(tx, row).await?;
        if matches!(event, Event::Cancel | Event::GiveUp) {
            self.note(tx, "action.cancel", &format!("{} action:{}", subject(row.terminal), row.id)).await?;
        }
        Ok(())
    }

    /// Takes what a terminal tells of one of its actions.
    ///
    /// # Errors
    /// [`NotDone::Unknown`], [`NotDone::NotTaken`] where it is over or in another state, or the database.
    pub async fn hear_of_action(&self, terminal: TerminalNumber, id: u64, event: Event) -> Result<(), NotDone> {
        let event = match event {
            Event::Feedback(told) => Event::Feedback(shortened(told)),
            Event::CancelFeedback(told) => Event::CancelFeedback(shortened(told)),
            other => other,
        };
        let mut tx = self.store.write().await?;
        let mut row = rows::find(&mut tx, terminal, id).await?.ok_or(NotDone::Unknown(terminal, id))?;
        self.act_on(&mut tx, &mut row, &event).await?;
        if let Event::Feedback(told) | Event::CancelFeedback(told) = &event {
            let feedback = serde_json::to_string(told).map_err(|_| UNREADABLE)?;
            rows::add_feedback(&mut tx, id, &FeedbackRow { received_at: self.clock.now(), feedback }).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// What a terminal is shown when it asks.
    ///
    /// # Errors
    /// The database.
    pub async fn todo(&self, terminal: TerminalNumber) -> Result<Todo, Error> {
        let mut conn = self.store.read().await?;
        let (open, installed, is_known) = rows::asked(&mut conn, terminal, &written(&State::Finished)?).await?;
        let action = match open {
            Some(row) => self.shown(&mut conn, row).await?,
            None => None,
        };
        Ok(Todo { action, installed, unknown: !is_known })
    }

    /// The action as it is shown to the terminal; none where its rollout holds it back or its artifact is gone.
    async fn shown(&self, conn: &mut Conn, row: ActionRow) -> Result<Option<Action>, StoreError> {
        let (terminal, id) = (row.terminal, row.id);
        let action = with_artifact(conn, row).await?;
        if action.state == State::ToStop {
            return Ok(Some(action));
        }
        let is_held = action.artifact.state != ArtifactState::Released
            || self.rollout_holds(conn, Brings::Artifact, terminal, id).await?;
        Ok((!is_held).then_some(action))
    }

    /// One of a terminal's actions that it may read: open and shown to it, or finished.
    ///
    /// # Errors
    /// [`NotDone::Unknown`], or the database.
    pub async fn action(&self, terminal: TerminalNumber, id: u64) -> Result<Action, NotDone> {
        let mut conn = self.store.read().await?;
        let unknown = || NotDone::Unknown(terminal, id);
        let row = rows::find(&mut conn, terminal, id).await?.ok_or_else(unknown)?;
        if row.is_open {
            self.shown(&mut conn, row).await?.ok_or_else(unknown)
        } else {
            Ok(with_artifact(&mut conn, row).await?)
        }
    }

    /// The artifact that an action gives to a terminal, which it may fetch; none, it may not.
    ///
    /// # Errors
    /// The database.
    pub async fn given(&self, terminal: TerminalNumber, artifact: i64) -> Result<Option<Artifact>, Error> {
        let mut conn = self.store.read().await?;
        for row in rows::of_terminal(&mut conn, terminal, SHOWN).await? {
            let has_it = row.artifact == artifact && (row.is_open || read_state(&row)? == State::Finished);
            if has_it {
                let known = with_artifact(&mut conn, row).await?.artifact;
                return Ok((known.state == ArtifactState::Released).then_some(known));
            }
        }
        Ok(None)
    }

    /// The newest actions of a terminal, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn actions(&self, terminal: TerminalNumber) -> Result<Vec<Action>, Error> {
        let mut conn = self.store.read().await?;
        let mut all = Vec::new();
        for row in rows::of_terminal(&mut conn, terminal, SHOWN).await? {
            all.push(with_artifact(&mut conn, row).await?);
        }
        Ok(all)
    }

    /// What a terminal told of an action, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn told_of(&self, action: u64) -> Result<Vec<Told>, Error> {
        let told = rows::feedback_of(&mut *self.store.read().await?, action).await?;
        let read = |row: FeedbackRow| {
            let status = serde_json::from_str(&row.feedback).map_err(|_| UNREADABLE)?;
            Ok(Told { at: row.received_at, status })
        };
        Ok(told.into_iter().map(read).collect::<Result<_, StoreError>>()?)
    }

    /// Whoever stands at the terminal need not be asked any more: what waits for them goes on.
    pub(super) async fn confirm_what_waits(&self, tx: &mut Tx, terminal: TerminalNumber) -> Result<(), NotDone> {
        match rows::open_of(tx, terminal).await? {
            Some(mut row) if read_state(&row)? == State::ToBeConfirmed => {
                self.act_on(tx, &mut row, &Event::Confirmation(Confirmation::Confirmed)).await
            }
            _ => Ok(()),
        }
    }
}

/// An artifact that terminals may be given.
pub(super) async fn released(conn: &mut Conn, id: i64) -> Result<Artifact, NotDone> {
    let row = artifacts::find(conn, id).await?.ok_or(NotDone::UnknownArtifact(id))?;
    let found = artifact(row)?;
    if found.state == ArtifactState::Released { Ok(found) } else { Err(NotDone::NotReleased(id)) }
}

async fn with_artifact(conn: &mut Conn, row: ActionRow) -> Result<Action, StoreError> {
    let of = artifacts::find(conn, row.artifact).await?.ok_or(UNREADABLE)?;
    let state = read_state(&row)?;
    let ActionRow { id, terminal, ordered_at, ordered_by, changed_at, .. } = row;
    Ok(Action { id, terminal, artifact: artifact(of)?, state, ordered_at, ordered_by, changed_at })
}

/// The state of a row.
pub(super) fn read_state(row: &ActionRow) -> Result<State, StoreError> {
    serde_json::from_str(&row.state).map_err(|_| UNREADABLE)
}

fn written(state: &State) -> Result<String, StoreError> {
    serde_json::to_string(state).map_err(|_| UNREADABLE)
}

fn shortened(mut told: Status) -> Status {
    told.details.truncate(DETAILS);
    for text in &mut told.details {
        if let Some((end, _)) = text.char_indices().nth(DETAIL_CHARS) {
            text.truncate(end);
        }
    }
    told
}
