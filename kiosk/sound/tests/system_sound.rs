//! What is recorded here is what programs that nobody here wrote play: `opusinfo` and `opusdec` of opus-tools; and what its
//! `opusenc` made is played here.

mod support;

use std::process::Command;

use sound::{pcm, recording::Recording, track::Track};
use support::{ALIKE, Station, bytes, chirp, likeness, samples};

struct Foreign {
    info: String,
    decoded: Vec<i16>,
}

fn foreign(station: &Station, ogg: &[u8]) -> Foreign {
    station.write("recorded.opus", ogg);
    let info = Command::new("opusinfo").arg(station.path("recorded.opus")).output().expect("opus-tools");
    let text = String::from_utf8(info.stdout).expect("as made");
    assert!(info.status.success(), "{text}");
    let decoded = Command::new("opusdec")
        .args(["--quiet", "--no-dither", "--rate", "48000"])
        .arg(station.path("recorded.opus"))
        .arg(station.path("decoded.raw"))
        .output()
        .expect("opus-tools");
    assert!(decoded.status.success(), "{decoded:?}");
    Foreign { info: text, decoded: samples(&station.read("decoded.raw")) }
}

fn value<'a>(info: &'a str, name: &str) -> &'a str {
    let line =
        info.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {info}"));
    line.trim_start_matches(':').trim()
}

#[test]
fn a_recording_of_any_length_is_decoded_to_its_last_sample() {
    let station = Station::new();
    for length in [1, 959, 960, 961, 47_999, 48_000, 48_648, 48_649, 144_321] {
        let spoken: Vec<i16> = chirp(31).into_iter().take(length).collect();
        let mut recording = Recording::new().unwrap();
        recording.push(&spoken).unwrap();
        let foreign = foreign(&station, &recording.finish().unwrap().ogg);
        assert!(!foreign.info.contains("WARNING"), "{}", foreign.info);
        assert_eq!(foreign.decoded.len(), length, "{}", foreign.info);
        if length >= 48_000 {
            assert!(likeness(&foreign.decoded, &spoken) > ALIKE, "{length}");
        }
    }
}

#[test]
fn a_minute_and_the_longest_recording_are_as_small_as_promised() {
    let station = Station::new();
    for (seconds, length, limit) in [(60, "1m:00.000s", 142_000 * 11 / 10), (120, "2m:00.000s", 300 * 1024)] {
        let mut recording = Recording::new().unwrap();
        recording.push(&chirp(seconds * 10)).unwrap();
        let finished = recording.finish().unwrap();
        assert!((finished.seconds - pcm::seconds(seconds * 48_000)).abs() < 1e-9);
        assert!(finished.ogg.len() <= limit, "{}", finished.ogg.len());
        let info = foreign(&station, &finished.ogg).info;
        assert_eq!(value(&info, "Playback length"), length);
        assert_eq!(value(&info, "Channels"), "1");
        let rate = value(&info, "Average bitrate");
        assert!(rate.contains("w/o overhead: 16") && rate.ends_with("kbit/s (hard-CBR)"), "{rate}");
        assert!(value(&info, "Page duration").starts_with("1000.0ms (max)"), "{info}");
    }
}

#[test]
fn a_clip_that_opusenc_made_of_two_channels_is_played_to_its_last_sample() {
    let station = Station::new();
    let spoken = chirp(23);
    let both: Vec<i16> = spoken.iter().flat_map(|sample| [*sample, *sample]).collect();
    station.write("clip.raw", &bytes(&both));
    let encoded = Command::new("opusenc")
        .args(["--quiet", "--raw", "--raw-rate", "48000", "--raw-chan", "2", "--bitrate", "32", "--title", "digit-1"])
        .arg(station.path("clip.raw"))
        .arg(station.path("clip.opus"))
        .output()
        .expect("opus-tools");
    assert!(encoded.status.success(), "{encoded:?}");
    let track = Track::read(station.read("clip.opus")).unwrap();
    assert_eq!(track.samples(), spoken.len());
    let heard: Vec<i16> = track.decode_all().unwrap().into_iter().map(pcm::from_float).collect();
    assert_eq!(heard.len(), spoken.len());
    assert!(likeness(&heard, &spoken) > ALIKE);
}
