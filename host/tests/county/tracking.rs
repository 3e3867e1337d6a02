//! What receipts prove, and what guessing does not.

use std::{net::IpAddr, time::Duration};

use host::{
    county::{Error, audits::Sought, intake::Intake, tracking::Asker},
    store::Store,
};
use wire::{
    case::{Role, Satisfaction, State},
    intake::{Lookup, Reissue},
    secret::{Proof, Secret},
    view::ViewKey,
};

use crate::support::*;

#[tokio::test]
async fn a_terminal_gets_views_that_only_the_receipt_opens_and_only_what_changed() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        bench.say(2, "灯坏了。").await;
        let first = bench.county.views(terminal(1), 0).await.unwrap();
        assert_eq!((first.views.len(), first.more), (2, false));
        assert!(bench.county.views(terminal(2), 0).await.unwrap().views.is_empty());
        close(&bench, &receipt).await;
        let next = bench.county.views(terminal(1), first.cursor).await.unwrap();
        assert_eq!(next.views.len(), 1);
        let view = next.views[0].open(&ViewKey::of(&receipt.secret)).unwrap();
        assert_eq!((view.state, view.can_rate, view.category.as_str()), (State::Closed, true, "道路"));
        assert_eq!(view.reply.unwrap().text, "三天内修好。");
        let states: Vec<_> = view.steps.iter().map(|s| s.state).collect();
        use State::*;
        assert_eq!(states, [Received, Claimed, Forwarded, Answered, Confirmed, Closed]);
        assert!(bench.county.views(terminal(1), next.cursor).await.unwrap().views.is_empty());
        let foreign = bench.county.views(terminal(1), 1_000_000).await.unwrap();
        assert_eq!(foreign.views.len(), 2, "a cursor of another ledger begins anew");
    })
    .await;
}

#[tokio::test]
async fn a_bad_rating_with_the_right_proof_reopens_from_any_terminal() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        close(&bench, &receipt).await;
        let proof = Proof::Code(receipt.code.clone());
        let view = track(&bench, Asker::Terminal(terminal(7)), receipt.ticket, proof.clone()).await.unwrap().unwrap();
        let (id, bytes) = bench.rating(7, receipt.ticket, 2, view.revision, proof.clone());
        assert_eq!(bench.send(7, id, &bytes).await, Intake::New);
        assert_eq!(bench.send(7, id, &bytes).await, Intake::Same);
        let view = track(&bench, Asker::Terminal(terminal(7)), receipt.ticket, proof).await.unwrap().unwrap();
        assert_eq!((view.state, view.rating, view.can_rate), (State::Reopened, Some(Satisfaction::Bad), false));
        assert_eq!(view.steps[view.steps.len() - 2].state, State::Rated);
    })
    .await;
}

#[tokio::test]
async fn a_rating_with_a_wrong_proof_or_of_an_old_answer_changes_nothing_and_is_kept() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let receipt = bench.say(1, "路坏了。").await;
        close(&bench, &receipt).await;
        let right = Proof::Secret(receipt.secret.clone());
        for (revision, proof) in [(6, Proof::Secret(Secret::draw())), (5, right.clone())] {
            let (id, bytes) = bench.rating(1, receipt.ticket, 1, revision, proof);
            assert_eq!(bench.send(1, id, &bytes).await, Intake::New);
        }
        let view = track(&bench, Asker::Address(HERE), receipt.ticket, right).await.unwrap().unwrap();
        assert_eq!(view.state, State::Closed);
        let alarms = bench.county.alarms(&county).await.unwrap();
        assert_eq!(alarms.iter().filter(|a| a.kind == "rating_refused").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn five_wrong_codes_block_the_ticket_for_an_hour_but_never_the_receipts_qr() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let wrong = Proof::Code(other_code(&receipt.code));
        for n in 0..5u8 {
            let asker = Asker::Address(IpAddr::from([10, 0, 0, n]));
            assert_eq!(track(&bench, asker, receipt.ticket, wrong.clone()).await.unwrap(), None);
        }
        let right = Proof::Code(receipt.code.clone());
        let asker = Asker::Terminal(terminal(1));
        match track(&bench, asker, receipt.ticket, right.clone()).await {
            Err(Error::TooMany { retry_after }) => assert_eq!(retry_after, Duration::from_secs(3600)),
            other => panic!("{other:?}"),
        }
        let qr = Proof::Secret(receipt.secret.clone());
        assert!(track(&bench, asker, receipt.ticket, qr).await.unwrap().is_some());
        bench.clock.on(Duration::from_secs(3600));
        assert!(track(&bench, asker, receipt.ticket, right).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_number_is_answered_like_a_wrong_code_and_both_are_audited() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let receipt = bench.say(1, "路坏了。").await;
        let asker = Asker::Address(HERE);
        let wrong = Proof::Code(other_code(&receipt.code));
        let mut answers = Vec::new();
        for number in [receipt.ticket, ticket(1, 77)] {
            for _ in 0..6 {
                answers.push(track(&bench, asker, number, wrong.clone()).await.is_ok_and(|v| v.is_none()));
            }
        }
        assert_eq!(answers[..6], answers[6..], "{answers:?}");
        let audit = bench.county.audited(&county, &Sought::default()).await.unwrap().lines;
        for number in [receipt.ticket, ticket(1, 77)] {
            let lines = audit.iter().filter(|a| a.subject == format!("ticket:{number}"));
            let outcomes: Vec<_> = lines.map(|a| a.outcome.as_str()).collect();
            assert_eq!(outcomes, ["blocked", "wrong", "wrong", "wrong", "wrong", "wrong"]);
        }
        assert!(audit.iter().all(|a| !a.who.contains("127.0.0.1")));
    })
    .await;
}

#[tokio::test]
async fn twenty_wrong_tries_block_whoever_makes_them_and_nobody_else() {
    let bench = sqlite().await;
    let receipt = bench.say(1, "路坏了。").await;
    let guesser = Asker::Address("2001:db8::1".parse().unwrap());
    let neighbour = Asker::Address("2001:db8::2".parse().unwrap());
    for n in 0..20 {
        let proof = Proof::Code("000000".parse().unwrap());
        assert!(track(&bench, guesser, ticket(1, 100 + n), proof).await.unwrap().is_none());
    }
    let right = Proof::Code(receipt.code.clone());
    for blocked in [guesser, neighbour] {
        let got = track(&bench, blocked, receipt.ticket, right.clone()).await;
        assert!(matches!(got, Err(Error::TooMany { .. })), "one network, one asker");
    }
    assert!(track(&bench, Asker::Terminal(terminal(1)), receipt.ticket, right).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lost_receipt_is_found_by_telephone_and_its_former_code_dies() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let receipt = bench.say(1, "路坏了。").await;
        let (id, bytes) = bench.contact(receipt.ticket, "李四", "13800138000");
        bench.send(1, id, &bytes).await;
        let phone = "138-0013-8000".to_owned();
        let found = bench.county.lookup(terminal(3), &Lookup { phone: phone.clone() }).await.unwrap();
        assert_eq!((found.tickets.len(), found.tickets[0].ticket), (1, receipt.ticket));
        let reissue = Reissue { ticket: receipt.ticket, phone };
        let new = bench.county.reissue(terminal(3), &reissue).await.unwrap();
        let asker = Asker::Terminal(terminal(3));
        let old = track(&bench, asker, receipt.ticket, Proof::Code(receipt.code.clone())).await.unwrap();
        assert!(old.is_none() || new.code == receipt.code);
        assert!(track(&bench, asker, receipt.ticket, Proof::Code(new.code)).await.unwrap().is_some());
        let stranger = Reissue { phone: "13900139000".into(), ..reissue };
        assert!(matches!(bench.county.reissue(terminal(3), &stranger).await, Err(Error::NotFound)));
        let audit = bench.county.audited(&county, &Sought::default()).await.unwrap().lines;
        assert!(audit.iter().any(|a| a.what == "lookup") && audit.iter().any(|a| a.what == "reissue"));
        assert!(audit.iter().all(|a| !format!("{a:?}").contains("13800138000")));
    })
    .await;
}

#[tokio::test]
async fn whoever_is_kept_waiting_takes_no_turn_among_the_writers_and_fills_no_audit() {
    on_each_database(async |bench| {
        let county = bench.person("boss", Role::County, None).await;
        let asker = Asker::Address(HERE);
        let wrong = || Proof::Code("000000".parse().unwrap());
        for n in 0..20 {
            assert!(track(&bench, asker, ticket(1, 100 + n), wrong()).await.unwrap().is_none());
        }
        assert!(matches!(track(&bench, asker, ticket(1, 1), wrong()).await, Err(Error::TooMany { .. })));
        let other = Store::open(&bench.url, host::county::MIGRATIONS).await.unwrap();
        let writer = other.write().await.unwrap();
        for n in 0..50 {
            let answer = track(&bench, asker, ticket(1, 200 + n), wrong()).await;
            assert!(matches!(answer, Err(Error::TooMany { .. })), "{answer:?}");
        }
        drop(writer);
        let lines = bench.county.audited(&county, &Sought::default()).await.unwrap().lines;
        assert_eq!(lines.iter().filter(|l| l.outcome == "blocked").count(), 1);
    })
    .await;
}
