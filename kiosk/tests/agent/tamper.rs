//! An opened case: what becomes of the terminal's key, whoever was down or killed meanwhile, and what the host is told.

use std::{fs, sync::Arc, time::Duration};

use kiosk::{
    control::{Board, Control},
    durable,
    fleet::IdentityError,
    tamper::Seen,
};
use tokio::{sync::Notify, time::timeout};

use crate::{device::Device, program::Agent, scripted_host::ScriptedHost, terminal::in_order};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_opened_case_costs_the_key_where_the_settings_say_so_and_nothing_else() {
    let host = ScriptedHost::start(in_order).await;
    for wipes in [false, true] {
        let device = Device::new(&host, wipes);
        device.settle();
        assert!(device.has_key(), "a closed case costs nothing");
        device.saw(Seen::Opened);
        let tamper = device.settle();
        assert_eq!(device.has_key(), !wipes);
        assert_eq!((tamper.report(true).openings, tamper.report(true).key_wiped_at), (1, wipes.then_some(1)));
        device.takes_a_suggestion();
        if wipes {
            let left = device.key_files();
            assert!(left.iter().all(|path| path.ends_with("wiped")), "{left:?}");
            assert!(matches!(device.identities().request(), Err(IdentityError::Wiped)), "this file gives no other key");
        }
    }
}

#[tokio::test]
async fn killed_between_the_journal_and_the_wipe_or_in_the_middle_of_it_the_next_start_wipes() {
    let host = ScriptedHost::start(in_order).await;
    // Between the journal and the mark.
    let device = Device::new(&host, true);
    device.settle();
    device.saw(Seen::Opened);
    assert!(device.has_key());
    device.settle();
    assert!(!device.has_key() && device.key_files().len() == 1);

    // Between the mark and the key: the key lies there, and nobody uses it.
    let device = Device::new(&host, true);
    device.saw(Seen::Opened);
    let folder = device.key_files()[0].parent().unwrap().to_owned();
    durable::write(&folder.join("wiped"), b"", 0o644).unwrap();
    assert!(folder.join("key.pem").exists() && !device.has_key());
    device.settle();
    assert!(!folder.join("key.pem").exists() && !folder.join("certificate.pem").exists());

    // Between the key and the account: wiped once more, which finds nothing.
    fs::remove_file(device.config.case_told_path()).unwrap();
    assert_eq!(device.settle().report(true).key_wiped_at, Some(1));
}

#[tokio::test]
async fn an_opening_from_before_the_setting_costs_nothing_and_a_new_enrolment_file_a_new_key() {
    let host = ScriptedHost::start(in_order).await;
    let mut device = Device::new(&host, false);
    device.saw(Seen::Opened);
    device.settle();
    device.saw(Seen::Closed);
    device.config.wipe_key_on_tamper = true;
    device.settle();
    assert!(device.has_key(), "it was settled while the settings did not ask for it");

    device.saw(Seen::Opened);
    device.settle();
    assert!(!device.has_key());
    device.enrolment.token = "another".into();
    let certificate = host.authority.sign(&device.identities().request().unwrap(), 1, 90);
    device.identities().keep(&certificate).unwrap();
    device.saw(Seen::Closed);
    assert_eq!(device.settle().report(true).openings, 2);
    assert!(device.has_key(), "the opening that cost the former key does not cost this one");
}

#[tokio::test]
async fn openings_are_told_until_the_host_has_them_and_repeated_ones_are_counted() {
    let host = ScriptedHost::start(in_order).await;
    let device = Device::new(&host, false);
    let tamper = device.settle();
    assert!(!tamper.is_untold() && tamper.report(true).open == Some(false));
    for _ in 0..12 {
        // Each by a run of its own, which writes it at once.
        device.saw(Seen::Opened);
        device.saw(Seen::Closed);
    }
    let report = tamper.report(true);
    let numbers: Vec<u64> = report.new.iter().map(|opening| opening.number).collect();
    assert!(tamper.is_untold() && report.openings == 12 && report.open == Some(false));
    assert_eq!(numbers, (5..=12).collect::<Vec<u64>>(), "the newest are named, all are counted");
    assert_eq!(report.new[0].boot, device.clock.boot());
    tamper.told(report.journal, 11);
    assert!(tamper.is_untold() && tamper.report(true).new.len() == 1);
    tamper.told(report.journal, 12);
    assert!(!tamper.is_untold() && tamper.report(true).new.is_empty() && tamper.report(true).openings == 12);
    assert!(!device.settle().is_untold(), "over restarts too");
}

#[tokio::test]
async fn a_journal_that_was_begun_anew_hides_no_opening_from_the_host_and_saves_no_key() {
    let host = ScriptedHost::start(in_order).await;
    for wipes in [false, true] {
        let mut device = Device::new(&host, false);
        for _ in 0..5 {
            device.saw(Seen::Opened);
            device.saw(Seen::Closed);
        }
        let former = device.settle().report(true);
        device.settle().told(former.journal, 5);
        assert!(former.journal.is_some() && !device.settle().is_untold());
        fs::remove_file(device.config.case_journal_path()).unwrap();
        device.config.wipe_key_on_tamper = wipes;
        let unknown = device.settle().report(true);
        assert_eq!((unknown.journal, unknown.openings, unknown.open), (former.journal, 5, None), "no journal, no news");
        assert!(device.has_key());

        device.saw(Seen::Stands { open: false });
        device.saw(Seen::Opened);
        let tamper = device.settle();
        let report = tamper.report(true);
        assert!(report.journal.is_some() && report.journal != former.journal);
        assert_eq!((tamper.is_untold(), report.openings, report.new.len()), (true, 1, 1));
        assert_eq!(device.has_key(), !wipes);
    }
}

#[tokio::test]
async fn a_wipe_goes_through_all_that_it_can_and_overwrites_where_no_mark_can_be_written() {
    let host = ScriptedHost::start(in_order).await;
    let device = Device::new(&host, true);
    device.settle();
    let folder = device.key_files()[0].parent().unwrap().to_owned();
    let stray = folder.parent().unwrap().join("key.pem.copy");
    durable::write(&stray, b"a copy", 0o600).unwrap();
    // A folder where the mark is written first.
    fs::create_dir(folder.join("wiped.new")).unwrap();
    device.saw(Seen::Opened);
    let tamper = device.settle();
    for path in [&folder.join("key.pem"), &folder.join("certificate.pem"), &stray] {
        assert!(fs::read(path).unwrap().iter().all(|byte| *byte == 0), "{}", path.display());
    }
    assert!(!device.has_key() && matches!(device.identities().request(), Err(IdentityError::Wiped)));
    assert!(tamper.is_untold() && tamper.report(true).key_wiped_at.is_none(), "it is not done yet");

    fs::remove_dir(folder.join("wiped.new")).unwrap();
    let seen = Notify::new();
    seen.notify_one();
    timeout(PATIENCE, tamper.until_unsettled(&seen)).await.expect("it is tried again");
    assert!(!stray.exists() && device.settle().report(true).key_wiped_at == Some(1));
    assert!(device.key_files().iter().all(|path| path.ends_with("wiped")));
}

#[tokio::test]
async fn while_the_agent_runs_an_opening_is_settled_at_once_and_without_kiosks_word_soon() {
    let host = ScriptedHost::start(in_order).await;
    for says_so in [true, false] {
        let device = Device::new(&host, true);
        let (tamper, seen) = (device.settle(), Notify::new());
        let unsettled = timeout(PATIENCE, tamper.until_unsettled(&seen));
        let opens = async {
            device.saw(Seen::Opened);
            if says_so {
                seen.notify_one();
            }
        };
        tokio::join!(unsettled, opens).0.expect("it is seen");
        assert!(device.has_key(), "the one who wires the parts anew wipes");
    }
}

#[tokio::test]
async fn the_program_wipes_the_key_before_it_shows_it_to_anybody_when_it_starts_and_when_it_runs() {
    let host = ScriptedHost::start(in_order).await;
    let certified = |host: &ScriptedHost| host.seen().iter().filter(|request| request.certified).count();
    // The agent was down when the case was opened.
    let device = Device::new(&host, true);
    device.takes_a_suggestion();
    device.saw(Seen::Opened);
    let agent = Agent::start(&device.config_path);
    // What time it is is asked without a certificate, behind the wipe.
    host.until(|seen| !seen.is_empty()).await;
    assert!(!device.has_key() && device.key_files().len() == 1);
    assert_eq!(certified(&host), 0);
    drop(agent);

    // It runs, and is in contact.
    let device = Device::new(&host, true);
    device.takes_a_suggestion();
    let board = Arc::new(Board::new(device.clock.wall(), "test"));
    let path = device.config.control_path();
    let control = Control::start(&path, Arc::clone(&device.clock), board, |_| {}).unwrap();
    let _agent = Agent::start(&device.config_path);
    host.until(|seen| seen.iter().any(|request| request.event().is_some() && request.certified)).await;
    device.saw(Seen::Opened);
    control.case_seen();
    let gone = async {
        while device.has_key() || device.key_files().len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the key is wiped");
    device.takes_a_suggestion();
}
