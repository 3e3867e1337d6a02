//! Generations of ticket numbers, and the files that remember the highest.
//!
//! A queue file can be lost, set aside or brought back from a copy; numbers must not come twice all the same. So the
//! highest generation and how far it had come also stand in small files outside it, and a queue that finds itself new or
//! behind goes above. How far is noted between visits, so a copy of the last minutes may pass unseen, and on the other
//! places every hundred events, to spare them: the county tells such tickets apart by their ids.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wire::ticket::TerminalNumber;

use super::QueueError;
use crate::durable;

/// Generations that a terminal draws when it found none, so that it meets none that was given at enrolment.
const DRAWN: std::ops::RangeInclusive<u8> = 50..=99;

/// Whose queue it is and where its generation is kept.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// The terminal that the numbers are given for.
    pub terminal: TerminalNumber,
    /// The enrolment's generation, where this is its first start; none, and a new queue without a witness draws one.
    pub first_generation: Option<u8>,
    /// Where the highest generation is kept as well. One beside the queue file is always kept and not named here; the
    /// boot partition's is.
    pub witnesses: Vec<PathBuf>,
}

/// A witness file.
#[derive(Debug, Serialize, Deserialize)]
struct Witness {
    /// Another terminal's witness says nothing.
    terminal: TerminalNumber,
    #[serde(flatten)]
    mark: Mark,
}

/// How far a queue has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) generation: u8,
    /// The last event's sequence.
    #[serde(default)]
    pub(super) seq: i64,
}

/// Events between two marks on the places that are to be spared.
const SPARED: i64 = 100;

/// The highest mark that any witness knows.
pub(super) fn highest(witnesses: &[PathBuf], terminal: TerminalNumber) -> Option<Mark> {
    let read = |path: &PathBuf| {
        let witness: Witness = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (witness.terminal == terminal).then_some(witness.mark)
    };
    witnesses.iter().filter_map(read).max()
}

/// Writes a mark to every witness; the first, beside the queue, must succeed.
pub(super) fn witness(witnesses: &[PathBuf], terminal: TerminalNumber, mark: Mark) -> Result<(), QueueError> {
    for (place, path) in witnesses.iter().enumerate() {
        let step = if place == 0 { 1 } else { SPARED };
        let known = highest(std::slice::from_ref(path), terminal);
        let enough = |known: Mark| known.generation == mark.generation && mark.seq < known.seq + step;
        if known.is_some_and(|known| known >= mark || enough(known)) {
            continue;
        }
        let text = serde_json::to_vec(&Witness { terminal, mark }).expect("invariant: always JSON");
        match durable::write(path, &text, 0o644) {
            Err(error) if place == 0 => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "a witness of the generation could not be written"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// The generation of a new queue.
pub(super) fn of_a_new_queue(first: Option<u8>, highest: Option<Mark>) -> Result<u8, QueueError> {
    match (first, highest) {
        (_, Some(highest)) => above(highest.generation),
        (Some(first), None) => Ok(first),
        (None, None) => Ok(drawn()),
    }
}

/// The next generation.
pub(super) fn above(generation: u8) -> Result<u8, QueueError> {
    if generation < 99 { Ok(generation + 1) } else { Err(QueueError::NumbersExhausted) }
}

fn drawn() -> u8 {
    let mut byte = [0];
    loop {
        aws_lc_rs::rand::fill(&mut byte).expect("invariant: the system has random numbers");
        // 250 is the highest multiple of 50 in a byte: below it each generation is equally likely.
        if byte[0] < 250 {
            return DRAWN.start() + byte[0] % 50;
        }
    }
}

/// The witness that always lies beside the queue file.
pub(super) fn beside(queue: &Path) -> PathBuf {
    queue.with_added_extension("generation")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(generation: u8) -> Mark {
        Mark { generation, seq: 0 }
    }

    #[test]
    fn the_first_place_is_marked_with_each_event_and_the_others_with_each_hundred() {
        let folder = tempfile::tempdir().unwrap();
        let places = [folder.path().join("a"), folder.path().join("b")];
        for seq in [1, 60, 100, 101, 130] {
            witness(&places, terminal(7), Mark { generation: 1, seq }).unwrap();
        }
        let known = |place: usize| highest(&places[place..=place], terminal(7)).unwrap().seq;
        assert_eq!((known(0), known(1)), (130, 101));
    }

    fn terminal(number: u32) -> TerminalNumber {
        TerminalNumber::new(number).unwrap()
    }

    #[test]
    fn a_new_queue_goes_above_every_witness_and_draws_where_there_is_none() {
        assert_eq!(of_a_new_queue(Some(1), None).unwrap(), 1);
        assert_eq!(of_a_new_queue(Some(1), Some(mark(7))).unwrap(), 8);
        assert!(DRAWN.contains(&of_a_new_queue(None, None).unwrap()));
        assert!(matches!(of_a_new_queue(Some(1), Some(mark(99))), Err(QueueError::NumbersExhausted)));
    }

    #[test]
    fn the_highest_of_this_terminals_witnesses_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        witness(std::slice::from_ref(&a), terminal(7), mark(3)).unwrap();
        witness(std::slice::from_ref(&b), terminal(8), mark(9)).unwrap();
        assert_eq!(highest(&[a.clone(), b], terminal(7)), Some(mark(3)));
        witness(std::slice::from_ref(&a), terminal(7), mark(2)).unwrap();
        assert_eq!(highest(std::slice::from_ref(&a), terminal(7)), Some(mark(3)), "a witness never goes back");
    }

    #[test]
    fn a_boot_partition_that_cannot_be_written_stops_nothing_but_the_data_folder_does() {
        let folder = tempfile::tempdir().unwrap();
        let (beside, boot) = (folder.path().join("queue.generation"), PathBuf::from("/nowhere/generation"));
        witness(&[beside.clone(), boot.clone()], terminal(7), mark(3)).unwrap();
        assert!(matches!(witness(&[boot, beside], terminal(7), mark(4)), Err(QueueError::Beside(_))));
    }
}
