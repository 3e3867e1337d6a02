//! The comparison at the end of a run of kills finds what it is there to find.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the ledgers are shared with the example")]

#[path = "support/dice.rs"]
mod dice;
#[path = "../examples/chaos/further.rs"]
mod further;
#[path = "../examples/chaos/ledgers.rs"]
mod ledgers;
#[path = "../examples/chaos/plan.rs"]
mod plan;

use std::collections::BTreeSet;

use dice::Dice;
use further::{Held, Kind, Left};
use ledgers::{Case, Paper, Said, Tap, Verdict};
use plan::{Cut, Moment, Victim};

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

fn left(kind: Kind, number: &str, words: &str, told: bool) -> Left {
    Left { kind, number: number.into(), words: words.into(), told }
}

fn held(kind: Kind, number: &str, words: &str) -> Held {
    Held { kind, number: number.into(), words: Some(words.into()) }
}

fn further(left: &[Left], held: &[Held]) -> Verdict {
    Verdict::default().with_further(left, held)
}

#[test]
fn a_telephone_and_a_rating_that_are_there_once_as_they_were_left_fit_also_where_nobody_was_told() {
    let (contact, rating) = (Kind::Contact, Kind::Rating);
    let all = [left(contact, "1", "王", true), left(rating, "1", "满意", true), left(contact, "2", "李", false)];
    let none_of_the_untold = [held(contact, "1", "王"), held(rating, "1", "满意")];
    let verdict = further(&all, &none_of_the_untold);
    assert_eq!((verdict.contacts, verdict.ratings, verdict.is_sound()), (1, 1, true));
    assert!(further(&all, &[&none_of_the_untold[..], &[held(contact, "2", "李")]].concat()).is_sound());
}

#[test]
fn a_telephone_that_was_called_kept_and_is_not_at_the_county_or_is_another_is_lost() {
    let told = [left(Kind::Contact, "1", "王", true)];
    let lost = ["the telephone for 1".to_owned()];
    assert_eq!(further(&told, &[]).lost, lost);
    assert_eq!(further(&told, &[held(Kind::Contact, "1", "李")]).lost, lost);
    assert_eq!(further(&told, &[Held { words: None, ..held(Kind::Contact, "1", "") }]).lost, lost);
    assert_eq!(further(&told, &[held(Kind::Rating, "1", "王")]).lost, ["the telephone for 1", "the rating of 1"]);
}

#[test]
fn a_rating_that_is_there_more_often_than_it_was_given_is_doubled() {
    let (one, there) = (left(Kind::Rating, "1", "满意", true), held(Kind::Rating, "1", "满意"));
    let verdict = further(&[one], &[there.clone(), there.clone()]);
    assert_eq!((verdict.lost.len(), verdict.doubled), (0, vec!["the rating of 1".to_owned()]));
    assert_eq!(further(&[], &[there]).doubled, ["the rating of 1"], "from nowhere");
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
    assert_eq!((victims.len(), victims.contains(&Victim::Power)), (5, false));
    assert_eq!(moments.iter().filter(|moment| matches!(moment, Moment::Taps(_))).count(), plan::TAPS + 1);
    assert_eq!(moments.len(), plan::TAPS + 6);
}

#[test]
fn most_power_cuts_fall_behind_a_counted_change_of_the_disk_and_some_in_between() {
    let draw = |seed| {
        let mut dice = Dice(seed);
        (0..500).map(|_| Cut::draw_power(&mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    let cuts = draw(7);
    assert!(cuts.iter().all(|cut| cut.victim == Victim::Power));
    let counted = cuts.iter().filter(|cut| cut.changes.is_some()).count();
    assert!((300..500).contains(&counted), "{counted} of 500");
    let moments: BTreeSet<_> = cuts.iter().filter(|cut| cut.changes.is_some()).map(|cut| cut.moment).collect();
    assert_eq!(moments, [Moment::Submitted, Moment::Printing, Moment::Forwarding, Moment::StartUp].into());
}
