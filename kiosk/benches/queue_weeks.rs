//! A terminal without a network for 30 days and 10,000 tickets: what the queue costs then, and what a ticket writes.
//!
//! `cargo bench --workspace --bench queue_weeks`. Limits: the file with 10,000 events opens within 200 ms of CPU time;
//! a submission behind 9,000 others takes at most 1.5 times one of the first thousand; a text ticket makes the storage
//! write at most 40 pages of 4 KiB from its submission to its purge (`/proc/self/io`; the file system's own journal is
//! not in it), which the terminal does once an hour for all that are due. Exits with 1 beyond a limit.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

#[path = "../tests/queue_support/mod.rs"]
mod queue_support;
mod support;

use std::{path::Path, process::ExitCode, time::Duration};

use kiosk::{
    clock::{Clock, SystemClock},
    queue::PrintState,
};
use queue_support::{County, Place, draft};
use support::{quantile, thread_cpu, verdict};
use uuid::Uuid;

const TICKETS: usize = 10_000;
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A little fewer than 10,000 in 30 days, day and night: the fewer, the more an hour's purge weighs on each.
const TICKETS_AN_HOUR: u32 = 12;

/// A suggestion of usual length.
const TEXT: &str = "村口到学校的路有三处大坑，下雨天孩子们走不过去，昨天摔了两个。请尽快修一修。";

/// Bytes that this process made the storage write until now.
fn written() -> f64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|l| l.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}

/// Pages of 4 KiB written for each ticket: submitted, printed, delivered and its code forgotten by itself, and purged with
/// the others of its hour, with the tidying that the terminal does in between and its purge of each hour. An hour's two
/// purges, the one behind its tickets and the one that deletes them, are both counted as theirs.
fn pages_a_ticket(parent: &Path) -> f64 {
    const HOURS: u32 = 15;
    let county = County::new();
    let place = Place::below(parent);
    let mut queue = place.open();
    let ledger = Uuid::new_v4();
    let before = written();
    for _ in 0..HOURS {
        for _ in 0..TICKETS_AN_HOUR {
            let ticket = queue.submit(&draft(TEXT), &county.sealer).unwrap().ticket;
            queue.tidy().unwrap();
            let job = queue.print_job(ticket).unwrap().unwrap().id;
            queue.journal(job, PrintState::Sending { attempt: 1 }, Some([7; 32])).unwrap();
            queue.journal(job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
            queue.tidy().unwrap();
            let id = queue.forward_batch(1).unwrap().remove(0).id;
            queue.delivered(&[id], ledger).unwrap();
            queue.tidy().unwrap();
            place.clock.go_on(HOUR / TICKETS_AN_HOUR);
            queue.tidy().unwrap();
        }
        assert_eq!(queue.purge().unwrap(), 0);
        queue.tidy().unwrap();
    }
    place.clock.go_on(30 * DAY - HOURS * HOUR);
    for _ in 0..HOURS {
        place.clock.go_on(HOUR);
        assert_eq!(queue.purge().unwrap(), TICKETS_AN_HOUR);
        queue.tidy().unwrap();
    }
    (written() - before) / f64::from(HOURS * TICKETS_AN_HOUR) / 4096.0
}

/// Median times of the first and of the last thousand submissions, and the CPU time of opening, all in milliseconds.
fn fill(parent: &Path) -> (f64, f64, f64) {
    let clock = SystemClock::start();
    let county = County::new();
    let place = Place::below(parent);
    let mut queue = place.open();
    let mut times = Vec::new();
    for n in 0..TICKETS {
        let began = clock.monotonic();
        queue.submit(&draft(TEXT), &county.sealer).unwrap();
        times.push((clock.monotonic() - began).as_secs_f64() * 1000.0);
        if n % (TICKETS / 30) == 0 {
            place.clock.go_on(DAY);
            queue.tidy().unwrap();
        }
    }
    drop(queue);
    let began = thread_cpu();
    let mut queue = place.open();
    let opened = thread_cpu() - began;
    assert_eq!(queue.depth().unwrap().waiting, u32::try_from(TICKETS).unwrap());
    // The oldest goes first, as ever.
    assert!(queue.forward_batch(1).unwrap().remove(0).bytes.len() > TEXT.len());
    let (first, last) = (quantile(&times[..1000], 0.5), quantile(&times[TICKETS - 1000..], 0.5));
    (first, last, opened.as_secs_f64() * 1000.0)
}

fn main() -> ExitCode {
    let parent = std::env::temp_dir();
    let (first, last, opened) = fill(&parent);
    println!("{TICKETS} tickets in {}: first thousand {first:.2} ms each, last {last:.2} ms", parent.display());
    let quick = verdict("a late submission against an early one", last / first, last <= 1.5 * first, "limit 1.5");
    let opens = verdict("opening, ms of CPU time", opened, opened <= 200.0, "limit 200");
    let pages = pages_a_ticket(&parent);
    let spares = verdict("pages of 4 KiB written for a ticket", pages, pages <= 40.0, "limit 40");
    if quick && opens && spares { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
