//! The program as the terminal starts it: what it says first, what it can't read, and how it ends.

mod support;

use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};
use sound_line::{Ask, Tell, Turn, Why};
use support::{Program, Station, chirp};

#[test]
fn without_any_device_it_says_so_first_and_ends_with_its_input() {
    let station = Station::new();
    let mut program = station.start_with("no-microphone", "no-loudspeaker", &[&station.path("no-clips")]);
    let Tell::Ready { microphone, loudspeaker, clips, .. } = program.told() else {
        panic!("the first word is another")
    };
    assert!(microphone.unwrap().contains("no-microphone"));
    assert!(loudspeaker.unwrap().contains("no-loudspeaker"));
    assert!(clips.unwrap().contains("no-clips"));
    program.ask(&Ask::Record { turn: Turn(1) });
    let told = program.told();
    assert!(matches!(told, Tell::Failed { turn: Some(Turn(1)), why: Why::Missing, .. }), "{told:?}");
    let (rest, status) = program.end();
    assert_eq!(rest, []);
    assert!(status.success());
}

#[test]
fn a_microphone_that_comes_later_is_seen_when_it_is_looked_for() {
    let station = Station::new();
    std::fs::remove_file(station.path("mic")).unwrap();
    let mut program = station.start("mic");
    assert!(matches!(program.told(), Tell::Ready { microphone: Some(_), .. }));
    station.fifo("mic");
    program.ask(&Ask::Look);
    assert!(matches!(program.told(), Tell::Ready { microphone: None, .. }));
}

#[test]
fn a_line_that_is_no_question_is_told_without_its_words_and_the_next_is_read() {
    let station = Station::new();
    let mut program = station.start("mic").ready();
    for line in ["秘密", r#"{"play":{"turn":1,"ogg":"秘密","volume":3}}"#, r#"{"record":{}}"#, r#""stop""#, "[1,2"]
    {
        program.say(line);
        let Tell::Failed { turn: None, why: Why::Question, detail } = program.told() else { panic!("{line}") };
        assert!(!detail.contains("秘密"), "{detail}");
    }
    program.record(Turn(1));
}

#[test]
fn it_ends_while_it_records() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(Turn(1));
    microphone.speak(&chirp(1));
    assert!(program.end().1.success());
}

#[test]
fn it_ends_while_a_driver_hangs() {
    let station = Station::new();
    // A loudspeaker that takes nothing: the thread that holds it never comes back.
    station.fifo("out.raw");
    let _end = open(station.path("out.raw"), OFlags::RDWR, Mode::empty()).unwrap();
    let mut program = station.start("mic").ready();
    let ogg = {
        let mut voice = sound::voice::Voice::new(16_000).unwrap();
        voice.push(&chirp(300)).unwrap();
        voice.finish().unwrap()
    };
    program.play(Turn(1), ogg.into(), 100);
    program.told();
    assert!(program.end().1.success());
}

#[test]
fn it_ends_when_the_terminal_is_gone() {
    let station = Station::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-sound"));
    command.args(["--microphone", "mic", "--loudspeaker", "out"]);
    command.env("ALSA_CONFIG_PATH", station.path("asound.conf")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    // It notices with its next word, if not with its first.
    use std::io::Write as _;
    let _ = child.stdin.as_mut().unwrap().write_all(b"\"look\"\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn its_standard_error_holds_nothing_of_what_goes_through() {
    let station = Station::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-sound"));
    command.args(["--microphone", "converted", "--loudspeaker", "out"]);
    command.env("ALSA_CONFIG_PATH", station.path("asound.conf"));
    command.stderr(std::fs::File::create(station.path("stderr")).unwrap());
    let mut program = Program::start(command).ready();
    program.record(Turn(1));
    let recorded = program.recorded();
    program.play(Turn(2), recorded.ogg, 0);
    program.until(|tell| matches!(tell, Tell::Played { .. }));
    program.say("秘密");
    program.told();
    assert!(program.end().1.success());
    assert_eq!(String::from_utf8(station.read("stderr")).unwrap(), "");
}
