//! What happens to a visit: touches, results, and seconds gone by.

use std::time::Duration;

use wire::{bulletin::Bulletin, case::Satisfaction, event::WallTime, ticket::TicketNumber};

use super::{Facts, Hearing, Note, Paper, PhoneResult, Question, StaffResult, Submitted, TrackResult, Voicing};

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
    /// The machine is about to start anew: nobody begins a visit for this long.
    Lease(Duration),
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
                | Self::Lease(_)
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
