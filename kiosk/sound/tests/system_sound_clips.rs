//! What espeak-ng renders can be heard, and is what the terminal asks for.

mod support;

use std::{fs, path::Path, process::Command};

use sound::{clips::Clips, level::Meter, pcm, texts};
use sound_line::{Ask, Language, PlayingEnd, Tell, Turn, Volume, spoken};
use support::{Station, samples};

fn kiosk_sound() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kiosk-sound"))
}

/// Renders a text; what was said where that can't be.
fn render(text: &str, language: Language, out: &Path) -> Result<(), String> {
    let rendered =
        kiosk_sound().args(["--language", language.code(), "--render", text]).arg(out).output().expect("it starts");
    if rendered.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&rendered.stderr).into_owned()) }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("bytes")))
        .collect();
    files.sort();
    files
}

#[test]
fn every_clip_is_rendered_can_be_heard_and_is_the_same_each_time() {
    let (folder, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rendered = kiosk_sound().arg("--render-all").arg(folder.path()).output().unwrap();
    assert!(rendered.status.success(), "{rendered:?}");
    let clips = Clips::new(vec![folder.path().to_owned()]);
    assert_eq!((clips.languages(), clips.missing()), (Language::ALL.to_vec(), None));
    for language in Language::ALL {
        let rendered = files(&folder.path().join(language.code()));
        for (file, bytes) in rendered.iter().filter(|(file, _)| file.contains("-h") || file.contains("-5")) {
            let text = texts::all()[file.strip_suffix(".opus").unwrap()].of(language).unwrap().to_owned();
            let out = again.path().join(file);
            render(&text, language, &out).unwrap();
            assert_eq!(&fs::read(out).unwrap(), bytes, "{file}");
        }
        let wanted: Vec<String> =
            texts::all().into_iter().filter(|(_, text)| text.of(language).is_some()).map(|(name, _)| name).collect();
        let mut names: Vec<_> =
            rendered.iter().map(|(file, _)| file.strip_suffix(".opus").unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, wanted);
        for name in names {
            let track = clips.find(language, &name).unwrap_or_else(|| panic!("{name} is no clip"));
            let seconds = pcm::seconds(track.samples());
            let text = texts::all()[&name].of(language).unwrap().to_owned();
            // Nobody speaks more than eight characters, or forty letters, a second.
            let most = if language == Language::Zh { 8.0 } else { 40.0 };
            assert!(text.chars().count() as f64 / seconds < most, "{name}: {seconds} s for {text}");
            let mut meter = Meter::default();
            let levels: Vec<f64> = track
                .decode_all()
                .unwrap()
                .into_iter()
                .filter_map(|sample| meter.push(pcm::from_float(sample)))
                .collect();
            assert!(levels.iter().any(|level| *level > 0.5), "{name} can't be heard: {levels:?}");
        }
    }
}

#[test]
fn a_number_is_spoken_digit_by_digit_and_a_count_as_one() {
    let station = Station::new();
    fs::create_dir_all(station.path("clips/zh")).unwrap();
    for (name, text) in texts::all() {
        let Some(text) = text.of(Language::Zh) else { continue };
        if !name.starts_with("page-") {
            render(text, Language::Zh, &station.path(&format!("clips/zh/{name}.opus"))).unwrap();
        }
    }
    let clips = Clips::new(vec![station.path("clips")]);
    let mut program = station.start_with("converted", "out", &[&station.path("clips")]).ready();
    for number in [
        [vec!["your-number".into()], spoken::digits("30117 0100 4242")],
        [vec!["here-today".into()], spoken::count(103, Language::Zh).unwrap()],
    ] {
        // Silence of a third of a second for each pause, and after each phrase.
        let length = |name: &String| match clips.find(Language::Zh, name) {
            Some(track) => track.samples(),
            None if name == spoken::PAUSE => 16_000,
            None => panic!("{name}"),
        };
        let expected: usize = number.iter().map(|phrase| phrase.iter().map(length).sum::<usize>() + 16_000).sum();
        let phrases = number.to_vec();
        program.ask(&Ask::PlayClips { turn: Turn(1), language: Language::Zh, phrases, volume: Volume::FULL });
        let end = program.until(|tell| matches!(tell, Tell::Played { .. })).pop();
        assert_eq!(end, Some(Tell::Played { turn: Turn(1), end: PlayingEnd::Whole, left_out: vec![] }));
        assert_eq!(samples(&station.read("out.raw")).len(), expected);
    }
}

#[test]
fn a_name_is_spoken_where_every_character_of_it_is_known_and_not_at_all_otherwise() {
    let station = Station::new();
    fs::create_dir_all(station.path("clips/zh")).unwrap();
    let clips = Clips::new(vec![station.path("clips")]);
    let out = |name: &str| station.path(&format!("clips/zh/name-{name}.opus"));
    for name in ["老鸦村", "堃"] {
        render(name, Language::Zh, &out(name)).unwrap();
        assert!(clips.find(Language::En, &format!("name-{name}")).unwrap().samples() > 4800, "{name}");
    }
    // What is not known would be spelt by its number; an option would be taken as one.
    for (name, why) in
        [("𠮷田", "no sound for 𠮷"), ("老K", "no sound for K"), ("--version", "no sound for v"), ("（）", "nothing")]
    {
        let complaint = render(name, Language::Zh, &out(name)).unwrap_err();
        assert!(complaint.contains(why), "{complaint}");
        assert!(!out(name).exists(), "{name}");
    }
}

#[test]
fn no_chinese_clip_is_spoken_as_english() {
    for (name, text) in texts::all() {
        let Some(text) = text.of(Language::Zh) else { continue };
        let mut espeak = Command::new("espeak-ng")
            .args(["-v", "cmn-latn-pinyin", "-q", "-x", "-b", "1", text])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut sounds = String::new();
        std::io::Read::read_to_string(espeak.stdout.as_mut().unwrap(), &mut sounds).unwrap();
        espeak.wait().unwrap();
        let syllables = sounds.matches(|c: char| c.is_ascii_digit()).count();
        assert!(
            !sounds.contains("(en)") && syllables >= text.chars().filter(|c| c.is_alphabetic()).count(),
            "{name}: {sounds}"
        );
    }
}

#[test]
fn without_espeak_that_is_told_and_the_clip_that_was_there_stays() {
    let station = Station::new();
    station.write("there.opus", b"recorded by somebody");
    let rendered = kiosk_sound()
        .args(["--render", "老街"])
        .arg(station.path("there.opus"))
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert!(!rendered.status.success());
    let said = String::from_utf8(rendered.stderr).unwrap();
    assert!(said.contains("espeak-ng can't be started"), "{said}");
    assert_eq!(station.read("there.opus"), b"recorded by somebody");
}
