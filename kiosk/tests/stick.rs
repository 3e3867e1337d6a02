//! The backlog on a stick: what lies there is what the queue holds, and the queue holds it still. The stick is another
//! file system than the terminal's own (`/dev/shm`).
#![expect(clippy::unwrap_used, reason = "tests")]

mod queue_support;
mod stick_support;

use std::{fs, sync::Arc};

use kiosk::{
    clock::Clock,
    stick::{Export, NotExported, NotSigned, Signature},
};
use queue_support::{County, Place, draft};
use stick_support::{Signer, parcels, whole_parcel};
use uuid::Uuid;
use wire::stick::{EVENTS_MAX, parcel_name};

/// A place with a stick beside it.
struct Station {
    place: Place,
    county: County,
    signer: Signer,
    stick: tempfile::TempDir,
}

impl Station {
    fn new() -> Self {
        let stick = tempfile::tempdir_in("/dev/shm").expect("every Linux has a file system in memory there");
        let (place, county) = (Place::new(), County::new());
        drop(place.open());
        Self { place, county, signer: Signer::new(), stick }
    }

    fn submit(&self, events: u32) -> Vec<Uuid> {
        let mut queue = self.place.open();
        (0..events).map(|n| queue.submit(&draft(&format!("第{n}件事")), &self.county.sealer).unwrap().event).collect()
    }

    fn export_with(
        &self,
        sign: &mut dyn FnMut([u8; 32]) -> Result<Signature, NotSigned>,
        progress: &mut dyn FnMut(u32, u32),
    ) -> Result<u32, NotExported> {
        let (queue, clock) = (self.place.path(), Arc::clone(&self.place.clock) as Arc<dyn Clock>);
        let data = self.place.folder.path();
        Export { stick: self.stick.path(), data, queue: &queue, clock: &clock }.run(sign, progress)
    }

    fn export(&self) -> Result<u32, NotExported> {
        self.export_with(&mut |digest| Ok(self.signer.sign(digest)), &mut |_, _| {})
    }
}

#[test]
fn the_stick_holds_every_event_that_was_not_acknowledged_and_the_queue_holds_them_still() {
    let station = Station::new();
    let said = station.submit(5);
    let ledger = Uuid::from_u128(9);
    {
        let mut queue = station.place.attach();
        queue.delivered(&said[..1], ledger).unwrap();
        queue.refused(said[1], "answered 422").unwrap();
        queue.conflicted(said[2]).unwrap();
    }
    let mut steps = Vec::new();
    let sign = &mut |digest| Ok(station.signer.sign(digest));
    assert_eq!(station.export_with(sign, &mut |done, of| steps.push((done, of))).unwrap(), 4);
    assert_eq!(steps, [(4, 4)]);
    let (manifest, events) = whole_parcel(&parcels(station.stick.path())[0], &station.signer);
    assert_eq!((manifest.terminal.to_string().as_str(), manifest.ledger), ("00613", Some(ledger)));
    assert_eq!(manifest.events.iter().map(|listed| listed.id).collect::<Vec<_>>(), said[1..]);
    let queue = station.place.attach();
    for (id, bytes) in events {
        assert_eq!(queue.event_bytes(id).unwrap(), Some(bytes), "byte for byte");
    }
    let depth = queue.depth().unwrap();
    assert_eq!((depth.waiting, depth.dead), (2, 2), "nothing left the queue and nothing was acknowledged");
    assert!(!queue_support::holds(
        &fs::read(parcels(station.stick.path())[0].join("manifest.json")).unwrap(),
        "第".as_bytes()
    ));
}

#[test]
fn every_export_is_a_parcel_of_its_own_and_an_unfinished_one_makes_room() {
    let station = Station::new();
    station.submit(2);
    station.export().unwrap();
    let lianxin = station.stick.path().join("lianxin");
    let (left, others) = (lianxin.join("00613-7"), lianxin.join("00614-1"));
    for folder in [&left, &others] {
        fs::create_dir(folder).unwrap();
        fs::File::create(folder.join(Uuid::nil().to_string())).unwrap();
    }
    station.submit(1);
    assert_eq!(station.export().unwrap(), 3);
    let names = |n| lianxin.join(parcel_name(station.place.settings().terminal, n));
    assert!(!left.exists() && others.exists(), "another terminal's is not ours to remove");
    assert_eq!(whole_parcel(&names(1), &station.signer).1.len(), 2);
    assert_eq!(whole_parcel(&names(2), &station.signer).1.len(), 3);
}

#[test]
fn a_backlog_beyond_one_parcel_goes_into_more_and_the_queue_is_free_meanwhile() {
    let station = Station::new();
    let most = u32::try_from(EVENTS_MAX).unwrap();
    {
        // Written as the queue writes them, in one transaction: five thousand syncs prove nothing here.
        station.submit(1);
        let file = rusqlite::Connection::open(station.place.path()).unwrap();
        let bytes: Vec<u8> = file.query_row("SELECT bytes FROM event", [], |row| row.get(0)).unwrap();
        let (header, body) = wire::event::split(&bytes).unwrap();
        file.execute_batch("BEGIN").unwrap();
        for seq in 1..=u64::from(most) {
            let header =
                wire::event::Header { id: Uuid::from_u128(seq.into()), seq: header.seq + seq, ..header.clone() };
            let bytes = wire::event::assemble(&header, body);
            let (seq, ticket) = (i64::try_from(header.seq).unwrap(), header.ticket.to_string());
            let sql = "INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, 'suggestion', ?4)";
            file.execute(sql, rusqlite::params![seq, header.id.as_bytes(), ticket, bytes]).unwrap();
            file.execute("INSERT INTO forward (event, state) VALUES (?1, 'pending')", [seq]).unwrap();
        }
        file.execute("UPDATE queue SET seq = seq + ?1", [most]).unwrap();
        file.execute_batch("COMMIT").unwrap();
    }
    let mut first = true;
    let mut progress = |_, of| {
        assert_eq!(of, most + 1);
        if std::mem::take(&mut first) {
            station.submit(1);
            // Whoever has to have the file alone gets it while the stick is written.
            let lock =
                fs::File::options().write(true).open(station.place.folder.path().join("queue.sqlite.lock")).unwrap();
            lock.try_lock().unwrap();
        }
    };
    let sign = &mut |digest| Ok(station.signer.sign(digest));
    assert_eq!(station.export_with(sign, &mut progress).unwrap(), most + 1, "what came later goes with the next one");
    let counts: Vec<usize> =
        parcels(station.stick.path()).iter().map(|parcel| whole_parcel(parcel, &station.signer).1.len()).collect();
    assert_eq!(counts, [EVENTS_MAX, 1]);
}

#[test]
fn what_keeps_the_backlog_off_the_stick_is_said_and_nothing_is_written() {
    let station = Station::new();
    assert_eq!(station.export().unwrap(), 0, "nothing waits");
    station.submit(1);
    for not_signed in [NotSigned::NotEnrolled, NotSigned::NoAgent] {
        let failed = station.export_with(&mut |_| Err(not_signed), &mut |_, _| panic!("nothing is written"));
        assert!(matches!(failed, Err(NotExported::NotSigned(why)) if why == not_signed));
    }
    assert_eq!(fs::read_dir(station.stick.path()).unwrap().count(), 0);
    let (queue, clock) = (station.place.path(), Arc::clone(&station.place.clock) as Arc<dyn Clock>);
    let data = station.place.folder.path();
    // A folder that nothing is mounted on lies on the terminal's own disk.
    let unmounted = data.join("stick");
    fs::create_dir(&unmounted).unwrap();
    for stick in [&unmounted, &data.join("missing"), &queue] {
        let export = Export { stick, data, queue: &queue, clock: &clock };
        let failed = export.run(&mut |digest| Ok(station.signer.sign(digest)), &mut |_, _| {});
        assert!(matches!(failed, Err(NotExported::NoStick(_))), "{}", stick.display());
    }
    assert_eq!(fs::read_dir(&unmounted).unwrap().count(), 0);
}
