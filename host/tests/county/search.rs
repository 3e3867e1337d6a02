//! Words are found in what is sealed: in what was written, and in the last thing written down of a recording.

use axum::http::StatusCode;
use host::county::{people::Official, work::Wanted};
use wire::case::Role;

use crate::{support::*, web::*};

async fn found(bench: &Bench, by: &Official, words: &str, page: usize) -> (Vec<String>, bool) {
    let wanted = Wanted { words: words.into(), page, ..Wanted::default() };
    let list = bench.county.list(by, &wanted).await.unwrap();
    assert!(!list.is_cut);
    (list.rows.into_iter().map(|row| row.id).collect(), list.more)
}

#[tokio::test]
async fn a_case_is_found_by_its_words_and_by_what_was_last_written_down_of_its_recording() {
    on_each_database(async |bench| {
        let officer = bench.person("officer", Role::Officer, None).await;
        let written = bench.say(1, "村口的Lamp坏了。").await.id.to_string();
        let (spoken, bytes) = bench.said(ticket(1, 2), "（语音留言，约3秒）", Some(3));
        bench.send(1, spoken.id, &bytes).await;
        let (voice, bytes) = bench.voice(spoken.ticket, 3, RECORDING);
        bench.send(1, voice, &bytes).await;
        let spoken = spoken.id.to_string();
        assert_eq!(found(&bench, &officer, "水管", 0).await.0, [""; 0]);
        bench.county.transcribe(&officer, &spoken, "桥头的水官漏水".into()).await.unwrap();
        assert_eq!(found(&bench, &officer, "水官", 0).await.0, [spoken.as_str()]);
        bench.county.transcribe(&officer, &spoken, "桥头的水管漏水".into()).await.unwrap();
        assert_eq!(found(&bench, &officer, "水管", 0).await.0, [spoken.as_str()]);
        assert_eq!(found(&bench, &officer, "水官", 0).await.0, [""; 0], "it was corrected");
        assert_eq!(found(&bench, &officer, " lamp ", 0).await.0, [written.as_str()]);
        let elsewhere = Official { station: Some("elsewhere".into()), ..officer.clone() };
        assert_eq!(found(&bench, &elsewhere, "lamp", 0).await.0, [""; 0], "each finds what they may see");
        let both = Wanted { words: "漏水".into(), ticket: ticket(1, 1).to_string(), ..Wanted::default() };
        assert!(bench.county.list(&officer, &both).await.unwrap().rows.is_empty(), "all conditions hold");
    })
    .await;
}

#[tokio::test]
async fn what_was_found_comes_page_by_page() {
    let bench = sqlite().await;
    let officer = bench.person("officer", Role::Officer, None).await;
    for counter in 1..=70 {
        bench.say(counter, if counter % 2 == 0 { "路灯坏了。" } else { "水管漏水。" }).await;
    }
    let (first, more) = found(&bench, &officer, "路灯", 0).await;
    assert_eq!((first.len(), more), (30, true));
    let (second, more) = found(&bench, &officer, "路灯", 1).await;
    assert_eq!((second.len(), more), (5, false));
    assert!(second.iter().all(|id| !first.contains(id)));

    let mut web = Web::signed_in(&bench, "officer").await;
    let (status, page) = web.get("/county/cases?words=%E8%B7%AF%E7%81%AF").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("name=\"words\" value=\"路灯\""), "{page}");
    assert!(page.contains("words=%E8%B7%AF%E7%81%AF&#38;page=1"), "the next page looks for the same: {page}");
}
