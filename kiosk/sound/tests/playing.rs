//! A recording and clips are played by ALSA's devices.

mod support;

use std::{fs::File, io::Read as _};

use rustix::fs::{Mode, OFlags, open};
use sound::voice::{SPEECH_BPS, Voice};
use sound_line::{Ask, Language, Ogg, PlayingEnd, RecordingEnd, Tell, Turn, Volume, Why};
use support::{ALIKE, Program, Station, chirp, likeness, samples};

const TURN: Turn = Turn(1);

fn ogg(samples: &[i16]) -> Ogg {
    let mut voice = Voice::new(SPEECH_BPS).expect("as made");
    voice.push(samples).expect("as made");
    voice.finish().expect("as made").into()
}

/// The end of what is played, and what was told on the way there.
fn played(program: &mut Program) -> (Vec<Tell>, Tell) {
    let mut told = program.until(|tell| matches!(tell, Tell::Played { .. } | Tell::Failed { .. }));
    let end = told.pop().expect("as made");
    (told, end)
}

fn whole(turn: Turn) -> Tell {
    Tell::Played { turn, end: PlayingEnd::Whole, left_out: vec![] }
}

#[test]
fn what_was_recorded_is_heard_to_the_last_sample() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start("mic").ready();
    program.record(TURN);
    let spoken = chirp(23);
    microphone.speak(&spoken);
    program.until_seconds(2.3);
    let recorded = program.stop(TURN);
    program.play(Turn(2), recorded.ogg, 100);
    let (progress, end) = played(&mut program);
    assert_eq!(end, whole(Turn(2)));
    let mut last = 0.0;
    for tell in &progress {
        let Tell::Progress { turn: Turn(2), seconds, of } = tell else { panic!("{tell:?}") };
        assert!((of - 2.3).abs() < 1e-9 && *seconds >= last && seconds <= of, "{tell:?}");
        last = *seconds;
    }
    assert!((last - 2.3).abs() < 1e-9 && progress.len() >= 23, "{last}");
    let heard = samples(&station.read("out.raw"));
    assert_eq!(heard.len(), spoken.len());
    assert!(likeness(&heard, &spoken) > ALIKE);
}

#[test]
fn the_volume_makes_it_softer_and_nought_makes_it_silent() {
    let station = Station::new();
    let mut program = station.start("converted").ready();
    let power = |percent| {
        program.play(TURN, ogg(&chirp(10)), percent);
        assert_eq!(played(&mut program).1, whole(TURN));
        let heard = samples(&station.read("out.raw"));
        heard.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>()
    };
    let [full, half, none] = [100, 50, 0].map(power);
    // Half the volume is a quarter of the amplitude.
    assert!((full / half / 16.0 - 1.0).abs() < 0.01, "{full} {half}");
    assert!(full > 0.0 && none == 0.0);
}

/// A loudspeaker whose end is a fifo that nobody empties: it plays no further than the fifo holds.
fn slow(station: &Station) -> (Program, File) {
    station.fifo("out.raw");
    let end = File::from(open(station.path("out.raw"), OFlags::RDWR, Mode::empty()).expect("as made"));
    (station.start("mic").ready(), end)
}

/// Lets what still plays go on, and reads it away.
fn empty(mut end: File) {
    std::thread::spawn(move || std::io::copy(&mut end.by_ref(), &mut std::io::sink()));
}

#[test]
fn playing_ends_at_once_when_told_to_stop() {
    let station = Station::new();
    let (mut program, end) = slow(&station);
    program.play(TURN, ogg(&chirp(300)), 100);
    let progress = program.told();
    assert!(matches!(progress, Tell::Progress { seconds, .. } if seconds < 1.0), "{progress:?}");
    program.ask(&Ask::StopPlaying { turn: TURN });
    let (_, told) = played(&mut program);
    assert_eq!(told, Tell::Played { turn: TURN, end: PlayingEnd::Stopped, left_out: vec![] });
    empty(end);
    // It is stopped once.
    program.ask(&Ask::StopPlaying { turn: TURN });
    assert_eq!(program.end().0, []);
}

#[test]
fn what_is_made_louder_while_it_plays_is_louder_at_once() {
    let station = Station::new();
    let (mut program, mut end) = slow(&station);
    program.play(TURN, ogg(&chirp(60)), 0);
    program.told();
    program.ask(&Ask::Volume { volume: Volume::FULL });
    // The next question is answered when this one is done: nothing more is taken from the pipe before.
    program.ask(&Ask::Look);
    program.until(|tell| matches!(tell, Tell::Ready { .. }));
    let mut heard = vec![0; 60 * 4800 * 2];
    end.read_exact(&mut heard).unwrap();
    let heard = samples(&heard);
    // What the pipe and ALSA held was to be silent, and everything after it is as loud as it was spoken.
    let silent = heard.iter().take_while(|sample| **sample == 0).count();
    assert!((4800..=100_000).contains(&silent), "{silent}");
    let likeness = likeness(&heard[silent + 960..], &chirp(60)[silent + 960..]);
    assert!(likeness > ALIKE, "{likeness} from {silent}");
    assert_eq!(played(&mut program).1, whole(TURN));
}

#[test]
fn who_records_is_not_spoken_to_and_nothing_is_played_into_a_recording() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let (mut program, end) = slow(&station);
    program.play(TURN, ogg(&chirp(300)), 100);
    program.told();
    empty(end);
    program.ask(&Ask::Record { turn: Turn(2) });
    let told = program.until(|tell| matches!(tell, Tell::Played { .. }));
    assert!(matches!(told.last(), Some(Tell::Played { turn: TURN, end: PlayingEnd::Stopped, .. })), "{told:?}");
    assert_eq!(program.told(), Tell::Recording { turn: Turn(2) });
    program.play(Turn(3), ogg(&chirp(3)), 100);
    let told = program.told();
    assert!(matches!(told, Tell::Failed { turn: Some(Turn(3)), why: Why::Busy, .. }), "{told:?}");
    microphone.speak(&chirp(5));
    program.until_seconds(0.5);
    assert_eq!(program.stop(Turn(2)).end, RecordingEnd::Asked);
}

#[test]
fn what_is_no_ogg_opus_is_told_as_such() {
    let station = Station::new();
    let mut program = station.start("converted").ready();
    let good = ogg(&chirp(10));
    let with = |at: usize, byte: u8| {
        let mut bytes = good.bytes().to_vec();
        bytes[at] ^= byte;
        bytes
    };
    for rubbish in [
        vec![],
        b"RIFF....WAVEfmt ".to_vec(),
        b"OggS".to_vec(),
        good.bytes()[..40].to_vec(),
        with(28, 1),
        with(300, 0x55),
        vec![0; 100_000],
    ] {
        program.play(TURN, rubbish.into(), 100);
        let (_, told) = played(&mut program);
        assert!(matches!(told, Tell::Failed { turn: Some(TURN), why: Why::Rubbish, .. }), "{told:?}");
    }
    program.play(TURN, good, 100);
    assert_eq!(played(&mut program).1, whole(TURN));
}

#[test]
fn without_a_loudspeaker_that_is_told_and_recording_works() {
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut program = station.start_with("mic", "nowhere", &[]);
    let ready = program.told();
    assert!(matches!(ready, Tell::Ready { microphone: None, loudspeaker: Some(_), .. }), "{ready:?}");
    program.play(TURN, ogg(&chirp(3)), 100);
    let told = program.told();
    assert!(matches!(told, Tell::Failed { turn: Some(TURN), why: Why::Missing, .. }), "{told:?}");
    program.record(TURN);
    microphone.speak(&chirp(5));
    program.until_seconds(0.5);
    assert_eq!(program.stop(TURN).end, RecordingEnd::Asked);
}

#[test]
fn clips_are_spoken_one_behind_the_other_and_the_first_folder_that_has_one_wins() {
    let station = Station::new();
    for (folder, clip, tenths) in
        [("county/zh", "digit-1", 2), ("ours/zh", "digit-1", 9), ("ours/zh", "digit-2", 3), ("ours/zh", "name-老街", 4)]
    {
        std::fs::create_dir_all(station.path(folder)).unwrap();
        station.write(&format!("{folder}/{clip}.opus"), ogg(&chirp(tenths)).bytes());
    }
    station.write("county/zh/digit-2.opus", b"not recorded yet");
    let folders = [station.path("nowhere"), station.path("county"), station.path("ours")];
    let folders: Vec<_> = folders.iter().map(std::path::PathBuf::as_path).collect();
    let mut program = station.start_with("converted", "out", &folders);
    let ready = program.told();
    let Tell::Ready { clips, languages, .. } = ready else { panic!("{ready:?}") };
    assert!(clips.is_some_and(|why| why.starts_with("no clips (en) in ")));
    assert_eq!(languages, [Language::Zh]);
    let mut say = |language, phrases: &[&[&str]]| {
        let phrases = phrases.iter().map(|phrase| phrase.iter().map(|name| (*name).into()).collect()).collect();
        program.ask(&Ask::PlayClips { turn: TURN, language, phrases, volume: Volume::FULL });
        let Tell::Played { turn: TURN, end: PlayingEnd::Whole, left_out } = played(&mut program).1 else { panic!() };
        (left_out, samples(&station.read("out.raw")).len() / 160)
    };
    // In units of a 300th of a second: clips of 2, 3 and 4 tenths, and a pause of 100 after each phrase.
    assert_eq!(say(Language::Zh, &[&["digit-1", "digit-2"], &["name-老街"]]), (vec![], 60 + 90 + 100 + 120 + 100));
    // A number of which a digit is missing is not spoken at all.
    assert_eq!(
        say(Language::Zh, &[&["digit-1", "digit-7", "digit-2"], &["digit-2"]]),
        (vec!["digit-7".into()], 90 + 100)
    );
    assert_eq!(say(Language::Zh, &[&["digit-1", "pause", "digit-2"]]).1, 60 + 100 + 90 + 100);
    // Names sound alike in every language, and nothing else does.
    assert_eq!(say(Language::En, &[&["name-老街"], &["digit-1"]]), (vec!["digit-1".into()], 120 + 100));
    // A name is no way out of the folders.
    let out = "../zh/digit-1";
    assert_eq!(say(Language::Zh, &[&[out], &["digit-1"]]), (vec![out.into()], 60 + 100));
}

#[test]
fn of_clips_that_are_all_missing_nothing_is_played_and_all_are_told() {
    let station = Station::new();
    let mut program = station.start("converted");
    let ready = program.told();
    let Tell::Ready { clips, languages, .. } = ready else { panic!("{ready:?}") };
    assert!(clips.is_some_and(|why| why.starts_with("no clips (zh, en) in ")) && languages.is_empty());
    let phrases = vec![vec!["page-home".to_owned()]];
    program.ask(&Ask::PlayClips { turn: TURN, language: Language::Zh, phrases, volume: Volume::FULL });
    let end = program.told();
    assert_eq!(end, Tell::Played { turn: TURN, end: PlayingEnd::Whole, left_out: vec!["page-home".into()] });
    assert!(!station.path("out.raw").exists() || station.read("out.raw").is_empty());
}
