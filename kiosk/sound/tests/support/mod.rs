//! The program as the terminal starts it, with devices of ALSA's: its `file` and `null` plugins, and a microphone at the end
//! of a fifo (`fifo.c`), which can be unplugged, be silent and be in use.
#![allow(dead_code, reason = "each test target uses its own part of this")]

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use sound_line::{Ask, Ogg, RecordingEnd, Tell, Turn, Volume};
use tempfile::TempDir;

/// Longest wait for what should come at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with ALSA's configuration: `mic`, which hears [`Station::microphone`], `heard`, which hears `heard.raw`, and
/// `out`, which plays into `out.raw`.
pub(crate) struct Station(TempDir);

impl Station {
    pub(crate) fn new() -> Self {
        let station = Self(tempfile::tempdir().expect("a folder"));
        let folder = station.path("").display().to_string();
        station.write(
            "asound.conf",
            format!(
                r#"
                pcm_type.fifo {{ lib "{folder}/fifo.so" }}
                pcm.mic {{ type fifo path "{folder}/mic" }}
                pcm.heard {{ type file slave.pcm {{ type null }} file "/dev/null" infile "{folder}/heard.raw" format "raw" }}
                pcm.converted {{ type plug slave {{ pcm {{ type null }} rate 44100 format S32_LE channels 2 }} }}
                pcm.out {{ type file slave.pcm {{ type null }} file "{folder}/out.raw" format "raw" }}
                "#
            )
            .as_bytes(),
        );
        let compiled = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
            .args(["-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-DPIC", "-o"])
            .arg(station.path("fifo.so"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/fifo.c"))
            .arg("-lasound")
            .status()
            .expect("a C compiler");
        assert!(compiled.success(), "{compiled}");
        station.fifo("mic");
        station
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        File::create(self.path(name)).and_then(|mut file| file.write_all(bytes)).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("read")
    }

    pub(crate) fn fifo(&self, name: &str) {
        mknodat(CWD, self.path(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a fifo");
    }

    /// Plugs the microphone in. Held open for reading as well, so that what is spoken while nobody listens does no harm.
    pub(crate) fn microphone(&self) -> Microphone {
        Microphone(File::from(open(self.path("mic"), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).expect("a fifo")))
    }

    pub(crate) fn start(&self, microphone: &str) -> Program {
        self.start_with(microphone, "out", &[])
    }

    pub(crate) fn start_with(&self, microphone: &str, loudspeaker: &str, clips: &[&Path]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-sound"));
        command.args(["--microphone", microphone, "--loudspeaker", loudspeaker]);
        for folder in clips {
            command.arg("--clips").arg(folder);
        }
        command.env("ALSA_CONFIG_PATH", self.path("asound.conf"));
        Program::start(command)
    }
}

/// The end of the fifo into which is spoken.
pub(crate) struct Microphone(File);

impl Microphone {
    pub(crate) fn speak(&mut self, samples: &[i16]) {
        self.0.write_all(&bytes(samples)).expect("the fifo takes it");
    }
}

/// The running program.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (said, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, lines }
    }

    pub(crate) fn ask(&mut self, ask: &Ask) {
        self.say(&serde_json::to_string(ask).expect("JSON"));
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("a pipe"), "{line}").expect("the program reads");
    }

    pub(crate) fn told(&mut self) -> Tell {
        let line = self.lines.recv_timeout(PATIENCE).expect("the program says something");
        serde_json::from_str(&line).expect("one of ours")
    }

    /// What is told until something is, which is the last of it.
    pub(crate) fn until(&mut self, is: impl Fn(&Tell) -> bool) -> Vec<Tell> {
        let mut all = Vec::new();
        loop {
            let told = self.told();
            let over = matches!(
                told,
                Tell::Recorded { .. } | Tell::Cancelled { .. } | Tell::Played { .. } | Tell::Failed { .. }
            );
            let found = is(&told);
            assert!(found || !over, "{told:?} after {:?}", all.last());
            all.push(told);
            if found {
                return all;
            }
        }
    }

    pub(crate) fn ready(mut self) -> Self {
        let ready = self.told();
        assert!(matches!(ready, Tell::Ready { microphone: None, loudspeaker: None, .. }), "{ready:?}");
        self
    }

    /// Begins to record; returns when the microphone listens.
    pub(crate) fn record(&mut self, turn: Turn) {
        self.ask(&Ask::Record { turn });
        assert_eq!(self.told(), Tell::Recording { turn });
    }

    /// Returns once so much is recorded.
    pub(crate) fn until_seconds(&mut self, wanted: f64) -> Vec<Tell> {
        self.until(|tell| matches!(tell, Tell::Level { seconds, .. } if *seconds > wanted - 0.01))
    }

    /// The next recording that is told.
    pub(crate) fn recorded(&mut self) -> Recorded {
        match self.until(|tell| matches!(tell, Tell::Recorded { .. } | Tell::Failed { .. })).pop() {
            Some(Tell::Recorded { turn, seconds, ogg, silent, end, detail }) => {
                Recorded { turn, seconds, ogg, silent, end, detail }
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn stop(&mut self, turn: Turn) -> Recorded {
        self.ask(&Ask::Stop { turn });
        self.recorded()
    }

    pub(crate) fn play(&mut self, turn: Turn, ogg: Ogg, percent: u8) {
        self.ask(&Ask::Play { turn, ogg, volume: Volume::from(percent) });
    }

    /// Ends its input; what it still said, and how it ended.
    pub(crate) fn end(mut self) -> (Vec<Tell>, ExitStatus) {
        drop(self.input.take());
        let rest = self.lines.iter().map(|line| serde_json::from_str(&line).expect("one of ours")).collect();
        (rest, self.child.wait().expect("it ends"))
    }
}

pub(crate) struct Recorded {
    pub(crate) turn: Turn,
    pub(crate) seconds: f64,
    pub(crate) ogg: Ogg,
    pub(crate) silent: bool,
    pub(crate) end: RecordingEnd,
    pub(crate) detail: Option<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

pub(crate) fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A tone that rises from 300 to 2,400 Hz, every three seconds anew.
pub(crate) fn chirp(tenths: usize) -> Vec<i16> {
    (0..tenths * 4800)
        .map(|index| {
            let at = f64::from(u32::try_from(index % (3 * 48_000)).expect("few")) / 48_000.0;
            let phase = std::f64::consts::TAU * (300.0 * at + 350.0 * at * at);
            #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
            let sample = (9000.0 * phase.sin()) as i16;
            sample
        })
        .collect()
}

/// What Opus leaves of a chirp at 16 kbit/s is more like it than this, sample for sample.
pub(crate) const ALIKE: f64 = 0.65;

/// How alike two sounds are, sample for sample, from -1 to 1.
pub(crate) fn likeness(one: &[i16], other: &[i16]) -> f64 {
    let pairs = one.iter().zip(other).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let (both, first, second) =
        pairs.fold((0.0, 0.0, 0.0), |(both, first, second), (a, b)| (both + a * b, first + a * a, second + b * b));
    both / (first * second).sqrt()
}

#[test]
fn a_chirp_that_is_late_by_a_millisecond_is_not_alike() {
    let chirp = chirp(30);
    assert!((likeness(&chirp, &chirp) - 1.0).abs() < 1e-9);
    let late = likeness(&chirp[48..], &chirp);
    assert!(late < ALIKE / 2.0, "{late}");
}
