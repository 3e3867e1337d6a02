//! Phones that add to a ticket: who may come, when, how often, and what is left of it.

use std::{io::Cursor, time::Duration};

use host::{
    county::{
        Error, PhoneRefused,
        audits::Sought,
        handover::{BROKEN_MAX, PER_HOUR, PHOTOS_MAX, PhoneStanding, REFUSED_MAX, Sender},
        people::Official,
        tracking::Asker,
        work::Wanted,
    },
    store::Store,
};
use sqlx::Row;
use uuid::Uuid;
use wire::{
    TEXT_MAX,
    case::Role,
    intake::{HandOver, HandOverVerdict, HandedOver},
    secret::Secret,
    ticket::TicketNumber,
};

use crate::support::*;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const PHONE: Asker = Asker::Address(HERE);

/// A small photo, as a camera might send it.
pub(crate) fn photo(shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, _| image::Rgb([shade, u8::try_from(x).unwrap(), 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

pub(crate) async fn shows(bench: &Bench, ticket: TicketNumber, secret: &Secret) -> HandedOver {
    let asked = HandOver { ticket, boot: Uuid::from_u128(1), secret: secret.hash() };
    bench.county.hand_over(ticket.terminal(), &asked).await.unwrap()
}

/// What a phone calls its photos.
pub(crate) fn id(n: u8) -> Uuid {
    Uuid::from_u128(u128::from(n) + 1)
}

/// A phone that has opened the hand-over of a ticket.
pub(crate) async fn opened(bench: &Bench, ticket: TicketNumber) -> Sender {
    scanned(bench, ticket, &Secret::draw()).await
}

/// The same, by this secret.
pub(crate) async fn scanned(bench: &Bench, ticket: TicketNumber, secret: &Secret) -> Sender {
    assert_eq!(shows(bench, ticket, secret).await.verdict, HandOverVerdict::Open);
    let phone = Secret::draw();
    let of = bench.county.open_phone(PHONE, secret, &phone).await.unwrap().id;
    Sender { phone, of }
}

/// A suggestion, and a phone that has opened its hand-over.
pub(crate) async fn handed_over(bench: &Bench) -> (Receipt, Sender) {
    let receipt = bench.say(1, "路坏了。").await;
    let phone = opened(bench, receipt.ticket).await;
    (receipt, phone)
}

pub(crate) fn refused<T>(result: Result<T, Error>) -> PhoneRefused {
    match result {
        Err(Error::Phone(refused)) => refused,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
}

pub(crate) async fn added(bench: &Bench, by: &Official, of: Uuid) -> host::county::added::Added {
    bench.county.case_page(by, &of.to_string()).await.unwrap().added
}

#[tokio::test]
async fn what_a_phone_sends_stands_with_the_case_and_is_seen_by_whoever_sees_that_and_by_nobody_else() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let other = bench.say(2, "桥坏了。").await;
        let phone = opened(&bench, receipt.ticket).await;
        let standing = bench.county.add_photo(&phone, id(0), photo(10)).await.unwrap();
        assert_eq!((standing.ticket, standing.photos), (receipt.ticket, vec![id(0)]));
        let words = "在村口的<b>桥</b>头";
        let PhoneStanding { until, .. } = bench.county.finish_phone(&phone, words).await.unwrap();
        assert_eq!(until, None);

        let boss = bench.person("boss", Role::County, None).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let clerk = bench.person("clerk", Role::Unit, Some("县交通运输局")).await;
        let elsewhere = Official { station: Some("elsewhere".into()), ..officer.clone() };
        let found = added(&bench, &officer, receipt.id).await;
        assert_eq!(found.notes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), [words]);
        assert_eq!((found.photos.len(), found.photos[0].width, found.closed), (1, 64, 0));
        let event: Uuid = found.photos[0].id.parse().unwrap();
        let case = receipt.id.to_string();
        for by in [&boss, &officer] {
            let shown = bench.county.photo(by, &case, event).await.unwrap();
            assert!(shown.is_showable(), "{}", by.login);
            assert_eq!(image::load_from_memory(&shown.photo.image).unwrap().width(), 64);
        }
        for by in [&clerk, &elsewhere] {
            assert!(matches!(bench.county.photo(by, &case, event).await, Err(Error::NotFound)), "{}", by.login);
        }
        let of_another = bench.county.photo(&boss, &other.id.to_string(), event).await;
        assert!(matches!(of_another, Err(Error::NotFound)));
        assert_eq!(added(&bench, &boss, other.id).await, host::county::added::Added::default());

        // Both looks of the boss are one line of the audit within the hour.
        bench.county.photo(&boss, &case, event).await.unwrap();
        let audit = bench.county.audited(&boss, &Sought::default()).await.unwrap();
        let looks = audit.lines.iter().filter(|line| (line.what.as_str(), line.outcome.as_str()) == ("photo", "shown"));
        assert_eq!(looks.count(), 2);

        let wanted = |words: &str| Wanted { words: words.into(), ..Wanted::default() };
        let list = bench.county.list(&boss, &wanted("村口的")).await.unwrap();
        assert_eq!(list.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), [case.as_str()]);
        assert!(bench.county.list(&boss, &wanted("村尾的")).await.unwrap().rows.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_comes_after_ten_minutes_is_too_late_and_a_late_finish_keeps_the_photos() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let (secret, phone) = (Secret::draw(), Secret::draw());
        assert_eq!(shows(&bench, receipt.ticket, &secret).await.open_s, Some(600));
        bench.clock.on(9 * MINUTE);
        assert_eq!(shows(&bench, receipt.ticket, &secret).await.open_s, Some(60), "the same again");
        bench.clock.on(MINUTE);
        assert_eq!(refused(bench.county.open_phone(PHONE, &secret, &phone).await), PhoneRefused::Late);

        let phone = opened(&bench, receipt.ticket).await;
        bench.county.add_photo(&phone, id(0), photo(10)).await.unwrap();
        // Hours are nothing; a day is.
        bench.clock.on(23 * 60 * MINUTE);
        bench.county.add_photo(&phone, id(1), photo(20)).await.unwrap();
        bench.clock.on(60 * MINUTE);
        assert_eq!(refused(bench.county.add_photo(&phone, id(2), photo(20)).await), PhoneRefused::Over);
        assert_eq!(refused(bench.county.finish_phone(&phone, "桥头").await), PhoneRefused::Over);
        assert_eq!(refused(bench.county.phone_standing(&phone.phone, None).await), PhoneRefused::Over);
        let boss = bench.person("boss", Role::County, None).await;
        let found = added(&bench, &boss, receipt.id).await;
        assert_eq!((found.photos.len(), found.notes.len()), (2, 0));
        let slow = opened(&bench, receipt.ticket).await;
        bench.clock.on(23 * 60 * MINUTE);
        bench.county.finish_phone(&slow, "桥头").await.unwrap();
        assert_eq!(added(&bench, &boss, receipt.id).await.notes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_phones_that_scan_one_code_the_second_is_told_so_and_the_first_goes_on() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let (secret, second) = (Secret::draw(), Secret::draw());
        let own = scanned(&bench, receipt.ticket, &secret).await;
        let first = &own.phone;
        assert_eq!(refused(bench.county.open_phone(PHONE, &secret, &second).await), PhoneRefused::Taken);
        assert_eq!(refused(bench.county.phone_standing(&second, None).await), PhoneRefused::NotOpened);
        // The first one's answer was lost, or its page loaded again.
        let standing = bench.county.open_phone(PHONE, &secret, first).await.unwrap();
        assert_eq!(standing.id, own.of);
        assert_eq!(bench.county.phone_standing(first, Some(standing.id)).await.unwrap(), standing);
        let stranger = Sender { phone: second.clone(), of: standing.id };
        assert_eq!(refused(bench.county.add_photo(&stranger, id(0), photo(1)).await), PhoneRefused::NotOpened);
        // Nothing new is shown while it is at work; afterwards another phone may come.
        bench.county.add_photo(&own, id(0), photo(1)).await.unwrap();
        assert_eq!(shows(&bench, receipt.ticket, &Secret::draw()).await.verdict, HandOverVerdict::InUse);
        bench.county.finish_phone(&own, "桥头").await.unwrap();
        assert_eq!(refused(bench.county.open_phone(PHONE, &secret, &second).await), PhoneRefused::Taken);
        opened(&bench, receipt.ticket).await;
    })
    .await;
}

#[tokio::test]
async fn a_photo_sent_again_is_one_photo_and_half_a_photo_leaves_nothing() {
    on_each_database(async |bench| {
        let (receipt, phone) = handed_over(&bench).await;
        let whole = photo(10);
        let half = bench.county.add_photo(&phone, id(0), whole[..40].to_vec()).await;
        assert_eq!(refused(half), PhoneRefused::Spoilt);
        let boss = bench.person("boss", Role::County, None).await;
        assert!(added(&bench, &boss, receipt.id).await.photos.is_empty());
        for _ in 0..2 {
            assert_eq!(bench.county.add_photo(&phone, id(0), whole.clone()).await.unwrap().photos, [id(0)]);
        }
        assert_eq!(added(&bench, &boss, receipt.id).await.photos.len(), 1);
        for _ in 0..2 {
            bench.county.finish_phone(&phone, "桥头").await.unwrap();
        }
        assert_eq!(added(&bench, &boss, receipt.id).await.notes.len(), 1, "the end was sent twice");
        assert_eq!(refused(bench.county.add_photo(&phone, id(1), whole).await), PhoneRefused::Finished);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_takes_six_photos_looks_at_thirty_that_are_none_and_waits_for_a_hundred_that_break_off() {
    on_each_database(async |bench| {
        let (_, phone) = handed_over(&bench).await;
        for slot in 0..PHOTOS_MAX {
            bench.county.add_photo(&phone, id(slot), photo(slot)).await.unwrap();
        }
        assert_eq!(refused(bench.county.add_photo(&phone, id(PHOTOS_MAX), photo(7)).await), PhoneRefused::Full);
        bench.county.add_photo(&phone, id(0), photo(0)).await.unwrap();
        let other = bench.say(2, "桥坏了。").await;
        let phone = opened(&bench, other.ticket).await;
        for _ in 0..REFUSED_MAX {
            let video = b"\0\0\0\x18ftypisom\0\0\0\0".to_vec();
            assert_eq!(refused(bench.county.add_photo(&phone, id(0), video).await), PhoneRefused::Video);
        }
        assert_eq!(refused(bench.county.add_photo(&phone, id(0), photo(1)).await), PhoneRefused::TooOften);
        bench.county.finish_phone(&phone, "写的还能交").await.unwrap();
        let third = bench.say(3, "灯坏了。").await;
        let phone = opened(&bench, third.ticket).await;
        for _ in 0..BROKEN_MAX {
            bench.county.may_send_photo(&phone, id(0)).await.unwrap();
            bench.county.photo_broke_off(&phone).await.unwrap();
        }
        assert_eq!(refused(bench.county.may_send_photo(&phone, id(0)).await), PhoneRefused::TooOften);
    })
    .await;
}

#[tokio::test]
async fn words_are_kept_code_point_by_code_point_and_too_many_or_none_are_refused() {
    on_each_database(async |bench| {
        let (receipt, phone) = handed_over(&bench).await;
        let finish = async |text: &str| bench.county.finish_phone(&phone, text).await;
        assert_eq!(refused(finish(" \n").await), PhoneRefused::Empty);
        assert_eq!(refused(finish(&"长".repeat(TEXT_MAX + 1)).await), PhoneRefused::LongText);
        assert_eq!(refused(finish("a\u{7}b").await), PhoneRefused::OddText);
        let words = " 桥头\n𠮷野家👵 ";
        finish(words).await.unwrap();
        let boss = bench.person("boss", Role::County, None).await;
        assert_eq!(added(&bench, &boss, receipt.id).await.notes[0].1, words);
    })
    .await;
}

#[tokio::test]
async fn what_was_added_is_counted_and_not_shown_where_its_key_is_gone() {
    on_each_database(async |bench| {
        let (receipt, phone) = handed_over(&bench).await;
        bench.county.add_photo(&phone, id(0), photo(10)).await.unwrap();
        bench.county.finish_phone(&phone, "桥头").await.unwrap();
        let boss = bench.person("boss", Role::County, None).await;
        let bench = bench.with_another_key().await;
        let found = added(&bench, &boss, receipt.id).await;
        assert_eq!((found.photos.len(), found.notes.len(), found.closed), (0, 0, 2));
    })
    .await;
}

#[tokio::test]
async fn what_comes_before_its_suggestion_waits_for_it() {
    on_each_database(async |bench| {
        let (receipt, bytes) = bench.suggestion(ticket(1, 1), "路坏了。");
        let phone = opened(&bench, receipt.ticket).await;
        bench.county.add_photo(&phone, id(0), photo(10)).await.unwrap();
        bench.county.finish_phone(&phone, "桥头").await.unwrap();
        bench.send(1, receipt.id, &bytes).await;
        let boss = bench.person("boss", Role::County, None).await;
        let found = added(&bench, &boss, receipt.id).await;
        assert_eq!((found.photos.len(), found.notes.len()), (1, 1));
        assert!(bench.county.alarms(&boss).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_terminal_shows_only_its_own_tickets_one_at_a_time_and_so_many_an_hour() {
    on_each_database(async |bench| {
        let foreign = HandOver { ticket: ticket(2, 1), boot: Uuid::nil(), secret: Secret::draw().hash() };
        assert!(matches!(bench.county.hand_over(terminal(1), &foreign).await, Err(Error::Intake(_))));
        // One that nobody scanned gives way to a newer one: the terminal forgot it.
        let (former, newer) = (Secret::draw(), Secret::draw());
        for secret in [&former, &newer] {
            assert_eq!(shows(&bench, ticket(1, 1), secret).await.verdict, HandOverVerdict::Open);
        }
        let late = bench.county.open_phone(PHONE, &former, &Secret::draw()).await;
        assert_eq!(refused(late), PhoneRefused::Late);
        // What gave way counts as well: else one ticket would have as many as it likes.
        for counter in 3..=u16::try_from(PER_HOUR).unwrap() {
            let shown = shows(&bench, ticket(1, counter), &Secret::draw()).await;
            assert_eq!(shown.verdict, HandOverVerdict::Open, "{counter}");
        }
        let newest = ticket(1, u16::try_from(PER_HOUR).unwrap());
        for more in [ticket(1, 900), newest] {
            let more = shows(&bench, more, &Secret::draw()).await;
            assert_eq!((more.verdict, more.open_s), (HandOverVerdict::TooMany, None));
        }
        assert_eq!(shows(&bench, ticket(2, 1), &Secret::draw()).await.verdict, HandOverVerdict::Open);
        bench.clock.on(61 * MINUTE);
        assert_eq!(shows(&bench, ticket(1, 900), &Secret::draw()).await.verdict, HandOverVerdict::Open);
    })
    .await;
}

#[tokio::test]
async fn whoever_tries_secrets_is_kept_waiting_and_the_right_one_is_not() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let secret = Secret::draw();
        shows(&bench, receipt.ticket, &secret).await;
        for _ in 0..20 {
            let tried = bench.county.open_phone(PHONE, &Secret::draw(), &Secret::draw()).await;
            assert_eq!(refused(tried), PhoneRefused::Late);
        }
        let blocked = bench.county.open_phone(PHONE, &Secret::draw(), &Secret::draw()).await;
        assert!(matches!(blocked, Err(Error::TooMany { .. })));
        bench.county.open_phone(PHONE, &secret, &Secret::draw()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn neither_secret_nor_cookie_nor_words_nor_pixels_lie_in_the_database_and_old_rows_go() {
    on_each_database(async |bench| {
        let receipt = bench.say(1, "路坏了。").await;
        let secret = Secret::draw();
        let sender = scanned(&bench, receipt.ticket, &secret).await;
        let upload = photo(10);
        bench.county.add_photo(&sender, id(0), upload.clone()).await.unwrap();
        bench.county.finish_phone(&sender, "桥头的石头").await.unwrap();
        let store = Store::open(&bench.url, host::county::MIGRATIONS).await.unwrap();
        let mut conn = store.read().await.unwrap();
        let mut all = Vec::new();
        for (table, columns) in [("hand_over", &["secret", "phone"][..]), ("event", &["bytes"])] {
            let sql = sqlx::AssertSqlSafe(format!("SELECT {} FROM {table}", columns.join(", ")));
            for row in sqlx::query(sql).fetch_all(&mut *conn).await.unwrap() {
                (0..columns.len()).for_each(|n| all.push(row.try_get::<Vec<u8>, _>(n).unwrap()));
            }
        }
        drop(conn);
        assert_eq!(all.len(), 5, "two hashes, three events");
        let is_in = |part: &[u8]| all.iter().any(|whole| whole.windows(part.len()).any(|window| window == part));
        assert!(is_in(secret.hash().bytes()), "the search finds what is there");
        for (name, part) in [
            ("secret", &secret.bytes()[..]),
            ("cookie", sender.phone.bytes()),
            ("words", "桥头的".as_bytes()),
            ("photo", &upload[20..60]),
            ("JPEG", b"JFIF"),
        ] {
            assert!(!is_in(part), "{name}");
        }
        assert_eq!(bench.county.forget_hand_overs().await.unwrap(), 0);
        bench.clock.on(48 * 60 * MINUTE + MINUTE);
        assert_eq!(bench.county.forget_hand_overs().await.unwrap(), 1);
        let boss = bench.person("boss", Role::County, None).await;
        assert_eq!(added(&bench, &boss, receipt.id).await.photos.len(), 1, "what was sent stays");
    })
    .await;
}
