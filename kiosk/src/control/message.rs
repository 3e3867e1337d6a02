//! What kiosk and its clients say to each other: one JSON object a line.
//!
//! Invariant: every request carries an id and a deadline, every reply the id of its request; a notice asks for
//! nothing. Old readers accept new data: a line that cannot be read is dropped, and the request in it runs into its
//! deadline.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::{
    event::WallTime,
    health::Kiosk,
    intake::{
        CheckIn, HandOver, HandedOver, HelpCall, HelpState, Lookup, LookupAnswer, Reissue, Reissued, Track, Tracked,
    },
};

/// The version that this library speaks.
pub const VERSION: u32 = 1;

/// The longest line: a case with a long history and reply stays below it.
pub const LINE_MAX: usize = 256 * 1024;

/// One line, in either direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// [`VERSION`].
    pub v: u32,
    /// What it says.
    pub message: Message,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Asks for something.
    Request {
        /// Drawn by who asks; unique within the connection.
        id: u64,
        /// For how long the reply is of use.
        deadline_ms: u64,
        /// For what.
        ask: Request,
    },
    /// Replies to a request.
    Reply {
        /// As in the request.
        id: u64,
        /// The answer.
        answer: Reply,
    },
    /// Tells something.
    Notice(Notice),
}

/// What can be asked over the socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Any client asks kiosk what it shows.
    Status,
    /// Any client asks kiosk how its queue and its printer are.
    Health,
    /// Any client asks kiosk for the newest lines that it logged, without anything that could be a villager's.
    Log,
    /// Any client wants kiosk to do something that disturbs whoever is there.
    Want(Want),
    /// Kiosk asks the agent for something of the county.
    County(Ask),
    /// Kiosk asks the agent to sign a stick's manifest with the terminal's key. Needs no network.
    Sign {
        /// SHA-256 of the manifest, hexadecimal.
        manifest_sha256: String,
    },
}

/// The reply to a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Health`]; none where kiosk itself does not know at present.
    Health(Option<Box<Kiosk>>),
    /// To [`Request::Log`], oldest first.
    Log(Vec<String>),
    /// To [`Request::Want`].
    Wanted(Wanted),
    /// To [`Request::County`].
    County(Answer),
    /// To [`Request::Sign`].
    Signed(Signing),
}

/// What kiosk does only while nobody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A test print.
    TestPrint,
    /// The page that waits for somebody, painted.
    Picture,
    /// The program starts anew.
    Restart,
    /// Nobody begins a visit for this long, because the machine is about to start anew; the page says so.
    Lease {
        /// Seconds.
        seconds: u64,
    },
}

/// What came of [`Request::Want`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It is done; of a new start, it is about to be.
    Done,
    /// It was sent to a printer that says no more.
    Sent,
    /// Somebody is there, or paper is coming out.
    Busy,
    /// It can't be done; the log says why.
    Failed,
    /// PNG, base64.
    Picture(String),
}

/// What came of [`Request::Sign`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// It is signed.
    Signed {
        /// The terminal's certificate, PEM.
        certificate: String,
        /// ECDSA, ASN.1, base64.
        signature: String,
    },
    /// The terminal has no certificate yet.
    NotEnrolled,
    /// The key can't be used, or what was to be signed is not a SHA-256.
    Failed,
}

/// What needs no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The client is the terminal's agent and stays.
    Hello(Role),
    /// The agent tells how the network stands; repeated, so that its silence means that nobody knows.
    Presence(Presence),
    /// The agent wrote something into the queue file or beside it, or found the file ill.
    Changed(Changed),
    /// Kiosk wrote an event that wants to be forwarded.
    Submitted,
    /// Kiosk has to have the queue file for itself: the agent closes it for a while.
    LetGo,
    /// Kiosk wrote into the journal of the case.
    CaseSeen,
}

/// Who says hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// kiosk-agent.
    Agent,
    /// A role of a newer version.
    #[serde(other)]
    Unknown,
}

/// How the network stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether the county answers.
    pub network: Network,
    /// Seconds since it last answered; none where it never did since the agent started.
    #[serde(default)]
    pub last_contact_s: Option<u64>,
}

/// Whether the county answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The last request was answered.
    Online,
    /// The last request was not.
    Offline,
    /// Nobody asked yet.
    #[serde(other)]
    Unknown,
}

/// What the agent wrote anew, or what else it saw of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A new bulletin.
    Bulletin,
    /// New views of cases.
    Views,
    /// Events were delivered, refused or found in conflict.
    Delivered,
    /// The host signed the time; it lies in a file of its own.
    Time,
    /// Other settings from afar are in force than kiosk works by; said again and again while that is so.
    Settings,
    /// The agent could not read the queue file: it may be damaged, and kiosk looks.
    QueueIll,
    /// Something of a newer version.
    #[serde(other)]
    Unknown,
}

/// What kiosk shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Name of the page.
    pub page: String,
    /// Whether a visit is under way.
    pub visit: bool,
    /// Frames that were painted and handed to the screen since the start. The screen's heart beats once a second: a count
    /// that stands still means that nothing is painted.
    pub frames: u64,
    /// When kiosk started.
    pub started: WallTime,
    /// Kiosk's version.
    pub version: String,
}

/// What kiosk asks the county for, through the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// One ticket's case.
    Track(Track),
    /// A person, please.
    Help(HelpCall),
    /// Whether somebody acknowledged the call with this id.
    HelpState(Uuid),
    /// Somebody came or left.
    CheckIn(CheckIn),
    /// Lost receipts by telephone number.
    Lookup(Lookup),
    /// A new query code.
    Reissue(Reissue),
    /// Let a phone come to a ticket.
    HandOver(HandOver),
}

/// The county's answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Track`].
    Tracked(Tracked),
    /// To [`Ask::Help`]: the county has the call. Nobody has acknowledged it by that.
    HelpTaken,
    /// To [`Ask::HelpState`].
    HelpState(HelpState),
    /// To [`Ask::CheckIn`].
    CheckedIn,
    /// To [`Ask::Lookup`].
    Found(LookupAnswer),
    /// To [`Ask::Reissue`].
    Reissued(Reissued),
    /// To [`Ask::HandOver`].
    HandedOver(HandedOver),
    /// Too many wrong codes; ask again after this many seconds.
    TooMany {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The county was reached and said no, or nothing that can be read.
    Refused,
    /// The county cannot be reached.
    Offline,
}

impl Line {
    /// A line of this version.
    #[must_use]
    pub fn of(message: Message) -> Self {
        Self { v: VERSION, message }
    }

    /// A request with what is left of its deadline.
    #[must_use]
    pub fn request(id: u64, deadline: Duration, ask: Request) -> Self {
        let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        Self::of(Message::Request { id, deadline_ms, ask })
    }

    /// A reply.
    #[must_use]
    pub fn reply(id: u64, answer: Reply) -> Self {
        Self::of(Message::Reply { id, answer })
    }

    /// A notice.
    #[must_use]
    pub fn notice(notice: Notice) -> Self {
        Self::of(Message::Notice(notice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back_and_look_as_written_down() {
        let request = Line::request(7, Duration::from_millis(1500), Request::Status);
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, r#"{"v":1,"message":{"request":{"id":7,"deadline_ms":1500,"ask":"status"}}}"#);
        let presence = Presence { network: Network::Online, last_contact_s: Some(3) };
        for line in [
            request,
            Line::reply(7, Reply::County(Answer::TooMany { retry_after_s: 60 })),
            Line::notice(Notice::Presence(presence)),
            Line::notice(Notice::Submitted),
        ] {
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
        }
    }

    #[test]
    fn unknown_words_of_a_newer_version_are_read_as_unknown() {
        let line: Line = serde_json::from_str(r#"{"v":1,"message":{"notice":{"changed":"moon"}},"new":1}"#).unwrap();
        assert_eq!(line, Line::notice(Notice::Changed(Changed::Unknown)));
        let line: Line = serde_json::from_str(r#"{"v":1,"message":{"notice":{"hello":"diagnosis"}}}"#).unwrap();
        assert_eq!(line, Line::notice(Notice::Hello(Role::Unknown)));
    }
}
