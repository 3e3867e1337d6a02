//! The program that hears and speaks as the terminal keeps it: whatever it does, the visit goes on.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "input_support/clock.rs"]
mod clock;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use clock::Turned;
use kiosk::{
    clock::{Clock, SystemClock},
    input::sound::{Heard, Sound, start},
};
use sound_line::{Ask, Ogg, Tell, Turn, Volume};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const A_MOMENT: Duration = Duration::from_millis(100);

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/input_support").join(name)
}

fn sound(program: PathBuf) -> (Sound, mpsc::Receiver<Heard>) {
    sound_by(program, Arc::new(SystemClock::start()))
}

fn sound_by(program: PathBuf, clock: Arc<dyn Clock>) -> (Sound, mpsc::Receiver<Heard>) {
    let (tell, told) = mpsc::channel();
    let sound = start(program, Vec::new(), clock, move |heard| drop(tell.send(heard))).unwrap();
    (sound, told)
}

fn next(told: &mpsc::Receiver<Heard>) -> Heard {
    told.recv_timeout(PATIENCE).unwrap()
}

fn is_ready(heard: &Heard) -> bool {
    matches!(heard, Heard::Told(told) if matches!(**told, Tell::Ready { microphone: None, .. }))
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let (sound, told) = sound(program("none"));
    sound.open();
    assert!(matches!(next(&told), Heard::Ended(why) if why.contains("input_support/none")));
}

#[test]
fn one_that_keeps_ending_is_left_alone_until_the_next_visit() {
    let (sound, told) = sound(program("deaf"));
    let turn = Turn(1);
    for _ in 0..3 {
        sound.ask(Ask::Record { turn });
        assert!(is_ready(&next(&told)));
        assert!(matches!(next(&told), Heard::Ended(_)));
    }
    sound.ask(Ask::Record { turn });
    assert!(matches!(next(&told), Heard::Ended(why) if why.contains("keeps ending")));
    sound.close();
    sound.open();
    assert!(is_ready(&next(&told)), "the next visit tries anew");
}

#[test]
fn a_stop_that_crosses_with_the_recordings_own_end_waits_for_no_answer() {
    let clock = Arc::new(Turned::start());
    let (sound, told) = sound_by(program("full"), clock.clone());
    let turn = Turn(1);
    sound.ask(Ask::Record { turn });
    assert!(is_ready(&next(&told)));
    assert!(matches!(next(&told), Heard::Told(told) if matches!(*told, Tell::Recorded { turn: Turn(1), .. })));
    // The program, rightly, is silent to this.
    sound.ask(Ask::Stop { turn });
    clock.turn(60);
    sound.ask(Ask::Record { turn: Turn(2) });
    assert!(matches!(next(&told), Heard::Told(told) if matches!(*told, Tell::Recorded { turn: Turn(2), .. })));
}

#[test]
fn one_that_talks_of_other_things_and_never_gives_the_recording_out_is_ended() {
    let clock = Arc::new(Turned::start());
    let (sound, told) = sound_by(program("talks"), clock.clone());
    let turn = Turn(1);
    sound.ask(Ask::Record { turn });
    assert!(is_ready(&next(&told)));
    assert!(matches!(next(&told), Heard::Told(told) if matches!(*told, Tell::Recording { turn: Turn(1) })));
    // It may go on for two minutes.
    clock.turn(100);
    let level = |told: &mpsc::Receiver<Heard>| {
        sound.ask(Ask::Volume { volume: Volume::FULL });
        next(told)
    };
    assert!(matches!(level(&told), Heard::Told(told) if matches!(*told, Tell::Level { .. })));
    sound.ask(Ask::Stop { turn });
    let ended = (0..20).find_map(|_| {
        clock.turn(3);
        match level(&told) {
            Heard::Ended(why) => Some(why),
            Heard::Told(_) => None,
        }
    });
    assert!(ended.is_some_and(|why| why.contains("did not answer")));
}

#[test]
fn one_that_says_what_nobody_understands_is_ended() {
    let (sound, told) = sound(program("garbles"));
    sound.open();
    assert!(matches!(next(&told), Heard::Ended(why) if why.contains("not understood")));
}

#[test]
fn one_that_reads_nothing_holds_nobody_up_and_is_ended() {
    let clock = Arc::new(Turned::start());
    let (sound, told) = sound_by(program("unread-sound"), clock.clone());
    sound.open();
    assert!(is_ready(&next(&told)));
    // More than any pipe takes, twice: whoever writes it all would wait for ever.
    let ogg = || Ogg::from(vec![b'O'; 1 << 20]);
    for turn in [1, 2] {
        sound.ask(Ask::Play { turn: Turn(turn), ogg: ogg(), volume: Volume::FULL });
    }
    let ended = (0..600).find_map(|_| {
        clock.turn(11);
        sound.ask(Ask::Volume { volume: Volume::FULL });
        told.recv_timeout(A_MOMENT).ok()
    });
    assert!(matches!(ended, Some(Heard::Ended(why)) if why.contains("did not answer")));
}
