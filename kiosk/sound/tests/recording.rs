//! A voice is recorded from ALSA's devices, whole or as far as it came.

mod support;

use sound::{pcm, track::Track};
use sound_line::{Ask, RecordingEnd, Tell, Turn, Why};
use support::{ALIKE, Recorded, Station, bytes, chirp, likeness};

const TURN: Turn = Turn(1);

fn decoded(recorded: &Recorded) -> Vec<i16> {
    let samples = Track::read(recorded.ogg.bytes().to_vec()).expect("as made").decode_all().expect("as made");
    samples.into_iter().map(pcm::from_float).collect()
}

#[test]
fn what_is_spoken_until_the_stop_is_what_is_recorded() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    let spoken = chirp(30);
    microphone.speak(&spoken);
    let levels = program.until_seconds(3.0);
    assert_eq!(levels.len(), 30);
    for level in levels {
        assert!(matches!(level, Tell::Level { turn: TURN, level, .. } if (0.8..1.0).contains(&level)), "{level:?}");
    }
    let recorded = program.stop(TURN);
    assert_eq!((recorded.turn, recorded.end, recorded.silent), (TURN, RecordingEnd::Asked, false));
    assert!((recorded.seconds - 3.0).abs() < 1e-9);
    let heard = decoded(&recorded);
    assert_eq!(heard.len(), spoken.len());
    let likeness = likeness(&heard, &spoken);
    assert!(likeness > ALIKE, "{likeness}");
}

#[test]
fn a_file_is_recorded_through_the_plugins_of_alsa_and_ends_by_itself_after_two_minutes() {
    let station = Station::new();
    let spoken = chirp(1200);
    station.write("heard.raw", &bytes(&spoken));
    let mut program = station.start("heard").ready();
    program.record(TURN);
    let recorded = program.recorded();
    assert_eq!((recorded.end, recorded.silent), (RecordingEnd::Full, false));
    assert!((recorded.seconds - 120.0).abs() < 1e-9);
    assert!(recorded.ogg.bytes().len() <= 300 * 1024, "{}", recorded.ogg.bytes().len());
    let likeness = likeness(&decoded(&recorded), &spoken);
    assert!(likeness > ALIKE, "{likeness}");
    // The stop that was tapped meanwhile is not answered, and the next recording is.
    program.ask(&Ask::Stop { turn: TURN });
    program.ask(&Ask::Record { turn: Turn(2) });
    assert_eq!(program.told(), Tell::Recording { turn: Turn(2) });
}

#[test]
fn a_microphone_with_another_rate_format_and_two_channels_is_converted_by_alsa() {
    let station = Station::new();
    let mut program = station.start("converted").ready();
    program.record(TURN);
    let recorded = program.recorded();
    assert_eq!((recorded.end, recorded.silent), (RecordingEnd::Full, true));
    assert!((recorded.seconds - 120.0).abs() < 1e-9);
}

#[test]
fn a_microphone_that_is_unplugged_leaves_what_was_recorded_and_says_so() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    let spoken = chirp(12);
    microphone.speak(&spoken);
    drop(microphone);
    let recorded = program.recorded();
    assert_eq!((recorded.end, recorded.silent), (RecordingEnd::Gone, false));
    let detail = recorded.detail.clone().unwrap();
    assert!(detail.contains("`mic`") && detail.contains("No such device"), "{detail}");
    assert!((recorded.seconds - 1.2).abs() < 1e-9);
    assert!(likeness(&decoded(&recorded), &spoken) > ALIKE);
}

#[test]
fn a_microphone_that_is_plugged_in_again_records_again() {
    let station = Station::new();
    let microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    drop(microphone);
    assert_eq!(program.recorded().end, RecordingEnd::Gone);
    let mut microphone = station.microphone();
    program.record(Turn(2));
    microphone.speak(&chirp(5));
    program.until_seconds(0.5);
    let recorded = program.stop(Turn(2));
    assert_eq!((recorded.turn, recorded.end), (Turn(2), RecordingEnd::Asked));
}

#[test]
fn a_microphone_that_gives_nothing_counts_as_gone() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    microphone.speak(&chirp(3));
    let recorded = program.recorded();
    assert_eq!(recorded.end, RecordingEnd::Gone);
    assert!(recorded.detail.unwrap().contains("nothing for"));
    assert!((recorded.seconds - 0.3).abs() < 1e-9);
}

#[test]
fn a_recording_in_which_nobody_spoke_is_told_as_such() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    microphone.speak(&[40; 48_000]);
    program.until_seconds(1.0);
    let recorded = program.stop(TURN);
    assert!(recorded.silent);
    assert!((recorded.seconds - 1.0).abs() < 1e-9);
}

#[test]
fn a_recording_that_is_stopped_at_once_is_empty_and_told_as_such() {
    let station = Station::new();
    let _microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    let recorded = program.stop(TURN);
    assert!(recorded.silent && recorded.seconds < 1e-9);
    assert!(decoded(&recorded).is_empty());
}

#[test]
fn a_recording_that_is_cancelled_is_never_given_out() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    microphone.speak(&chirp(5));
    program.until_seconds(0.5);
    program.ask(&Ask::Cancel { turn: TURN });
    assert_eq!(program.told(), Tell::Cancelled { turn: TURN });
    program.ask(&Ask::Stop { turn: TURN });
    let (rest, status) = program.end();
    assert_eq!(rest, []);
    assert!(status.success());
}

#[test]
fn a_microphone_that_another_program_has_is_busy_and_told_as_such() {
    let station = Station::new();
    let _microphone = station.microphone();
    let mut program = station.start("mic").ready();
    station.write("mic.busy", b"");
    program.ask(&Ask::Record { turn: TURN });
    let told = program.told();
    assert!(matches!(told, Tell::Failed { turn: Some(TURN), why: Why::Busy, .. }), "{told:?}");
    std::fs::remove_file(station.path("mic.busy")).unwrap();
    program.record(Turn(2));
}

#[test]
fn one_recording_at_a_time() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    program.ask(&Ask::Record { turn: Turn(2) });
    let told = program.told();
    assert!(matches!(told, Tell::Failed { turn: Some(Turn(2)), why: Why::Busy, .. }), "{told:?}");
    // The first is none the worse for it.
    microphone.speak(&chirp(5));
    program.until_seconds(0.5);
    assert_eq!(program.stop(TURN).turn, TURN);
}

#[test]
fn the_microphone_is_open_while_it_records_and_at_no_other_time() {
    use rustix::{
        event::{PollFd, PollFlags, poll},
        fs::{Mode, OFlags, open},
    };
    let station = Station::new();
    let held = station.microphone();
    let mut program = station.start("mic").ready();
    // Who writes only is told when nobody listens.
    let ear = open(station.path("mic"), OFlags::WRONLY, Mode::empty()).unwrap();
    let listens = |patience_ms: i64| {
        let mut ends = [PollFd::new(&ear, PollFlags::empty())];
        let timeout = rustix::event::Timespec { tv_sec: 0, tv_nsec: patience_ms * 1_000_000 };
        poll(&mut ends, Some(&timeout)).unwrap();
        !ends[0].revents().contains(PollFlags::ERR)
    };
    drop(held);
    assert!(!listens(0));
    program.record(TURN);
    assert!(listens(0));
    program.stop(TURN);
    assert!((0..100).any(|_| !listens(100)), "the microphone stays open");
}
