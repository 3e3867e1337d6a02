//! What terminals send: taken once, kept exactly, never dropped.

use host::county::{Error, IntakeRefused, intake::Intake, tracking::Asker, work::Wanted};
use uuid::Uuid;
use wire::{
    case::{Role, State},
    event::{Kind, content_digest},
    secret::Proof,
};

use crate::support::*;

#[tokio::test]
async fn an_event_is_taken_once_and_its_words_come_out_exactly() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let text = " \u{feff}e\u{301}é\u{202e}مرحبا\u{1f468}\u{200d}\u{1f33e}𠀋\n\n尾 ";
        let (receipt, bytes) = bench.suggestion(ticket(1, 1), text);
        assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::New);
        assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::Same);
        assert_eq!(page_text(&bench, &county, receipt.id).await, text);
        assert_eq!(bench.county.list(&county, &Wanted::default()).await.unwrap().rows.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn other_bytes_under_an_id_are_kept_and_shown_once() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let (receipt, bytes) = bench.suggestion(ticket(1, 1), "路坏了。");
        let (_, mut other) = bench.suggestion(ticket(1, 1), "别的话。");
        let text = String::from_utf8_lossy(&other[..300]).into_owned();
        let own = text.split('"').find(|part| part.len() == 36 && *part != Uuid::from_u128(1).to_string()).unwrap();
        let at = other.windows(36).position(|w| w == own.as_bytes()).unwrap();
        other.splice(at..at + 36, receipt.id.to_string().into_bytes());
        assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::New);
        assert_eq!(bench.send(1, receipt.id, &other).await, Intake::Other);
        assert_eq!(bench.send(1, receipt.id, &other).await, Intake::Other);
        assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::Same);
        let alarms = bench.county.alarms(&county).await.unwrap();
        assert_eq!(alarms.iter().filter(|a| a.kind == "conflict").count(), 1);
        let (_, versions) = bench.county.alarm(&county, alarms[0].number).await.unwrap();
        assert_eq!(versions.len(), 2, "both are kept");
        assert_eq!(versions[0].words.as_deref(), Some("路坏了。"));
        assert_eq!(page_text(&bench, &county, receipt.id).await, "路坏了。");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_the_senders_own_event_is_refused_by_name() {
    let bench = sqlite().await;
    let (receipt, bytes) = bench.suggestion(ticket(1, 1), "路坏了。");
    let refused = async |from, id, digest: Option<&str>, bytes: &[u8]| match bench
        .county
        .accept(terminal(from), id, digest, bytes)
        .await
        .unwrap_err()
    {
        Error::Intake(refused) => refused,
        other => panic!("{other}"),
    };
    assert!(matches!(refused(2, receipt.id, None, &bytes).await, IntakeRefused::NotTheSenders));
    assert!(matches!(refused(1, Uuid::new_v4(), None, &bytes).await, IntakeRefused::OtherId));
    let digest = content_digest(b"other");
    assert!(matches!(refused(1, receipt.id, Some(&digest), &bytes).await, IntakeRefused::Digest));
    assert!(matches!(refused(1, receipt.id, None, b"<html>").await, IntakeRefused::NotAnEvent(_)));
    let (foreign, bytes) = bench.suggestion(ticket(9, 1), "路坏了。");
    let (header, body) = wire::event::split(&bytes).unwrap();
    let taken = wire::event::assemble(&wire::event::Header { terminal: terminal(1), ..header }, body);
    assert!(matches!(refused(1, foreign.id, None, &taken).await, IntakeRefused::NotTheSenders));
}

#[tokio::test]
async fn an_event_that_does_not_open_or_names_another_is_kept_with_an_alarm() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let header = bench.header(Uuid::new_v4(), ticket(1, 1), Kind::Suggestion, terminal(1));
        let foreign = age::x25519::Identity::generate().to_public();
        let bytes = wire::event::assemble(&header, &age::encrypt(&foreign, b"{}").unwrap());
        assert_eq!(bench.send(1, header.id, &bytes).await, Intake::New);
        assert_eq!(bench.send(1, header.id, &bytes).await, Intake::Same);
        let (receipt, bytes) = bench.suggestion(ticket(1, 2), "路坏了。");
        let (header, body) = wire::event::split(&bytes).unwrap();
        let moved = wire::event::assemble(&wire::event::Header { ticket: ticket(1, 3), ..header }, body);
        assert_eq!(bench.send(1, receipt.id, &moved).await, Intake::New);
        let alarms = bench.county.alarms(&county).await.unwrap();
        assert_eq!(alarms.iter().filter(|a| a.kind == "unreadable").count(), 2);
        assert!(bench.county.list(&county, &Wanted::default()).await.unwrap().rows.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_kind_is_kept_and_one_number_twice_is_two_cases_and_an_alarm() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let header = bench.header(Uuid::new_v4(), ticket(1, 1), Kind::Suggestion, terminal(1));
        let line = serde_json::to_string(&header).unwrap().replace("suggestion", "hologram");
        let bytes = [line.as_bytes(), b"\nbody"].concat();
        assert_eq!(bench.send(1, header.id, &bytes).await, Intake::New);
        bench.say(2, "一。").await;
        bench.say(2, "二。").await;
        assert_eq!(bench.county.list(&county, &Wanted::default()).await.unwrap().rows.len(), 2);
        let kinds: Vec<_> = bench.county.alarms(&county).await.unwrap().into_iter().map(|a| a.kind).collect();
        assert_eq!(kinds, ["double_number"]);
    })
    .await;
}

#[tokio::test]
async fn a_contact_that_comes_first_waits_for_its_suggestion() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let (id, bytes) = bench.contact(ticket(1, 1), "李四", "138 0013 8000");
        assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
        let receipt = bench.say(1, "路坏了。").await;
        let contact = bench.county.contact(&county, &receipt.id.to_string()).await.unwrap().unwrap();
        assert_eq!((contact.name.as_str(), contact.phone.as_str()), ("李四", "138 0013 8000"));
        let (newer, bytes) = bench.contact(ticket(1, 1), "李四", "13900139000");
        bench.send(1, newer, &bytes).await;
        let contact = bench.county.contact(&county, &receipt.id.to_string()).await.unwrap().unwrap();
        assert_eq!(contact.phone, "13900139000");
    })
    .await;
}

#[tokio::test]
async fn a_rating_that_comes_first_waits_for_its_suggestion_and_for_the_answer_it_rates() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let (receipt, bytes) = bench.suggestion(ticket(1, 1), "路坏了。");
        let right = bench.rating(2, receipt.ticket, 2, 6, Proof::Secret(receipt.secret.clone()));
        let wrong = bench.rating(2, receipt.ticket, 5, 6, Proof::Secret(wire::secret::Secret::draw()));
        for (id, bytes) in [&right, &wrong] {
            assert_eq!(bench.send(2, *id, bytes).await, Intake::New);
            assert_eq!(bench.send(2, *id, bytes).await, Intake::Same);
        }
        assert!(
            bench.county.alarms(&county).await.unwrap().is_empty(),
            "nothing is judged before the suggestion is there"
        );
        assert_eq!(bench.send(1, receipt.id, &bytes).await, Intake::New);
        let alarms = bench.county.alarms(&county).await.unwrap();
        assert_eq!(alarms.iter().map(|a| a.event.clone().unwrap()).collect::<Vec<_>>(), [wrong.0.to_string()]);
        let id = receipt.id.to_string();
        assert_eq!(bench.county.case_page(&county, &id).await.unwrap().case.state, State::Received);
        close(&bench, &receipt).await;
        let case = bench.county.case_page(&county, &id).await.unwrap().case;
        assert_eq!((case.state, case.rating.map(u8::from), case.rounds), (State::Reopened, Some(2), 1));
        assert_eq!(bench.county.alarms(&county).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_rating_of_an_answer_that_was_taken_back_is_refused_and_kept() {
    let bench = sqlite().await;
    let county = bench.person("boss", Role::County, None).await;
    let receipt = bench.say(1, "路坏了。").await;
    close(&bench, &receipt).await;
    for (level, state) in [(2, State::Reopened), (5, State::Reopened)] {
        let (id, bytes) = bench.rating(1, receipt.ticket, level, 6, Proof::Secret(receipt.secret.clone()));
        bench.send(1, id, &bytes).await;
        assert_eq!(bench.county.case_page(&county, &receipt.id.to_string()).await.unwrap().case.state, state);
    }
    let kinds: Vec<_> = bench.county.alarms(&county).await.unwrap().into_iter().map(|a| a.kind).collect();
    assert_eq!(kinds, ["rating_refused"]);
}

#[tokio::test]
async fn the_database_holds_no_word_name_number_or_code_of_a_villager() {
    let bench = sqlite().await;
    let receipt = bench.say(1, "村东头的桥塌了。").await;
    let (id, bytes) = bench.contact(receipt.ticket, "张三丰", "13800138000");
    bench.send(1, id, &bytes).await;
    let path = bench.url.trim_start_matches("sqlite://").split('?').next().unwrap().to_owned();
    let mut all = std::fs::read(&path).unwrap();
    all.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
    for secret in ["村东头", "张三丰", "13800138000", receipt.code.digits(), &receipt.secret.text()] {
        let found = all.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_taken_once_and_their_views_follow_one_another() {
    on_each_database(async |bench| {
        let bench = std::sync::Arc::new(bench);
        let sent: Vec<_> = (1..=40).map(|n| bench.suggestion(ticket(1, n), "路坏了。")).collect();
        let mut tasks = tokio::task::JoinSet::new();
        for (receipt, bytes) in sent.into_iter().flat_map(|(r, b)| [(r.id, b.clone()), (r.id, b)]) {
            let bench = bench.clone();
            tasks.spawn(async move { bench.send(1, receipt, &bytes).await });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|a| **a == Intake::New).count(), 40);
        assert_eq!(answers.iter().filter(|a| **a == Intake::Same).count(), 40);
        let views = bench.county.views(terminal(1), 0).await.unwrap();
        assert_eq!((views.views.len(), views.cursor), (40, 40));
    })
    .await;
}

#[tokio::test]
async fn a_rating_counts_although_others_guessed_at_its_ticket() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let receipt = bench.say(1, "路坏了。").await;
        close(&bench, &receipt).await;
        let wrong = Proof::Code(other_code(&receipt.code));
        for n in 0..5u8 {
            let asker = Asker::Address([10, 0, 0, n].into());
            assert_eq!(track(&bench, asker, receipt.ticket, wrong.clone()).await.unwrap(), None);
        }
        let right = Proof::Code(receipt.code.clone());
        let kept_waiting = track(&bench, Asker::Terminal(terminal(1)), receipt.ticket, right.clone()).await;
        assert!(matches!(kept_waiting, Err(Error::TooMany { .. })));
        let (id, bytes) = bench.rating(1, receipt.ticket, 5, 6, right);
        assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
        let case = bench.county.case_page(&county, &receipt.id.to_string()).await.unwrap().case;
        assert_eq!(case.rating.map(u8::from), Some(5));
        assert!(bench.county.alarms(&county).await.unwrap().is_empty());
    })
    .await;
}
