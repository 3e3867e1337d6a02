//! What each event does to a rollout.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use wire::ticket::TerminalNumber;

use super::{
    Action, Attempt, Event, Feedback, Left, Member, Notice, Paused, Phase, Progress, Proof, Refused, Release, Rollout,
    WaveState, gate::later,
};

/// Takes a rollout through one event. The caller stores it and does the actions in one transaction.
///
/// # Errors
/// What the rollout does not take, and why; it then stays as it was.
pub fn step(mut rollout: Rollout, event: Event, now: Timestamp) -> Result<(Rollout, Vec<Action>), Refused> {
    let actions = rollout.heed(event, now)?;
    Ok((rollout, actions))
}

impl Rollout {
    /// [`step`] in place.
    ///
    /// # Errors
    /// As [`step`]; it then stays as it was.
    pub fn heed(&mut self, event: Event, now: Timestamp) -> Result<Vec<Action>, Refused> {
        let mut actions = Vec::new();
        self.take(event, now, &mut actions)?;
        self.settle(now, &mut actions);
        Ok(actions)
    }

    fn take(&mut self, event: Event, now: Timestamp, actions: &mut Vec<Action>) -> Result<(), Refused> {
        match (event, &self.phase) {
            (Event::Tick, _) => {}
            (Event::Approve(who), Phase::AwaitsApproval) => {
                if who == self.made_by {
                    return Err(Refused::OwnApproval);
                }
                self.approved_by = Some(who);
                self.phase = Phase::Running;
            }
            (Event::Begin, Phase::Running) => {
                let next = self.current().filter(|at| self.waves[*at].state == WaveState::Planned);
                self.begin(next.ok_or(Refused::NoWave)?, now);
            }
            (Event::Pause(who), Phase::Running | Phase::Asks(_)) => self.phase = Phase::Paused(Paused::By(who)),
            (Event::Resume, Phase::Paused(why)) => {
                if let Paused::StopRule(wave) = *why {
                    self.waves[wave].accepted_bad = self.tally(wave).bad;
                }
                self.phase = Phase::Running;
            }
            (Event::WaitLonger, &Phase::Asks(wave)) => {
                self.begin(wave, now);
                self.phase = Phase::Running;
            }
            (Event::GoOn, &Phase::Asks(wave)) => {
                self.waves[wave].state = WaveState::Good;
                self.phase = Phase::Running;
            }
            (Event::Close, Phase::Running) if self.current().is_none() => {
                self.cancel_unbegun(actions);
                self.phase = Phase::Finished;
                actions.push(Action::Tell(Notice::Finished));
            }
            (Event::Abort, phase) if !phase.has_ended() => self.abort(actions),
            (Event::OrderBack, phase) if *phase != Phase::AwaitsApproval && !self.ordered_back => {
                if !phase.has_ended() {
                    self.abort(actions);
                }
                self.order_back(actions);
            }
            (Event::Retry(terminal), Phase::Running | Phase::Asks(_)) => self.retry(terminal, actions)?,
            (Event::Joined(target), phase) if !phase.has_ended() => {
                if self.members.contains_key(&target.terminal) {
                    return Err(Refused::AlreadyAMember(target.terminal));
                }
                let member = Member::planned(self.wave_of(&target), target.proof);
                self.members.insert(target.terminal, member);
            }
            (Event::Revoked(terminal), _) => self.leave(terminal, Progress::Left(Left::Revoked), actions)?,
            (Event::Cloned(terminal), _) => self.leave(terminal, Progress::Left(Left::Cloned), actions)?,
            (Event::Replaced(terminal), phase) => {
                let next = if phase.has_ended() { Progress::Left(Left::Cancelled) } else { Progress::Planned };
                self.leave(terminal, next, actions)?;
            }
            (Event::Feedback(terminal, attempt, told), _) => self.hear(terminal, attempt, told, now, actions)?,
            (Event::Runs(terminal, release, boot), _) => self.read(terminal, release, boot, actions)?,
            _ => return Err(Refused::Phase),
        }
        Ok(())
    }

    fn member(&mut self, terminal: TerminalNumber) -> Result<&mut Member, Refused> {
        self.members.get_mut(&terminal).ok_or(Refused::NotAMember(terminal))
    }

    fn abort(&mut self, actions: &mut Vec<Action>) {
        self.cancel_unbegun(actions);
        self.phase = Phase::Aborted;
    }

    fn cancel_unbegun(&mut self, actions: &mut Vec<Action>) {
        for (terminal, member) in &mut self.members {
            match member.progress {
                Progress::Waiting => actions.push(Action::Cancel(*terminal, member.attempt)),
                Progress::Planned => {}
                _ => continue,
            }
            member.progress = Progress::Left(Left::Cancelled);
        }
    }

    fn order_back(&mut self, actions: &mut Vec<Action>) {
        self.ordered_back = true;
        let took = self.members.iter().filter(|(_, member)| member.progress == Progress::Done);
        let took: BTreeSet<_> = took.map(|(terminal, _)| *terminal).collect();
        if !took.is_empty() {
            actions.push(Action::OrderBack(self.former.clone(), took));
        }
    }

    fn retry(&mut self, terminal: TerminalNumber, actions: &mut Vec<Action>) -> Result<(), Refused> {
        let member = self.member(terminal)?;
        if !member.progress.is_bad() {
            return Err(Refused::NothingToRetry(terminal));
        }
        member.stop(terminal, Progress::Planned, actions);
        Ok(())
    }

    /// A terminal's card is no longer the one that was ordered to update. What had ended when the rollout did stays.
    fn leave(&mut self, terminal: TerminalNumber, next: Progress, actions: &mut Vec<Action>) -> Result<(), Refused> {
        let ended = self.phase.has_ended();
        let member = self.member(terminal)?;
        let is_final = ended && !member.progress.is_open() || member.progress == Progress::Left(Left::Revoked);
        if !is_final {
            member.stop(terminal, next, actions);
            member.boot = None;
        }
        Ok(())
    }

    /// A terminal tells of its action. What it tells of a former one, or of one that is closed, changes nothing.
    fn hear(
        &mut self,
        terminal: TerminalNumber,
        attempt: Attempt,
        told: Feedback,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) -> Result<(), Refused> {
        let deadline = later(now, self.policy.silent_after_s);
        let member = self.member(terminal)?;
        let installed = match member.progress {
            _ if member.attempt != attempt || attempt.0 == 0 => return Ok(()),
            Progress::Began { installed, .. } | Progress::Silent { installed } => installed,
            // It had begun before it could hear that it was not to, or that nobody asks any more.
            Progress::Waiting | Progress::Already | Progress::Left(Left::Cancelled) => false,
            _ => return Ok(()),
        };
        member.progress = match (told, member.proof) {
            (Feedback::Proceeding, _) => Progress::Began { deadline, installed },
            (Feedback::Success, Proof::Reported) => Progress::Began { deadline, installed: true },
            (Feedback::Success, Proof::Proved | Proof::Installed) => Progress::Done,
            (Feedback::Failure(cause), _) => Progress::Failed(cause),
            (Feedback::FellBack(cause), _) => Progress::RolledBack(cause),
        };
        self.back_too(terminal, actions);
        Ok(())
    }

    /// A terminal's report says what it runs. Before it has booted again that is no news of what it installed.
    fn read(
        &mut self,
        terminal: TerminalNumber,
        release: Release,
        boot: Uuid,
        actions: &mut Vec<Action>,
    ) -> Result<(), Refused> {
        let (ended, is_new) = (self.phase.has_ended(), release == self.release);
        let member = self.member(terminal)?;
        let rebooted = member.boot.replace(boot).is_some_and(|known| known != boot);
        let proved = member.proof == Proof::Proved;
        let next = match &member.progress {
            Progress::Planned | Progress::Waiting if is_new => Progress::Already,
            // Ours says success itself, once it is committed.
            Progress::Began { .. } | Progress::Silent { .. } if is_new && !proved => Progress::Done,
            Progress::Began { installed: true, .. } | Progress::Silent { installed: true } if !is_new && rebooted => {
                Progress::RunsOther(release)
            }
            // What came after the rollout's end is another order's.
            _ if ended => return Ok(()),
            Progress::Failed(_) | Progress::RolledBack(_) | Progress::RunsOther(_) if is_new => Progress::Done,
            Progress::RunsOther(_) => Progress::RunsOther(release),
            Progress::Done if !is_new && (rebooted || member.proof != Proof::Installed) => Progress::RunsOther(release),
            _ => return Ok(()),
        };
        if next == Progress::Already {
            member.stop(terminal, next, actions);
            return Ok(());
        }
        member.progress = next;
        self.back_too(terminal, actions);
        Ok(())
    }

    /// Who takes the release after it was ordered back is ordered back too.
    fn back_too(&self, terminal: TerminalNumber, actions: &mut Vec<Action>) {
        if self.ordered_back && self.members[&terminal].progress == Progress::Done {
            actions.push(Action::OrderBack(self.former.clone(), [terminal].into()));
        }
    }
}

impl Member {
    /// Cancels the action where one is open.
    fn stop(&mut self, terminal: TerminalNumber, next: Progress, actions: &mut Vec<Action>) {
        if self.progress.is_open() {
            actions.push(Action::Cancel(terminal, self.attempt));
        }
        self.progress = next;
    }
}
