//! From an enrolment file to a certificate, against a host that answers well, badly, or not at all.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use kiosk::{
    clock::Clock,
    config::Config,
    durable,
    fleet::{Fleet, IdentityStore},
    https::{HostDate, Identity},
};
use rcgen::{CertificateSigningRequestParams, PublicKeyData};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use uuid::Uuid;
use wire::{
    enrol::{EnrolRequest, Enrolled, Enrolment, RenewRequest},
    event::{ClockQuality, WallTime},
};

use crate::{
    scripted_host::{Authority, Reply, Request, ScriptedHost},
    terminal::{LEDGER, enrolment},
};

/// Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The machine's day, and a battery.
struct Kept;

impl Clock for Kept {
    fn wall(&self) -> WallTime {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        WallTime { at: Timestamp::UNIX_EPOCH + since, quality: ClockQuality::Kept }
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn boot(&self) -> Uuid {
        Uuid::nil()
    }
}

fn fleet(folder: &Path, enrolment: Enrolment) -> Result<Fleet, String> {
    let store = IdentityStore::open(folder, &enrolment).unwrap();
    let path = Path::new("/boot/enrolment.json");
    // Dice that never wait.
    let dice = Box::new(|| 0.0);
    let host_date = Arc::new(HostDate::default());
    Fleet::new(path, enrolment, store, Arc::new(Kept), host_date, dice).map_err(|error| error.to_string())
}

/// Keeps the terminal enrolled until the test has its certificate.
async fn enrolled(folder: &TempDir, host: &ScriptedHost, wanted: impl Fn(&Identity) -> bool) -> Identity {
    let (known, mut identity) = watch::channel(None);
    let keeping = fleet(folder.path(), enrolment(host)).unwrap().keep_enrolled(known, Arc::new(Notify::new()));
    let wanted = |identity: &Option<Identity>| identity.as_ref().is_some_and(&wanted);
    tokio::select! {
        () = keeping => panic!("a terminal is kept enrolled for ever"),
        identity = timeout(PATIENCE, identity.wait_for(wanted)) => identity.unwrap().unwrap().clone().unwrap(),
    }
}

/// Signs what is asked for, with a certificate that began and ends so many days from today.
fn signing(ago: u32, days: u32) -> impl FnMut(&Request) -> Reply + Send + 'static {
    let authority = Authority::new();
    move |request| sign(&authority, request, ago, days)
}

fn sign(authority: &Authority, request: &Request, ago: u32, days: u32) -> Reply {
    Reply::json(200, LEDGER, &Enrolled { certificate: authority.sign(&csr(request), ago, days) })
}

fn csr(request: &Request) -> String {
    match request.path.as_str() {
        "/enrol" => serde_json::from_slice::<EnrolRequest>(&request.body).unwrap().csr,
        _ => serde_json::from_slice::<RenewRequest>(&request.body).unwrap().csr,
    }
}

fn public_key(request: &Request) -> Vec<u8> {
    CertificateSigningRequestParams::from_pem(&csr(request)).unwrap().public_key.der_bytes().to_vec()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_terminal_enrols_once_and_shows_nobody_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let host = ScriptedHost::start(signing(1, 90)).await;
    let first = enrolled(&folder, &host, |_| true).await;
    let again = enrolled(&folder, &host, |_| true).await;
    assert_eq!(first.certificate, again.certificate);
    let seen = host.seen();
    assert_eq!(seen.len(), 1);
    let request: EnrolRequest = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!((request.token.as_str(), request.terminal.get()), ("one-time", 613));
    assert!(!String::from_utf8_lossy(&seen[0].body).contains("PRIVATE"));
    for file in files(folder.path()) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut sign = signing(1, 90);
    let mut times = 0;
    let host = ScriptedHost::start(move |request| {
        times += 1;
        match times {
            1 => Reply::status(500, LEDGER),
            2 => Reply::Raw(vec![]),
            3 => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"certificate\":".to_vec()),
            4 => Reply::Whole { status: 200, headers: vec![], body: b"<html></html>".to_vec() },
            _ => sign(request),
        }
    })
    .await;
    enrolled(&folder, &host, |_| true).await;
    let seen = host.seen();
    assert_eq!(seen.len(), 5);
    assert!(seen.iter().all(|request| public_key(request) == public_key(&seen[0])));
}

#[tokio::test]
async fn a_certificate_for_another_key_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (host, authority) = (ScriptedHost::start(|_| Reply::Silence).await, Authority::new());
    let foreign = IdentityStore::open(other.path(), &enrolment(&host)).unwrap().request().unwrap();
    let store = IdentityStore::open(folder.path(), &enrolment(&host)).unwrap();
    store.request().unwrap();
    let error = store.keep(&authority.sign(&foreign, 1, 90)).err().unwrap();
    assert!(error.to_string().contains("not for this terminal's key"), "{error}");
    assert!(store.read().unwrap().is_none());
}

#[tokio::test]
async fn a_certificate_is_renewed_at_two_thirds_of_its_life_with_proof_of_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let host = ScriptedHost::start(|_| Reply::Silence).await;
    // The same authority signs both, as the host checks the one that is shown.
    let first =
        host.authority.sign(&IdentityStore::open(folder.path(), &enrolment(&host)).unwrap().request().unwrap(), 61, 29);
    IdentityStore::open(folder.path(), &enrolment(&host)).unwrap().keep(&first).unwrap();
    host.answers(signing(0, 90));
    let renewed = enrolled(&folder, &host, |identity| identity.certificate != first).await;
    assert_ne!(renewed.certificate, first);
    let seen = host.seen();
    assert_eq!((seen.len(), seen[0].path.as_str(), seen[0].certified), (1, "/renew", true));
}

#[tokio::test]
async fn a_certificate_in_its_first_two_thirds_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let host = ScriptedHost::start(signing(59, 31)).await;
    enrolled(&folder, &host, |_| true).await;
    enrolled(&folder, &host, |_| true).await;
    assert_eq!(host.seen().len(), 1);
}

#[tokio::test]
async fn a_new_enrolment_file_enrols_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (former, next) = (ScriptedHost::start(signing(1, 90)).await, ScriptedHost::start(signing(1, 90)).await);
    enrolled(&folder, &former, |_| true).await;
    enrolled(&folder, &next, |_| true).await;
    assert_eq!(next.seen().len(), 1);
    assert_ne!(public_key(&former.seen()[0]), public_key(&next.seen()[0]));
}

#[tokio::test]
async fn an_enrolment_file_names_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = ScriptedHost::start(|_| Reply::Silence).await;
    type Spoil = fn(&mut Enrolment);
    let cases: [(Spoil, &str); 6] = [
        (|e| e.v = 2, "v: expected 1, found 2"),
        (|e| e.ca = "no certificate".into(), "ca: expected the certificate"),
        (|e| e.fleet_url = "http://host".into(), "fleet_url: expected an address that begins with https://"),
        (|e| e.county_url = "county".into(), "county_url: expected an address that begins with https://"),
        (|e| e.county_keys.working = "age1qqq".into(), "county_keys.working: expected an age recipient"),
        (|e| e.county_keys.recovery = String::new(), "county_keys.recovery: expected an age recipient"),
    ];
    for (spoil, expected) in cases {
        let mut enrolment = enrolment(&host);
        spoil(&mut enrolment);
        let error = fleet(folder.path(), enrolment).err().unwrap();
        assert!(error.starts_with("/boot/enrolment.json: ") && error.contains(expected), "{error}");
    }
}

#[test]
fn an_enrolment_file_that_is_missing_or_not_json_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enrolment.json");
    let config = Config { enrolment: path.clone(), ..Config::default() };
    let missing = config.load_enrolment().unwrap_err().to_string();
    assert!(missing.contains("enrolment.json"), "{missing}");
    durable::write(&path, b"<html>", 0o600).unwrap();
    let foreign = config.load_enrolment().unwrap_err().to_string();
    assert!(foreign.contains("enrolment.json") && foreign.contains("expected an enrolment file"), "{foreign}");
}
