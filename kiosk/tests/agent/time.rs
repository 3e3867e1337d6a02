//! What a terminal takes as the host's time, and what it does not.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use kiosk::{
    clock::{Clock, Trusted, TrustedClock},
    durable,
    fleet::{TimeRefused, accept},
    https,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SigningKey as _,
};
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;
use wire::{
    event::{ClockQuality, WallTime},
    time::{BUILT, Nonce, TimeAnswer, signature_text, signed_bytes},
};

use crate::{scripted_host::ScriptedHost, terminal::in_order};

const SECOND: Duration = Duration::from_secs(1);

/// A root and an issuing authority as the host's, and a leaf for one purpose.
struct Host {
    root: String,
    issuing: String,
    issuer: Issuer<'static, KeyPair>,
}

/// When the host of these tests has its certificates from.
fn begin() -> Timestamp {
    BUILT + SignedDuration::from_hours(24)
}

fn params(name: &str, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = std::time::SystemTime::from(begin()).into();
    params.not_after = std::time::SystemTime::from(begin() + SignedDuration::from_hours(days * 24)).into();
    params
}

impl Host {
    fn new() -> Self {
        let authority = |name, below| {
            let mut params = params(name, 1000);
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
            params
        };
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root_params = authority("root", 1);
        let root = root_params.self_signed(&root_key).unwrap().pem();
        let params = authority("issuing", 0);
        let issuing = params.signed_by(&key, &Issuer::new(root_params, root_key)).unwrap().pem();
        Self { root, issuing, issuer: Issuer::new(params, key) }
    }

    /// A key certified for `usage`, good for a week, which signs `at` for `nonce`.
    fn signs(&self, usage: &[ExtendedKeyUsagePurpose], nonce: Nonce, at: Timestamp) -> TimeAnswer {
        let key = KeyPair::generate().unwrap();
        let mut params = params("00613", 7);
        params.extended_key_usages = usage.to_vec();
        let leaf = params.signed_by(&key, &self.issuer).unwrap().pem();
        let signature = signature_text(&key.sign(&signed_bytes(nonce, at)).unwrap());
        TimeAnswer { nonce, at, signature, chain: format!("{leaf}{}", self.issuing) }
    }

    fn says(&self, nonce: Nonce, at: Timestamp) -> TimeAnswer {
        self.signs(&[ExtendedKeyUsagePurpose::TimeStamping], nonce, at)
    }
}

fn noon() -> Timestamp {
    begin() + SignedDuration::from_hours(12)
}

#[test]
fn the_hosts_answer_to_this_question_is_taken() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    assert_eq!(accept(&host.root, nonce, &host.says(nonce, noon()), SECOND).unwrap(), noon());
}

#[test]
fn a_replayed_answer_and_one_with_a_nonce_put_in_are_refused() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    let mut former = host.says(Nonce::draw(), noon());
    assert!(matches!(accept(&host.root, nonce, &former, SECOND), Err(TimeRefused::Nonce)));
    former.nonce = nonce;
    assert!(matches!(accept(&host.root, nonce, &former, SECOND), Err(TimeRefused::Signature)));
}

#[test]
fn a_signature_over_another_time_or_of_another_key_is_refused() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    let mut answer = host.says(nonce, noon());
    answer.at += SignedDuration::from_nanos(1);
    assert!(matches!(accept(&host.root, nonce, &answer, SECOND), Err(TimeRefused::Signature)));
    let mut answer = host.says(nonce, noon());
    answer.chain = host.says(nonce, noon()).chain;
    assert!(matches!(accept(&host.root, nonce, &answer, SECOND), Err(TimeRefused::Signature)));
}

#[test]
fn a_certificate_of_a_terminal_a_server_or_no_purpose_signs_no_time() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
    let (host, nonce) = (Host::new(), Nonce::draw());
    for usage in [vec![ClientAuth], vec![ServerAuth], vec![ClientAuth, ServerAuth], vec![Any], vec![]] {
        let refused = accept(&host.root, nonce, &host.signs(&usage, nonce, noon()), SECOND);
        assert!(matches!(refused, Err(TimeRefused::Purpose)), "{usage:?}: {refused:?}");
    }
}

#[test]
fn a_foreign_authority_signs_no_time() {
    let (host, foreign, nonce) = (Host::new(), Host::new(), Nonce::draw());
    let refused = accept(&host.root, nonce, &foreign.says(nonce, noon()), SECOND);
    assert!(matches!(refused, Err(TimeRefused::Chain(_))), "{refused:?}");
    let mut bare = host.says(nonce, noon());
    bare.chain = bare.chain.replace(&host.issuing, "");
    assert!(matches!(accept(&host.root, nonce, &bare, SECOND), Err(TimeRefused::Chain(_))), "a link is missing");
    bare.chain = String::new();
    assert!(matches!(accept(&host.root, nonce, &bare, SECOND), Err(TimeRefused::NotAnAnswer)));
}

#[test]
fn a_key_signs_only_times_at_which_its_certificate_was_good() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    for hours in [-1, 7 * 24 + 1, 400 * 24] {
        let answer = host.says(nonce, begin() + SignedDuration::from_hours(hours));
        assert!(matches!(accept(&host.root, nonce, &answer, SECOND), Err(TimeRefused::Chain(_))), "{hours}");
    }
}

#[test]
fn a_slow_answer_is_refused() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    let answer = host.says(nonce, noon());
    assert!(accept(&host.root, nonce, &answer, SECOND * 10).is_ok());
    let slow = accept(&host.root, nonce, &answer, SECOND * 10 + Duration::from_millis(1));
    assert!(matches!(slow, Err(TimeRefused::Slow(_))));
}

#[test]
fn a_time_before_the_build_is_refused() {
    let (host, nonce) = (Host::new(), Nonce::draw());
    let answer = host.says(nonce, BUILT - SignedDuration::from_secs(1));
    assert!(matches!(accept(&host.root, nonce, &answer, SECOND), Err(TimeRefused::BeforeBuild(_))));
}

#[tokio::test]
async fn only_a_date_makes_a_host_doubted_and_the_question_for_the_day_gets_through() {
    let (host, other) = (ScriptedHost::start(in_order).await, ScriptedHost::start(in_order).await);
    // The scripted hosts' certificates end in 4096.
    let kept = |shows| boot(1, SECOND, shows, ClockQuality::Kept);
    let (near, far) = (kept("2030-01-01T00:00:00Z"), kept("5000-01-01T00:00:00Z"));
    let asks = async |client: reqwest::Client| client.get(host.url()).send().await.is_ok();
    let dated = |ca: &str, clock: &Arc<dyn Clock>, doubts: &Arc<Notify>| {
        https::doubting_client(ca, None, Arc::clone(clock), Timestamp::UNIX_EPOCH, Arc::clone(doubts)).unwrap()
    };
    let dayless = |ca: &str| https::dayless_client(ca, Arc::clone(&far)).unwrap();

    let doubts = Arc::new(Notify::new());
    assert!(asks(dated(&host.authority.pem, &near, &doubts)).await);
    assert!(!asks(dated(&other.authority.pem, &near, &doubts)).await);
    assert!(timeout(Duration::ZERO, doubts.notified()).await.is_err(), "a foreign host is no matter of the date");
    assert!(!asks(dated(&host.authority.pem, &far, &doubts)).await);
    doubts.notified().await;
    assert!(asks(dayless(&host.authority.pem)).await);
    assert!(!asks(dayless(&other.authority.pem)).await);
}

/// A boot of a machine whose clock shows a day that nobody set.
struct Boot {
    id: Uuid,
    age: Duration,
    shows: WallTime,
}

impl Clock for Boot {
    fn wall(&self) -> WallTime {
        self.shows
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn boot(&self) -> Uuid {
        self.id
    }

    fn uptime(&self) -> Duration {
        self.age
    }
}

fn boot(id: u128, age: Duration, shows: &str, quality: ClockQuality) -> Arc<dyn Clock> {
    Arc::new(Boot { id: Uuid::from_u128(id), age, shows: WallTime { at: shows.parse().unwrap(), quality } })
}

fn write(path: &Path, at: Timestamp, clock: &dyn Clock) {
    durable::write(path, &serde_json::to_vec(&Trusted::new(at, clock)).unwrap(), 0o644).unwrap();
}

#[test]
fn the_last_trusted_time_outlives_a_restart_and_another_process_of_the_boot_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("time.json");
    let unset = |id, age| boot(id, age, "1970-01-01T00:00:09Z", ClockQuality::Unset);
    let kiosk = TrustedClock::start(unset(1, SECOND * 30), &path);
    assert_eq!((kiosk.trusted(), kiosk.wall().quality), (None, ClockQuality::Unset));

    write(&path, noon(), &*unset(1, SECOND * 20));
    kiosk.read_again();
    let ten_later = WallTime { at: noon() + SignedDuration::from_secs(10), quality: ClockQuality::Host };
    assert_eq!(kiosk.wall(), ten_later);

    let next = TrustedClock::start(unset(2, SECOND * 5), &path);
    assert_eq!((next.trusted(), next.wall().quality), (Some(noon()), ClockQuality::Unset));
}

#[test]
fn a_fresh_answer_lowers_the_last_trusted_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("time.json");
    let machine = boot(1, SECOND, "2038-01-19T03:14:08Z", ClockQuality::Kept);
    let clock = TrustedClock::start(Arc::clone(&machine), &path);
    for at in [noon() + SignedDuration::from_hours(24 * 3650), noon()] {
        write(&path, at, &*machine);
        clock.read_again();
        assert_eq!((clock.trusted(), clock.wall()), (Some(at), WallTime { at, quality: ClockQuality::Host }));
    }
    durable::write(&path, b"half a fi", 0o644).unwrap();
    clock.read_again();
    assert_eq!(clock.trusted(), Some(noon()), "a file that says nothing changes nothing");
}
