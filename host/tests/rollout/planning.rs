//! Which terminal is in which wave.

use std::collections::{BTreeMap, BTreeSet};

use host::fleet::rollout::{NotAPlan, WAVES_MAX, order};
use proptest::prelude::*;

use super::*;

fn plan(waves: Vec<Selector>, seed: u8, targets: &[Target]) -> Result<Rollout, NotAPlan> {
    let waves = waves.into_iter().map(|selector| (selector, Start::AfterFormer)).collect();
    Rollout::plan(who("maker"), (release("2"), release("1")), policy(), waves, Seed([seed; 16]), targets)
}

fn waves_of(rollout: &Rollout) -> BTreeMap<TerminalNumber, usize> {
    rollout.members.iter().map(|(terminal, member)| (*terminal, member.wave)).collect()
}

fn group(numbers: impl IntoIterator<Item = u32>) -> Selector {
    Selector::Group(numbers.into_iter().map(terminal).collect())
}

fn sites(names: &[&str]) -> Selector {
    Selector::Sites(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Two terminals in each site.
fn pairs(count: u32) -> Vec<Target> {
    (1..=count).map(|number| target(number, number / 2, Proof::Proved)).collect()
}

#[test]
fn a_terminal_is_in_the_first_wave_that_names_it() {
    let targets: Vec<_> = (1..=10).map(|number| target(number, number, Proof::Proved)).collect();
    let waves = vec![group([1, 2]), sites(&["s2", "s3"]), Selector::Percent(50), Selector::Rest];
    let planned = waves_of(&plan(waves, 1, &targets).unwrap());
    assert_eq!([1, 2, 3].map(|number| planned[&terminal(number)]), [0, 0, 1]);
    let sizes = [0, 1, 2, 3].map(|wave| planned.values().filter(|at| **at == wave).count());
    assert_eq!(sizes, [2, 1, 4, 3], "half of the seven that nobody names, rounded up");
}

#[test]
fn a_plan_that_can_not_be_kept_is_refused_with_the_field() {
    use Selector::{Percent, Rest};
    let targets: Vec<_> = (1..=10).map(|number| target(number, number, Proof::Proved)).collect();
    let cases = [
        (vec![], "waves: expected 1 to 20, found 0"),
        (vec![Rest; WAVES_MAX + 1], "waves: expected 1 to 20, found 21"),
        (vec![Percent(10)], "waves[0]: expected `rest`"),
        (vec![Rest, Rest], "waves[0]: expected `rest`"),
        (vec![Percent(0), Rest], "waves[0].percent"),
        (vec![Percent(60), Percent(40), Rest], "waves[1].percent"),
        (vec![group([1]), group([1]), Rest], "waves[1]: expected one terminal"),
        (vec![sites(&["nowhere"]), Rest], "waves[0]: expected one terminal"),
        (vec![group([1, 11]), Rest], "waves[0].group: terminal 00011"),
    ];
    for (waves, expected) in cases {
        let told = plan(waves, 1, &targets).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{told}");
    }
    let twice = [targets[0].clone(), targets[0].clone()];
    assert_eq!(plan(vec![Rest], 1, &twice), Err(NotAPlan::Twice(terminal(1))));
    let same = (release("1"), release("1"));
    let waves = vec![(Rest, Start::ByHand)];
    assert_eq!(Rollout::plan(who("maker"), same, policy(), waves, Seed([1; 16]), &targets), Err(NotAPlan::SameRelease));
}

#[test]
fn a_site_has_a_second_terminal_in_a_wave_only_where_all_sites_have_one() {
    let targets = pairs(41);
    let in_first = |share| {
        let planned = plan(vec![Selector::Percent(share), Selector::Rest], 3, &targets).unwrap();
        let first: Vec<_> = targets.iter().filter(|t| planned.members[&t.terminal].wave == 0).collect();
        let sites: BTreeSet<_> = first.iter().map(|t| t.site.clone()).collect();
        (first.len(), sites.len())
    };
    assert_eq!(in_first(25), (11, 11));
    assert_eq!(in_first(50), (21, 21), "all 21 sites");
    assert_eq!(in_first(75), (31, 21));
}

#[test]
fn another_seed_is_another_order() {
    let targets = pairs(40);
    let first = order(&Seed([1; 16]), &targets);
    assert_ne!(first, order(&Seed([2; 16]), &targets));
    assert_ne!(first, targets.iter().collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn neither_the_order_of_the_list_nor_who_is_added_changes_who_comes_first(
        numbers in prop::collection::btree_set(1..5_000_u32, 1..60),
        added in prop::collection::btree_set(5_000..9_000_u32, 0..20),
        seed in any::<[u8; 16]>(),
    ) {
        let seed = Seed(seed);
        let targets: Vec<_> = numbers.iter().map(|number| target(*number, number % 7, Proof::Proved)).collect();
        let reversed: Vec<_> = targets.iter().rev().cloned().collect();
        let before = order(&seed, &targets);
        prop_assert_eq!(&before, &order(&seed, &reversed));
        let mut more = reversed;
        more.extend(added.iter().map(|number| target(*number, number % 7, Proof::Proved)));
        let with = order(&seed, &more);
        let kept: Vec<_> = with.into_iter().filter(|t| numbers.contains(&t.terminal.get())).collect();
        prop_assert_eq!(before, kept);
    }

    #[test]
    fn every_terminal_is_in_exactly_one_wave_and_the_same_list_gives_the_same_waves(
        numbers in prop::collection::btree_set(1..5_000_u32, 3..60),
        seed in any::<u8>(),
    ) {
        let targets: Vec<_> = numbers.iter().map(|number| target(*number, number % 11, Proof::Proved)).collect();
        let reversed: Vec<_> = targets.iter().rev().cloned().collect();
        let waves = || vec![Selector::Percent(1), Selector::Percent(30), Selector::Rest];
        let planned = plan(waves(), seed, &targets).unwrap();
        prop_assert_eq!(planned.members.len(), targets.len());
        prop_assert_eq!(planned, plan(waves(), seed, &reversed).unwrap());
    }
}
