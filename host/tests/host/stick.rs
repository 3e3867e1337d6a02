//! Sticks: what a terminal signed for is taken as the network's would be, the rest is kept apart and is no case.

mod desk;

use std::{fs, path::Path, sync::Arc};

use host::{
    fleet::{RENEW_LATE, Revocations},
    stick::{ImportError, Importer},
    tls::TerminalTrust,
};
use jiff::SignedDuration;
use rcgen::KeyPair;
use reqwest::StatusCode;
use uuid::Uuid;
use wire::{
    event::LARGEST_EVENT_MAX,
    stick::{FOLDER, MANIFEST, MANIFEST_MAX, VERSION},
};

use desk::{Desk, edit, put, signed};

use crate::support::Said;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_signed_for_is_taken_once_and_known_to_the_network_afterwards() {
    let desk = Desk::new().await;
    let said: Vec<Said> = (1..4).map(|n| desk.terminal.suggestion(n)).collect();
    assert_eq!(desk.terminal.put(&desk.host, &said[0]).await.status(), StatusCode::CREATED);
    let folder = desk.write(1, &[&said[0], &said[1], &said[2]]);
    for name in [".DS_Store", "Thumbs.db", "desktop.ini"] {
        put(&folder.join(name), b"of a system");
    }
    let taken = desk.import().await;
    assert_eq!((taken.new, taken.same, taken.other, taken.quarantine), (2, 1, 0, None));
    assert_eq!(taken.terminal, Some(desk.terminal.number.to_string()));
    let again = desk.import().await;
    assert_eq!((again.new, again.same, again.quarantine), (0, 3, None), "imported twice");
    for one in &said {
        assert_eq!(desk.terminal.put(&desk.host, one).await.status(), StatusCode::OK);
    }
    assert_eq!((desk.cases().await, desk.counted("SELECT COUNT(*) FROM alarm").await), (3, 0));
    assert_eq!(desk.counted("SELECT COUNT(*) FROM audit WHERE what = 'stick' AND outcome = 'taken'").await, 2);
    // The stick's folder lianxin, or one parcel, may be named as well.
    assert_eq!(desk.bring(&desk.stick.path().join(FOLDER)).await.unwrap(), std::slice::from_ref(&again));
    assert_eq!(desk.bring(&folder).await.unwrap(), [again]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_lies_before_its_suggestion_on_a_stick_joins_it() {
    let desk = Desk::new().await;
    let said = desk.terminal.suggestion(1);
    let recording = desk.terminal.recording(&said);
    desk.write(1, &[&recording]);
    assert_eq!(desk.import().await.new, 1);
    desk.write(2, &[&recording, &said]);
    let taken = desk.bring(&desk.parcel(2)).await.unwrap().remove(0);
    assert_eq!((taken.new, taken.same, taken.quarantine), (1, 1, None));
    let joined = "SELECT COUNT(*) FROM event WHERE kind = 'voice' AND status = 'applied' AND case_id IS NOT NULL";
    assert_eq!((desk.counted(joined).await, desk.cases().await), (1, 1));
    assert_eq!(desk.counted("SELECT COUNT(*) FROM alarm").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_under_a_known_id_are_kept_beside_the_first_as_the_networks_are() {
    let desk = Desk::new().await;
    let said = desk.terminal.suggestion(1);
    desk.terminal.put(&desk.host, &said).await;
    let mut bytes = said.bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    desk.write(1, &[&Said { bytes, ..said }]);
    for _ in 0..2 {
        let taken = desk.import().await;
        assert_eq!((taken.new, taken.other, taken.quarantine), (0, 1, None));
    }
    assert_eq!(desk.counted("SELECT COUNT(*) FROM conflict").await, 1);
    assert_eq!(desk.counted("SELECT COUNT(*) FROM alarm WHERE kind = 'conflict'").await, 1);
    assert_eq!(desk.cases().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_taken_for_as_long_as_it_could_be_renewed() {
    let desk = Desk::new().await;
    desk.write(1, &[&desk.terminal.suggestion(1)]);
    desk.host.clock.turn(SignedDuration::from_hours(24 * 480));
    assert_eq!(desk.import().await.new, 1);
    desk.write(2, &[&desk.terminal.suggestion(2)]);
    desk.host.clock.turn(SignedDuration::from_hours(24 * 30));
    let taken = desk.bring(&desk.parcel(2)).await.unwrap();
    assert!(taken[0].refused.as_deref().unwrap().contains("certificate"), "{taken:?}");
    assert_eq!((desk.kept().await[0].reason.as_str(), desk.cases().await), ("certificate", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_terminals_stick_is_kept_apart() {
    let desk = Desk::new().await;
    desk.write(1, &[&desk.terminal.suggestion(1)]);
    desk.host.fleet().await.revoke(desk.terminal.number).await.unwrap();
    desk.is_refused("revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_cards_stick_is_kept_apart() {
    let desk = Desk::new().await;
    desk.write(1, &[&desk.terminal.suggestion(1)]);
    let admitted = desk.host.fleet().await.readmit(desk.terminal.number).await.unwrap();
    let response = desk.host.enrol(&admitted, &KeyPair::generate().unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    desk.is_refused("replaced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_countys_terminal_is_kept_apart() {
    let (desk, elsewhere) = (Desk::new().await, Desk::new().await);
    elsewhere.write(1, &[&elsewhere.terminal.suggestion(1)]);
    fs::rename(elsewhere.stick.path().join(FOLDER), desk.stick.path().join(FOLDER)).unwrap();
    desk.is_refused("certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_manifest_is_kept_apart() {
    let desk = Desk::new().await;
    let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
    edit(&folder, |file| file.manifest = file.manifest.replace("suggestion", "contact"));
    desk.is_refused("signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_without_a_signature_is_kept_apart() {
    let desk = Desk::new().await;
    let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
    edit(&folder, |file| file.signature.clear());
    desk.is_refused("signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_terminals_signature_under_this_ones_certificate_is_kept_apart() {
    let desk = Desk::new().await;
    let other = desk.host.terminal().await;
    let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
    edit(&folder, |file| *file = signed(&other.key, &desk.terminal.certificate, &file.manifest));
    desk.is_refused("signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_signs_for_no_other() {
    let desk = Desk::new().await;
    let other = desk.host.terminal().await;
    let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
    edit(&folder, |file| *file = signed(&other.key, &other.certificate, &file.manifest));
    desk.is_refused("terminal").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_kept_apart() {
    let desk = Desk::new().await;
    fs::create_dir_all(desk.parcel(1)).unwrap();
    let taken = desk.is_refused("empty").await;
    assert!(taken.refused.unwrap().contains("taken out before"));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_without_a_manifest_are_kept_apart_byte_for_byte_and_only_once() {
    let desk = Desk::new().await;
    let said = desk.terminal.suggestion(1);
    // Pulled out half way.
    put(&desk.parcel(1).join(said.id.to_string()), &said.bytes);
    desk.is_refused("no_manifest").await;
    assert_eq!(desk.import().await.quarantine, Some(desk.kept().await[0].number));
    assert_eq!((desk.kept().await.len(), desk.counted("SELECT COUNT(*) FROM alarm").await), (1, 1));
    let archive = desk.county().await.1.quarantined_archive(1).await.unwrap();
    let mut entries = tar::Archive::new(archive.as_slice());
    let mut entry = entries.entries().unwrap().next().unwrap().unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
    assert_eq!(
        (entry.path().unwrap().file_name().unwrap().to_str(), bytes),
        (Some(&*said.id.to_string()), said.bytes.clone())
    );
    // The same event by the network is what it always was.
    assert_eq!(desk.terminal.put(&desk.host, &said).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_with_a_path_in_place_of_an_id_is_kept_apart() {
    let desk = Desk::new().await;
    let said = desk.terminal.suggestion(1);
    let folder = desk.write(1, &[&said]);
    edit(&folder, |file| {
        let text = file.manifest.replace(&said.id.to_string(), "../../county.sqlite");
        *file = signed(&desk.terminal.key, &file.certificate, &text);
    });
    desk.is_refused("manifest").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_none_or_is_huge_is_kept_apart() {
    for (bytes, reason) in [(b"{}".to_vec(), "manifest"), (vec![b' '; MANIFEST_MAX + 1], "too_much")] {
        let desk = Desk::new().await;
        let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
        put(&folder.join(MANIFEST), &bytes);
        desk.is_refused(reason).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_a_newer_terminal_waits_for_a_newer_host() {
    let desk = Desk::new().await;
    let folder = desk.write(1, &[&desk.terminal.suggestion(1)]);
    edit(&folder, |file| file.v = VERSION + 1);
    let taken = desk.is_refused("manifest").await;
    assert!(taken.refused.unwrap().contains("newer host"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_a_missing_and_an_unlisted_event_are_kept_apart_and_cost_the_others_nothing() {
    let desk = Desk::new().await;
    let said: Vec<Said> = (1..8).map(|n| desk.terminal.suggestion(n)).collect();
    let folder = desk.write(1, &said.iter().take(6).collect::<Vec<_>>());
    let at = |n: usize| folder.join(said[n].id.to_string());
    put(&at(0), &said[0].bytes[..100]);
    let mut changed = said[1].bytes.clone();
    changed[200] ^= 1;
    put(&at(1), &changed);
    fs::remove_file(at(2)).unwrap();
    put(&at(3), &vec![b'x'; LARGEST_EVENT_MAX + 1]);
    // A link is not followed, wherever it leads.
    fs::remove_file(at(4)).unwrap();
    std::os::unix::fs::symlink(desk.host.data.path().join("county/keys/working.key"), at(4)).unwrap();
    put(&at(6), &said[6].bytes);

    let taken = desk.import().await;
    assert_eq!((taken.new, taken.same, taken.refused.as_ref()), (1, 0, None));
    let why = |n: usize| taken.spoiled.iter().find(|f| f.name == said[n].id.to_string()).unwrap().why.as_str();
    assert_eq!((why(0), why(1), why(2)), ("cut short", "not the bytes that were signed", "missing"));
    assert!(why(3).contains("bytes long") && why(4) == "not a plain file" && why(6) == "not in the manifest");
    assert_eq!((taken.spoiled.len(), desk.cases().await), (6, 1));
    let kept = desk.kept().await;
    assert_eq!((kept.len(), kept[0].reason.as_str(), kept[0].files), (1, "spoiled", 4), "manifest and three files");
    assert_eq!(kept[0].terminal, Some(desk.terminal.number.to_string()));
    let archive = desk.county().await.1.quarantined_archive(kept[0].number).await.unwrap();
    let key = fs::read(desk.host.data.path().join("county/keys/working.key")).unwrap();
    assert!(!archive.windows(key.len()).any(|window| window == key));
    for one in &said {
        let status = desk.terminal.put(&desk.host, one).await.status();
        assert_eq!(status == StatusCode::OK, one.id == said[5].id, "nothing else of it was taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_event_that_the_intake_refuses_is_kept_apart_by_its_reason() {
    let desk = Desk::new().await;
    let other = desk.host.terminal().await;
    let (own, others) = (desk.terminal.suggestion(1), other.suggestion(1));
    let renamed = Said { id: Uuid::new_v4(), ..desk.terminal.suggestion(2) };
    desk.write(1, &[&own, &others, &renamed]);
    let taken = desk.import().await;
    assert_eq!((taken.new, taken.spoiled.len()), (1, 2));
    let why: Vec<&str> = taken.spoiled.iter().map(|file| file.why.as_str()).collect();
    assert!(
        why.contains(&"the header is not the sender's")
            && why.contains(&"the header names another id than the address")
    );
    assert_eq!((desk.cases().await, desk.kept().await[0].files), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_no_stick_is_said_and_nothing_is_kept() {
    let desk = Desk::new().await;
    let nothing = desk.bring(desk.stick.path()).await.unwrap_err();
    assert!(matches!(nothing, ImportError::NothingThere(_)) && nothing.to_string().contains("lianxin"), "{nothing}");
    // What else lies on an officer's stick is none of ours.
    put(&desk.stick.path().join("photos/1.jpg"), b"x");
    assert!(matches!(desk.bring(desk.stick.path()).await, Err(ImportError::NothingThere(_))));
    assert!(matches!(desk.bring(Path::new("/nowhere")).await, Err(ImportError::Read { .. })));
    put(&desk.stick.path().join("file"), b"x");
    assert!(matches!(desk.bring(&desk.stick.path().join("file")).await, Err(ImportError::NothingThere(_))));
    assert!(desk.kept().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_that_runs_apart_goes_by_its_list_and_takes_nothing_without_one() {
    let desk = Desk::new().await;
    desk.write(1, &[&desk.terminal.suggestion(1)]);
    let (machine, county) = desk.county().await;
    let (trusted, origin) = machine.trusted(&desk.host.config).unwrap();
    let list = desk.stick.path().join("revoked.json");
    host::fleet::write_revoked(&list, vec![]).unwrap();
    let importer = Importer {
        county,
        revocations: Revocations::File(Arc::new(host::fleet::RevokedFile::open(&list).unwrap())),
        trust: TerminalTrust::new(&trusted, &origin, RENEW_LATE).unwrap(),
        clock: desk.host.clock(),
    };
    fs::remove_file(&list).unwrap();
    let unknown = importer.import(desk.stick.path(), "program").await;
    assert!(matches!(unknown, Err(ImportError::Revocations(_))), "{unknown:?}");
    assert!(desk.kept().await.is_empty() && desk.cases().await == 0);
    host::fleet::write_revoked(&list, vec![]).unwrap();
    assert_eq!(importer.import(desk.stick.path(), "program").await.unwrap()[0].new, 1);
    host::fleet::write_revoked(&list, vec![desk.terminal.number]).unwrap();
    assert!(importer.import(desk.stick.path(), "program").await.unwrap()[0].refused.is_some());
}
