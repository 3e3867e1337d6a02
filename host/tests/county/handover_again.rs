//! Phones that come, or send, once more: after a lost answer, with another ticket, after a newer code.

use host::county::{
    PhoneRefused,
    handover::{NOTES_MAX, Sender},
};
use wire::{case::Role, intake::HandOverVerdict, secret::Secret};

use crate::{
    handover::{MINUTE, PHONE, added, handed_over, id, opened, photo, refused, scanned, shows},
    support::*,
};

#[tokio::test]
async fn the_first_phone_back_with_its_code_after_a_day_is_told_of_the_day() {
    on_each_database(async |bench| {
        let secret = Secret::draw();
        let Sender { phone, .. } = scanned(&bench, ticket(1, 1), &secret).await;
        bench.clock.on(24 * 60 * MINUTE);
        assert_eq!(refused(bench.county.open_phone(PHONE, &secret, &phone).await), PhoneRefused::Over);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_opened_another_ticket_since_sends_nothing_to_the_wrong_one() {
    on_each_database(async |bench| {
        let (a, b) = (bench.say(1, "路坏了。").await, bench.say(2, "桥坏了。").await);
        let (of_a, of_b) = (opened(&bench, a.ticket).await, opened(&bench, b.ticket).await);
        // The page shows A; the browser's cookie is of B.
        let mixed = Sender { phone: of_b.phone.clone(), of: of_a.of };
        assert_eq!(refused(bench.county.may_send_photo(&mixed, id(0)).await), PhoneRefused::Other);
        assert_eq!(refused(bench.county.add_photo(&mixed, id(0), photo(1)).await), PhoneRefused::Other);
        assert_eq!(refused(bench.county.finish_phone(&mixed, "桥头").await), PhoneRefused::Other);
        assert_eq!(refused(bench.county.phone_standing(&mixed.phone, Some(mixed.of)).await), PhoneRefused::Other);
        let boss = bench.person("boss", Role::County, None).await;
        for case in [a.id, b.id] {
            assert_eq!(added(&bench, &boss, case).await, host::county::added::Added::default());
        }
        bench.county.finish_phone(&of_b, "桥头").await.unwrap();
        assert_eq!(added(&bench, &boss, b.id).await.notes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn words_written_after_a_lost_answer_are_one_more_note_and_never_passed_over() {
    on_each_database(async |bench| {
        let (receipt, phone) = handed_over(&bench).await;
        let boss = bench.person("boss", Role::County, None).await;
        let texts = ["桥头", "桥头，水有半尺深", "桥头", " ", "桥头，水有半尺深"];
        for text in texts {
            assert_eq!(bench.county.finish_phone(&phone, text).await.unwrap().until, None, "{text}");
            bench.clock.on(MINUTE);
        }
        let notes = added(&bench, &boss, receipt.id).await.notes;
        assert_eq!(notes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), texts[..2]);
        for n in 2..NOTES_MAX {
            bench.county.finish_phone(&phone, &format!("再补一句{n}")).await.unwrap();
        }
        assert_eq!(refused(bench.county.finish_phone(&phone, "还有").await), PhoneRefused::Finished);
        assert_eq!(added(&bench, &boss, receipt.id).await.notes.len(), NOTES_MAX);
    })
    .await;
}

#[tokio::test]
async fn one_id_is_one_photo_and_another_id_is_another_photo() {
    on_each_database(async |bench| {
        let (receipt, phone) = handed_over(&bench).await;
        for _ in 0..2 {
            assert_eq!(bench.county.add_photo(&phone, id(0), photo(10)).await.unwrap().photos, [id(0)]);
        }
        // Chosen instead of one whose answers were lost: it has an id of its own, and is there.
        bench.clock.on(MINUTE);
        assert_eq!(bench.county.add_photo(&phone, id(1), photo(20)).await.unwrap().photos, [id(0), id(1)]);
        let boss = bench.person("boss", Role::County, None).await;
        assert_eq!(added(&bench, &boss, receipt.id).await.photos.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_newer_code_ends_one_that_took_nothing_and_leaves_one_that_took_something() {
    on_each_database(async |bench| {
        // This browser could not go on.
        let (receipt, stuck) = handed_over(&bench).await;
        let phone = opened(&bench, receipt.ticket).await;
        assert_eq!(refused(bench.county.add_photo(&stuck, id(0), photo(1)).await), PhoneRefused::Replaced);
        assert_eq!(refused(bench.county.finish_phone(&stuck, "桥头").await), PhoneRefused::Replaced);
        bench.county.add_photo(&phone, id(0), photo(1)).await.unwrap();
        assert_eq!(shows(&bench, receipt.ticket, &Secret::draw()).await.verdict, HandOverVerdict::InUse);
        bench.county.finish_phone(&phone, "桥头").await.unwrap();
    })
    .await;
}
