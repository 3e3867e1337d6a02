//! 听一遍 at the real screen: what the terminal's loudspeaker gets, sample for sample, is what `kiosk-sound` makes of the
//! clips of the page that is shown, as loud as it was asked for. The loudspeaker is ALSA's own `file` device. And what the
//! technician reads where there is no loudspeaker, or no engine to write with.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]

#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "support/finger.rs"]
mod finger;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "support/papers.rs"]
mod papers;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "../examples/chaos/villager.rs"]
mod villager;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use finger::Finger;
use kiosk::config;
use processes::Programs;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use screen::Screen;
use sound_line::{Ask, Language, Tell, Turn, Volume};
use terminal::{PANEL, Terminal};
use villager::Villager;
use virtual_printer::VirtualPrinter;
use wait::until;
use wire::{bulletin::built_in_categories, enrol::Enrolment};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// On the header, where the clock stands.
const CLOCK: (i16, i16) = (1_150, 30);

/// What fits a pipe, and more than a tenth of a second of samples.
const PIECE: usize = 16 * 1024;

/// A terminal on a screen, without a county, with a loudspeaker.
struct Site {
    folder: tempfile::TempDir,
    programs: Programs,
    terminal: Terminal,
    screen: Screen,
    _printer: VirtualPrinter,
}

impl Site {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = |part: &str| folder.path().join(part);
        for part in ["bin", "logs", "dev", "terminal", "county/zh"] {
            fs::create_dir_all(at(part))?;
        }
        let programs = Programs::build(&at("bin"), true)?;
        let printer = VirtualPrinter::start(&at("dev").join("printer"))?;
        let settings = config::Printer { port: printer.port().to_owned(), ..config::Printer::default() };
        let mut terminal = Terminal::new(&at("terminal"), &at("logs"), &settings, None, true)?;
        let enrolment = papers::enrolment(String::new(), "https://127.0.0.1:1");
        let enrolment = Enrolment { bulletin: papers::bulletin(), ..enrolment };
        kiosk::durable::write(&terminal::enrolment(&at("terminal")), &serde_json::to_vec(&enrolment)?, 0o600)?;
        let sounds = format!(
            "pcm.microphone {{ type null }}\n\
             pcm.loudspeaker {{ type file slave.pcm {{ type null }} file \"{0}/heard\" format \"raw\" }}\n\
             pcm.reference {{ type file slave.pcm {{ type null }} file \"{0}/reference\" format \"raw\" }}\n",
            folder.path().display()
        );
        kiosk::durable::write(&at("asound.conf"), sounds.as_bytes(), 0o600)?;
        terminal.set_environment([
            ("ALSA_CONFIG_PATH", at("asound.conf").into()),
            ("LIANXIN_MICROPHONE", "microphone".into()),
            ("LIANXIN_LOUDSPEAKER", "loudspeaker".into()),
        ]);
        let screen = Screen::start(PANEL.0, PANEL.1)?;
        Ok(Self { folder, programs, terminal, screen, _printer: printer })
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Starts the terminal with these folders of clips, and these further settings.
    fn start(&mut self, clips: &[PathBuf], settings: &str) -> Result<Villager> {
        let file = self.path("terminal/kiosk.toml");
        let mut table: toml::Table = fs::read_to_string(&file)?.parse()?;
        let clips = clips.iter().map(|folder| folder.display().to_string().into());
        table.insert("clips".into(), toml::Value::Array(clips.collect()));
        table.extend(settings.parse::<toml::Table>()?);
        kiosk::durable::write(&file, toml::to_string(&table)?.as_bytes(), 0o600)?;
        self.terminal.start_kiosk(&self.programs, Some(self.screen.display()))?;
        Ok(Villager { socket: self.terminal.drive_socket() })
    }

    /// What the loudspeaker got.
    fn heard(&self) -> Vec<u8> {
        fs::read(self.path("heard")).unwrap_or_default()
    }

    /// Waits until the loudspeaker got so much.
    fn until_heard(&self, length: usize) -> Result<Vec<u8>> {
        until("the loudspeaker to get all of it", PATIENCE, || {
            Ok(Some(self.heard()).filter(|heard| heard.len() >= length))
        })
    }

    /// What `kiosk-sound` makes of some clips of these folders, each a phrase of its own.
    fn reference(&self, folders: &Path, clips: &[&str], percent: u8) -> Result<Vec<u8>> {
        let mut command = self.programs.command("kiosk-sound");
        command.args(["--microphone", "microphone", "--loudspeaker", "reference", "--clips"]).arg(folders);
        command.env("ALSA_CONFIG_PATH", self.path("asound.conf")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = command.spawn()?;
        let (mut input, output) = program.stdin.take().zip(program.stdout.take()).context("its pipes")?;
        let (language, phrases) = (Language::Zh, clips.iter().map(|clip| vec![(*clip).to_owned()]).collect());
        let ask = Ask::PlayClips { turn: Turn(1), language, phrases, volume: Volume::from(percent) };
        input.write_all(format!("{}\n", serde_json::to_string(&ask)?).as_bytes())?;
        for line in BufReader::new(output).lines() {
            match serde_json::from_str(&line?)? {
                Tell::Played { left_out, .. } if left_out.is_empty() => break,
                Tell::Played { .. } | Tell::Failed { .. } => bail!("one of the clips {clips:?} is not there"),
                _ => {}
            }
        }
        drop(input);
        program.wait()?;
        Ok(fs::read(self.path("reference"))?)
    }
}

/// What `kiosk/sound/render` has rendered.
fn rendered() -> PathBuf {
    let clips = processes::rendered_clips();
    assert!(clips.join("zh/page-home.opus").exists(), "no clips in {}: kiosk/setup clips", clips.display());
    clips
}

/// How loud samples are on average.
fn loudness(bytes: &[u8]) -> f64 {
    let samples = bytes.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])));
    let (sum, count) = samples.fold((0.0, 0.0), |(sum, count), sample| (sum + sample * sample, count + 1.0));
    (sum / count).sqrt()
}

#[test]
fn the_home_page_is_heard_when_it_is_asked_for_and_nothing_is_before() {
    let mut site = Site::new().unwrap();
    let villager = site.start(&[rendered()], "").unwrap();
    villager.tap("摸一下，开始说").unwrap();
    villager.tap("我要说").unwrap();
    villager.see("the categories", |seen| seen.target("听一遍")).unwrap();
    villager.tap("返回").unwrap();
    villager.see("the doors", |seen| seen.target("我要说").and(seen.target("听一遍"))).unwrap();
    assert!(site.heard().is_empty(), "nobody asked");
    let expected = site.reference(&rendered(), &["page-home"], 60).unwrap();
    assert!(expected.len() > 2 * 48_000 * 5 && loudness(&expected) > 300.0, "five seconds that can be heard");
    villager.tap("听一遍").unwrap();
    assert!(site.until_heard(expected.len()).unwrap() == expected);
    // When it is over the foot has its keys again.
    villager.see("the end of it", |seen| seen.target("听一遍")).unwrap();
}

#[test]
fn a_visit_begins_as_loud_as_the_station_has_it() {
    let mut site = Site::new().unwrap();
    let villager = site.start(&[rendered()], "volume = 1").unwrap();
    // On the first page nothing runs yet.
    villager.tap("听一遍").unwrap();
    let expected = site.reference(&rendered(), &["page-attract"], 20).unwrap();
    assert!(site.until_heard(expected.len()).unwrap() == expected);
    let loud = site.reference(&rendered(), &["page-attract"], 100).unwrap();
    let times = loudness(&loud) / loudness(&expected);
    assert!((20.0..30.0).contains(&times), "the loudest is {times} times the softest");
}

#[test]
fn what_is_spoken_becomes_louder_at_once() {
    let mut site = Site::new().unwrap();
    let [soft, loud] = [20, 40].map(|percent| site.reference(&rendered(), &["page-home"], percent).unwrap());
    // A loudspeaker that takes only what is listened to.
    let pipe = site.path("heard");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut air = File::from(open(&pipe, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).unwrap());
    let villager = site.start(&[rendered()], "volume = 1").unwrap();
    villager.tap("摸一下，开始说").unwrap();
    villager.tap("听一遍").unwrap();
    let mut heard = vec![0; soft.len()];
    air.read_exact(&mut heard[..PIECE]).unwrap();
    villager.tap("大声点").unwrap();
    air.read_exact(&mut heard[PIECE..]).unwrap();
    assert!(heard[..PIECE] == soft[..PIECE], "as it began");
    // All but what was on its way.
    let end = soft.len() - 10 * PIECE;
    assert!(heard[end..] == loud[end..], "louder to the end");
    villager.see("the end of it", |seen| seen.target("听一遍")).unwrap();
}

#[test]
fn a_countys_own_clip_is_spoken_in_place_of_the_rendered_one() {
    let mut site = Site::new().unwrap();
    let county = site.path("county");
    let own = fs::read(rendered().join("zh/find-busy.opus")).unwrap();
    kiosk::durable::write(&county.join("zh/page-home.opus"), &own, 0o600).unwrap();
    let villager = site.start(&[county.clone(), rendered()], "").unwrap();
    villager.tap("摸一下，开始说").unwrap();
    villager.tap("听一遍").unwrap();
    let expected = site.reference(&county, &["page-home"], 60).unwrap();
    assert!(site.until_heard(expected.len()).unwrap() == expected);
    villager.tap("我要说").unwrap();
    villager.tap("听一遍").unwrap();
    let labels = built_in_categories().into_iter().map(|category| format!("name-{}", category.label));
    let spoken: Vec<String> = ["page-category".to_owned()].into_iter().chain(labels).collect();
    let spoken: Vec<&str> = spoken.iter().map(String::as_str).collect();
    let expected = site.reference(&rendered(), &spoken, 60).unwrap();
    assert!(site.until_heard(expected.len()).unwrap() == expected, "the others stay");
}

#[test]
fn without_a_loudspeaker_or_clips_it_is_not_offered_and_the_technician_reads_why() {
    for (loudspeaker, has_clips, why) in [("loudspeaker", false, "no clips (zh, en) in"), ("none", true, "`none`")] {
        let mut site = Site::new().unwrap();
        fs::remove_file(terminal::enrolment(&site.path("terminal"))).unwrap();
        site.terminal.set_environment([
            ("ALSA_CONFIG_PATH", site.path("asound.conf").into()),
            ("LIANXIN_MICROPHONE", "microphone".into()),
            ("LIANXIN_LOUDSPEAKER", loudspeaker.into()),
        ]);
        let clips = if has_clips { rendered() } else { site.path("county") };
        let villager = site.start(&[clips], "").unwrap();
        let finger = Finger::on(site.screen.display()).unwrap();
        villager.see("the terminal out of service", |seen| seen.target("叫人帮忙")).unwrap();
        finger.press(CLOCK).unwrap();
        let read = villager.see("why nothing is spoken", |seen| seen.mentions(why).then(|| seen.target("听一遍")));
        finger.release(CLOCK).unwrap();
        assert_eq!(read.unwrap(), None, "{loudspeaker}");
    }
}

#[test]
fn what_writing_lacks_is_not_offered_and_the_technician_reads_why() {
    for (variable, offered, missing, why) in [
        ("LIANXIN_IME_LIBRIME", "手写", "拼音", "no pinyin: /none can't be loaded"),
        ("LIANXIN_IME_MODELS", "拼音", "手写", "/none/PP-OCRv6_rec_small.onnx is not there"),
    ] {
        let mut site = Site::new().unwrap();
        site.terminal.set_environment([(variable, "/none".into())]);
        let villager = site.start(&[site.path("county")], "").unwrap();
        let finger = Finger::on(site.screen.display()).unwrap();
        villager.see("the first page", |seen| seen.target("摸一下，开始说")).unwrap();
        finger.press(CLOCK).unwrap();
        let digit = villager.see("the PIN's keys", |seen| seen.target("1"));
        finger.release(CLOCK).unwrap();
        digit.unwrap();
        for digit in papers::TECHNICIAN_PIN.chars() {
            villager.tap(&digit.to_string()).unwrap();
        }
        villager.see(why, |seen| seen.mentions(why).then_some(())).unwrap();
        villager.tap("返回").unwrap();

        for label in ["摸一下，开始说", "我要说", "道路", "花桥村", "自己写"] {
            villager.tap(label).unwrap();
        }
        // What the terminal opens with is what it has; letters are always there.
        villager.tap("字母").unwrap();
        let seen = villager.see("the other ways to write", |seen| seen.target(offered).map(|_| seen.target(missing)));
        assert_eq!(seen.unwrap(), None, "without {variable}");
    }
}
