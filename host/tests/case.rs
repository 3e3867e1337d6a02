//! The state machine of a case: its table, and what holds over every order of steps.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

use host::county::case::{
    Action, Actor, Case, EntryKind, Event, Filed, Notice, Outcome, Person, Refused, Unit, What, step,
};
use jiff::{Timestamp, civil::date};
use proptest::prelude::*;
use wire::case::{Satisfaction, State};

fn person(id: &str) -> Person {
    Person { id: id.into(), name: format!("{id} 的名字") }
}

fn unit(id: &str) -> Unit {
    Unit { id: id.into(), name: format!("{id} 局") }
}

fn deputy(id: &str) -> Actor {
    Actor::Deputy(person(id))
}

fn of_unit(id: &str) -> Actor {
    Actor::Unit(person("clerk"), unit(id))
}

fn county() -> Actor {
    Actor::County(person("c"))
}

fn forward(main: &str, joint: &[&str]) -> What {
    What::Forward { main: unit(main), joint: joint.iter().map(|u| unit(u)).collect(), due: date(2026, 3, 9) }
}

fn rate(satisfaction: Satisfaction, revision: u64) -> What {
    What::Rate { satisfaction, revision }
}

fn take(case: Case, by: Actor, what: What) -> Result<(Case, Vec<Action>), Refused> {
    step(case, Event { by, what }, Timestamp::UNIX_EPOCH, date(2026, 3, 1))
}

fn after(steps: Vec<(Actor, What)>) -> Case {
    steps.into_iter().fold(Case::received(Timestamp::UNIX_EPOCH).0, |case, (by, what)| take(case, by, what).unwrap().0)
}

fn road(to: State) -> Case {
    let all = vec![
        (deputy("d"), What::Claim),
        (deputy("d"), forward("u", &["j"])),
        (of_unit("u"), What::Reply("三天内修好。".into())),
        (deputy("d"), What::Confirm),
        (deputy("d"), What::Close),
    ];
    let steps = match to {
        State::Received => 0,
        State::Claimed => 1,
        State::Forwarded => 2,
        State::Answered => 3,
        State::Confirmed => 4,
        State::Closed => 5,
        State::Declined => {
            return take(road(State::Claimed), deputy("d"), What::Explain("今年没有资金。".into())).unwrap().0;
        }
        State::Rated => return take(road(State::Closed), Actor::Villager, rate(Satisfaction::Good, 6)).unwrap().0,
        State::Reopened => return take(road(State::Closed), Actor::Villager, rate(Satisfaction::Bad, 6)).unwrap().0,
        State::Unknown => unreachable!(),
    };
    let case = after(all.into_iter().take(steps).collect());
    assert_eq!(case.state, to);
    case
}

#[test]
fn a_correction_is_the_officers_or_the_countys_and_changes_nothing_but_what_it_is_filed_under() {
    let filed = Filed { category: "water".into(), place: String::new() };
    let what = || What::Correct { filed: filed.clone(), told: "原来：道路。改为：饮水。".into() };
    for state in [State::Received, State::Forwarded, State::Confirmed, State::Closed] {
        let case = road(state);
        for by in [deputy("d"), of_unit("u"), Actor::Villager] {
            assert_eq!(take(case.clone(), by, what()), Err(Refused::Role), "{state:?}");
        }
        for by in [Actor::Officer(person("o")), county()] {
            let (corrected, actions) = take(case.clone(), by, what()).unwrap();
            let expected = Case { corrected: Some(filed.clone()), revision: case.revision + 1, ..case.clone() };
            assert_eq!(corrected, expected);
            let Action::Record(entry) = &actions[0] else { panic!("{actions:?}") };
            assert_eq!(
                (entry.kind, entry.state, &actions[1..]),
                (EntryKind::Correction, state, &[Action::Publish][..])
            );
        }
    }
    let rated =
        take(take(road(State::Closed), county(), what()).unwrap().0, Actor::Villager, rate(Satisfaction::Good, 6));
    assert_eq!(rated.unwrap().0.state, State::Rated, "the answer that was shown can still be rated");
}

#[test]
fn every_state_takes_exactly_the_steps_of_the_table() {
    use State::*;
    let villager = || Actor::Villager;
    let table: Vec<(&str, Actor, What, Vec<State>)> = vec![
        ("claim", deputy("e"), What::Claim, vec![Received, Reopened]),
        ("hand over", county(), What::HandOver(person("e")), vec![Claimed, Forwarded, Answered, Confirmed, Reopened]),
        ("forward", deputy("d"), forward("v", &[]), vec![Claimed, Forwarded, Answered, Reopened]),
        ("reply", of_unit("u"), What::Reply("好。".into()), vec![Forwarded, Answered]),
        ("joint reply", of_unit("j"), What::Reply("同意。".into()), vec![Forwarded, Answered]),
        ("confirm", deputy("d"), What::Confirm, vec![Answered]),
        ("close", county(), What::Close, vec![Confirmed]),
        (
            "explain",
            county(),
            What::Explain("没有资金。".into()),
            vec![Claimed, Forwarded, Answered, Confirmed, Reopened],
        ),
        ("rate", villager(), rate(Satisfaction::Fair, 99), vec![Closed, Declined]),
    ];
    for (name, by, what, from) in table {
        for state in State::ALL {
            let got = take(road(state), by.clone(), what.clone());
            assert_eq!(got.is_ok(), from.contains(&state), "{name} from {state:?}: {got:?}");
        }
    }
}

#[test]
fn roles_take_only_their_own_steps() {
    let officer = || Actor::Officer(person("o"));
    let refused = |case: Case, by: Actor, what: What| take(case, by, what).unwrap_err();
    assert_eq!(refused(road(State::Received), county(), What::Claim), Refused::Role);
    assert_eq!(refused(road(State::Received), of_unit("u"), What::Claim), Refused::Role);
    assert_eq!(refused(road(State::Claimed), deputy("e"), forward("u", &[])), Refused::NotTheirs);
    assert_eq!(refused(road(State::Claimed), of_unit("u"), forward("u", &[])), Refused::Role);
    assert_eq!(refused(road(State::Forwarded), of_unit("x"), What::Reply("好。".into())), Refused::NotAsked);
    assert_eq!(refused(road(State::Forwarded), deputy("d"), What::Reply("好。".into())), Refused::Role);
    assert_eq!(refused(road(State::Answered), county(), What::Confirm), Refused::Role);
    assert_eq!(refused(road(State::Answered), deputy("e"), What::Confirm), Refused::NotTheirs);
    assert_eq!(refused(road(State::Confirmed), officer(), What::Close), Refused::Role);
    assert_eq!(refused(road(State::Closed), county(), rate(Satisfaction::Good, 9)), Refused::Role);
    assert!(take(road(State::Claimed), officer(), forward("u", &[])).is_ok());
}

#[test]
fn a_reason_and_a_reply_are_mandatory_and_short() {
    for blank in ["", " ", "\n\u{3000}\t"] {
        let got = take(road(State::Claimed), deputy("d"), What::Explain(blank.into()));
        assert_eq!(got.unwrap_err(), Refused::Blank);
        assert_eq!(take(road(State::Forwarded), of_unit("u"), What::Reply(blank.into())).unwrap_err(), Refused::Blank);
    }
    let long = What::Reply("长".repeat(2001));
    assert_eq!(take(road(State::Forwarded), of_unit("u"), long).unwrap_err(), Refused::TooLong);
}

#[test]
fn a_period_never_lies_in_the_past() {
    let what = What::Forward { main: unit("u"), joint: vec![], due: date(2026, 2, 28) };
    assert_eq!(take(road(State::Claimed), deputy("d"), what).unwrap_err(), Refused::Past);
}

#[test]
fn a_joint_unit_is_named_once_and_its_opinion_is_no_reply() {
    let (case, _) = take(road(State::Claimed), deputy("d"), forward("u", &["j", "u", "j"])).unwrap();
    assert_eq!(case.joint, [unit("j")]);
    let (case, actions) = take(case, of_unit("j"), What::Reply("同意。".into())).unwrap();
    assert_eq!((case.state, case.reply), (State::Forwarded, None));
    assert!(matches!(&actions[0], Action::Record(entry) if entry.kind == EntryKind::Joint));
}

#[test]
fn a_bad_rating_reopens_and_a_new_reply_is_needed() {
    let closed = road(State::Closed);
    let (case, actions) = take(closed, Actor::Villager, rate(Satisfaction::VeryBad, 6)).unwrap();
    assert_eq!((case.state, case.rounds, case.outcome, case.confirmed), (State::Reopened, 1, None, false));
    assert!(actions.contains(&Action::Announce(Notice::Reopened)));
    assert!(case.reply.is_some(), "a reply that was seen stays");
    assert_eq!(take(case.clone(), deputy("d"), What::Confirm).unwrap_err(), Refused::State);
    assert_eq!(take(case, deputy("d"), What::Close).unwrap_err(), Refused::State);
}

#[test]
fn an_older_answer_is_not_rated_and_one_answer_only_once() {
    let closed = road(State::Closed);
    let old = closed.settled - 1;
    assert_eq!(take(closed, Actor::Villager, rate(Satisfaction::Bad, old)).unwrap_err(), Refused::OldAnswer);
    let rated = road(State::Rated);
    assert_eq!(take(rated, Actor::Villager, rate(Satisfaction::Bad, 99)).unwrap_err(), Refused::State);
}

#[test]
fn whoever_takes_over_confirms_anew() {
    let (case, _) = take(road(State::Confirmed), county(), What::HandOver(person("e"))).unwrap();
    assert_eq!((case.state, case.confirmed), (State::Answered, false));
    assert!(take(case, deputy("e"), What::Confirm).is_ok());
}

fn any_event() -> impl Strategy<Value = Event> {
    let actor = prop_oneof![
        Just(deputy("d")),
        Just(deputy("e")),
        Just(of_unit("u")),
        Just(of_unit("v")),
        Just(county()),
        Just(Actor::Officer(person("o"))),
        Just(Actor::Villager),
    ];
    let what = prop_oneof![
        3 => Just(What::Claim),
        1 => Just(What::HandOver(person("e"))),
        3 => Just(forward("u", &["v"])),
        1 => Just(forward("v", &[])),
        3 => Just(What::Reply("好。".into())),
        1 => Just(What::Reply("  ".into())),
        3 => Just(What::Confirm),
        3 => Just(What::Close),
        1 => Just(What::Explain("没有资金。".into())),
        1 => Just(What::Explain(String::new())),
        2 => (1..=5u8, 0..40u64).prop_map(|(s, r)| rate(Satisfaction::try_from(s).unwrap(), r)),
    ];
    (actor, what).prop_map(|(by, what)| Event { by, what })
}

proptest! {
    #[test]
    fn no_order_of_steps_closes_without_a_reply_or_takes_anything_away(
        events in proptest::collection::vec(any_event(), 0..160)
    ) {
        let (mut case, mut actions) = Case::received(Timestamp::UNIX_EPOCH);
        let mut entries = 0;
        let mut replies = 0;
        let mut confirmed_since_reply = false;
        for event in events {
            for action in actions.drain(..) {
                if let Action::Record(entry) = action {
                    entries += 1;
                    prop_assert_eq!(entry.revision, entries, "numbers follow one another");
                    if entry.kind == EntryKind::State && entry.state == State::Answered {
                        replies += 1;
                        confirmed_since_reply = false;
                    }
                    if entry.state == State::Confirmed {
                        confirmed_since_reply = true;
                    }
                    if entry.state == State::Reopened && entry.kind == EntryKind::State {
                        confirmed_since_reply = false;
                    }
                    if entry.state == State::Closed {
                        prop_assert!(replies > 0 && confirmed_since_reply);
                    }
                    if entry.state == State::Declined {
                        prop_assert!(entry.text.as_ref().is_some_and(|t| !t.trim().is_empty()));
                    }
                }
            }
            let before = case.clone();
            match step(case, event, Timestamp::UNIX_EPOCH, date(2026, 3, 1)) {
                Ok((next, todo)) => {
                    prop_assert!(next.revision > before.revision);
                    prop_assert!(before.reply.is_none() || next.reply.is_some());
                    prop_assert!(next.rounds >= before.rounds);
                    let settled = matches!(next.state, State::Closed | State::Declined | State::Rated);
                    prop_assert_eq!(settled, next.outcome.is_some());
                    prop_assert!(next.outcome != Some(Outcome::Closed) || next.reply.is_some() && next.confirmed);
                    prop_assert!(todo.contains(&Action::Publish));
                    case = next;
                    actions = todo;
                }
                Err(_) => case = before,
            }
        }
    }
}
