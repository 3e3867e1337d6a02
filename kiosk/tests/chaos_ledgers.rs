//! The comparison at the end of a run of kills finds what it is there to find.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the ledgers are shared with the example")]

#[path = "support/dice.rs"]
mod dice;
#[path = "../examples/chaos/ledgers.rs"]
mod ledgers;
#[path = "../examples/chaos/plan.rs"]
mod plan;

use std::collections::BTreeSet;

use dice::Dice;
use ledgers::{Case, Paper, Said, Tap, Verdict};
use plan::{Cut, Moment};

fn said(words: &str) -> Said {
    Said { category: "道路".into(), place: "花桥村".into(), words: words.into() }
}

fn tap(words: &str, told: Option<&str>) -> Tap {
    Tap { said: said(words), told: told.map(Into::into), printed: None }
}

fn case(number: &str, seq: i64, words: &str) -> Case {
    Case { number: number.into(), seq, said: Some(said(words)) }
}

fn paper(number: &str, copy: bool, receipt: Option<usize>) -> Paper {
    Paper { number: number.into(), copy, receipt, hangs_at_another: false }
}

#[test]
fn what_fits_is_sound_also_where_nobody_was_told() {
    let mut first = tap("甲", Some("1"));
    first.printed = Some(1);
    let taps = [first, tap("乙", None), tap("丙", None), tap("丁", Some("3"))];
    let papers = [paper("1", false, Some(0)), paper("3", false, None), paper("3", true, Some(1))];
    // The second was submitted and became one; the third was killed before it was written down.
    let cases = [case("1", 1, "甲"), case("2", 2, "乙"), case("3", 3, "丁")];
    let verdict = Verdict::of(&taps, &papers, &cases, &["3".into()]);
    assert_eq!(verdict, Verdict { tickets: 2, ..Verdict::default() });
    assert!(verdict.is_sound());
}

#[test]
fn a_ticket_of_which_screen_or_paper_told_and_the_county_has_none_is_lost() {
    let taps = [tap("甲", Some("1")), tap("乙", None)];
    let verdict = Verdict::of(&taps, &[paper("2", false, Some(0))], &[], &[]);
    assert_eq!((verdict.tickets, verdict.lost), (2, vec!["1".to_owned(), "2".into()]));
}

#[test]
fn a_ticket_with_other_words_than_were_said_or_that_cannot_be_opened_is_lost() {
    let taps = [tap("甲", Some("1")), tap("乙", Some("2"))];
    let shut = Case { said: None, ..case("2", 2, "") };
    assert_eq!(Verdict::of(&taps, &[], &[case("1", 1, "别的"), shut], &[]).lost, ["1", "2"]);
}

#[test]
fn one_number_twice_and_one_tap_with_two_numbers_are_doubled() {
    let taps = [tap("甲", Some("1")), tap("乙", None), tap("丙", Some("4"))];
    let twice = [case("1", 1, "甲"), case("1", 1, "甲"), case("4", 4, "丙")];
    assert_eq!(Verdict::of(&taps, &[], &twice, &[]).doubled, ["1"]);
    let two_numbers = [case("1", 1, "甲"), case("2", 2, "乙"), case("3", 3, "乙"), case("4", 4, "丙")];
    assert_eq!(Verdict::of(&taps, &[], &two_numbers, &[]).doubled, ["3"]);
    let from_nowhere = [case("1", 1, "甲"), case("4", 4, "丙"), case("5", 5, "丁")];
    assert_eq!(Verdict::of(&taps, &[], &from_nowhere, &[]).doubled, ["5"]);
}

#[test]
fn a_second_paper_without_a_mark_is_found_also_where_the_first_is_a_scrap() {
    let taps = [tap("甲", Some("1"))];
    let cases = [case("1", 1, "甲")];
    let papers = [paper("1", false, None), paper("1", false, Some(0)), paper("1", true, Some(1))];
    assert_eq!(Verdict::of(&taps, &papers, &cases, &[]).unmarked, ["1"]);
}

#[test]
fn printed_said_before_the_paper_came_or_noted_without_any_is_found() {
    let mut early = tap("甲", Some("1"));
    early.printed = Some(1);
    let taps = [early, tap("乙", Some("2"))];
    let cases = [case("1", 1, "甲"), case("2", 2, "乙")];
    // The first came out as the second paper, the second only as a scrap.
    let papers = [paper("9", false, Some(0)), paper("1", false, Some(1)), paper("2", false, None)];
    assert_eq!(Verdict::of(&taps, &papers, &cases, &["2".into()]).unprinted, ["1", "2"]);
}

#[test]
fn a_receipt_on_one_piece_with_the_beginning_of_another_is_found() {
    let taps = [tap("甲", Some("1"))];
    let papers = [Paper { hangs_at_another: true, ..paper("1", false, Some(0)) }];
    let verdict = Verdict::of(&taps, &papers, &[case("1", 1, "甲")], &[]);
    assert_eq!((verdict.joined.as_slice(), verdict.is_sound()), (&["1".to_owned()][..], false));
}

#[test]
fn the_same_seed_draws_the_same_cuts_and_every_victim_and_moment_comes_up() {
    let draw = |seed| {
        let mut dice = Dice(seed);
        (0..500).map(|_| Cut::draw(&mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    let victims: BTreeSet<_> = draw(7).iter().map(|cut| cut.victim).collect();
    let moments: BTreeSet<_> = draw(7).iter().map(|cut| cut.moment).collect();
    assert_eq!(victims.len(), 5);
    assert_eq!(moments.iter().filter(|moment| matches!(moment, Moment::Taps(_))).count(), plan::TAPS + 1);
    assert_eq!(moments.len(), plan::TAPS + 6);
}
