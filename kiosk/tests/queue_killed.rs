//! `kill -9` while suggestions come in: every one that was answered for is there. The test starts itself as the victim.
#![expect(clippy::unwrap_used, reason = "helpers of tests end where something unexpected happens")]

mod queue_support;

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use kiosk::queue::{PrintState, Queue};
use queue_support::{County, Place, Turned, draft};

const VICTIM: &str = "LIANXIN_TEST_QUEUE";

/// Submits and says so, until it is killed.
fn submit_until_killed(path: &str) {
    let settings = Place::new().settings();
    let mut queue = Queue::open(path.as_ref(), settings, Turned::new()).unwrap();
    let county = County::new();
    for n in 0.. {
        let one = queue.submit(&draft(&format!("第{n}件")), &county.sealer).unwrap();
        println!("submitted {} {}", one.ticket, one.event);
        std::io::stdout().flush().unwrap();
        queue.journal(one.job, PrintState::Sending { attempt: 1 }, None).unwrap();
        println!("sending {}", one.ticket);
        if n % 7 == 0 {
            queue.journal(one.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
            queue.tidy().unwrap();
        }
    }
}

#[test]
fn kill_9_at_any_moment_loses_nothing_that_was_acknowledged() {
    if let Ok(path) = std::env::var(VICTIM) {
        return submit_until_killed(&path);
    }
    let place = Place::new();
    let (mut tickets, mut events) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill_9_at_any_moment_loses_nothing_that_was_acknowledged", "--exact", "--nocapture"])
            .env(VICTIM, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut sending = BTreeSet::new();
        let mut seen = 0;
        // Killed behind a number of lines that differs each time; what it still wrote before it died counts too.
        while let Some(Ok(line)) = lines.next() {
            let mut words = line.split_whitespace().skip_while(|w| !matches!(*w, "submitted" | "sending"));
            match (words.next(), words.next(), words.next()) {
                (Some("submitted"), Some(ticket), Some(event)) => {
                    assert!(tickets.insert(ticket.to_owned()), "{ticket} was given twice");
                    events.insert(event.to_owned());
                }
                (Some("sending"), Some(ticket), _) => _ = sending.insert(ticket.to_owned()),
                _ => continue,
            }
            seen += 1;
            if seen == 5 + round * 9 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= 5 + round * 9);

        let mut queue = place.open();
        let held: BTreeSet<String> = queue.forward_batch(9999).unwrap().iter().map(|f| f.id.to_string()).collect();
        assert!(held.is_superset(&events), "an acknowledged suggestion is gone");
        assert!(held.len() <= events.len() + 1, "at most the one that it died over");
        events = held;
        for ticket in sending {
            let state = queue.print_job(ticket.parse().unwrap()).unwrap().unwrap().state;
            let begun = matches!(state, PrintState::Sending { attempt: 1 } | PrintState::Confirmed { attempt: 1 });
            assert!(begun, "{ticket}: {state:?}");
        }
    }
}
