//! What happens to a visit: touches, results, and seconds gone by.

use jiff::Timestamp;
use wire::{
    bulletin::Bulletin,
    case::Satisfaction,
    event::WallTime,
    intake::LookupTicket,
    secret::{QueryCode, Secret},
    ticket::TicketNumber,
    view::View,
};

use super::{Facts, Hearing, PhoneResult, Question, Voicing};

/// What happened: a touch, a result, or a second gone by.
#[derive(Debug)]
pub enum Event {
    /// A second has gone by.
    Tick,
    /// Something was touched that changes nothing but the pause.
    Touched,
    /// 继续 in the countdown.
    KeepGoing,
    /// From the attract page, or back to the doors.
    OpenHome,
    /// 我要说.
    OpenSpeak,
    /// 查我的事.
    OpenFind,
    /// 今天谁在.
    OpenPeople,
    /// 返回.
    Back,
    /// Done here.
    Leave,
    /// English, 中文.
    SwitchLanguage,
    /// 字再大些, or the words as they were at first.
    Larger(bool),
    /// Black on white, or the colours.
    Contrast(bool),
    /// 叫人帮忙.
    CallHelp,
    /// Closes the page of help; the call stays.
    CloseHelp,
    /// The county has the call.
    HelpTaken(Question),
    /// Somebody said that they are coming.
    HelpAcknowledged(Question),
    /// A category, by id.
    ChooseCategory(String),
    /// A village, by id.
    ChoosePlace(String),
    /// Goes on with the village that is chosen.
    PlaceDone,
    /// A ready sentence was touched: it joins the text or leaves it.
    ToggleSentence(String),
    /// The keyboard, or the ready sentences.
    WriteMyself(bool),
    /// What the text field holds.
    TextEdited(String),
    /// What the landmark's field holds.
    LandmarkEdited(String),
    /// Whether the receipt shall carry the text.
    TextOnReceipt(bool),
    /// 交给代表.
    Submit,
    /// The ticket is on the disk.
    Submitted(Question, Box<Submitted>),
    /// It could not be written down; what was said stays on the page.
    NotSubmitted(Question),
    /// What is known of a receipt.
    Paper {
        /// Whose.
        ticket: TicketNumber,
        /// What is known.
        paper: Paper,
    },
    /// The county acknowledged something; which, the queue knows.
    SomethingDelivered,
    /// The county has it on its disk.
    Delivered {
        /// Which.
        ticket: TicketNumber,
    },
    /// The villager asks for the receipt once more.
    AnotherReceipt,
    /// The villager says that the receipt came out.
    ReceiptTaken,
    /// Name and telephone.
    OpenContact,
    /// 加照片, and once more.
    OpenPhone,
    /// What the county said of a phone.
    PhoneAnswered(Question, PhoneResult),
    /// What was typed there.
    SaveContact {
        /// May be empty.
        name: String,
        /// May be empty.
        phone: String,
    },
    /// This ticket's contact is on the disk.
    ContactSaved(TicketNumber),
    /// It could not be written down; what was typed stays in its fields.
    ContactNotSaved(TicketNumber),
    /// This ticket's rating is on the disk.
    RatingSaved(TicketNumber),
    /// It could not be written down.
    RatingNotSaved(TicketNumber),
    /// Saying it aloud.
    Voice(Voicing),
    /// Hearing it read aloud.
    Aloud(Hearing),
    /// Which field the keypad fills.
    ChooseField(Field),
    /// A key of a keypad.
    Key(Key),
    /// Look.
    Find,
    /// A scanner read something.
    Scanned(String),
    /// What looking came to.
    Tracked(Question, TrackResult),
    /// One of the five faces.
    Rate(Satisfaction),
    /// A long press on the header.
    OpenPin(Door),
    /// Whether the PIN was right.
    PinChecked(Question, bool),
    /// The officer wants a test print.
    StaffTestPrint,
    /// A step of changing the paper; none, closed.
    StaffPaper(Option<u8>),
    /// 代填.
    StaffOnBehalf,
    /// 谁来了.
    StaffRoster,
    /// Somebody came or left.
    StaffCheckIn {
        /// Id of the person.
        person: String,
        /// Came.
        present: bool,
    },
    /// 找小票.
    StaffLookupOpen,
    /// By this telephone number.
    StaffLookup(String),
    /// Prints a new code for a ticket found.
    StaffReissue(TicketNumber),
    /// 存到U盘: the page of it.
    StaffStickOpen,
    /// Writes the backlog onto the stick.
    StaffStick,
    /// What an action of the staff came to.
    StaffAnswered(Question, StaffResult),

    /// A bulletin, and when it was fetched; never, where it came with the enrolment.
    Bulletin(Box<Bulletin>, Option<WallTime>),
    /// What the technician reads.
    Facts(Box<Facts>),
    /// Whether there is a microphone.
    HasVoice(bool),
    /// Whether the agent reaches the county.
    Online(bool),
    /// Why nothing can be taken; none, all is well again.
    Broken(Option<Note>),
}

impl Event {
    /// Whether a person did it.
    #[must_use]
    pub fn is_touch(&self) -> bool {
        match self {
            Self::Voice(voicing) => return voicing.is_touch(),
            Self::Aloud(hearing) => return hearing.is_touch(),
            _ => {}
        }
        !matches!(
            self,
            Self::Tick
                | Self::HelpTaken(_)
                | Self::HelpAcknowledged(_)
                | Self::Submitted(..)
                | Self::NotSubmitted(_)
                | Self::Paper { .. }
                | Self::Delivered { .. }
                | Self::ContactSaved(_)
                | Self::ContactNotSaved(_)
                | Self::RatingSaved(_)
                | Self::RatingNotSaved(_)
                | Self::PhoneAnswered(..)
                | Self::SomethingDelivered
                | Self::Tracked(..)
                | Self::PinChecked(..)
                | Self::StaffAnswered(..)
                | Self::Bulletin(..)
                | Self::Facts(_)
                | Self::HasVoice(_)
                | Self::Online(_)
                | Self::Broken(_)
        )
    }
}

/// The two fields of 查我的事.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    /// The ticket's number.
    #[default]
    Number,
    /// The query code.
    Code,
}

/// A key of a keypad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// 0 to 9.
    Digit(char),
    /// Takes the last digit back.
    Backspace,
    /// Takes all back.
    Clear,
}

/// The two staff doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Door {
    /// The liaison officer's.
    #[default]
    Officer,
    /// The technician's.
    Technician,
}

/// A ticket that is on the disk.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// Its number.
    pub ticket: TicketNumber,
    /// Its query code.
    pub code: QueryCode,
    /// What its QR proves.
    pub secret: Secret,
    /// When, where the day is known.
    pub at: Option<Timestamp>,
}

/// What is known of a receipt, never more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// Not sent yet.
    #[default]
    None,
    /// Being sent.
    Printing,
    /// Fence and clean status.
    Printed,
    /// Somebody took it.
    Taken,
    /// Nobody took it, and the printer took it back.
    Retracted,
    /// Sent, and nothing more is known.
    Unsure,
    /// It did not come out whole, and does so only when somebody asks.
    Incomplete,
    /// It waits until this is over.
    Waits(PrinterFault),
}

/// Why no receipt comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterFault {
    /// The paper ran out.
    NoPaper,
    /// The cover is open.
    CoverOpen,
    /// The knife is stuck.
    CutterStuck,
    /// The head is too hot; it goes on by itself.
    TooHot,
    /// The printer says that something else is wrong.
    Other,
    /// The printer doesn't answer.
    NoAnswer,
}

/// What looking for a ticket came to.
#[derive(Debug)]
pub enum TrackResult {
    /// From the county, just now.
    Fresh(Box<View>),
    /// From the terminal's memory; the county can't be reached.
    Kept(Box<View>),
    /// It lies here and has not reached the county.
    StillHere {
        /// Its category's formal name.
        category: String,
    },
    /// No ticket with this number and this proof.
    NotFound,
    /// Too many wrong codes; later again.
    TooMany,
    /// The county can't be reached, and the terminal's memory doesn't have it.
    Offline,
}

/// What to mend in what was typed or scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The number isn't complete.
    NumberShort,
    /// A digit is wrong or two are swapped.
    NumberWrong,
    /// The code isn't complete.
    CodeShort,
    /// No ticket with this number and this code.
    NotFound,
    /// Too many wrong codes.
    TooMany,
    /// The county can't be reached.
    Offline,
    /// The scanner read something else.
    ForeignCode,
    /// A wrong PIN.
    PinWrong,
    /// Too many wrong PINs.
    PinLocked,
    /// Nobody knows a PIN before the terminal is enrolled.
    NotEnrolled,
}

/// Why the terminal takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It was not enrolled yet.
    NotEnrolled,
    /// Nothing can be written down.
    CannotWrite,
    /// There is no room for another visit.
    Full,
}

/// What an action of the staff came to.
#[derive(Debug)]
pub enum StaffResult {
    /// The test print came out.
    TestPrinted,
    /// It was sent, and this printer says no more.
    TestSent,
    /// The printer says no.
    PrinterTrouble,
    /// The check-in reached the county.
    CheckedIn,
    /// The tickets that a telephone number left.
    Lookup(Vec<LookupTicket>),
    /// A new code is being printed.
    Reissued,
    /// The county can't be reached: this needs it.
    Offline,
    /// The county was asked too often; later again.
    TooMany,
    /// The county was reached and said no.
    Refused,
    /// Nothing can be written down at present, so nothing is taken.
    CannotTake,
    /// How it stands with the stick.
    Stick(Stick),
}

/// How it stands with the backlog on the stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stick {
    /// It is being written; the stick must stay in.
    Writing {
        /// Events that are written.
        done: u32,
        /// Events in all.
        of: u32,
    },
    /// So many events are on the stick, which may be taken out.
    Done(u32),
    /// The county has acknowledged everything.
    Nothing,
    /// No stick is there.
    NoStick,
    /// The stick is full.
    Full,
    /// The stick can't be written on.
    ReadOnly,
    /// Something else went wrong.
    Failed,
    /// The terminal has no certificate: the county could not know whose it is.
    NotEnrolled,
    /// Who signs is not there at the moment.
    NotReady,
}
