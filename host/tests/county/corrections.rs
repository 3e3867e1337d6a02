//! The platform's correction of a header is a field of the case; what was sent stays as it was sealed.

use axum::http::StatusCode;
use host::county::{Error, case::Filed, work::Wanted};
use wire::case::Role;

use crate::{support::*, web::*};

fn filed(category: &str, place: &str) -> Filed {
    Filed { category: category.into(), place: place.into() }
}

#[tokio::test]
async fn the_officer_corrects_category_and_place_and_the_event_stays_as_it_was() {
    on_each_database(async |bench| {
        let boss = bench.person("boss", Role::County, None).await;
        let officer = bench.person("officer", Role::Officer, None).await;
        let deputy = bench.person("second", Role::Deputy, None).await;
        let station = bench.county.stations().await.unwrap().remove(0);
        let places = [("huaqiao".to_owned(), "花桥村".to_owned())];
        bench.county.edit_station(&boss, station, &places).await.unwrap();
        let receipt = bench.say(1, "水管漏水。").await;
        let id = receipt.id.to_string();
        let refused = bench.county.correct(&deputy, &id, filed("water", "")).await;
        assert!(matches!(refused, Err(Error::Step(_))));
        for wrong in [filed("hologram", ""), filed("water", "nowhere")] {
            assert!(matches!(bench.county.correct(&officer, &id, wrong).await, Err(Error::Input(_))));
        }
        bench.county.correct(&officer, &id, filed("water", "huaqiao")).await.unwrap();

        let page = bench.county.case_page(&officer, &id).await.unwrap();
        assert_eq!((page.category.as_str(), page.place.as_str(), page.sent.as_str()), ("饮水", "花桥村", "道路"));
        assert_eq!((page.row.category.as_str(), page.row.place.as_str()), ("road", ""), "as the header says it");
        let told = page.ledger.last().unwrap();
        assert_eq!(told.words.as_deref(), Some("原来：道路。改为：饮水，花桥村。"));
        let water = Wanted { category: "water".into(), ..Wanted::default() };
        let found = bench.county.list(&boss, &water).await.unwrap().rows;
        assert_eq!(found.iter().map(|r| r.place_name.as_deref()).collect::<Vec<_>>(), [Some("花桥村")]);
        let road = Wanted { category: "road".into(), ..Wanted::default() };
        assert!(bench.county.list(&boss, &road).await.unwrap().rows.is_empty());

        // The villager reads the corrected category; a step behind it keeps the correction.
        close(&bench, &receipt).await;
        let proof = wire::secret::Proof::Secret(receipt.secret.clone());
        let asker = host::county::tracking::Asker::Terminal(terminal(1));
        let view = track(&bench, asker, receipt.ticket, proof).await.unwrap().unwrap();
        assert_eq!(view.category, "饮水");
        assert_eq!(view.steps.len(), 6, "a correction is no state");
        let revision = bench.county.case_page(&boss, &id).await.unwrap().case.revision;
        bench.county.correct(&boss, &id, filed("water", "huaqiao")).await.unwrap();
        assert_eq!(bench.county.case_page(&boss, &id).await.unwrap().case.revision, revision, "nothing to correct");
    })
    .await;
}

#[tokio::test]
async fn an_officer_corrects_through_the_page_and_sees_what_was_chosen() {
    let bench = sqlite().await;
    bench.person("officer", Role::Officer, None).await;
    bench.person("deputy", Role::Deputy, None).await;
    let receipt = bench.say(1, "水管漏水。").await;
    let at = |step: &str| format!("/county/cases/{}{step}", receipt.id);
    let (mut officer, mut deputy) = (Web::signed_in(&bench, "officer").await, Web::signed_in(&bench, "deputy").await);
    assert!(!deputy.get(&at("")).await.1.contains("/correct"));
    let water = [("category", "water"), ("place", "")];
    assert_eq!(deputy.act(&at("/correct"), &water).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(officer.act(&at("/correct"), &water).await.0, StatusCode::SEE_OTHER);
    let page = officer.get(&at("")).await.1;
    assert!(page.contains("<dt>群众选的</dt><dd>道路</dd>"), "{page}");
    assert!(page.contains("<option value=\"water\" selected>饮水</option>"));
    assert!(page.contains("更正类别、地点"));
}
