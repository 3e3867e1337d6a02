//! The first contact of terminals whose clock nobody set, with the real host: they enrol and deliver, and the labels say
//! how far the time is to be trusted.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod queue_support;
#[path = "support/real_host.rs"]
mod real_host;

use std::{sync::Arc, time::Duration};

use kiosk::{
    backoff::dice,
    clock::{Clock, SystemClock, TrustedClock},
    fleet::{Fleet, IdentityStore, TimeKeeper},
    forwarder::{answer::Outcome, county::County},
    https::HostDate,
    queue::{Queue, QueueSettings},
    seal::Sealer,
};
use queue_support::{Turned, draft};
use real_host::HostFolder;
use rusqlite::{Connection, OpenFlags};
use tokio::{sync::Notify, sync::watch, time::timeout};
use wire::event::{self, ClockQuality, WallTime};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where clocks stand that nobody set: at the epoch, at a board's default, beyond 31 bits of seconds, beyond 32.
const NOBODY_SET: [&str; 4] =
    ["1970-01-01T00:00:09Z", "2000-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "2106-02-07T06:28:16Z"];

#[tokio::test]
async fn a_terminal_whose_clock_nobody_set_enrols_and_delivers_at_its_first_contact() {
    let data = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&data.path().join("data"));
    let _running = host.start();
    for at in NOBODY_SET {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("enrolment.json");
        let enrolment = host.add_terminal(&file);
        let turned = Turned::new();
        turned.jump_to(at, ClockQuality::Unset);
        let clock: Arc<dyn Clock> = turned;

        let settings = QueueSettings { terminal: enrolment.terminal, first_generation: Some(1), witnesses: Vec::new() };
        let mut queue = Queue::open(&folder.path().join("queue.sqlite"), settings, Arc::clone(&clock)).unwrap();
        let sealer = Sealer::new(&enrolment.county_keys).unwrap();
        let one = queue.submit(&draft("村口的路坏了。"), &sealer).unwrap();
        assert!(!one.wall.quality.shows_a_day(), "no page and no receipt shows a day");

        let store = IdentityStore::open(folder.path(), &enrolment).unwrap();
        let (url, date) = (enrolment.county_url.clone(), Arc::new(HostDate::default()));
        let fleet = Fleet::new(&file, enrolment, store, Arc::clone(&clock), Arc::clone(&date), dice()).unwrap();
        let clients = fleet.clients();
        let (known, mut identities) = watch::channel(None);
        let identity = tokio::select! {
            () = fleet.keep_enrolled(known, Arc::new(Notify::new())) => panic!("it never ends"),
            known = timeout(PATIENCE, identities.wait_for(Option::is_some)) => known.unwrap().unwrap().clone(),
        };
        let county = County::new(clients.client(identity.as_ref()).unwrap(), &url, clock, date);

        let waiting = queue.forward_batch(9).unwrap();
        let Outcome::Delivered { ledger } = county.put(&waiting[0]).await else { panic!("{at}: not delivered") };
        queue.delivered(&[one.event], ledger).unwrap();

        let kept =
            Connection::open_with_flags(host.data.join("county.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let bytes: Vec<u8> =
            kept.query_row("SELECT bytes FROM event WHERE id = ?1", [one.event.to_string()], |row| row.get(0)).unwrap();
        let (header, _) = event::split(&bytes).unwrap();
        assert_eq!((header.wall.at, header.wall.quality), (at.parse().unwrap(), ClockQuality::Unset));
        let said: Option<i64> = kept
            .query_row("SELECT said FROM ticket_case WHERE ticket = ?1", [one.ticket.to_string()], |row| row.get(0))
            .unwrap();
        assert_eq!(said, None, "the county shows no day that nobody knew");
    }
}

/// A clock that nobody set, and one with a battery that somebody set wrong: by it every certificate has expired.
const WRONG: [(&str, ClockQuality); 3] = [
    ("1970-01-01T00:00:09Z", ClockQuality::Unset),
    ("2038-01-19T03:14:08Z", ClockQuality::Unset),
    ("2038-01-19T03:14:08Z", ClockQuality::Kept),
];

#[tokio::test]
async fn after_its_first_contact_a_terminal_goes_by_the_hosts_time() {
    let data = tempfile::tempdir().unwrap();
    let host = HostFolder::new(&data.path().join("data"));
    let _running = host.start();
    for (at, quality) in WRONG {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("enrolment.json");
        let enrolment = host.add_terminal(&file);
        let turned = Turned::new();
        turned.jump_to(at, quality);
        let path = folder.path().join("time.json");
        let trusted = Arc::new(TrustedClock::start(turned.clone(), &path));
        let clock: Arc<dyn Clock> = Arc::clone(&trusted) as Arc<dyn Clock>;

        let store = IdentityStore::open(folder.path(), &enrolment).unwrap();
        let (fleet_url, county_url) = (enrolment.fleet_url.clone(), enrolment.county_url.clone());
        let settings = QueueSettings { terminal: enrolment.terminal, first_generation: Some(1), witnesses: Vec::new() };
        let sealer = Sealer::new(&enrolment.county_keys).unwrap();
        let date = Arc::new(HostDate::default());
        let fleet = Fleet::new(&file, enrolment, store, Arc::clone(&clock), Arc::clone(&date), dice()).unwrap();
        let clients = fleet.clients();
        let keeper = TimeKeeper::new(clients.clone(), &fleet_url, Arc::clone(&trusted), dice());
        let (known, mut identities) = watch::channel(None);
        let (told, mut tells) = watch::channel(false);
        let both = async {
            tells.wait_for(|told| *told).await.unwrap();
            identities.wait_for(Option::is_some).await.unwrap().clone()
        };
        let identity = tokio::select! {
            () = keeper.keep(move || told.send_modify(|is_told| *is_told = true)) => panic!("it never ends"),
            () = fleet.keep_enrolled(known, Arc::new(Notify::new())) => panic!("it never ends"),
            both = timeout(PATIENCE, both) => both.unwrap(),
        };

        // The host is of this machine, and so its time.
        let right = |shown: WallTime| {
            let off = SystemClock::start().wall().at.duration_since(shown.at).unsigned_abs();
            shown.quality == ClockQuality::Host && off <= PATIENCE
        };
        assert!(right(clock.wall()), "{at}: {:?}", clock.wall());
        let mut queue = Queue::open(&folder.path().join("queue.sqlite"), settings, Arc::clone(&clock)).unwrap();
        let one = queue.submit(&draft("村口的路坏了。"), &sealer).unwrap();
        assert!(right(one.wall), "what the page and the receipt show: {:?}", one.wall);

        let county = County::new(clients.client(identity.as_ref()).unwrap(), &county_url, clock, date);
        let waiting = queue.forward_batch(9).unwrap();
        assert!(matches!(county.put(&waiting[0]).await, Outcome::Delivered { .. }), "{at} {quality:?}");

        // What the next start finds, whatever its clock shows by then.
        let next = Turned::new();
        next.jump_to(at, ClockQuality::Unset);
        let next = TrustedClock::start(next, &path);
        assert_eq!(next.trusted(), trusted.trusted());
        assert!(!next.wall().quality.shows_a_day(), "another boot");
    }
}
