//! What the panel does at a moment: lamps, buzzer and backlight from what it was told, events from its contacts.
//!
//! Invariant: does no I/O and reads no clock; and a message that got lost leaves no lamp lit for ever.

use std::time::Duration;

use super::{
    Call, Command, Contacts, Event, Outputs, Slot,
    debounce::{Debounce, Settled},
};

/// The shortest on or off.
pub(super) const BEAT: Duration = Duration::from_millis(250);

/// How long the buzzer sounds with each call: long enough to be heard in the next room, short enough to bear.
const SOUNDS: Duration = Duration::from_secs(3);

/// A receipt is out within seconds; one that takes longer than this doesn't come.
const PRINTS_MOST: Duration = Duration::from_secs(60);

/// A receipt that hangs at the tear bar: nothing sees whether it was taken, and nobody who wanted it leaves it longer.
const HANGS: Duration = Duration::from_secs(20);

/// A presenter says itself when its receipt was taken, and takes back what nobody took well before this.
const STANDS_MOST: Duration = Duration::from_secs(600);

/// What the panel was told, and since when.
#[derive(Debug, Default)]
pub(super) struct State {
    call: (Call, Duration),
    slot: (Slot, Duration),
    dark: bool,
    help: Debounce,
    case: Debounce,
}

impl State {
    pub(super) fn told(&mut self, command: Command, now: Duration) {
        match command {
            // Told with every step of the visit; its beat goes on.
            Command::Call(call) if call == self.call.0 => {}
            Command::Call(call) => self.call = (call, now),
            Command::Slot(slot) => self.slot = (slot, now),
            Command::Dark(dark) => self.dark = dark,
        }
    }

    /// What a look at the contacts comes to.
    pub(super) fn look(&mut self, contacts: Contacts, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(Settled::Became(true)) = contacts.help.and_then(|pressed| self.help.look(pressed, now)) {
            events.push(Event::HelpPressed);
        }
        match contacts.case_open.and_then(|open| self.case.look(open, now)) {
            Some(Settled::Stands(open)) => events.push(Event::CaseStands { open }),
            Some(Settled::Became(true)) => events.push(Event::CaseOpened),
            Some(Settled::Became(false)) => events.push(Event::CaseClosed),
            None => {}
        }
        events
    }

    pub(super) fn outputs(&self, now: Duration) -> Outputs {
        let (call, since) = self.call;
        let since = now.saturating_sub(since);
        let odd_beat = (since.as_millis() / BEAT.as_millis()) % 2 == 1;
        let (help_lamp, buzzer) = match call {
            Call::None => (false, false),
            Call::Calling => (!odd_beat, !odd_beat && since < SOUNDS),
            Call::Acknowledged => (true, false),
        };
        Outputs { help_lamp, buzzer, slot_lamp: self.slot_left(now).is_some(), backlight: !self.dark }
    }

    /// When the outputs change by themselves; none, only when the panel is told something.
    pub(super) fn changes_in(&self, now: Duration) -> Option<Duration> {
        let (call, since) = self.call;
        let beat = (call == Call::Calling).then(|| {
            let into = now.saturating_sub(since).as_millis() % BEAT.as_millis();
            BEAT.saturating_sub(Duration::from_millis(u64::try_from(into).unwrap_or(0)))
        });
        beat.into_iter().chain(self.slot_left(now)).min()
    }

    /// How long the slot's lamp stays lit; none, it isn't.
    fn slot_left(&self, now: Duration) -> Option<Duration> {
        let (slot, since) = self.slot;
        let most = match slot {
            Slot::Empty => return None,
            Slot::Printing => PRINTS_MOST,
            Slot::Hangs => HANGS,
            Slot::Stands => STANDS_MOST,
        };
        most.checked_sub(now.saturating_sub(since)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: Duration = Duration::from_secs(1000);

    fn at(ms: u64) -> Duration {
        T0 + Duration::from_millis(ms)
    }

    fn told(command: Command) -> State {
        let mut state = State::default();
        state.told(command, T0);
        state
    }

    #[test]
    fn a_call_blinks_and_beeps_three_seconds_then_only_blinks() {
        let mut state = told(Command::Call(Call::Calling));
        for (ms, help_lamp, buzzer) in
            [(0, true, true), (249, true, true), (250, false, false), (2_999, false, false), (3_000, true, false)]
        {
            let shown = state.outputs(at(ms));
            assert_eq!((shown.help_lamp, shown.buzzer), (help_lamp, buzzer), "{ms} ms");
            // As every step of the visit does; the beat goes on.
            state.told(Command::Call(Call::Calling), at(ms));
        }
        assert_eq!(state.changes_in(at(240)), Some(Duration::from_millis(10)));
        state.told(Command::Call(Call::Acknowledged), at(4_000));
        assert_eq!(state.outputs(at(90_000)), Outputs { help_lamp: true, ..Outputs::default() });
        state.told(Command::Call(Call::None), at(90_000));
        assert_eq!((state.outputs(at(90_001)), state.changes_in(at(90_001))), (Outputs::default(), None));
    }

    #[test]
    fn the_slots_lamp_is_lit_while_a_receipt_may_be_taken_and_never_for_ever() {
        for (slot, seconds) in [(Slot::Printing, 60), (Slot::Hangs, 20), (Slot::Stands, 600)] {
            let state = told(Command::Slot(slot));
            let lit = |ms| state.outputs(at(ms)).slot_lamp;
            assert!(lit(0) && lit(seconds * 1000 - 1) && !lit(seconds * 1000), "{slot:?}");
            assert_eq!(state.changes_in(T0), Some(Duration::from_secs(seconds)));
        }
        let mut state = told(Command::Slot(Slot::Stands));
        state.told(Command::Slot(Slot::Empty), at(5));
        assert!(!state.outputs(at(5)).slot_lamp && state.changes_in(at(5)).is_none());
    }

    #[test]
    fn a_button_that_is_held_while_the_program_starts_calls_nobody_until_it_is_pressed_anew() {
        let mut state = State::default();
        let mut looks = |help, from: u64, to: u64| -> Vec<Event> {
            let contacts = Contacts { help: Some(help), case_open: None };
            (from..to).step_by(10).flat_map(|ms| state.look(contacts, at(ms))).collect()
        };
        assert_eq!(looks(true, 0, 5_000), []);
        assert_eq!(looks(false, 5_000, 6_000), []);
        assert_eq!(looks(true, 6_000, 20_000), [Event::HelpPressed]);
    }

    #[test]
    fn the_case_is_told_as_it_stands_then_as_it_opens_and_closes() {
        let mut state = State::default();
        let mut events = Vec::new();
        for (ms, open) in (0..3_000).step_by(10).map(|ms| (ms, (1_000..2_000).contains(&ms))) {
            events.extend(state.look(Contacts { help: None, case_open: Some(open) }, at(ms)));
        }
        assert_eq!(events, [Event::CaseStands { open: false }, Event::CaseOpened, Event::CaseClosed]);
    }

    proptest! {
        #[test]
        fn nothing_changes_by_itself_before_it_is_said_to(
            slot in prop::sample::select(vec![Slot::Empty, Slot::Printing, Slot::Hangs, Slot::Stands]),
            calling: bool,
            ms in 0_u64..700_000,
            early in 0.0..1.0,
        ) {
            let mut state = told(Command::Slot(slot));
            state.told(Command::Call(if calling { Call::Calling } else { Call::None }), at(7));
            let now = at(ms);
            let before = state.outputs(now);
            match state.changes_in(now) {
                // The buzzer's end falls on a beat.
                Some(left) => prop_assert_eq!(state.outputs(now + left.mul_f64(early * 0.999)), before),
                None => prop_assert_eq!(state.outputs(now + Duration::from_secs(86_400)), before),
            }
        }
    }
}
