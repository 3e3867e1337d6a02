//! What is known of one kind of printer, and the bytes that follow from it; `profiles.toml` says where it is known from.

use std::time::Duration;

use serde::Deserialize;

use super::{characters::Characters, status::Question};

/// One kind of printer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How it says that a receipt came out.
    pub fence: FenceKind,
    /// Whether `DLE DC4 8` empties its buffers.
    pub clear: bool,
    /// The real-time questions that it answers.
    pub status: Vec<Question>,
    /// How a receipt ends.
    pub cut: Cut,
    /// The characters of its own font; a line with another one is drawn.
    pub characters: Characters,
    /// How it says that its buffer is full.
    pub flow: Flow,
    /// Millimetres of paper a second, at the least.
    pub slowest_mm_s: u32,
    /// What holds a receipt out, where there is such a thing.
    pub presenter: Option<Presenter>,
}

/// A question that is answered only once everything before it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceKind {
    /// `GS ( H` function 48: answers with the process id that was sent.
    GsParenH,
    /// `GS r 1`: answers with a byte, in order; not at paper end.
    GsR,
    /// None that could be trusted.
    None,
}

/// The end of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// `GS V 66 0`: feed to the knife, partial cut.
    GsV,
    /// `ESC d 4`, `ESC i`: four lines, total cut.
    EscI,
    /// `ESC d 4`: there is no knife, four lines bring the end to the tear bar.
    None,
}

impl Cut {
    /// The bytes of it.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::GsV => &[0x1d, b'V', 66, 0],
            Self::EscI => &[0x1b, b'd', 4, 0x1b, b'i'],
            Self::None => &[0x1b, b'd', 4],
        }
    }
}

/// How a printer says that its buffer is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// XON/XOFF.
    Software,
    /// RTS/CTS.
    Hardware,
    /// Not at all.
    None,
}

/// What holds a receipt out until somebody takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presenter {
    /// How far it hands it out.
    pub steps: u8,
    /// After so many seconds it takes it back by itself; 0, never.
    pub takes_back_after_s: u32,
}

impl Presenter {
    /// When it takes back by itself, behind the handing out.
    #[must_use]
    pub fn takes_back_after(self) -> Option<Duration> {
        (self.takes_back_after_s > 0).then(|| Duration::from_secs(self.takes_back_after_s.into()))
    }
}

/// `GS e 2`: what stands in the presenter is taken back.
pub(super) const TAKE_BACK: [u8; 3] = [0x1d, b'e', 2];

/// The longest command of a receipt: a line of 80 mm paper in double size, drawn, 72 bytes across and 48 rows.
const LONGEST_COMMAND: usize = 8 + 72 * 48;

impl Profile {
    /// The bytes of the fence numbered `id`; none where there is none.
    #[must_use]
    pub fn fence_bytes(&self, id: u32) -> Vec<u8> {
        match self.fence {
            FenceKind::GsParenH => [&[0x1d, b'(', b'H', 6, 0, 48, 48][..], &Self::process_id(id)].concat(),
            FenceKind::GsR => vec![0x1d, b'r', 1],
            FenceKind::None => Vec::new(),
        }
    }

    /// The bytes behind the cut that hand the receipt out; none where it falls out by itself.
    #[must_use]
    pub fn present_bytes(&self) -> Vec<u8> {
        self.presenter.map_or_else(Vec::new, |presenter| vec![0x1d, b'e', 3, presenter.steps])
    }

    /// The bytes after which nothing of an attempt that broke off is waited for: its buffers are emptied, or, where the
    /// printer can't, the command that was cut off is ended with zeros, and its line.
    #[must_use]
    pub fn clear_bytes(&self) -> Vec<u8> {
        if self.clear {
            return vec![0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
        }
        let mut bytes = vec![0; LONGEST_COMMAND];
        bytes.push(b'\n');
        bytes
    }

    /// How many bytes go ahead of a receipt behind one that broke off.
    #[must_use]
    pub fn bytes_ahead(&self) -> usize {
        self.clear_bytes().len() + self.cut_off_bytes().len()
    }

    /// The bytes that part what hangs in the slot from what comes next: a cut, or a feed to the tear bar. A presenter takes
    /// the piece back.
    #[must_use]
    pub fn cut_off_bytes(&self) -> Vec<u8> {
        let mut bytes = [b"\x1b@\n", self.cut.bytes()].concat();
        if self.presenter.is_some() {
            bytes.extend_from_slice(&TAKE_BACK);
        }
        bytes
    }

    /// Four printable characters, as the reference demands; they come back in the answer.
    #[must_use]
    pub fn process_id(id: u32) -> [u8; 4] {
        let digits = format!("{:04}", id % 10_000);
        digits.as_bytes().try_into().expect("invariant: four digits")
    }

    /// How long a fence behind so many bytes may take: the wire, the mechanism, and a cut, doubled.
    ///
    /// A receipt is about 98 mm of paper for 518 bytes; longer ones are text, 3.75 mm for up to 33 bytes.
    #[must_use]
    pub fn patience(&self, bytes: usize, baud: u32) -> Duration {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let wire = bytes * 10.0 / f64::from(baud.max(300));
        let paper_mm = 60.0 + bytes * 0.12;
        let mechanism = paper_mm / f64::from(self.slowest_mm_s.max(10));
        Duration::from_secs_f64(2.0 * (wire.max(mechanism) + LONGEST_CUT_S) + 1.0)
    }

    /// What is out of its range, or wants another key; none, all is well.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let within = |is_so: bool, problem| (!is_so).then_some(problem);
        within((10..=1000).contains(&self.slowest_mm_s), "slowest_mm_s: expected 10 to 1000")
            .or(within(!self.status.is_empty(), "status: expected one or more of 1, 2, 3, 4 and 20"))
            .or_else(|| {
                let Presenter { steps, takes_back_after_s } = self.presenter?;
                within((1..=50).contains(&steps), "presenter.steps: expected 1 to 50")
                    .or(within(
                        takes_back_after_s == 0 || (5..=3600).contains(&takes_back_after_s),
                        "presenter.takes_back_after_s: expected 5 to 3600, or 0 for never",
                    ))
                    .or(within(self.fence != FenceKind::None, "presenter: expected a fence other than \"none\""))
                    .or(within(self.status.contains(&Question::Full), "presenter: expected 20 among status"))
            })
    }
}

/// The longest cut of the manuals looked at, in seconds.
const LONGEST_CUT_S: f64 = 1.4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::built_in;

    #[test]
    fn fences_are_the_references_bytes() {
        let epson = built_in("epson-tm").unwrap();
        assert_eq!(epson.fence_bytes(1), b"\x1d(H\x06\x00000001");
        assert_eq!(built_in("escpos").unwrap().fence_bytes(1), b"\x1dr\x01");
        assert!(built_in("generic-58").unwrap().fence_bytes(1).is_empty());
    }

    #[test]
    fn only_a_presenter_hands_out() {
        assert_eq!(built_in("custom-presenter").unwrap().present_bytes(), [0x1d, b'e', 3, 12]);
        assert!(built_in("epson-tm").unwrap().present_bytes().is_empty());
    }

    #[test]
    fn patience_grows_with_the_receipt_and_with_a_slow_wire() {
        let epson = built_in("epson-tm").unwrap();
        assert!(epson.patience(518, 9600) < Duration::from_secs(8));
        assert!(epson.patience(5000, 9600) > epson.patience(518, 9600));
        assert!(epson.patience(5000, 1200) > Duration::from_secs(80));
    }
}
