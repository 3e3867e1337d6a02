//! What an admin asks of one terminal from afar, signed by the host, and what the terminal answers.
//!
//! Invariants: there is a closed list of things that can be asked and no way to ask for anything else; a terminal does what
//! it does not know to nobody's harm: it refuses it by name. A request names one terminal and a number that rises, so that
//! whoever carries it can neither turn it to another terminal nor have it done twice. An answer holds nothing of a
//! villager.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ticket::TerminalNumber;

/// Where a terminal GETs the oldest [`SignedRequest`] that waits for it, below the fleet role's address; `PATH/NUMBER` is
/// where it PUTs the [`Outcome`].
pub const PATH: &str = "/v1/diagnostics";

/// The version of request and outcome that this library writes.
pub const VERSION: u32 = 1;

/// A signed request has these many bytes of JSON at most: a line, a signature and two certificates.
pub const REQUEST_MAX: usize = 16 * 1024;

/// An outcome has these many bytes of JSON at most.
pub const OUTCOME_MAX: usize = 1024 * 1024;

/// The lines of a log have these many bytes at most, the newest are kept.
pub const LOG_MAX: usize = 128 * 1024;

/// A picture has these many bytes of PNG at most.
pub const PICTURE_MAX: usize = 512 * 1024;

/// The usage that a certificate must name for its key to sign requests: id-kp-codeSigning, 1.3.6.1.5.5.7.3.3, as the value
/// of a DER object identifier. Neither a terminal's certificate, nor a server's, nor that of the key which signs the time
/// names it. Source: RFC 5280, 4.2.1.12.
pub const PURPOSE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];

/// What the signed bytes begin with.
const DOMAIN: &[u8] = b"lianxin diagnostics v1\0";

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Diagnostic {
    /// The newest lines that the terminal's programs logged, without anything that could be a villager's.
    Log,
    /// A test print, when nobody is there.
    TestPrint,
    /// The screen's program starts anew, once nobody is there.
    RestartScreen,
    /// The machine starts anew, once nobody is there.
    Reboot,
    /// What the page shows that waits for somebody, as the terminal paints it.
    Picture,
    /// Something that a newer host asks.
    #[serde(untagged)]
    Other(String),
}

impl From<String> for Diagnostic {
    fn from(word: String) -> Self {
        Self::named(&word).unwrap_or(Self::Other(word))
    }
}

impl Diagnostic {
    /// All that this version knows.
    pub const ALL: [Self; 5] = [Self::Log, Self::TestPrint, Self::RestartScreen, Self::Reboot, Self::Picture];

    /// On the wire.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Log => "log",
            Self::TestPrint => "test_print",
            Self::RestartScreen => "restart_screen",
            Self::Reboot => "reboot",
            Self::Picture => "picture",
            Self::Other(word) => word,
        }
    }

    /// That of this version with this word; none, there is none.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// What is asked of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// Version of the request.
    pub v: u32,
    /// Rises with each request of a host; a terminal does nothing under a number that is not above all it has taken.
    pub number: u64,
    /// Of whom.
    pub terminal: TerminalNumber,
    /// What.
    pub what: Diagnostic,
    /// When the host signed it, UTC.
    pub at: Timestamp,
    /// After this nobody wants it any more, UTC.
    pub until: Timestamp,
}

/// A request as it goes to the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedRequest {
    /// JSON of a [`Request`], exactly as it was signed.
    pub request: String,
    /// ECDSA with P-256 and SHA-256 over [`signed_bytes`], ASN.1 DER, base64url without padding.
    pub signature: String,
    /// The signing certificate, then those between it and the pinned root, PEM.
    pub chain: String,
}

/// What is signed: the prefix and the request's text.
#[must_use]
pub fn signed_bytes(request: &str) -> Vec<u8> {
    [DOMAIN, request.as_bytes()].concat()
}

impl SignedRequest {
    /// Puts a request and the signature under its [`signed_bytes`] together.
    #[must_use]
    pub fn new(request: String, signature: &[u8], chain: String) -> Self {
        Self { request, signature: URL_SAFE_NO_PAD.encode(signature), chain }
    }

    /// The signature's bytes; none where the text isn't base64url.
    #[must_use]
    pub fn signature(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.signature).ok()
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Version of the outcome.
    pub v: u32,
    /// As in the request.
    pub number: u64,
    /// What came of it.
    pub came: Came,
    /// Of what was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Of [`Diagnostic::Log`]: the lines, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Of [`Diagnostic::Picture`]: a PNG, base64url without padding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It was done.
    Done,
    /// It was sent to the printer, which is of a kind that says no more.
    Sent,
    /// The terminal does not do it.
    Refused,
    /// It was tried, and did not come to be.
    Failed,
    /// An outcome of a newer terminal.
    #[serde(untagged)]
    Other(String),
}

impl From<String> for Came {
    fn from(word: String) -> Self {
        let known = [Self::Done, Self::Sent, Self::Refused, Self::Failed];
        known.into_iter().find(|came| came.word() == word).unwrap_or(Self::Other(word))
    }
}

impl Came {
    /// On the wire.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Done => "done",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Why {
    /// Somebody was there until it was not wanted any more.
    SomebodyThere,
    /// The screen's program said nothing for five minutes.
    ScreenSilent,
    /// The screen's program was told to start anew and was not back within five minutes.
    ScreenNotBack,
    /// The machine was told to start anew and did not within ten minutes.
    MachineNotAnew,
    /// The machine started anew before it was done.
    MachineAnewMeanwhile,
    /// The terminal's settings name no command that starts it anew.
    NoReboot,
    /// The printer prints nothing at present.
    PrinterRefuses,
    /// The printer did not end within a minute: whether paper came out is not known.
    PrinterUnknown,
    /// The terminal has taken this number already, or a higher one.
    NumberTaken,
    /// The terminal does not know what is asked.
    NotKnown,
    /// Something else, in a line of English, or a word of a newer terminal.
    Other(String),
}

impl Why {
    const KNOWN: [Self; 10] = [
        Self::SomebodyThere,
        Self::ScreenSilent,
        Self::ScreenNotBack,
        Self::MachineNotAnew,
        Self::MachineAnewMeanwhile,
        Self::NoReboot,
        Self::PrinterRefuses,
        Self::PrinterUnknown,
        Self::NumberTaken,
        Self::NotKnown,
    ];

    /// On the wire.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::SomebodyThere => "somebody_there",
            Self::ScreenSilent => "screen_silent",
            Self::ScreenNotBack => "screen_not_back",
            Self::MachineNotAnew => "machine_not_anew",
            Self::MachineAnewMeanwhile => "machine_anew_meanwhile",
            Self::NoReboot => "no_reboot",
            Self::PrinterRefuses => "printer_refuses",
            Self::PrinterUnknown => "printer_unknown",
            Self::NumberTaken => "number_taken",
            Self::NotKnown => "not_known",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Why {
    fn from(word: String) -> Self {
        Self::KNOWN.into_iter().find(|why| why.word() == word).unwrap_or(Self::Other(word))
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
            Self::SomebodyThere => "somebody was there until it was not wanted any more",
            Self::ScreenSilent => "the screen's program says nothing",
            Self::ScreenNotBack => "the screen's program was told to start anew and was not back within five minutes",
            Self::MachineNotAnew => "the machine was told to start anew and did not within ten minutes",
            Self::MachineAnewMeanwhile => "the machine started anew meanwhile; ask again",
            Self::NoReboot => "this terminal's settings name no command that starts it anew (reboot)",
            Self::PrinterRefuses => "the printer prints nothing at present; its state says why",
            Self::PrinterUnknown => "the printer did not end within a minute; whether paper came out is not known",
            Self::NumberTaken => "the terminal has taken this number already, or a higher one; ask again",
            Self::NotKnown => "this terminal does not know how",
            Self::Other(text) => text,
        })
    }
}

impl Outcome {
    /// One without lines and without a picture.
    #[must_use]
    pub fn of(number: u64, came: Came, why: Option<Why>) -> Self {
        Self { v: VERSION, number, came, why, log: Vec::new(), picture: None }
    }

    /// Puts a picture in.
    #[must_use]
    pub fn with_picture(self, png: &[u8]) -> Self {
        Self { picture: Some(URL_SAFE_NO_PAD.encode(png)), ..self }
    }

    /// The picture's bytes; none where there is none, or the text isn't base64url.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.picture.as_ref()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_back_and_one_of_a_newer_host_is_kept() {
        for known in Diagnostic::ALL {
            let text = serde_json::to_string(&known).unwrap();
            assert_eq!(text, format!("\"{}\"", known.word()));
            assert_eq!(serde_json::from_str::<Diagnostic>(&text).unwrap(), known);
            assert_eq!(Diagnostic::named(known.word()), Some(known));
        }
        let other: Diagnostic = serde_json::from_str("\"shell\"").unwrap();
        assert_eq!((other.word(), Diagnostic::named("shell")), ("shell", None));
        assert_eq!(other, Diagnostic::from("shell".to_owned()));
        assert_eq!(other, Diagnostic::Other("shell".into()));
        for came in ["done", "sent", "refused", "failed", "ink_low"] {
            let read: Came = serde_json::from_str(&format!("\"{came}\"")).unwrap();
            assert_eq!((read.word(), &read), (came, &Came::from(came.to_owned())));
        }
    }

    #[test]
    fn each_reason_is_read_back_and_one_of_a_newer_terminal_is_kept() {
        for known in Why::KNOWN {
            assert_eq!(Why::from(known.word().to_owned()), known);
            assert_ne!(known.to_string(), known.word());
        }
        assert_eq!(Why::from("ink".to_owned()), Why::Other("ink".into()));
    }

    #[test]
    fn the_signed_bytes_are_the_prefix_and_the_text_as_it_stands() {
        assert_eq!(signed_bytes("{}"), b"lianxin diagnostics v1\0{}");
        let signed = SignedRequest::new("{}".into(), &[1, 2], String::new());
        assert_eq!(signed.signature(), Some(vec![1, 2]));
        assert_eq!(SignedRequest { signature: "?".into(), ..signed }.signature(), None);
    }

    #[test]
    fn a_picture_comes_out_as_it_went_in() {
        let outcome = Outcome::of(3, Came::Done, None).with_picture(b"png");
        assert_eq!(outcome.png().as_deref(), Some(&b"png"[..]));
        assert_eq!(Outcome { picture: Some("?".into()), ..outcome }.png(), None);
    }
}
