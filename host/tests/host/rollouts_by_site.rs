//! Rollouts over the tree of sites: waves of a subtree, windows in a site's own time.

use host::clock::Clock;
use host::fleet::{
    NewRollout,
    rollout::{Policy, Selector, Start, Window},
    sites::{Code, List},
};
use jiff::{civil::time, tz::TimeZone};

use crate::{
    rollouts::{World, plan, policy},
    store::{number, on_each_database},
};

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// Terminals 1 and 3 stand under `A`, 2 and 4 at `B`.
async fn placed(world: &World) {
    let list = "code,name,parent,zone\nA,甲镇,,Asia/Urumqi\nA-1,甲镇一村,A,\nA-2,甲镇二村,A,Asia/Tokyo\nB,乙镇,,\n";
    world.fleet.import_sites(&List::read(list.as_bytes()).unwrap(), false).await.unwrap();
    for (terminal, site) in [(1, "A-1"), (2, "B"), (3, "A-2"), (4, "B")] {
        world.fleet.move_terminal(number(terminal), &code(site), "").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_of_a_site_takes_what_stands_under_it_and_who_comes_there_later() {
    on_each_database(async |fleet, clock| {
        let world = World::new(fleet, clock, 4).await;
        placed(&world).await;
        let waves =
            vec![(Selector::Sites(["A".to_owned()].into()), Start::AfterFormer), (Selector::Rest, Start::AfterFormer)];
        let made = world.fleet.roll_out(NewRollout { waves, ..plan(2) }).await.unwrap();
        let wave = |terminal: u32| made.rollout.members[&number(terminal)].wave;
        assert_eq!([1, 2, 3, 4].map(wave), [0, 1, 0, 1]);
        let newcomer = world.newcomer().await;
        world.fleet.move_terminal(newcomer, &code("A-2"), "").await.unwrap();
        world.fleet.move_rollouts(jiff::Timestamp::MIN).await.unwrap();
        assert_eq!(world.shown(1).await.rollout.members[&newcomer].wave, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_opens_in_the_time_of_a_terminals_site_or_of_the_nearest_above_it_that_has_one() {
    on_each_database(async |fleet, clock| {
        let mut world = World::new(fleet, clock, 4).await;
        placed(&world).await;
        let window = Some(Window::new(time(2, 0, 0, 0), 60).unwrap());
        let waves = vec![(Selector::Rest, Start::AfterFormer)];
        world.fleet.roll_out(NewRollout { policy: Policy { window, ..policy() }, waves, ..plan(2) }).await.unwrap();
        let tomorrow = world.clock.now().to_zoned(TimeZone::UTC).date().tomorrow().unwrap();
        let at = async |world: &mut World, hour: i8| {
            let instant = tomorrow.at(hour, 15, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
            world.clock.turn(instant.duration_since(world.clock.now()));
            [world.reports(1).await, world.reports(2).await, world.reports(3).await].map(|shown| shown.is_some())
        };
        // A quarter past two in Tokyo (UTC+9), Shanghai (UTC+8, the rollout's own) and Urumqi (UTC+6).
        assert_eq!(at(&mut world, 17).await, [false, false, true]);
        assert_eq!(at(&mut world, 18).await, [false, true, false]);
        assert_eq!(at(&mut world, 20).await, [true, false, false]);
        assert_eq!(at(&mut world, 21).await, [false, false, false]);
    })
    .await;
}
