//! The life of a case: 已收到 → 代表已接单 → 已转交 → 单位已答复 → 代表已确认 → 已办结 or 暂时办不了 → 已评价 → 二次协调.
//!
//! Invariant: does no I/O and reads no clock. A case is never 已办结 without a unit's reply that its deputy confirmed,
//! and never 暂时办不了 without a reason. Every step appends to the ledger; none takes anything away. A reply that a
//! villager has seen stays until a newer one replaces it.
//!
//! | step | from | who |
//! |---|---|---|
//! | claim | 已收到, 二次协调 | a deputy |
//! | hand over | any open state behind 已收到 | its deputy, the county |
//! | forward | 代表已接单, 已转交, 单位已答复, 二次协调 | its deputy, the officer, the county |
//! | reply | 已转交, 单位已答复 | the main unit; a joint unit's is recorded beside it |
//! | confirm | 单位已答复 | its deputy |
//! | close | 代表已确认 | its deputy, the county |
//! | explain | 代表已接单 … 代表已确认, 二次协调 | its deputy, the county |
//! | correct | any state, which stays | the officer, the county |
//! | rate | 已办结, 暂时办不了 | the villager, once for each answer |

mod steps;

use jiff::{Timestamp, civil};
use wire::case::{Role, Satisfaction, State};

pub use steps::step;

/// Somebody of the county's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// As people call them.
    pub name: String,
}

/// A unit that can be asked to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Who takes a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// 联络员.
    Officer(Person),
    /// 代表.
    Deputy(Person),
    /// Somebody of a unit.
    Unit(Person, Unit),
    /// 县人大.
    County(Person),
    /// Whoever holds the receipt.
    Villager,
}

/// A step that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A deputy takes the case.
    Claim,
    /// Another deputy goes on with it.
    HandOver(Person),
    /// Units are to answer until a day.
    Forward {
        /// 主办.
        main: Unit,
        /// 协办.
        joint: Vec<Unit>,
        /// The last day of the period.
        due: civil::Date,
    },
    /// A unit answers.
    Reply(String),
    /// The deputy confirms the main unit's reply.
    Confirm,
    /// The case is done.
    Close,
    /// Nothing can be done, for this reason.
    Explain(String),
    /// The case is filed under another category or place; what the villager sent stays as it is.
    Correct {
        /// From this step on.
        filed: Filed,
        /// What the ledger says of it.
        told: String,
    },
    /// Somebody writes down what the villager said; each time anew, the one before stays.
    Transcribe(String),
    /// The villager says what they think.
    Rate {
        /// The level.
        satisfaction: Satisfaction,
        /// The revision that was rated.
        revision: u64,
    },
}

/// What a case is filed under, as ids; either may be empty, as in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Id of the category.
    pub category: String,
    /// Id of the place.
    pub place: String,
}

/// A step and who takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub by: Actor,
    /// What.
    pub what: What,
}

/// How a case ended, until it is reopened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 已办结.
    Closed,
    /// 暂时办不了, explained.
    Declined,
}

/// The main unit's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The unit's name.
    pub by: String,
    /// Its words.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A case without the villager's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where it stands.
    pub state: State,
    /// The number of the ledger's last entry.
    pub revision: u64,
    /// Who took it.
    pub deputy: Option<Person>,
    /// 主办.
    pub main: Option<Unit>,
    /// 协办.
    pub joint: Vec<Unit>,
    /// The last day of the period.
    pub due: Option<civil::Date>,
    /// The main unit's last reply.
    pub reply: Option<Reply>,
    /// Whether the deputy confirmed that reply.
    pub confirmed: bool,
    /// Why nothing can be done.
    pub reason: Option<String>,
    /// What it is filed under in place of what the header says.
    pub corrected: Option<Filed>,
    /// The last rating.
    pub rating: Option<Satisfaction>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The revision at which it ended; a rating of an older one is refused.
    pub settled: u64,
    /// How often a bad rating reopened it.
    pub rounds: u32,
}

/// What kind of entry the ledger gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// The case came to another state.
    State,
    /// A joint unit's opinion.
    Joint,
    /// Another deputy.
    HandOver,
    /// Another category or place.
    Correction,
    /// What the villager said, written down; kept sealed like the villager's own words.
    Transcript,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub revision: u64,
    /// What kind.
    pub kind: EntryKind,
    /// The state behind it.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// Who, as a role and a name; a villager has none.
    pub role: Option<Role>,
    /// Id of the person.
    pub person: Option<String>,
    /// The name that the villager may read: a deputy or units.
    pub by: Option<String>,
    /// A reply, a reason, an opinion, a rating's word.
    pub text: Option<String>,
    /// The period's last day.
    pub due: Option<civil::Date>,
}

/// Who is to hear of a step, without a word of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A new case waits for a deputy.
    New,
    /// A bad rating reopened a case.
    Reopened,
}

/// What is to be done, in this order and in one transaction with the case itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Append to the ledger.
    Record(Entry),
    /// Seal the villager's view anew.
    Publish,
    /// Tell the deputy on duty.
    Announce(Notice),
}

/// Why a case doesn't take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not from the state that the case is in.
    #[error("the case is in another state")]
    State,
    /// Not by this role.
    #[error("this role does not take this step")]
    Role,
    /// Not by this deputy.
    #[error("another deputy has the case")]
    NotTheirs,
    /// Not by this unit.
    #[error("the case was not forwarded to this unit")]
    NotAsked,
    /// Words that are mandatory are missing.
    #[error("words are missing")]
    Blank,
    /// More than [`wire::TEXT_MAX`] characters.
    #[error("too many characters")]
    TooLong,
    /// The period ended before it began.
    #[error("the period lies in the past")]
    Past,
    /// The villager rated an answer that is not the last.
    #[error("an older answer was rated")]
    OldAnswer,
}

impl Refused {
    /// What people read; says what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::State => "这件事的进度已经变了。请刷新页面，看看最新的进度再办理。",
            Self::Role => "这一步不由您的岗位办理。",
            Self::NotTheirs => "这件事由另一位代表接单。需要换人时，请接单代表或县人大移交。",
            Self::NotAsked => "这件事没有转交给您的单位。",
            Self::Blank => "请写明内容，再提交。",
            Self::TooLong => "内容超过 2000 字。请写短一些，再提交。",
            Self::Past => "期限不能早于今天。请重新选择日期。",
            Self::OldAnswer => "评价的是较早的答复，没有计入。",
        }
    }
}

impl Case {
    /// A case that has just come in.
    #[must_use]
    pub fn received(now: Timestamp) -> (Self, Vec<Action>) {
        let mut case = Self {
            state: State::Received,
            revision: 0,
            deputy: None,
            main: None,
            joint: Vec::new(),
            due: None,
            reply: None,
            confirmed: false,
            reason: None,
            corrected: None,
            rating: None,
            outcome: None,
            settled: 0,
            rounds: 0,
        };
        let entry = case.entry(&Actor::Villager, now);
        (case, vec![Action::Record(entry), Action::Publish, Action::Announce(Notice::New)])
    }

    /// Whether the villager is asked for a rating.
    #[must_use]
    pub fn can_rate(&self) -> bool {
        matches!(self.state, State::Closed | State::Declined)
    }

    /// Whether a unit's period has passed without its reply.
    #[must_use]
    pub fn overdue(&self, today: civil::Date) -> bool {
        self.state == State::Forwarded && self.due.is_some_and(|due| due < today)
    }

    fn entry(&mut self, by: &Actor, at: Timestamp) -> Entry {
        self.revision += 1;
        let (role, person) = match by {
            Actor::Officer(p) => (Some(Role::Officer), Some(p)),
            Actor::Deputy(p) => (Some(Role::Deputy), Some(p)),
            Actor::Unit(p, _) => (Some(Role::Unit), Some(p)),
            Actor::County(p) => (Some(Role::County), Some(p)),
            Actor::Villager => (None, None),
        };
        Entry {
            revision: self.revision,
            kind: EntryKind::State,
            state: self.state,
            at,
            role,
            person: person.map(|p| p.id.clone()),
            by: None,
            text: None,
            due: None,
        }
    }

    fn is_with(&self, person: &Person) -> bool {
        self.deputy.as_ref().is_some_and(|d| d.id == person.id)
    }

    /// Its own deputy, or the county.
    fn leads(&self, by: &Actor) -> Result<(), Refused> {
        match by {
            Actor::Deputy(p) if self.is_with(p) => Ok(()),
            Actor::Deputy(_) => Err(Refused::NotTheirs),
            Actor::County(_) => Ok(()),
            _ => Err(Refused::Role),
        }
    }

    fn from(&self, states: &[State]) -> Result<(), Refused> {
        if states.contains(&self.state) { Ok(()) } else { Err(Refused::State) }
    }
}
