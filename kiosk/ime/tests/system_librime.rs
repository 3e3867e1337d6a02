//! Pinyin with the librime of the other Debian: that of 13 where this is 12, that of 12 where this is 13.
//!
//! `kiosk/test system` brings it (`librime/make`) and names its folder in `LIANXIN_LIBRIME`; where it can't be brought, the
//! stage names this test as left out.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../benches/pinyin/corpus.rs"]
mod corpus;
#[path = "../benches/pinyin/south.rs"]
mod south;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use ime_line::{Answer, Ask, Ready};
use south::{Dice, swapped};

fn other() -> PathBuf {
    PathBuf::from(std::env::var_os("LIANXIN_LIBRIME").expect("LIANXIN_LIBRIME: see kiosk/ime/tests/librime/make"))
}

/// Asks the program as `program` starts it, with tables below `cache`.
fn ask(mut program: Command, cache: &Path, asks: &[Ask]) -> Vec<Answer> {
    let mut running = program
        .args(["--models", "/nowhere", "--tables", "/nowhere"])
        .env("XDG_CACHE_HOME", cache)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let questions: String = asks.iter().map(|ask| serde_json::to_string(ask).unwrap() + "\n").collect();
    let mut pipe = running.stdin.take().unwrap();
    // Answers fill their pipe while questions still go out.
    let asking = thread::spawn(move || pipe.write_all(questions.as_bytes()).unwrap());
    let output = running.wait_with_output().unwrap();
    asking.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    let ready: Ready = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(ready.pinyin, None);
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn with_others(cache: &Path, asks: &[Ask]) -> Vec<Answer> {
    let other = other();
    let mut program = Command::new(other.join("run"));
    program.arg(env!("CARGO_BIN_EXE_kiosk-ime"));
    program.arg("--librime").arg(other.join("librime.so.1")).arg("--rime-data").arg(other.join("rime-data"));
    ask(program, cache, asks)
}

fn with_ours(cache: &Path, asks: &[Ask]) -> Vec<Answer> {
    ask(Command::new(env!("CARGO_BIN_EXE_kiosk-ime")), cache, asks)
}

/// The version that the tables below `cache` were made with.
fn version(cache: &Path) -> String {
    let stamp = fs::read_to_string(cache.join("lianxin/pinyin/made-from")).unwrap();
    stamp.lines().next().unwrap().to_owned()
}

fn pinyin(letters: &str, fuzzy: bool) -> Ask {
    Ask::Pinyin { pinyin: letters.into(), fuzzy }
}

#[test]
fn the_other_debians_librime_offers_villagers_their_words_as_this_ones_does() {
    let (ours, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut dice = Dice(7);
    let (mut asks, mut wanted) = (Vec::new(), Vec::new());
    let files = [corpus::VILLAGERS, corpus::AFTERWARDS, corpus::ELSEWHERE].map(corpus::sentences);
    for word in files.into_iter().flatten().flatten() {
        let southern: String = word.syllables.iter().map(|syllable| swapped(syllable, &mut dice).0).collect();
        asks.extend([pinyin(&word.syllables.concat(), false), pinyin(&southern, true)]);
        wanted.extend([word.text.clone(), word.text]);
    }
    let answers = [with_ours(ours.path(), &asks), with_others(others.path(), &asks)];
    let versions = [version(ours.path()), version(others.path())];
    println!("this system's {}, the other's {}", versions[0], versions[1]);
    assert_ne!(versions[0], versions[1]);
    for (answers, version) in answers.iter().zip(&versions) {
        assert_eq!(answers.len(), asks.len());
        for (fuzzy, least) in [(0, 96), (1, 93)] {
            let all = answers.iter().zip(&asks).zip(&wanted).skip(fuzzy).step_by(2);
            let found = all.filter(|((answer, ask), wanted)| {
                let Ask::Pinyin { pinyin, .. } = ask else { unreachable!("only pinyin is asked") };
                let mut bar = answer.candidates.iter().zip(&answer.uses).take(5);
                bar.any(|(candidate, uses)| candidate == *wanted && *uses == pinyin.len())
            });
            let (found, words) = (found.count(), asks.len() / 2);
            println!("{version}, {}: {found} of {words}", ["as spelt", "southern"][fuzzy]);
            assert!(found * 100 >= words * least, "{version}: {found} of {words}");
        }
    }
}

#[test]
fn the_other_debians_librime_takes_nonsense_and_keeps_nothing_of_it() {
    let cache = tempfile::tempdir().unwrap();
    with_others(cache.path(), &[pinyin("xiulu", false)]);
    let files = || {
        let mut files = Vec::new();
        for folder in ["lianxin/pinyin", "lianxin/pinyin/build"] {
            for entry in fs::read_dir(cache.path().join(folder)).unwrap() {
                let path = entry.unwrap().path();
                files.push((fs::read(&path).unwrap_or_default(), path));
            }
        }
        files.sort();
        files
    };
    let before = files();
    assert!(!before.iter().any(|(_, path)| path.ends_with("user.yaml")), "no note of when which schema was opened");
    let pieces = ["a", "n", "xi'", "zhuang", "v", "'", "1", "修", "lnlnrl"].map(|piece| piece.repeat(3_000));
    let asks: Vec<Ask> = pieces.iter().flat_map(|typed| [pinyin(typed, false), pinyin(typed, true)]).collect();
    for (answer, ask) in with_others(cache.path(), &asks).iter().zip(&asks) {
        let Ask::Pinyin { pinyin, .. } = ask else { unreachable!("only pinyin is asked") };
        assert_eq!(answer.error, None);
        assert!(answer.candidates.len() <= 20 && answer.uses.iter().all(|uses| (1..=pinyin.len()).contains(uses)));
    }
    assert!(before == files(), "the tables are as they were, and nothing lies beside them");
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
}
