//! Recordings at the county: whose they are, who plays them, what is written down of them.

use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use host::{
    county::{
        Error,
        audits::Sought,
        case::{Refused, Unit, What},
        intake::Intake,
        people::Official,
    },
    store::Store,
};
use jiff::civil::date;
use sqlx::Row;
use uuid::Uuid;
use wire::{
    case::Role,
    event::{EVENT_MAX, Kind, VOICE_AUDIO_MAX, VOICE_MEDIA},
};

use crate::{support::*, web::*};

const SPOKEN: &str = "（语音留言，约3秒）";

/// Says at terminal 1 that three seconds were spoken; they have not come.
async fn announced(bench: &Bench) -> Receipt {
    let (receipt, bytes) = bench.said(ticket(1, 1), SPOKEN, Some(3));
    assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::New);
    receipt
}

async fn came(bench: &Bench, receipt: &Receipt) -> Uuid {
    let (id, bytes) = bench.voice(receipt.ticket, 3, RECORDING);
    assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
    id
}

async fn plays(bench: &Bench, by: &Official, receipt: &Receipt, voice: Uuid) -> Result<Vec<u8>, Error> {
    Ok(bench.county.play(by, &receipt.id.to_string(), voice).await?.voice.audio.clone())
}

#[tokio::test]
async fn a_recording_is_played_by_whoever_sees_its_case_and_by_nobody_else() {
    on_each_database(async |bench| {
        let receipt = announced(&bench).await;
        let voice = came(&bench, &receipt).await;
        let (boss, deputy) =
            (bench.person("boss", Role::County, None).await, bench.person("deputy", Role::Deputy, None).await);
        let clerk = bench.person("clerk", Role::Unit, Some("县交通运输局")).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let of_another_station = Official { station: Some("elsewhere".into()), ..officer.clone() };
        for by in [&boss, &deputy, &officer] {
            assert_eq!(plays(&bench, by, &receipt, voice).await.unwrap(), RECORDING, "{}", by.login);
        }
        for by in [&clerk, &of_another_station] {
            assert!(matches!(plays(&bench, by, &receipt, voice).await, Err(Error::NotFound)), "{}", by.login);
        }
        let id = receipt.id.to_string();
        let unit = clerk.unit.clone().unwrap();
        let main = Unit { id: unit.id, name: unit.name };
        bench.county.act(&deputy, &id, What::Claim).await.unwrap();
        bench.county.act(&deputy, &id, What::Forward { main, joint: vec![], due: date(2026, 3, 9) }).await.unwrap();
        assert_eq!(plays(&bench, &clerk, &receipt, voice).await.unwrap(), RECORDING, "it was forwarded");

        // Another case's page does not play it, and neither does the suggestion in its place.
        let other = bench.say(2, "路坏了。").await;
        assert!(matches!(plays(&bench, &boss, &other, voice).await, Err(Error::NotFound)));
        assert!(matches!(plays(&bench, &boss, &receipt, receipt.id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn whoever_plays_a_recording_is_written_down_once_an_hour() {
    on_each_database(async |bench| {
        let receipt = announced(&bench).await;
        let voice = came(&bench, &receipt).await;
        let boss = bench.person("boss", Role::County, None).await;
        let deputy = bench.person("deputy", Role::Deputy, None).await;
        let lines = async || {
            let audit = bench.county.audited(&boss, &Sought::default()).await.unwrap();
            assert_eq!(audit.names[&receipt.id.to_string()], receipt.ticket.to_string());
            let of_it = |l: &&host::store::desk::AuditRow| (l.what.as_str(), l.outcome.as_str()) == ("voice", "played");
            audit.lines.iter().filter(of_it).map(|l| l.who.clone()).collect::<Vec<_>>()
        };
        // The pieces that a player asks for come side by side.
        let piece = || plays(&bench, &boss, &receipt, voice);
        let (first, second, third) = tokio::join!(piece(), piece(), piece());
        assert!([first, second, third].iter().all(Result::is_ok));
        for by in [&boss, &deputy] {
            plays(&bench, by, &receipt, voice).await.unwrap();
        }
        let mut once = vec![boss.who(), deputy.who()];
        let mut said = lines().await;
        once.sort();
        said.sort();
        assert_eq!(said, once, "a player asks piece by piece");
        bench.clock.on(Duration::from_secs(3601));
        plays(&bench, &boss, &receipt, voice).await.unwrap();
        assert_eq!(lines().await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_recording_that_comes_before_its_suggestion_waits_for_it() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let (suggestion, said) = bench.said(ticket(1, 1), SPOKEN, Some(3));
        let voice = came(&bench, &suggestion).await;
        assert!(matches!(plays(&bench, &boss, &suggestion, voice).await, Err(Error::NotFound)));
        assert_eq!(bench.send(1, suggestion.id, &said).await, Intake::New);
        assert_eq!(plays(&bench, &boss, &suggestion, voice).await.unwrap(), RECORDING);
        assert!(bench.county.alarms(&boss).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_two_cases_with_one_number_the_recording_is_that_of_its_own_boot() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let spoken = announced(&bench).await;
        let (id, recording) = bench.voice(spoken.ticket, 3, RECORDING);
        let (other, bytes) = bench.suggestion(spoken.ticket, "二。");
        let (header, body) = wire::event::split(&bytes).unwrap();
        let later_boot = wire::event::Header { boot: Uuid::from_u128(2), ..header };
        let bytes = wire::event::assemble(&later_boot, body);
        assert_eq!(bench.send(1, other.id, &bytes).await, Intake::New);
        assert_eq!(bench.send(1, id, &recording).await, Intake::New);
        assert_eq!(plays(&bench, &boss, &spoken, id).await.unwrap(), RECORDING);
        assert!(matches!(plays(&bench, &boss, &other, id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_recording_is_kept_like_any_other_event_the_same_other_and_unreadable() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let receipt = announced(&bench).await;
        let (id, bytes) = bench.voice(receipt.ticket, 120, &vec![0x4f; VOICE_AUDIO_MAX]);
        assert!(bytes.len() > EVENT_MAX);
        assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
        assert_eq!(bench.send(1, id, &bytes).await, Intake::Same);
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        assert_eq!(bench.send(1, id, &other).await, Intake::Other);
        let header = bench.header(Uuid::new_v4(), receipt.ticket, Kind::Voice, terminal(1));
        let foreign = age::x25519::Identity::generate().to_public();
        let closed = wire::event::assemble(&header, &age::encrypt(&foreign, b"{}").unwrap());
        assert_eq!(bench.send(1, header.id, &closed).await, Intake::New);
        let kinds: Vec<_> = bench.county.alarms(&boss).await.unwrap().into_iter().map(|a| a.kind).collect();
        assert_eq!(kinds, ["unreadable", "conflict"]);
        let found = bench.county.case_page(&boss, &receipt.id.to_string()).await.unwrap().spoken.unwrap();
        assert_eq!(found.recordings.iter().map(|r| r.seconds).collect::<Vec<_>>(), [Some(120)]);
    })
    .await;
}

#[tokio::test]
async fn a_recording_of_another_terminals_ticket_and_a_long_text_are_refused() {
    let bench = sqlite().await;
    let (id, bytes) = bench.voice(ticket(2, 1), 3, RECORDING);
    let (header, body) = wire::event::split(&bytes).unwrap();
    let taken = wire::event::assemble(&wire::event::Header { terminal: terminal(1), ..header }, body);
    assert!(matches!(bench.county.accept(terminal(1), id, None, &taken).await, Err(Error::Intake(_))));
    let (receipt, long) = bench.suggestion(ticket(1, 1), &"长".repeat(EVENT_MAX / 3));
    assert!(matches!(bench.county.accept(terminal(1), receipt.id, None, &long).await, Err(Error::Intake(_))));
}

#[tokio::test]
async fn a_transcript_is_an_entry_of_the_ledger_that_a_correction_leaves_standing() {
    on_each_database(async |bench| {
        let receipt = announced(&bench).await;
        let id = receipt.id.to_string();
        let deputy = bench.person("deputy", Role::Deputy, None).await;
        let other = bench.person("second", Role::Deputy, None).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let clerk = bench.person("clerk", Role::Unit, Some("县水利局")).await;
        let write = async |by: &Official, text: &str| bench.county.transcribe(by, &id, text.into()).await;
        assert!(matches!(write(&officer, "路坏了").await, Err(Error::Input(_))), "nothing to hear yet");
        came(&bench, &receipt).await;
        bench.county.act(&deputy, &id, What::Claim).await.unwrap();
        assert!(matches!(write(&other, "路坏了").await, Err(Error::Step(Refused::NotTheirs))));
        assert!(matches!(write(&clerk, "路坏了").await, Err(Error::NotFound)), "not forwarded to them");
        assert!(matches!(write(&deputy, " \n").await, Err(Error::Step(Refused::Blank))));
        write(&deputy, "村口的鹿灯坏了").await.unwrap();
        bench.clock.on(Duration::from_secs(60));
        write(&officer, "村口的路灯坏了").await.unwrap();

        let page = bench.county.case_page(&deputy, &id).await.unwrap();
        let written = page.ledger.iter().filter(|line| line.kind == "transcript");
        let written: Vec<_> = written.map(|l| (l.shown_by.clone().unwrap(), l.words.clone().unwrap(), l.at)).collect();
        assert_eq!(written[0].0, "deputy某");
        assert_eq!((written[1].0.as_str(), written[1].1.as_str()), ("officer某", "村口的路灯坏了"));
        assert_eq!(written[1].2 - written[0].2, 60_000);
        assert_eq!(page.spoken.unwrap().transcript.as_deref(), Some("村口的路灯坏了"));
        let proof = wire::secret::Proof::Secret(receipt.secret.clone());
        let asker = host::county::tracking::Asker::Terminal(terminal(1));
        let view = track(&bench, asker, receipt.ticket, proof).await.unwrap().unwrap();
        assert_eq!(view.steps.len(), 2, "the villager sees no step in it");
    })
    .await;
}

#[tokio::test]
async fn neither_a_recording_nor_its_transcript_lies_in_the_database_in_the_clear() {
    on_each_database(async |bench| {
        let receipt = announced(&bench).await;
        came(&bench, &receipt).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let words = "村口的路灯坏了三个月";
        bench.county.transcribe(&officer, &receipt.id.to_string(), words.into()).await.unwrap();
        let store = Store::open(&bench.url, &[]).await;
        assert!(store.is_err(), "the database knows its migrations");
        let store = Store::open(&bench.url, host::county::MIGRATIONS).await.unwrap();
        let mut conn = store.read().await.unwrap();
        let sql = "SELECT words, sealed FROM case_event WHERE kind = 'transcript'";
        let row = sqlx::query(sql).fetch_one(&mut *conn).await.unwrap();
        let sealed: Vec<u8> = row.try_get(1).unwrap();
        assert_eq!(row.try_get::<Option<String>, _>(0).unwrap(), None);
        let is_in = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|window| window == part);
        assert!(sealed.starts_with(b"age-encryption.org/v1") && !is_in(&sealed, words.as_bytes()));
        let events = sqlx::query("SELECT bytes FROM event").fetch_all(&mut *conn).await.unwrap();
        assert_eq!(events.len(), 2);
        for event in events {
            assert!(!is_in(&event.try_get::<Vec<u8>, _>(0).unwrap(), &RECORDING[..16]));
        }
    })
    .await;
}

#[tokio::test]
async fn the_case_page_says_that_a_recording_is_on_its_way_and_then_plays_it() {
    let bench = sqlite().await;
    bench.person("officer", Role::Officer, None).await;
    let receipt = announced(&bench).await;
    let at = |step: &str| format!("/county/cases/{}{step}", receipt.id);
    let mut web = Web::signed_in(&bench, "officer").await;
    let before = web.get(&at("")).await.1;
    assert!(before.contains("录音还在路上（约 3 秒）") && !before.contains("<audio"), "{before}");
    assert!(!before.contains("写文字稿"));
    let refused = web.act(&at("/transcript"), &[("text", "路坏了。")]).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY);

    let voice = came(&bench, &receipt).await;
    let after = web.get(&at("")).await.1;
    assert!(!after.contains("录音还在路上"), "{after}");
    assert!(after.contains(&format!("<audio controls preload=\"none\" src=\"{}\"", at(&format!("/voice/{voice}")))));
    let hostile = "<b>路</b>坏了。";
    assert_eq!(web.act(&at("/transcript"), &[("text", hostile)]).await.0, StatusCode::SEE_OTHER);
    let written = web.get(&at("")).await.1;
    assert_eq!(written.matches("&#60;b&#62;路&#60;/b&#62;坏了。").count(), 3, "as words, to correct, in the ledger");
    assert!(!written.contains(hostile));
    // Whoever wrote nothing reads no note about recordings.
    let other = bench.say(2, "路坏了。").await;
    let page = web.get(&format!("/county/cases/{}", other.id)).await.1;
    assert!(!page.contains("录音"), "{page}");
}

#[tokio::test]
async fn a_recording_is_answered_as_what_it_is_in_parts_and_never_as_something_else() {
    let bench = sqlite().await;
    bench.person("officer", Role::Officer, None).await;
    let receipt = announced(&bench).await;
    let voice = came(&bench, &receipt).await;
    let mut web = Web::signed_in(&bench, "officer").await;
    let path = format!("/county/cases/{}/voice/{voice}", receipt.id);
    let whole = web.send(Request::get(&path), String::new()).await;
    assert_eq!(whole.status(), StatusCode::OK);
    let name = |response: &axum::http::HeaderMap, name| response[name].to_str().unwrap().to_owned();
    assert_eq!(name(whole.headers(), header::CONTENT_TYPE), VOICE_MEDIA);
    assert_eq!(name(whole.headers(), header::ACCEPT_RANGES), "bytes");
    assert_eq!(name(whole.headers(), header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(name(whole.headers(), header::CACHE_CONTROL), "no-store");
    assert!(name(whole.headers(), header::CONTENT_SECURITY_POLICY).contains("media-src 'self'"));
    let disposition = name(whole.headers(), header::CONTENT_DISPOSITION);
    assert_eq!(disposition, format!("inline; filename=\"{}.ogg\"", receipt.ticket));
    let body = axum::body::to_bytes(whole.into_body(), 1 << 20).await.unwrap();
    assert_eq!(&body[..], RECORDING);
    let part = web.send(Request::get(&path).header(header::RANGE, "bytes=4-7"), String::new()).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(name(part.headers(), header::CONTENT_RANGE), format!("bytes 4-7/{}", RECORDING.len()));
    assert_eq!(&axum::body::to_bytes(part.into_body(), 100).await.unwrap()[..], &RECORDING[4..8]);

    let (page, bytes) = bench.voice(receipt.ticket, 3, b"<script>alert(1)</script>");
    assert_eq!(bench.send(1, page, &bytes).await, Intake::New);
    let path = format!("/county/cases/{}/voice/{page}", receipt.id);
    let other = web.send(Request::get(&path), String::new()).await;
    assert_eq!(name(other.headers(), header::CONTENT_TYPE), "application/octet-stream");
    assert!(name(other.headers(), header::CONTENT_DISPOSITION).starts_with("attachment"));
    assert_eq!(web.get(&format!("/county/cases/{}/voice/17", receipt.id)).await.0, StatusCode::NOT_FOUND);
}
