//! What hangs on the terminal's pins: a lamp and a buzzer that call for a person.
//!
//! [`outputs`] is pure: what lamp and buzzer do at a moment of a call. [`start`] drives pins by it on a thread of its
//! own. Invariant: a terminal without pins, or with pins that can't be had, works as if they weren't there.

mod pins;

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::Duration,
};

pub use pins::RaspberryPi;

/// What the panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Call {
    /// Nobody was called.
    #[default]
    None,
    /// Somebody was called.
    Calling,
    /// Somebody comes.
    Acknowledged,
}

/// Lamp and buzzer, on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outputs {
    /// The lamp.
    pub lamp: bool,
    /// The buzzer.
    pub buzzer: bool,
}

/// Whatever has a lamp and a buzzer.
pub trait Panel: Send {
    /// Switches both.
    fn switch(&mut self, outputs: Outputs);
}

/// The shortest on or off.
const BEAT: Duration = Duration::from_millis(250);

/// How long the buzzer sounds with each call: long enough to be heard in the next room, short enough to bear.
const SOUNDS: Duration = Duration::from_secs(3);

/// What lamp and buzzer do when a call has stood for `since`.
#[must_use]
pub fn outputs(call: Call, since: Duration) -> Outputs {
    let odd_beat = (since.as_millis() / BEAT.as_millis()) % 2 == 1;
    match call {
        Call::None => Outputs::default(),
        Call::Calling => Outputs { lamp: !odd_beat, buzzer: !odd_beat && since < SOUNDS },
        Call::Acknowledged => Outputs { lamp: true, buzzer: false },
    }
}

/// Drives a panel until the sender is dropped; then everything is off.
///
/// # Errors
/// No thread could be started.
pub fn start(panel: impl Panel + 'static) -> std::io::Result<Sender<Call>> {
    let (sender, calls) = channel();
    std::thread::Builder::new().name("panel".into()).spawn(move || drive(panel, &calls))?;
    Ok(sender)
}

fn drive(mut panel: impl Panel, calls: &Receiver<Call>) {
    let (mut call, mut since) = (Call::None, Duration::ZERO);
    loop {
        panel.switch(outputs(call, since));
        let news = match call {
            Call::Calling => calls.recv_timeout(BEAT),
            _ => calls.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match news {
            Ok(next) if next == call => {}
            Ok(next) => (call, since) = (next, Duration::ZERO),
            Err(RecvTimeoutError::Timeout) => since += BEAT,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    panel.switch(Outputs::default());
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Written(Sender<Outputs>);

    impl Panel for Written {
        fn switch(&mut self, outputs: Outputs) {
            self.0.send(outputs).ok();
        }
    }

    #[test]
    fn a_call_blinks_and_beeps_three_seconds_then_only_blinks() {
        let at = |ms| outputs(Call::Calling, Duration::from_millis(ms));
        assert_eq!(at(0), Outputs { lamp: true, buzzer: true });
        assert_eq!(at(250), Outputs { lamp: false, buzzer: false });
        assert_eq!(at(3000), Outputs { lamp: true, buzzer: false });
    }

    #[test]
    fn the_lamp_is_steady_once_somebody_comes_and_everything_is_off_at_the_end() {
        let (log, written) = channel();
        let calls = start(Written(log)).unwrap();
        calls.send(Call::Calling).unwrap();
        calls.send(Call::Acknowledged).unwrap();
        drop(calls);
        let all: Vec<_> = written.iter().collect();
        assert_eq!(all.first(), Some(&Outputs::default()));
        assert!(all.contains(&Outputs { lamp: true, buzzer: true }));
        assert_eq!(all[all.len() - 2..], [Outputs { lamp: true, buzzer: false }, Outputs::default()]);
    }
}
