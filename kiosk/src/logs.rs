//! What the programs say on standard error, which systemd keeps in its journal, and the newest of it in memory, for whoever
//! looks into a fault from afar.
//!
//! The filter is [`Targets`] and not `EnvFilter`: that one matches fields by regular expressions, whose engine both
//! programs would keep in memory for nothing else.
//!
//! Invariant: what [`newest`] gives holds nothing that a villager said or typed. No statement of ours logs that; of what
//! could slip in from elsewhere `scrubbed` lets neither a character beyond ASCII through nor digits that could be a
//! telephone number, a ticket's number or a code.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, PoisonError},
};

use tracing::{level_filters::LevelFilter, warn};
use tracing_subscriber::{Layer as _, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Bytes of the newest lines that are kept in memory.
const KEPT: usize = 64 * 1024;

/// The longest line that is kept, bytes.
const LINE: usize = 1024;

/// Digits in a row, whatever separates them, that could be somebody's: a query code has six.
const DIGITS: usize = 6;

static NEWEST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Starts logging: from level `info` on, or as `KIOSK_LOG` says, such as `warn,kiosk::printer=debug`.
pub fn start() {
    let asked = std::env::var("KIOSK_LOG").ok().map(|text| text.parse::<Targets>());
    let (wanted, problem) = match asked {
        None => (usual(), None),
        Some(Ok(wanted)) => (wanted, None),
        Some(Err(problem)) => (usual(), Some(problem)),
    };
    // Our own statements from `info` on, whatever somebody wants to see beside: libraries say what they read.
    let ours = Targets::new().with_targets([("kiosk", LevelFilter::INFO), ("kiosk_agent", LevelFilter::INFO)]);
    let kept = fmt::layer().with_ansi(false).with_writer(|| Kept).with_filter(ours);
    let shown = fmt::layer().with_writer(std::io::stderr).with_filter(wanted);
    tracing_subscriber::registry().with(shown).with(kept).init();
    if let Some(problem) = problem {
        warn!(%problem, "KIOSK_LOG is not understood; expected levels as in warn,kiosk::printer=debug");
    }
}

fn usual() -> Targets {
    Targets::new().with_default(LevelFilter::INFO)
}

/// The newest lines of this program, oldest first, scrubbed.
#[must_use]
pub fn newest() -> Vec<String> {
    let newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
    newest.iter().map(|line| scrubbed(line)).collect()
}

/// Takes one event at a time.
struct Kept;

impl io::Write for Kept {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = text.trim_end().to_owned();
        line.truncate(line.floor_char_boundary(LINE));
        let mut newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
        newest.push_back(line);
        let mut bytes: usize = newest.iter().map(String::len).sum();
        while bytes > KEPT {
            bytes -= newest.pop_front().map_or(bytes, |oldest| oldest.len());
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line without what could be a villager's. The time at its beginning stays.
fn scrubbed(line: &str) -> String {
    let (time, rest) = match line.split_once(' ') {
        Some((time, rest)) if time.parse::<jiff::Timestamp>().is_ok() => (time, rest),
        _ => ("", line),
    };
    let mut clean = String::with_capacity(line.len());
    clean.push_str(time);
    if !time.is_empty() {
        clean.push(' ');
    }
    let mut rest = rest.chars().peekable();
    // What may belong to a number, and how many digits it has so far.
    let (mut number, mut digits) = (String::new(), 0);
    while let Some(c) = rest.next() {
        let separates = digits > 0 && matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '/' | ':' | '_');
        if c.is_ascii_digit() || separates {
            digits += usize::from(c.is_ascii_digit());
            number.push(c);
            if rest.peek().is_some() {
                continue;
            }
        }
        let separators = number.len() - number.trim_end_matches(|c: char| !c.is_ascii_digit()).len();
        let after = number.split_off(number.len() - separators);
        clean.push_str(if digits >= DIGITS { "#" } else { &number });
        clean.push_str(&after);
        (number, digits) = (String::new(), 0);
        if !c.is_ascii_digit() && !separates {
            clean.push(if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_be_somebodys_is_taken_out_and_the_rest_reads_as_before() {
        for (line, expected) in [
            ("2026-11-24T03:20:55.123456Z  INFO kiosk: ready", "2026-11-24T03:20:55.123456Z  INFO kiosk: ready"),
            (
                "INFO kiosk::printer: printed attempt=3 took_ms=412",
                "INFO kiosk::printer: printed attempt=3 took_ms=412",
            ),
            ("path=/data/王家村 路灯坏了", "path=/data/??? ????"),
            ("call 13807931234 now", "call # now"),
            ("call 0793-751 2345.", "call #."),
            ("ticket=00613-0100-4217 code=123456", "ticket=# code=#"),
            ("code 12345", "code 12345"),
            ("ends with 138 0793 1234", "ends with #"),
            ("a\u{1b}[2Jb\tc", "a?[2Jb?c"),
            ("", ""),
        ] {
            assert_eq!(scrubbed(line), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_beyond_ascii_and_no_long_number_passes(line in any::<String>(), number in "[0-9]{6,13}", after in "[ -~]{0,9}") {
            let clean = scrubbed(&format!("{line} {number}{after}"));
            prop_assert!(clean.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{clean}");
            prop_assert!(!clean.contains(&number), "{clean}");
        }
    }
}
