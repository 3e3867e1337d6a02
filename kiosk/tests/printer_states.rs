//! The states of a print job as a picture: found by trying on every state each event that the printer's thread can bring
//! about in it, and held against `src/printer/job.md`.
//!
//! `LIANXIN_BLESS=1 cargo test --test printer_states` draws it anew; look at it before committing.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    path::Path,
    time::Duration,
};

use kiosk::{
    printer::{Event, Job, PaperLevel, Refusal, Rules, Status, Watch, step},
    queue::{PrintFailure, PrintState},
};

/// Long enough for every patience to end.
const LATER: Duration = Duration::from_secs(3600);

/// Every kind of printer that the rules tell apart.
fn printers() -> Vec<Rules> {
    let patience = Duration::from_secs(8);
    let mut printers = Vec::new();
    for (fence, clear) in [(true, true), (true, false), (false, false)] {
        for presenter in [false, fence] {
            for takes_back_after in [None, presenter.then_some(Duration::from_secs(30))] {
                printers.push(Rules { fence, clear, presenter, takes_back_after, patience });
            }
        }
    }
    printers
}

/// Every event, in words.
fn events() -> Vec<(Event, &'static str)> {
    let clean = Status::default();
    vec![
        (Event::Ready, "ready"),
        (Event::Refused(Refusal::NoAnswer), "no answer"),
        (Event::Refused(Refusal::Fault(PrintFailure::PaperEnd)), "a fault before it"),
        (Event::Sent, "all sent"),
        (Event::Fence, "fence"),
        (Event::Status(clean), "clean status"),
        (Event::Status(Status { presented: Some(true), ..clean }), "seen in the presenter"),
        (Event::Status(Status { presented: Some(false), ..clean }), "presenter empty"),
        (Event::Status(Status { paper: PaperLevel::Out, ..clean }), "fault"),
        (Event::Status(Status { heat: true, ..clean }), "fault"),
        (Event::Silent, "no status"),
        (Event::Lost, "line lost"),
        (Event::Tick, "patience over"),
        (Event::AskedAgain, "asked for another"),
        (Event::VisitOver, "visit over"),
        (Event::NextWaits, "the next one waits"),
    ]
}

/// Whether it can come to that in this state: by what is watched, by what the printer takes of what is handed over, or by
/// what people do.
fn can_come(event: Event, job: Job, rules: Rules) -> bool {
    let is_fault = matches!(event, Event::Status(status) if !status.is_clean());
    let watched = match job.watch(rules) {
        Watch::Preflight => matches!(event, Event::Ready | Event::Refused(_)),
        Watch::Fence => is_fault || matches!(event, Event::Fence | Event::Tick | Event::Lost),
        Watch::Status => matches!(event, Event::Status(_) | Event::Silent | Event::Lost),
        Watch::LateFence => matches!(event, Event::Fence | Event::Status(_) | Event::Silent | Event::Lost),
        Watch::Nothing => false,
    };
    let sent = matches!(job, Job::Sending { .. }) && (is_fault || matches!(event, Event::Sent | Event::Lost));
    let left = job.is_out() && matches!(event, Event::VisitOver | Event::NextWaits);
    watched || sent || left || event == Event::AskedAgain
}

fn name(job: Job) -> &'static str {
    match job {
        Job::Prepared { .. } => "Prepared",
        Job::Sending { .. } => "Sending",
        Job::Fenced { .. } => "Fenced",
        Job::Judged { .. } => "Judged",
        Job::Confirmed { .. } => "Confirmed",
        Job::Presented { .. } => "Presented",
        Job::TakingBack { .. } => "TakingBack",
        Job::Taken { .. } => "Taken",
        Job::Retracted { .. } => "Retracted",
        Job::Failed { .. } => "Failed",
        Job::Recovering { .. } => "Recovering",
        Job::Unknown { .. } => "Unknown",
    }
}

type Edges = BTreeMap<(&'static str, &'static str), BTreeSet<&'static str>>;

/// Everything that a job can go through, up to its third attempt.
fn explore() -> (Edges, HashSet<Job>) {
    let (mut edges, mut all) = (Edges::new(), HashSet::new());
    for rules in printers() {
        let first = Job::Prepared { after: 0 };
        let (mut seen, mut open) = (HashSet::from([first]), VecDeque::from([first]));
        while let Some(job) = open.pop_front() {
            for (event, word) in events().into_iter().filter(|(event, _)| can_come(*event, job, rules)) {
                for now in [Duration::ZERO, LATER] {
                    let (next, _) = step(job, event, rules, now);
                    if name(next) != name(job) {
                        edges.entry((name(job), name(next))).or_default().insert(word);
                    }
                    if next != (Job::Prepared { after: 3 }) && seen.insert(next) {
                        open.push_back(next);
                    }
                }
            }
        }
        all.extend(seen);
    }
    (edges, all)
}

/// What a later run makes of each state that is written down.
fn taken_up() -> Vec<(&'static str, &'static str)> {
    let written = [
        ("Prepared", PrintState::Prepared { after: 0 }),
        ("Sending", PrintState::Sending { attempt: 1 }),
        ("Confirmed", PrintState::Confirmed { attempt: 1 }),
        ("Taken", PrintState::Taken { attempt: 1 }),
        ("Retracted", PrintState::Retracted { attempt: 1 }),
        ("Failed", PrintState::Failed { attempt: 1, reason: PrintFailure::Other }),
        ("Unknown", PrintState::Unknown { attempt: 1 }),
    ];
    written.into_iter().map(|(name_of, state)| (name_of, name(Job::taken_up(state)))).collect()
}

/// What the presenter holds is said only where that decides.
fn short(words: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let (clean, fault) = (words.contains("clean status"), words.contains("fault"));
    let any = (clean && fault).then_some("any status");
    let kept = words.iter().copied().filter(|word| match *word {
        "clean status" | "fault" => any.is_none(),
        "seen in the presenter" | "presenter empty" => !clean,
        _ => true,
    });
    any.into_iter().chain(kept).collect()
}

fn picture() -> String {
    let (mut edges, all) = explore();
    for (from, to) in taken_up().into_iter().filter(|(from, to)| from != to) {
        edges.entry((from, to)).or_default().insert("a new run");
    }
    let mut lines = vec!["stateDiagram-v2".to_owned(), "    [*] --> Prepared".to_owned()];
    for ((from, to), words) in &edges {
        lines.push(format!("    {from} --> {to}: {}", short(words).join(", ")));
    }
    let closed: BTreeSet<_> = all.iter().filter(|job| !job.is_open()).map(|job| name(*job)).collect();
    lines.extend(closed.iter().map(|name| format!("    {name} --> [*]")));
    format!(
        "\n# States\n\nWhat each event comes to over all kinds of printers; `tests/printer_states.rs` draws it from the \
         code.\n`Sending`, `Confirmed`, `Taken`, `Retracted`, `Failed`, `Unknown` and `Prepared` are written down; the \
         others are\nwithin one run. A job rests where an arrow leads to the end, until somebody asks for another \
         copy.\n\n```mermaid\n{}\n```\n",
        lines.join("\n")
    )
}

#[test]
fn the_picture_of_the_states_is_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/printer/job.md");
    if std::env::var_os("LIANXIN_BLESS").is_some() {
        kiosk::durable::write(&path, picture().as_bytes(), 0o644).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), picture());
}

#[test]
fn every_state_is_reached_and_leaves_again() {
    let (edges, all) = explore();
    let names: BTreeSet<_> = all.iter().map(|job| name(*job)).collect();
    assert_eq!(names.len(), 12, "{names:?}");
    for name in names {
        assert!(edges.keys().any(|(from, _)| *from == name), "{name} is left by nothing");
    }
}

#[test]
fn confirmed_is_entered_from_judging_and_from_the_presenter_alone() {
    let (edges, _) = explore();
    let entered: Vec<_> = edges.keys().filter(|(_, to)| *to == "Confirmed").map(|(from, _)| *from).collect();
    assert_eq!(entered, ["Judged", "Presented", "TakingBack"]);
    let sending: Vec<_> = edges.keys().filter(|(_, to)| *to == "Sending").map(|(from, _)| *from).collect();
    assert_eq!(sending, ["Prepared"], "nothing is sent again by a side door");
}
