//! How much later the terminal is ready after a kill than after a clean end: attract page painted and queue open.
//!
//! `cargo bench --workspace --bench recovery`; needs Xvfb. A queue of 10,000 tickets is killed (SIGKILL) while it takes
//! more and while receipts are half sent; a copy of it is opened and closed in order. The terminal starts on copies of
//! both in turn. Limit: one second between the medians. Exits with 1 beyond it.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

#[path = "../tests/queue_support/mod.rs"]
mod queue_support;
#[path = "support/screen.rs"]
mod screen;
mod support;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
};

use kiosk::{
    clock::SystemClock,
    config::Config,
    queue::{PrintState, Queue, QueueSettings},
    seal::Sealer,
};
use queue_support::draft;
use screen::{Colour, Running, Screen, until};
use support::{quantile, verdict, write_terminal};

const TICKETS: usize = 10_000;
/// The terminal tidies its file at least once a minute, and nobody hands in more than this in a minute.
const UNTIDIED: usize = 20;
const ROUNDS: usize = 7;

/// Black and white are those of the station's code, which is shown once the queue is open; the third is the page's.
const READY: [Colour; 3] = [[0, 0, 0], [0xFF, 0xFF, 0xFF], [0xA8, 0x23, 0x1B]];

/// The argument that makes this program the one to be killed.
const FILL: &str = "--fill";

fn open(settings: &Path) -> (Queue, Sealer) {
    let config = Config::load(settings).unwrap();
    let enrolment = config.load_enrolment().unwrap();
    std::fs::create_dir_all(&config.data_dir).unwrap();
    let number = enrolment.terminal;
    let of = QueueSettings {
        terminal: number,
        first_generation: Some(enrolment.generation),
        witnesses: config.generation_witnesses(),
    };
    let queue = Queue::open(&config.queue_path(), of, Arc::new(SystemClock::start())).unwrap();
    (queue, Sealer::new(&enrolment.county_keys).unwrap())
}

/// Fills the queue, says so, and goes on until it is killed.
fn fill(settings: &Path) -> ! {
    let (mut queue, sealer) = open(settings);
    let draft = draft("村口到学校的路有三处大坑，下雨天孩子们走不过去。");
    for n in 0.. {
        let ticket = queue.submit(&draft, &sealer).unwrap().ticket;
        let job = queue.print_job(ticket).unwrap().unwrap().id;
        queue.journal(job, PrintState::Sending { attempt: 1 }, Some([7; 32])).unwrap();
        if n < TICKETS {
            queue.journal(job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
            if n % UNTIDIED == 0 {
                queue.tidy().unwrap();
            }
        }
        if n == TICKETS + UNTIDIED {
            println!("filled");
        }
    }
    unreachable!("it is killed")
}

/// A terminal's folder in `parent`, whose queue was killed.
fn killed(parent: &Path) {
    let settings = write_terminal(parent);
    let mut child = Command::new(std::env::current_exe().unwrap());
    let mut child = child.arg(FILL).arg(&settings).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "filled");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == FILL) {
        fill(Path::new(&arguments.next().unwrap()));
    }
    let parent = tempfile::tempdir().unwrap();
    let (live, kept) = (parent.path().join("terminal"), ["killed", "ended"].map(|name| parent.path().join(name)));
    let copy = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    };
    std::fs::create_dir(&live).unwrap();
    killed(&live);
    copy(&live, &kept[0]);
    drop(open(&live.join("kiosk.toml")));
    copy(&live, &kept[1]);

    let screen = Screen::start();
    let mut times = [vec![], vec![]];
    for _ in 0..ROUNDS {
        for (from, times) in kept.iter().zip(&mut times) {
            std::fs::remove_dir_all(&live).unwrap();
            copy(from, &live);
            screen.empty(&READY);
            let mut kiosk = Command::new(env!("CARGO_BIN_EXE_kiosk"));
            let kiosk = kiosk.env("DISPLAY", &screen.display).arg("--config").arg(live.join("kiosk.toml"));
            let running = Running::start(kiosk);
            times.push(until("the station's code", || screen.shows(&READY)));
            drop(running);
        }
    }
    let [killed, ended] = times.map(|of| quantile(&of, 0.5));
    println!("ready after a kill: {killed:.0} ms, after an orderly end: {ended:.0} ms");
    let later = killed - ended;
    if verdict("later, ms", later, later <= 1000.0, "limit 1000") { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
