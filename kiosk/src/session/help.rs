//! 叫人帮忙: the call goes out until the county has it, and then the county is asked until somebody comes.
//!
//! Invariant: a stage is claimed only once it was answered for, and by an answer to this call.

use std::time::Duration;

use super::{Action, Event, Question, Session};

/// Between two tries to bring a call to the county, and between two questions whether somebody comes.
const EVERY: Duration = Duration::from_secs(3);

/// Whether anybody comes when 叫人帮忙 was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Help {
    /// Nobody was called.
    #[default]
    None,
    /// The call is on its way; the county may not be within reach.
    Calling,
    /// The county has the call; nothing more is known.
    Taken,
    /// A person said that they are coming.
    Acknowledged,
}

/// The call that is out.
#[derive(Debug)]
pub(super) struct Call {
    question: Question,
    due: Duration,
}

impl Session {
    pub(super) fn help_step(&mut self, event: &Event, now: Duration) -> Vec<Action> {
        let of_this_call = |question| self.call.as_ref().is_some_and(|call| call.question == question);
        match *event {
            Event::CallHelp => {
                self.help_open = true;
                // What is said to whoever comes is not for the county.
                let mut actions = self.stop_what_listens();
                if self.help == Help::None {
                    let question = self.questions.next();
                    self.call = Some(Call { question, due: now + EVERY });
                    self.help = Help::Calling;
                    actions.push(Action::CallHelp(question));
                }
                return actions;
            }
            Event::CloseHelp => self.help_open = false,
            Event::HelpTaken(question) if self.help == Help::Calling && of_this_call(question) => {
                self.help = Help::Taken;
            }
            Event::HelpAcknowledged(question) if self.help == Help::Taken && of_this_call(question) => {
                self.help = Help::Acknowledged;
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn help_tick(&mut self, now: Duration) -> Vec<Action> {
        let Some(call) = self.call.as_mut().filter(|call| now >= call.due) else { return Vec::new() };
        call.due = now + EVERY;
        match self.help {
            Help::Calling => vec![Action::CallHelp(call.question)],
            Help::Taken => vec![Action::AskHelp(call.question)],
            Help::None | Help::Acknowledged => Vec::new(),
        }
    }
}
