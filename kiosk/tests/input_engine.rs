//! The input methods' program as the terminal keeps it: whatever it does, whoever writes goes on.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "input_support/clock.rs"]
mod clock;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use clock::Turned;
use ime_line::{Ask, Ready};
use kiosk::{
    clock::{Clock, SystemClock},
    input::engine::{Engine, Told, start},
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const A_MOMENT: Duration = Duration::from_millis(100);

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/input_support").join(name)
}

fn engine(program: PathBuf) -> (Engine, mpsc::Receiver<Told>) {
    engine_by(program, Arc::new(SystemClock::start()))
}

fn engine_by(program: PathBuf, clock: Arc<dyn Clock>) -> (Engine, mpsc::Receiver<Told>) {
    let (tell, told) = mpsc::channel();
    let engine = start(program, clock, move |event| drop(tell.send(event))).unwrap();
    (engine, told)
}

fn next(told: &mpsc::Receiver<Told>) -> Told {
    told.recv_timeout(PATIENCE).unwrap()
}

fn ask(engine: &Engine, question: u64) {
    engine.ask((question, Ask::Pinyin { pinyin: "lu".into(), fuzzy: true }));
}

/// The question that was answered, and the how manieth it was for the program.
fn answered(told: &mpsc::Receiver<Told>) -> (u64, String) {
    match next(told) {
        Told::Answer(question, answer) => (question, answer.candidates[0].clone()),
        other => panic!("an answer expected, not {other:?}"),
    }
}

#[test]
fn what_is_there_is_said_first_and_of_questions_that_pile_up_the_last_is_answered() {
    let (engine, told) = engine(program("counts"));
    // Before it has said what it has.
    for question in 1..=50 {
        ask(&engine, question);
    }
    assert_eq!(
        next(&told),
        Told::Ready(Ready { handwriting: None, pinyin: Some("not here".into()), ..Ready::default() })
    );
    let mut last = answered(&told);
    let mut times = 1;
    while last.0 < 50 {
        let next = answered(&told);
        assert!(next.0 > last.0);
        (last, times) = (next, times + 1);
    }
    assert_eq!(last.1, times.to_string(), "each answer is that of its own question");
}

#[test]
fn with_the_visit_the_program_ends_and_the_next_visit_has_one_that_knows_nothing() {
    let (engine, told) = engine(program("counts"));
    for visit in 1..=5 {
        engine.open();
        engine.open();
        assert!(matches!(next(&told), Told::Ready(_)));
        ask(&engine, visit);
        assert_eq!(answered(&told), (visit, "1".into()));
        engine.close();
    }
    assert!(told.try_recv().is_err(), "an end that was wanted is no loss");
}

#[test]
fn a_program_that_keeps_ending_is_left_alone_until_the_next_visit() {
    let (engine, told) = engine(program("ends"));
    for _ in 0..2 {
        for question in 1..=3 {
            ask(&engine, question);
            assert!(matches!(next(&told), Told::Ready(_)));
            assert_eq!(next(&told), Told::Ended);
        }
        ask(&engine, 4);
        assert!(matches!(next(&told), Told::Missing(why) if why.contains("ends: it keeps ending")));
        engine.close();
    }
}

#[test]
fn what_is_no_answer_ends_the_program() {
    let (engine, told) = engine(program("garbles"));
    ask(&engine, 1);
    assert!(matches!(next(&told), Told::Ready(_)));
    assert_eq!(next(&told), Told::Ended);
}

#[test]
fn without_a_program_it_is_said_which_one_is_missing() {
    let (engine, told) = engine("/nowhere/kiosk-ime".into());
    engine.open();
    assert!(matches!(next(&told), Told::Missing(why) if why.contains("/nowhere/kiosk-ime")));
}

#[test]
fn one_that_reads_nothing_holds_nobody_up_and_is_ended() {
    let clock = Arc::new(Turned::start());
    let (engine, told) = engine_by(program("unread-ime"), clock.clone());
    engine.open();
    assert!(matches!(next(&told), Told::Ready(_)));
    // More than any pipe takes: whoever writes it all would wait for ever.
    engine.ask((1, Ask::Pinyin { pinyin: "l".repeat(1 << 20), fuzzy: true }));
    let ended = (0..600).find_map(|_| {
        clock.turn(9);
        engine.open();
        told.recv_timeout(A_MOMENT).ok()
    });
    assert_eq!(ended, Some(Told::Ended));
}
