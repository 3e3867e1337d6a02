//! A rollout as somebody asks for it, on the command line or on a form: groups by name, times in minutes and hours.

use std::str::FromStr;

use jiff::{Timestamp, civil::Time};

use super::{Brought, NewRollout, NotRolledOut};
use crate::fleet::{
    Fleet,
    rollout::{NotAPlan, Policy, Selector, Start, Window},
    sites::{Code, NotACode},
};

/// Settings are fetched in a moment, and tried for minutes.
const SETTINGS_TAKE_S: u32 = 10 * 60;

/// 200 MB at 1 Mbit/s take 27 minutes.
const ARTIFACT_TAKES_S: u32 = 30 * 60;

/// Who is in a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// These.
    Chosen(Selector),
    /// Whoever is in the group of this name when the rollout is made.
    Group(String),
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWave {
    /// Who.
    pub who: Named,
    /// When it begins.
    pub start: Start,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRollout {
    /// What.
    pub brings: Brought,
    /// As in [`NewRollout`].
    pub former: Option<Brought>,
    /// All but the last one, which takes all others.
    pub waves: Vec<AskedWave>,
    /// When the last one begins.
    pub last: Start,
    /// Of those that began, the most in percent that may fail, fall back or go silent.
    pub bad_percent_max: u8,
    /// Terminals of a wave that must have ended before it can be good.
    pub sample: u32,
    /// Hours from a wave's begin until a missing sample asks a person.
    pub sample_within_h: u32,
    /// Minutes that a wave is watched after its sample is there.
    pub bake_min: u32,
    /// Minutes after a word of a terminal's until it counts as silent.
    pub silent_after_min: u32,
    /// More terminals than this need a second person's approval.
    pub approve_above: Option<u32>,
    /// The hours of each day in which terminals may begin.
    pub window: Option<Window>,
    /// IANA name, of the window where a site has none.
    pub zone: String,
    /// A remark, may be empty.
    pub why: String,
}

impl AskedRollout {
    /// Where nothing else is asked for.
    pub const BAD_PERCENT_MAX: u8 = 5;
    /// Likewise.
    pub const SAMPLE: u32 = 3;
    /// Likewise.
    pub const SAMPLE_WITHIN_H: u32 = 48;
    /// Likewise.
    pub const BAKE_MIN: u32 = 60;
    /// Likewise.
    pub const SILENT_AFTER_MIN: u32 = 120;

    /// To all terminals at once, by the rules that count where nothing else is asked for.
    #[must_use]
    pub fn of(brings: Brought, zone: &str) -> Self {
        Self {
            brings,
            former: None,
            waves: Vec::new(),
            last: Start::AfterFormer,
            bad_percent_max: Self::BAD_PERCENT_MAX,
            sample: Self::SAMPLE,
            sample_within_h: Self::SAMPLE_WITHIN_H,
            bake_min: Self::BAKE_MIN,
            silent_after_min: Self::SILENT_AFTER_MIN,
            approve_above: None,
            window: None,
            zone: zone.to_owned(),
            why: String::new(),
        }
    }
}

impl FromStr for Named {
    type Err = String;

    /// Reads `10%`, `terminals=00003,00007`, `group=NAME` or `site=DX-03`.
    fn from_str(who: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected 10%, terminals=00003,00007, group=NAME or site=DX-03";
        if let Some(name) = who.strip_prefix("group=").filter(|name| !name.is_empty()) {
            return Ok(Self::Group(name.to_owned()));
        }
        let selector = match (who.strip_suffix('%'), who.split_once('=')) {
            (Some(percent), None) => Selector::Percent(percent.parse().map_err(|_| EXPECTED)?),
            (None, Some(("terminals", numbers))) => {
                let number = |text: &str| text.parse().map_err(|_| format!("{text}: expected a terminal's number"));
                Selector::Group(numbers.split(',').map(number).collect::<Result<_, _>>()?)
            }
            (None, Some(("site", code))) => {
                let code: Code = code.parse().map_err(|wrong: NotACode| wrong.to_string())?;
                Selector::Sites([code.to_string()].into())
            }
            _ => return Err(EXPECTED.into()),
        };
        Ok(Self::Chosen(selector))
    }
}

impl FromStr for AskedWave {
    type Err = String;

    /// Reads who is in it, and after an `@` when it begins.
    fn from_str(text: &str) -> Result<Self, String> {
        let (who, when) = text.split_once('@').map_or((text, None), |(who, when)| (who, Some(when)));
        Ok(Self { who: who.parse()?, start: when.map_or(Ok(Start::AfterFormer), start)? })
    }
}

/// Reads `hand` or a time.
///
/// # Errors
/// What was expected.
pub fn start(text: &str) -> Result<Start, String> {
    if text == "hand" {
        return Ok(Start::ByHand);
    }
    let at: Timestamp =
        text.parse().map_err(|_| format!("{text}: expected hand, or a time like 2027-03-01T02:00:00Z"))?;
    Ok(Start::At(at))
}

/// Reads `02:00+120`.
///
/// # Errors
/// What was expected.
pub fn window(text: &str) -> Result<Window, String> {
    let expected = || format!("{text}: expected a time and minutes, like 02:00+120");
    let (opens, minutes) = text.split_once('+').ok_or_else(expected)?;
    let opens: Time = opens.parse().map_err(|_| expected())?;
    Window::new(opens, minutes.parse().map_err(|_| expected())?).map_err(|wrong| wrong.to_string())
}

impl Fleet {
    /// What is asked for, with who is in its groups at this instant.
    ///
    /// # Errors
    /// A group that is not there, a time of centuries, or the database.
    pub async fn new_rollout(&self, asked: AskedRollout) -> Result<NewRollout, NotRolledOut> {
        let seconds = |value: u32, unit: u32, rule| value.checked_mul(unit).ok_or(NotAPlan::Policy(rule));
        let policy = Policy {
            bad_percent_max: asked.bad_percent_max,
            sample_min: asked.sample,
            sample_within_s: seconds(asked.sample_within_h, 3600, "sample_within_s: expected less than a century")?,
            bake_s: seconds(asked.bake_min, 60, "bake_s: expected less than a century")?,
            silent_after_s: seconds(asked.silent_after_min, 60, "silent_after_s: expected less than a century")?,
            approve_above: asked.approve_above,
            gate_installed: false,
            window: asked.window,
            takes_s: match asked.brings {
                Brought::Artifact(_) => ARTIFACT_TAKES_S,
                Brought::Settings(_) => SETTINGS_TAKE_S,
            },
        };
        let mut waves = Vec::new();
        for AskedWave { who, start } in asked.waves {
            let selector = match who {
                Named::Chosen(selector) => selector,
                Named::Group(name) => {
                    let group = self.group(&name).await?;
                    Selector::Group(self.who_meets(&group.query).await?.into_iter().collect())
                }
            };
            waves.push((selector, start));
        }
        waves.push((Selector::Rest, asked.last));
        let AskedRollout { brings, former, zone, why, .. } = asked;
        Ok(NewRollout { brings, former, waves, policy, zone, why })
    }
}

#[cfg(test)]
mod tests {
    use wire::ticket::TerminalNumber;

    use super::*;

    #[test]
    fn waves_and_windows_are_read_as_they_are_written() {
        let wave = |text: &str| text.parse::<AskedWave>();
        let of = |selector, start| AskedWave { who: Named::Chosen(selector), start };
        let group = AskedWave { who: Named::Group("试点".into()), start: Start::ByHand };
        assert_eq!(wave("group=试点@hand"), Ok(group));
        assert_eq!(wave("10%"), Ok(of(Selector::Percent(10), Start::AfterFormer)));
        assert_eq!(wave("10%@hand"), Ok(of(Selector::Percent(10), Start::ByHand)));
        let at = "2027-03-01T02:00:00Z".parse().unwrap();
        let site = Selector::Sites(["DX-03".to_owned()].into());
        assert_eq!(wave("site=DX-03@2027-03-01T02:00:00Z"), Ok(of(site, Start::At(at))));
        let group = [3, 7].map(|n| TerminalNumber::new(n).unwrap()).into();
        assert_eq!(wave("terminals=00003,00007"), Ok(of(Selector::Group(group), Start::AfterFormer)));
        for wrong in
            ["group=", "10", "x%", "300%", "rest", "terminals=", "terminals=x", "terminals=7", "10%@noon", "=3", ""]
        {
            assert!(wave(wrong).is_err(), "{wrong}");
        }
        assert!(window("02:00+120").unwrap().fits(120 * 60));
        for wrong in ["02:00", "2+120", "02:00+5", "25:00+120", "02:00+x"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
    }
}
