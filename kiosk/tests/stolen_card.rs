//! Somebody takes the card out and reads every byte of it: exactly what `queue`'s module text allows is found.
//!
//! Visits go through the real queue, the printer's service and the agent's stores. Then every file of the data folder,
//! with write-ahead log and free pages, is searched for words, names, numbers, codes and secrets in every form in which
//! a program could have written them.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/needles.rs"]
mod needles;
#[path = "support/papers.rs"]
mod papers;
mod queue_support;
#[path = "agent/scripted_host.rs"]
mod scripted_host;
mod stolen_card_support;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;

use std::time::Duration;

use kiosk::{
    printer::Paper,
    queue::{CODE_KEPT, KEPT_AFTER_ACKNOWLEDGEMENT, Submitted, VIEW_KEPT},
};
use needles::{Needle, forms_of};
use queue_support::{Place, draft};
use stolen_card_support::Card;

const WORDS: &str = "村口的石桥塌了半边，孩子们上学要绕三里地。";
const NAME: &str = "欧阳春花";
const PHONE: &str = "13987654321";
const REPLY: &str = "县交通局已派人勘察，月底前动工。";
const PRINTED_WORDS: &str = "家里的井干了，请帮忙打一口新井。";

/// What must never be there, whatever became of the receipts.
fn never() -> Vec<Needle> {
    let texts = [("words", WORDS), ("words on paper", PRINTED_WORDS), ("landmark", "老槐树旁"), ("name", NAME)];
    let mut needles: Vec<Needle> = texts.iter().chain(&[("reply", REPLY)]).map(|(n, t)| Needle::text(n, t)).collect();
    needles.push(Needle::number("telephone number", PHONE));
    let hashed = texts.iter().map(|(_, text)| *text).chain([PHONE, REPLY]);
    needles.extend(hashed.map(|text| Needle::bytes("hash of a text", &wire::event::hash(text.as_bytes()))));
    needles
}

/// What makes a receipt one's own.
fn proofs(one: &Submitted) -> [Needle; 3] {
    [
        Needle::number("code", one.code.digits()),
        Needle::bytes("secret", one.secret.bytes()),
        Needle::text("link", &wire::secret::track_link(stolen_card_support::PUBLIC_BASE, one.ticket, &one.secret)),
    ]
}

/// Code and secret as they stand in the table of proofs, and nowhere and nohow else.
fn has_proofs_where_they_belong(card: &Card, one: &Submitted) {
    let [code, secret, link] = proofs(one);
    assert_eq!(card.finds(&code), ["code as utf-8 in the queue"]);
    assert_eq!(card.finds(&secret), ["secret as it is in the queue"]);
    assert_eq!(card.finds(&link), [""; 0]);
    assert_eq!(card.rows_with(one.code.digits()), ["proof.code"]);
}

fn has_no_proofs(card: &Card, one: &Submitted) {
    for needle in proofs(one) {
        assert_eq!(card.finds(&needle), [""; 0], "{}", one.ticket);
    }
    assert_eq!(card.rows_with(one.code.digits()), [""; 0]);
}

fn has_nothing_of_the_villagers(card: &Card) {
    for needle in never() {
        assert_eq!(card.finds(&needle), [""; 0]);
    }
    assert_eq!(card.rows_with(PHONE), [""; 0]);
}

/// One plain visit, one with its words on paper, one with name and telephone number.
fn visits(card: &mut Card) -> [Submitted; 3] {
    let mut with_words = draft(PRINTED_WORDS);
    with_words.text_on_receipt = true;
    let all = [draft(WORDS), with_words, draft(WORDS)].map(|said| card.visit(&said));
    card.queue.submit_contact(all[2].ticket, NAME, PHONE, &card.county.sealer).unwrap();
    all
}

#[test]
fn the_search_finds_whatever_is_planted_in_whatever_form() {
    let place = Place::new();
    let text = Needle::text("words", WORDS);
    let number = Needle::number("telephone number", PHONE);
    let secret = Needle::bytes("secret", &[0xfb, 0xef, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 250]);
    for needle in [text, number, secret] {
        for (form, bytes) in forms_of(&needle) {
            let file = place.folder.path().join("planted");
            kiosk::durable::write(&file, &[b"\0\0\0", bytes.as_slice(), b"~~~"].concat(), 0o600).unwrap();
            let found = needles::finds(place.folder.path(), &needle);
            assert!(found.iter().any(|found| found.contains(&form)), "{form}: {found:?}");
        }
    }
}

#[test]
fn before_printing_the_codes_lie_on_the_card_and_ten_minutes_behind_it_they_are_gone() {
    let mut card = Card::new();
    let all = visits(&mut card);
    has_nothing_of_the_villagers(&card);
    for one in &all {
        has_proofs_where_they_belong(&card, one);
    }
    // What is allowed is there, so that the search is not blind.
    let number = Needle::number("number", &all[0].ticket.to_string());
    assert_eq!(card.finds(&number), ["number as utf-8 in the queue"]);
    assert_eq!(card.finds(&Needle::text("category", "道路")), ["category as utf-8 in the queue"]);

    let printer = card.plug_in("epson-tm");
    for one in &all {
        card.wait_for(one, Paper::Printed);
    }
    has_nothing_of_the_villagers(&card);
    all.iter().for_each(|one| has_proofs_where_they_belong(&card, one));
    card.go_on(CODE_KEPT);
    has_nothing_of_the_villagers(&card);
    all.iter().for_each(|one| has_no_proofs(&card, one));

    // Not even the hash of a receipt that holds words, which could be guessed.
    let with_words = printer.receipts().into_iter().find(|r| card.shows(&r.bytes, &all[1])).unwrap();
    assert!(queue_support::holds(&with_words.bytes, &encoding_rs::GB18030.encode("家里的井干了").0));
    assert_eq!(card.finds(&Needle::bytes("hash", &wire::event::hash(&with_words.bytes))), [""; 0]);
    assert_eq!(card.hash_of(&all[1]), None);
    assert!(card.hash_of(&all[0]).is_some());
}

#[test]
fn a_printer_that_never_confirms_keeps_no_code_on_the_card_for_longer() {
    let mut card = Card::new();
    let printer = card.plug_in("generic-58");
    printer.change(|conditions| conditions.mute = true);
    let all = visits(&mut card);
    for one in &all {
        card.wait_for(one, Paper::Unsure);
    }
    all.iter().for_each(|one| has_proofs_where_they_belong(&card, one));
    card.go_on(CODE_KEPT);
    has_nothing_of_the_villagers(&card);
    all.iter().for_each(|one| has_no_proofs(&card, one));
}

#[test]
fn without_a_printer_and_after_a_restart_no_code_outlives_its_ten_minutes() {
    let mut card = Card::new();
    let all = visits(&mut card);
    card.go_on(CODE_KEPT - Duration::from_secs(1));
    all.iter().for_each(|one| has_proofs_where_they_belong(&card, one));
    card.restart();
    card.go_on(Duration::from_secs(1));
    has_nothing_of_the_villagers(&card);
    all.iter().for_each(|one| has_no_proofs(&card, one));
}

#[test]
fn thirty_days_behind_the_acknowledgement_nothing_of_a_ticket_is_left_but_the_sealed_answer() {
    let mut card = Card::new();
    card.enrol();
    let all = visits(&mut card);
    let _printer = card.plug_in("epson-tm");
    for one in &all {
        card.wait_for(one, Paper::Printed);
    }
    let sealed = card.sealed();
    assert_eq!(sealed.len(), 4, "three suggestions and a contact");
    card.deliver();
    card.answer(&all[0], REPLY);
    has_nothing_of_the_villagers(&card);
    sealed.iter().for_each(|event| assert_eq!(card.finds(event), ["event as it is in the queue"]));

    card.go_on(Duration::try_from(KEPT_AFTER_ACKNOWLEDGEMENT).unwrap());
    has_nothing_of_the_villagers(&card);
    sealed.iter().for_each(|event| assert_eq!(card.finds(event), [""; 0]));
    all.iter().for_each(|one| has_no_proofs(&card, one));
    let number = |one: &Submitted| Needle::number("number", &one.ticket.to_string());
    assert_eq!(card.finds(&number(&all[0])), ["number as utf-8 in the queue"], "the answer is kept for whoever comes");
    assert_eq!(card.finds(&number(&all[1])), [""; 0]);

    card.go_on(Duration::try_from(VIEW_KEPT).unwrap());
    assert_eq!(card.finds(&number(&all[0])), [""; 0]);
    has_nothing_of_the_villagers(&card);
}

#[test]
fn a_damaged_queue_that_was_set_aside_gives_nobody_the_codes_it_held() {
    let mut card = Card::new();
    card.enrol();
    let all = visits(&mut card);
    all.iter().for_each(|one| has_proofs_where_they_belong(&card, one));
    let waiting = card.sealed();
    card.damage_the_queue();
    has_nothing_of_the_villagers(&card);
    all.iter().for_each(|one| has_no_proofs(&card, one));
    // What was read of it waits for the county, sealed as it was.
    assert_eq!(card.sealed().len(), waiting.len());
    waiting.iter().for_each(|event| assert_eq!(card.finds(event), ["event as it is in the queue"]));
}
