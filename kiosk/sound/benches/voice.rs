//! What a voice costs: CPU to encode and to play it, bytes a minute, and the process at its start and while it records.
//!
//! `cargo bench -p sound --bench voice`; `-- --seed S` makes another voice. It is made up, since no voice is kept with the
//! sources: syllables of a pulse train of 90 to 220 Hz through two resonances that glide, with hissed beginnings and pauses,
//! over the hiss of a room. Limits: encoding 5 % of real time (a terminal's processor is a fifth as fast, and paints meanwhile),
//! playing 2 %; 156,200 bytes a minute, 307,200 for two; the process 50 ms of CPU and 8 MiB at its start and 12 MiB after the
//! longest recording. Exits with 1 beyond a limit.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, ExitCode, Stdio},
};

use clap::Parser;
use rustix::time::{ClockId, clock_gettime};
use sound::{
    pcm,
    recording::{Finished, Recording},
    track::Track,
};
use sound_line::{Ask, Tell, Turn};

#[derive(Parser)]
struct Arguments {
    /// What makes another voice.
    #[arg(long, default_value_t = 2024)]
    seed: u32,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let seed = Arguments::parse().seed;
    let minute = voice(60, seed);
    let mut held = Vec::new();

    let (encoding, recorded) = measured(|| recorded(&minute));
    held.push(at_most("encoding, % of real time", encoding / 60.0 * 100.0, 5.0));
    held.push(at_most("bytes of a minute", recorded.ogg.len() as f64, 156_200.0));
    assert!(!recorded.silent);
    let (playing, decoded) = measured(|| Track::read(recorded.ogg).unwrap().decode_all().unwrap());
    assert_eq!(decoded.len(), minute.len());
    held.push(at_most("decoding, % of real time", playing / 60.0 * 100.0, 2.0));

    let folder = tempfile::tempdir().unwrap();
    let two_minutes: Vec<u8> = voice(120, seed).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    File::create(folder.path().join("voice.raw")).unwrap().write_all(&two_minutes).unwrap();
    let mut process = Process::start(folder.path());
    held.push(at_most("start of the process, ms of CPU", process.cpu_ms(), 50.0));
    held.push(at_most("start of the process, MiB", process.most_mib(), 8.0));
    let Tell::Recorded { ogg, seconds, .. } = process.record() else { unreachable!("it waits for it") };
    assert!((seconds - 120.0).abs() < 1e-9);
    held.push(at_most("bytes of the longest recording", ogg.bytes().len() as f64, 307_200.0));
    held.push(at_most("the process after it, most MiB", process.most_mib(), 12.0));
    process.end();

    if held.into_iter().all(|held| held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a figure beside its limit; whether it holds.
fn at_most(name: &str, value: f64, limit: f64) -> bool {
    let holds = value <= limit;
    println!("{name}: {value:.2} (at most {limit}) {}", if holds { "holds" } else { "DOES NOT HOLD" });
    holds
}

/// Seconds of this thread's CPU, and what was made.
fn measured<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let before = now();
    let made = work();
    (now() - before, made)
}

fn recorded(samples: &[i16]) -> Finished {
    let mut recording = Recording::new().unwrap();
    for block in samples.chunks(pcm::FRAME) {
        recording.push(block).unwrap();
    }
    recording.finish().unwrap()
}

/// Numbers that look like chance (xorshift32, Marsaglia 2003), from -1 to 1.
struct Chance(u32);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        f64::from(self.0) / f64::from(u32::MAX) * 2.0 - 1.0
    }
}

/// A resonance of two poles.
#[derive(Default)]
struct Resonance(f64, f64);

impl Resonance {
    fn through(&mut self, input: f64, hertz: f64) -> f64 {
        let radius = 0.99;
        let turn = std::f64::consts::TAU * hertz / f64::from(pcm::RATE);
        let output = input + 2.0 * radius * turn.cos() * self.0 - radius * radius * self.1;
        *self = Self(output, self.0);
        output
    }
}

/// Somebody who speaks, four syllables a second.
fn voice(seconds: usize, seed: u32) -> Vec<i16> {
    const SYLLABLE: usize = 12_000;
    let mut chance = Chance(seed.max(1));
    let mut samples = Vec::with_capacity(seconds * 48_000);
    let mut resonances = <[Resonance; 2]>::default();
    let mut pulse = 0.0;
    while samples.len() < seconds * 48_000 {
        let pause = chance.next() > 0.6;
        let (pitch, glide) = (155.0 + 65.0 * chance.next(), 40.0 * chance.next());
        let (first, second, open) = (500.0 + 250.0 * chance.next(), 1500.0 + 700.0 * chance.next(), chance.next());
        for at in 0..SYLLABLE {
            let part = at as f64 / SYLLABLE as f64;
            pulse += (pitch + glide * part) / f64::from(pcm::RATE);
            let struck = pulse >= 1.0;
            pulse = pulse.fract();
            let hiss = chance.next();
            let source = if pause {
                0.0
            } else if part < 0.15 {
                hiss * 0.15
            } else {
                f64::from(u8::from(struck)) * (std::f64::consts::PI * part).sin() + hiss * 0.01
            };
            let spoken = resonances[0].through(source, first + 150.0 * open * part)
                + 0.5 * resonances[1].through(source, second - 300.0 * open * part);
            #[expect(clippy::cast_possible_truncation, reason = "a cast from a float keeps within the integer")]
            let sample = (spoken * 1500.0 + hiss * 20.0) as i16;
            samples.push(sample);
        }
    }
    samples.truncate(seconds * 48_000);
    samples
}

/// The program, with the made-up voice at its microphone.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn start(folder: &std::path::Path) -> Self {
        let configuration = folder.join("asound.conf");
        let text = format!(
            r#"
            pcm.mic {{ type file slave.pcm {{ type null }} file "/dev/null" infile "{}/voice.raw" format "raw" }}
            pcm.out {{ type null }}
            "#,
            folder.display()
        );
        File::create(&configuration).unwrap().write_all(text.as_bytes()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk-sound"))
            .args(["--microphone", "mic", "--loudspeaker", "out"])
            .env("ALSA_CONFIG_PATH", configuration)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: Tell = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert!(matches!(ready, Tell::Ready { microphone: None, loudspeaker: None, .. }), "{ready:?}");
        Self { child, lines }
    }

    fn of(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    /// What its first thread took until now, which is all there is to its start.
    fn cpu_ms(&self) -> f64 {
        self.of("schedstat").split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e6
    }

    fn most_mib(&self) -> f64 {
        let status = self.of("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    fn record(&mut self) -> Tell {
        let mut ask = serde_json::to_string(&Ask::Record { turn: Turn(1) }).unwrap();
        ask.push('\n');
        self.child.stdin.as_mut().unwrap().write_all(ask.as_bytes()).unwrap();
        let mut told = self.lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        told.find(|tell| matches!(tell, Tell::Recorded { .. })).unwrap()
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}
