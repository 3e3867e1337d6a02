//! Whom to kill, and when.
//!
//! Invariant: does no I/O and reads no clock; the dice alone choose.

use std::time::Duration;

use crate::dice::Dice;

/// Who is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// The screen's program.
    Kiosk,
    /// The network's program.
    Agent,
    /// Both at once.
    Terminal,
    /// Both at once, with all that their disk had not synced.
    Power,
    /// The printer: its cable, or its power as well.
    Printer,
    /// The county's machine.
    Host,
}

impl Victim {
    /// Whether the screen goes dark.
    pub fn has_screen(self) -> bool {
        matches!(self, Self::Kiosk | Self::Terminal | Self::Power)
    }

    /// Whether the terminal's network goes.
    pub fn has_agent(self) -> bool {
        matches!(self, Self::Agent | Self::Terminal | Self::Power)
    }
}

/// During which part of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Behind so many taps, of those before the one that submits.
    Taps(usize),
    /// Behind the tap that submits, whatever came of it.
    Submitted,
    /// While bytes of the receipt are with the printer.
    Printing,
    /// Behind the number on the screen, while the network takes it away.
    Forwarding,
    /// As the county writes it down.
    Intake,
    /// It is killed, started again, and killed while it starts.
    StartUp,
}

/// One cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Who.
    pub victim: Victim,
    /// When; a visit that leaves a telephone or a rating may have it behind that tap instead.
    pub moment: Moment,
    /// How far into that moment.
    pub delay: Duration,
    /// How many visits the network or the county stays away.
    pub away: u64,
    /// A printer, and one that has the terminal's power: its buffers are lost too. A terminal: what is on the line to
    /// the printer is lost.
    pub hard: bool,
    /// What a villager does who does not see the receipt: asks for another, or not.
    pub asks_again: bool,
    /// The power: after how many changes of the disk from the moment on it goes; none, with the delay.
    pub changes: Option<u64>,
}

/// Taps of a visit before the one that submits: the invitation, the door, the category, the village, the sentence.
pub const TAPS: usize = 5;

impl Cut {
    /// Draws the next kill.
    pub fn draw(dice: &mut Dice) -> Self {
        let victim = match dice.below(10) {
            0..=2 => Victim::Kiosk,
            3 | 4 => Victim::Terminal,
            5 | 6 => Victim::Printer,
            7 | 8 => Victim::Agent,
            _ => Victim::Host,
        };
        let moment = match dice.below(12) {
            0 | 1 => Moment::Taps(usize::try_from(dice.below(TAPS as u64 + 1)).unwrap_or_default()),
            2..=4 => Moment::Submitted,
            5..=7 => Moment::Printing,
            8 => Moment::Forwarding,
            9 | 10 => Moment::Intake,
            _ => Moment::StartUp,
        };
        Self::of(victim, moment, None, dice)
    }

    /// Draws the next power cut: most fall into the middle of what the terminal writes.
    pub fn draw_power(dice: &mut Dice) -> Self {
        let moment = match dice.below(12) {
            0 => Moment::Taps(usize::try_from(dice.below(TAPS as u64 + 1)).unwrap_or_default()),
            1..=5 => Moment::Submitted,
            6..=8 => Moment::Printing,
            9 | 10 => Moment::Forwarding,
            _ => Moment::StartUp,
        };
        // About as many as the terminal makes from that moment on: a suggestion, a state of a receipt, a delivery.
        let most = match moment {
            Moment::Submitted | Moment::StartUp => 30,
            _ => 10,
        };
        let counts = !matches!(moment, Moment::Taps(_)) && dice.below(8) > 0;
        let changes = counts.then(|| dice.below(most));
        Self::of(Victim::Power, moment, changes, dice)
    }

    fn of(victim: Victim, moment: Moment, changes: Option<u64>, dice: &mut Dice) -> Self {
        let most_ms = match moment {
            Moment::Taps(_) => 20,
            Moment::Submitted => 60,
            Moment::Printing => 150,
            Moment::Forwarding => 80,
            Moment::Intake => 8,
            Moment::StartUp => 300,
        };
        let delay = Duration::from_micros(dice.below(most_ms * 1000));
        let away = dice.below(4).saturating_sub(1);
        let (hard, asks_again) = (dice.below(2) == 0, dice.below(2) == 0);
        Self { victim, moment, delay, away, hard, asks_again, changes }
    }

    /// How many kills it comes to.
    pub fn kills(self) -> u32 {
        if self.moment == Moment::StartUp { 2 } else { 1 }
    }
}
