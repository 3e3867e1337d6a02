//! The whole vocabulary of a case, as every side shows it.
//!
//! 已收到 → 代表已接单 → 已转交 → 单位已答复 → 代表已确认 → 已办结 or 暂时办不了 → 已评价 → 二次协调.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 已收到: the county has the suggestion.
    Received,
    /// 代表已接单: a deputy took it.
    Claimed,
    /// 已转交: a unit is to answer within a period.
    Forwarded,
    /// 单位已答复: the main unit replied.
    Answered,
    /// 代表已确认: the deputy confirmed the reply.
    Confirmed,
    /// 已办结: done, with a reply.
    Closed,
    /// 暂时办不了: can't be done for the reason that stands with it.
    Declined,
    /// 已评价: the villager said what they think of it.
    Rated,
    /// 二次协调: reopened by a bad rating.
    Reopened,
    /// A state of a newer host; shown as 办理中.
    #[serde(other)]
    Unknown,
}

impl State {
    /// Every state that a host of this version gives, in the order of a case's life.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Claimed,
        Self::Forwarded,
        Self::Answered,
        Self::Confirmed,
        Self::Closed,
        Self::Declined,
        Self::Rated,
        Self::Reopened,
    ];

    /// The word that people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Received => "已收到",
            Self::Claimed => "代表已接单",
            Self::Forwarded => "已转交",
            Self::Answered => "单位已答复",
            Self::Confirmed => "代表已确认",
            Self::Closed => "已办结",
            Self::Declined => "暂时办不了",
            Self::Rated => "已评价",
            Self::Reopened => "二次协调",
            Self::Unknown => "办理中",
        }
    }

    /// The same in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Claimed => "Taken by a deputy",
            Self::Forwarded => "Passed on",
            Self::Answered => "Answered",
            Self::Confirmed => "Confirmed by the deputy",
            Self::Closed => "Done",
            Self::Declined => "Can't be done yet",
            Self::Rated => "Rated",
            Self::Reopened => "Reopened",
            Self::Unknown => "Under way",
        }
    }
}

/// The five levels of the national 好差评, 5 the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(with = "u8")]
pub enum Satisfaction {
    /// 非常不满意.
    VeryBad = 1,
    /// 不满意.
    Bad = 2,
    /// 基本满意.
    Fair = 3,
    /// 满意.
    Good = 4,
    /// 非常满意.
    VeryGood = 5,
}

impl Satisfaction {
    /// From the best to the worst, as the faces stand.
    pub const ALL: [Self; 5] = [Self::VeryGood, Self::Good, Self::Fair, Self::Bad, Self::VeryBad];

    /// The word that people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::VeryGood => "非常满意",
            Self::Good => "满意",
            Self::Fair => "基本满意",
            Self::Bad => "不满意",
            Self::VeryBad => "非常不满意",
        }
    }

    /// Whether it reopens the case.
    #[must_use]
    pub fn reopens(self) -> bool {
        self <= Self::Bad
    }
}

/// A number that is not one of the five levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rating is 1 to 5, not {0}")]
pub struct NotALevel(pub u8);

impl TryFrom<u8> for Satisfaction {
    type Error = NotALevel;

    fn try_from(level: u8) -> Result<Self, NotALevel> {
        Self::ALL.into_iter().find(|s| *s as u8 == level).ok_or(NotALevel(level))
    }
}

impl From<Satisfaction> for u8 {
    fn from(level: Satisfaction) -> u8 {
        level as u8
    }
}

/// Who acts in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 联络员: looks after a station.
    Officer,
    /// 代表: takes cases, forwards them, confirms replies.
    Deputy,
    /// 承办单位: replies; sees only what was forwarded to it.
    Unit,
    /// 县人大: sees everything, keeps the bulletin and the people.
    County,
}

impl Role {
    /// The word that people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Officer => "联络员",
            Self::Deputy => "代表",
            Self::Unit => "承办单位",
            Self::County => "县人大",
        }
    }
}
