//! The program that hears and speaks as the terminal keeps it: whatever it does, the visit goes on.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use kiosk::{
    clock::SystemClock,
    input::sound::{Heard, Sound, start},
};
use sound_line::{Ask, Tell, Turn};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/input_support").join(name)
}

fn sound(program: PathBuf) -> (Sound, mpsc::Receiver<Heard>) {
    let (tell, told) = mpsc::channel();
    let sound = start(program, Arc::new(SystemClock::start()), move |heard| drop(tell.send(heard))).unwrap();
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
fn one_that_says_what_nobody_understands_is_ended() {
    let (sound, told) = sound(program("garbles"));
    sound.open();
    assert!(matches!(next(&told), Heard::Ended(why) if why.contains("not understood")));
}
