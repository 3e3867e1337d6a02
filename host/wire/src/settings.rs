//! What an admin sets on a terminal from afar, and what the terminal says came of it.
//!
//! Invariants: a setting that is not named stays as the terminal's own file has it. A terminal takes all of an order or
//! nothing: a field that it does not know, or a value out of its range, is refused with the field and the rule, because
//! a setting that silently does nothing would be claimed and not true. What is in force is what the terminal reports.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a terminal GETs its [`Ordered`] settings, below the fleet role's address.
pub const PATH: &str = "/v1/settings";

/// The version of the order that this library writes.
pub const VERSION: u32 = 1;

/// An order has these many bytes of JSON at most.
pub const ORDER_MAX: usize = 16 * 1024;

/// What is set from afar; what is none is the terminal's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How loud a visit begins, from 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<u8>,
    /// The screen.
    #[serde(skip_serializing_if = "Panel::is_own")]
    pub panel: Panel,
    /// The receipt printer.
    #[serde(skip_serializing_if = "Printer::is_own")]
    pub printer: Printer,
}

/// The screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Panel {
    /// No slides between pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain: Option<bool>,
    /// Seconds without anybody until the screen's light goes out, 60 at least; 0, it stays on.
    #[schemars(extend("anyOf" = [{ "type": "null" }, { "const": 0 }, { "minimum": 60 }]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark_after_s: Option<u64>,
}

/// The receipt printer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Printer {
    /// Name of a printer profile that the terminal has.
    #[schemars(length(min = 1, max = 64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Bits per second, one of [`BAUDS`].
    #[schemars(extend("enum" = [2400, 4800, 9600, 19200, 38400, 57600, 115200, null]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// Width of the paper in millimetres: 58 or 80.
    #[schemars(extend("enum" = [58, 80, null]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper_mm: Option<u32>,
}

/// The speeds that receipt printers have. Source: Epson TM series, "DIP switch settings".
pub const BAUDS: [u32; 7] = [2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200];

/// The longest name of a printer profile.
const PROFILE_MAX: usize = 64;

/// A value that no terminal takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {rule}")]
pub struct BadSetting {
    /// Which.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Panel {
    fn is_own(&self) -> bool {
        *self == Self::default()
    }
}

impl Printer {
    fn is_own(&self) -> bool {
        *self == Self::default()
    }
}

impl Settings {
    /// Checks what can be checked without the terminal.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self) -> Result<(), BadSetting> {
        let named = |name: &String| !name.is_empty() && name.len() <= PROFILE_MAX && !name.contains(char::is_control);
        let rules = [
            (self.volume.is_none_or(|volume| (1..=5).contains(&volume)), "volume", "a whole number from 1 to 5"),
            (
                self.panel.dark_after_s.is_none_or(|seconds| seconds == 0 || seconds >= 60),
                "panel.dark_after_s",
                "60 seconds or more, or 0 for a light that stays on",
            ),
            (self.printer.profile.as_ref().is_none_or(named), "printer.profile", "the name of a printer profile"),
            (
                self.printer.baud.is_none_or(|baud| BAUDS.contains(&baud)),
                "printer.baud",
                "2400, 4800, 9600, 19200, 38400, 57600 or 115200",
            ),
            (self.printer.paper_mm.is_none_or(|mm| matches!(mm, 58 | 80)), "printer.paper_mm", "58 or 80"),
        ];
        let broken = rules.into_iter().find(|(holds, ..)| !holds);
        broken.map_or(Ok(()), |(_, field, rule)| Err(BadSetting { field, rule }))
    }
}

/// The settings that a terminal is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ordered {
    /// Version of the order's form.
    pub v: u32,
    /// Which order; trying the same settings again is another one.
    pub order: u64,
    /// Which settings; each number names the same ones for ever.
    pub version: u64,
    /// They themselves.
    pub settings: Settings,
}

/// What a terminal says of the settings from afar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InForce {
    /// Those that it works by; none, its own alone.
    #[serde(default)]
    pub version: Option<u64>,
    /// Its newest order.
    pub order: u64,
    /// What came of that.
    pub state: State,
    /// Of an order that is not in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Why an order is not in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Why {
    /// The host was not reached for half an hour.
    HostNotReached,
    /// The screen's program said nothing for five minutes.
    KioskSilent,
    /// The printer had answered, and answered no more for five minutes.
    PrinterSilent,
    /// The field and the rule, or a word of a newer terminal.
    Unfit(String),
}

impl Why {
    /// On the wire.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::HostNotReached => "host_not_reached",
            Self::KioskSilent => "kiosk_silent",
            Self::PrinterSilent => "printer_silent",
            Self::Unfit(what) => what,
        }
    }
}

impl From<String> for Why {
    fn from(word: String) -> Self {
        let known = [Self::HostNotReached, Self::KioskSilent, Self::PrinterSilent];
        known.into_iter().find(|why| why.word() == word).unwrap_or(Self::Unfit(word))
    }
}

impl From<Why> for String {
    fn from(why: Why) -> Self {
        why.word().to_owned()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostNotReached => "the host was not reached for half an hour",
            Self::KioskSilent => "the screen's program said nothing for five minutes",
            Self::PrinterSilent => "the printer answered no more",
            Self::Unfit(what) => what,
        })
    }
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// They are written down and taken on trial.
    Trial,
    /// The terminal works by them.
    Kept,
    /// The terminal did not work by them and went back to those before.
    Reverted,
    /// They were not taken at all.
    Refused,
    /// A state of a newer terminal.
    #[serde(untagged)]
    Other(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trial => "on trial",
            Self::Kept => "kept",
            Self::Reverted => "taken back",
            Self::Refused => "refused",
            Self::Other(state) => state,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_out_of_its_range_is_named_with_its_rule() {
        let cases = [
            (json!({"volume": 0}), "volume: expected a whole number from 1 to 5"),
            (json!({"volume": 6}), "volume: expected a whole number from 1 to 5"),
            (json!({"panel": {"dark_after_s": 59}}), "panel.dark_after_s: expected 60 seconds or more"),
            (json!({"printer": {"profile": ""}}), "printer.profile: expected the name"),
            (json!({"printer": {"profile": "a\nb"}}), "printer.profile: expected the name"),
            (json!({"printer": {"baud": 9601}}), "printer.baud: expected 2400"),
            (json!({"printer": {"paper_mm": 76}}), "printer.paper_mm: expected 58 or 80"),
        ];
        for (settings, expected) in cases {
            let read: Settings = serde_json::from_value(settings).unwrap();
            let told = read.check().unwrap_err().to_string();
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn what_is_in_range_passes_and_what_is_not_named_is_not_written() {
        let written = json!({
            "volume": 5,
            "panel": {"plain": true, "dark_after_s": 0},
            "printer": {"profile": "escpos", "baud": 115_200, "paper_mm": 80},
        });
        let read: Settings = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((read.check(), serde_json::to_value(&read).unwrap()), (Ok(()), written));
        assert_eq!(serde_json::to_string(&Settings::default()).unwrap(), "{}");
    }

    #[test]
    fn a_setting_that_nobody_knows_is_no_setting() {
        for unknown in [json!({"colour": "red"}), json!({"panel": {"colour": "red"}})] {
            let told = serde_json::from_value::<Settings>(unknown).unwrap_err().to_string();
            assert!(told.contains("colour"), "{told}");
        }
    }
}
