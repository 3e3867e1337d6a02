//! What is asked of terminals from afar: asked once, signed for one terminal, told by it alone, and forgotten in time.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use host::{
    ca::{Ca, Signs},
    fleet::{
        Error, Fleet, Signer,
        diagnostics::{KEPT, NotAsked, Stands, USUAL_HOURS},
    },
};
use jiff::SignedDuration;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use wire::{
    diagnostics::{Came, Diagnostic, LOG_MAX, Outcome, PATH, Request, SignedRequest, signed_bytes},
    health::{self, Taken},
};

use crate::{
    commands::{run, text},
    health::report,
    store::{number, on_each_database},
    support::{Terminal, TestClock, TestHost, error_of},
};

fn png(comment: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let page = image::RgbImage::from_pixel(30, 20, image::Rgb([250, 246, 238]));
    page.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    // What follows the end of the picture is not of it.
    [bytes, comment.as_bytes().to_vec()].concat()
}

/// An authority of its own, which these tests' terminals would pin.
fn signer(folder: &std::path::Path) -> Signer {
    let now = wire::time::BUILT;
    let ca = Ca::draw(now).unwrap().place(&folder.join("ca")).unwrap();
    Signer::new(std::sync::Arc::new(ca), Signs::Diagnostics).unwrap()
}

async fn stands(fleet: &Fleet, request: u64) -> Stands {
    fleet.asked(request).await.unwrap().0.state
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_waits_once_the_oldest_goes_first_and_numbers_rise_also_over_a_restore() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());
    on_each_database(async |fleet, _| {
        let terminal = fleet.add(None, "花桥镇", "").await.unwrap().terminal;
        assert_eq!(fleet.ask(terminal, &Diagnostic::Log, USUAL_HOURS).await.unwrap(), 1);
        let again = fleet.ask(terminal, &Diagnostic::Log, USUAL_HOURS).await;
        assert!(matches!(again, Err(NotAsked::Waits(_, 1))), "{again:?}");
        assert_eq!(fleet.ask(terminal, &Diagnostic::Reboot, 1).await.unwrap(), 2);
        for hours in [0, 169, u32::MAX] {
            assert!(matches!(fleet.ask(terminal, &Diagnostic::Picture, hours).await, Err(NotAsked::Hours)));
        }
        let stranger = fleet.ask(number(77), &Diagnostic::Log, 1).await;
        assert!(matches!(stranger, Err(NotAsked::Fleet(Error::Unknown(_)))));

        assert_eq!(stands(&fleet, 1).await, Stands::Waiting);
        let first = fleet.request_for(terminal, &signer).await.unwrap().unwrap();
        let first: Request = serde_json::from_str(&first.request).unwrap();
        assert_eq!((first.number, first.terminal, first.what), (1, terminal, Diagnostic::Log));
        assert_eq!(first.until.duration_since(first.at).as_hours(), 24);
        assert_eq!(stands(&fleet, 1).await, Stands::Fetched);
        fleet.cancel_asked(1).await.unwrap();
        assert_eq!(stands(&fleet, 1).await, Stands::Cancelled);
        assert!(matches!(fleet.cancel_asked(1).await, Err(NotAsked::Over(1))));
        assert!(matches!(fleet.cancel_asked(9).await, Err(NotAsked::Unknown(9))));
        let next = fleet.request_for(terminal, &signer).await.unwrap().unwrap();
        assert!(next.request.contains("\"number\":2"), "{}", next.request);

        // The terminal had done it before it could hear that nobody wants it: that is what counts.
        fleet.take_outcome(terminal, &Outcome::of(1, Came::Done, None)).await.unwrap();
        assert_eq!(stands(&fleet, 1).await, Stands::Ended(Came::Done));
        fleet.after_restore(&[], &[]).await.unwrap();
        assert_eq!(fleet.ask(terminal, &Diagnostic::Log, 1).await.unwrap(), 103);
        fleet.revoke(terminal).await.unwrap();
        let revoked = fleet.ask(terminal, &Diagnostic::Picture, 1).await;
        assert!(matches!(revoked, Err(NotAsked::Fleet(Error::Revoked(_)))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_any_more_is_not_handed_out_and_logs_and_pictures_are_forgotten_after_thirty_days() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());
    on_each_database(async |fleet, clock: std::sync::Arc<TestClock>| {
        let terminal = fleet.add(None, "花桥镇", "").await.unwrap().terminal;
        let reboot = fleet.ask(terminal, &Diagnostic::Reboot, 2).await.unwrap();
        clock.turn(SignedDuration::from_hours(2));
        assert!(fleet.request_for(terminal, &signer).await.unwrap().is_none());
        assert_eq!(stands(&fleet, reboot).await, Stands::Expired);
        assert!(fleet.ask(terminal, &Diagnostic::Reboot, 2).await.is_ok(), "it does not stand in the way of the next");

        let log = fleet.ask(terminal, &Diagnostic::Log, 2).await.unwrap();
        let outcome = Outcome { log: vec!["a\u{1b}[2Jline".into(), "b".into()], ..Outcome::of(log, Came::Done, None) };
        fleet.take_outcome(terminal, &outcome.with_picture(&png(""))).await.unwrap();
        let (asked, sent) = fleet.asked(log).await.unwrap();
        assert_eq!((asked.has_brought, sent.log.as_deref()), (true, Some("a\u{fffd}[2Jline\nb")));
        assert!(sent.picture.is_some());
        clock.turn(KEPT - SignedDuration::from_secs(1));
        assert_eq!(fleet.forget_diagnostics().await.unwrap(), 0);
        clock.turn(SignedDuration::from_secs(2));
        assert_eq!(fleet.forget_diagnostics().await.unwrap(), 1);
        let (asked, sent) = fleet.asked(log).await.unwrap();
        assert!(!asked.has_brought && sent.log.is_none() && sent.picture.is_none());
        assert_eq!(asked.state, Stands::Ended(Came::Done), "that it was done stays");
    })
    .await;
}

async fn reports(host: &TestHost, terminal: &Terminal, seq: u64) -> Taken {
    let taken = terminal.client.post(host.url(health::PATH)).json(&report(terminal.number, seq)).send().await.unwrap();
    taken.json().await.unwrap()
}

async fn tells(host: &TestHost, terminal: &Terminal, at: u64, outcome: &Value) -> Response {
    terminal.client.put(host.url(&format!("{PATH}/{at}"))).json(outcome).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_hears_of_a_request_with_its_report_and_fetches_it_signed_for_this_purpose_alone() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let own = terminal.number.to_string();
    assert_eq!(reports(&host, &terminal, 1).await.diagnostics, None);
    assert_eq!(terminal.client.get(host.url(PATH)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let (_, asked) = run(host.data.path(), &["diagnostics", "ask", &own, "test-print"]);
    assert_eq!((&asked["number"], &asked["what"]), (&json!(1), &json!("test_print")));
    assert_eq!(reports(&host, &terminal, 2).await.diagnostics, Some(1));
    assert_eq!(reports(&host, &other, 1).await.diagnostics, None);
    assert_eq!(other.client.get(host.url(PATH)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(host.anybody().get(host.url(PATH)).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let signed: SignedRequest = terminal.client.get(host.url(PATH)).send().await.unwrap().json().await.unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(signed.chain.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let usage = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.code_signing && !usage.time_stamping && !usage.client_auth && !usage.server_auth && !usage.any);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key.data);
    let signature = signed.signature().unwrap();
    key.verify(&signed_bytes(&signed.request), &signature).unwrap();
    assert!(key.verify(signed.request.as_bytes(), &signature).is_err());
    let until = certificate.validity().not_after.timestamp() - certificate.validity().not_before.timestamp();
    assert!(until <= 9 * 86_400, "a key that leaks soon signs nothing");

    host.fleet().await.revoke(terminal.number).await.unwrap();
    assert_eq!(terminal.client.get(host.url(PATH)).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_taken_once_from_its_own_terminal_and_what_is_none_is_refused_with_the_field() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    let fleet = host.fleet().await;
    let log = fleet.ask(terminal.number, &Diagnostic::Log, 1).await.unwrap();
    let good = json!({ "v": 1, "number": log, "came": "done", "log": ["ready"], "of_a_newer_version": 1 });
    assert_eq!(tells(&host, &other, log, &good).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(tells(&host, &terminal, 77, &good).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = json!({ "v": 1, "number": 77, "came": "done" });
    assert_eq!(tells(&host, &terminal, 77, &unknown).await.status(), StatusCode::NOT_FOUND);
    let mut long = good.clone();
    long["log"] = json!(vec!["x".repeat(1000); LOG_MAX / 1000 + 1]);
    let mut no_picture = good.clone();
    no_picture["picture"] = json!("bm90IGEgcGljdHVyZQ");
    let mut no_word = good.clone();
    no_word["came"] = json!("x".repeat(41));
    for (wrong, field) in [(&long, "log"), (&no_picture, "picture"), (&no_word, "came")] {
        let refused = tells(&host, &terminal, log, wrong).await;
        assert_eq!((refused.status(), error_of(refused).await.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, field));
    }
    let endless = json!({ "v": 1, "number": log, "came": "done", "why": "x".repeat(1_100_000) });
    assert_eq!(tells(&host, &terminal, log, &endless).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(stands(&fleet, log).await, Stands::Waiting, "nothing of these is left");

    assert_eq!(tells(&host, &terminal, log, &good).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(tells(&host, &terminal, log, &good).await.status(), StatusCode::NO_CONTENT, "told again");
    let mut another = good.clone();
    another["came"] = json!("failed");
    assert_eq!(tells(&host, &terminal, log, &another).await.status(), StatusCode::CONFLICT);
    let (_, shown) = run(host.data.path(), &["diagnostics", "show", &log.to_string()]);
    assert_eq!((&shown["request"]["state"], &shown["log"]), (&json!("done"), &json!(["ready"])));
    let audit: Vec<_> = fleet.audit().await.unwrap().into_iter().map(|line| (line.who, line.what)).collect();
    let ended = (format!("terminal:{}", terminal.number), "diagnostics.end".to_owned());
    assert_eq!(audit.iter().filter(|line| **line == ended).count(), 1, "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_drawn_anew_and_saved_by_a_command() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let (data, number) = (host.data.path(), terminal.number.to_string());
    run(data, &["diagnostics", "ask", &number, "picture"]);
    let outcome = Outcome::of(1, Came::Done, None).with_picture(&png("hidden words"));
    let told = tells(&host, &terminal, 1, &serde_json::to_value(&outcome).unwrap()).await;
    assert_eq!(told.status(), StatusCode::NO_CONTENT);
    let file = data.join("page.png");
    run(data, &["diagnostics", "show", "1", "--picture", file.to_str().unwrap()]);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgb8().get_pixel(3, 3).0, [250, 246, 238]);
    assert!(!String::from_utf8_lossy(&bytes).contains("hidden"));
    let listed = text(data, &["diagnostics", "list", &number]);
    assert!(listed.contains("request 1") && listed.contains("picture  done"), "{listed}");
    let wrong = std::process::Command::new(env!("CARGO_BIN_EXE_host"))
        .arg("--data")
        .arg(data)
        .args(["diagnostics", "ask", &number, "shell"])
        .output()
        .unwrap();
    assert!(
        !wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("expected one of log, test_print")
    );
    let (ok, cancelled) = run(data, &["diagnostics", "cancel", "1"]);
    assert!(!ok && cancelled["error"].as_str().unwrap().contains("is over"), "{cancelled}");
}
