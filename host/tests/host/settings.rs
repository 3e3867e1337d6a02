//! Settings from afar: drawn up and ordered on the command line, fetched by the terminal, told back by its report.

use host::fleet::{Fleet, NotOrdered};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wire::{
    health::{self, Taken},
    settings::{InForce, Ordered, PATH, Settings, State, Why},
};

use crate::{
    commands::{run, text},
    health::report,
    store::{number, on_each_database},
    support::{Terminal, TestHost, error_of},
};

fn louder(volume: u8) -> Settings {
    Settings { volume: Some(volume), ..Settings::default() }
}

async fn reports(host: &TestHost, terminal: &Terminal, seq: u64, settings: Option<InForce>) -> Taken {
    let mut report = report(terminal.number, seq);
    report.settings = settings;
    let taken = terminal.client.post(host.url(health::PATH)).json(&report).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::OK);
    taken.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_names_the_same_settings_for_ever_also_over_a_restore() {
    on_each_database(async |fleet, _| {
        assert_eq!(fleet.draw_up(&louder(2), "").await.unwrap(), 1);
        assert_eq!(fleet.draw_up(&louder(4), "集市太吵").await.unwrap(), 2);
        assert_eq!(fleet.settings(1).await.unwrap().settings, louder(2));
        let newest = fleet.all_settings().await.unwrap().remove(0);
        assert_eq!((newest.version, newest.why.as_str(), newest.settings), (2, "集市太吵", louder(4)));
        fleet.after_restore(&[], &[]).await.unwrap();
        assert_eq!(fleet.draw_up(&louder(5), "").await.unwrap(), 103, "3 to 102 may have been given since the backup");
        let terminal = fleet.add(None, "花桥镇", "").await.unwrap().terminal;
        fleet.order_settings(1, &[terminal]).await.unwrap();
        assert_eq!(fleet.ordered(terminal).await.unwrap().map(|order| (order.order, order.version)), Some((103, 1)));
        fleet.after_restore(&[], &[]).await.unwrap();
        assert_eq!(fleet.draw_up(&louder(5), "").await.unwrap(), 204);
    })
    .await;
}

async fn is_refused(fleet: &Fleet, settings: &Settings, why: &str, told: &str) {
    let refused = fleet.draw_up(settings, why).await.unwrap_err().to_string();
    assert!(refused.contains(told), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_terminal_takes_is_not_drawn_up_and_an_order_reaches_all_or_none() {
    on_each_database(async |fleet, _| {
        is_refused(&fleet, &louder(9), "", "volume: expected a whole number from 1 to 5").await;
        is_refused(&fleet, &louder(3), "two\nlines", "why: expected").await;
        is_refused(&fleet, &louder(3), &"字".repeat(201), "200 characters").await;
        assert!(fleet.all_settings().await.unwrap().is_empty());

        let terminals: Vec<_> =
            [fleet.add(None, "花桥镇", "").await.unwrap(), fleet.add(None, "新岗山镇", "").await.unwrap()]
                .map(|admitted| admitted.terminal)
                .into();
        let version = fleet.draw_up(&louder(4), "").await.unwrap();
        assert!(matches!(fleet.order_settings(9, &terminals).await, Err(NotOrdered::Unknown(9))));
        let with_a_stranger = [terminals[0], number(77)];
        assert!(fleet.order_settings(version, &with_a_stranger).await.is_err());
        fleet.revoke(terminals[1]).await.unwrap();
        assert!(fleet.order_settings(version, &terminals).await.is_err());
        assert_eq!(fleet.ordered(terminals[0]).await.unwrap(), None, "nothing of either order is left");
        assert_eq!(fleet.audit().await.unwrap().iter().filter(|line| line.what == "settings.order").count(), 0);

        fleet.order_settings(version, &terminals[..1]).await.unwrap();
        let ordered = Ordered { v: 1, order: 1, version, settings: louder(4) };
        assert_eq!(fleet.ordered(terminals[0]).await.unwrap(), Some(ordered));
        let last = fleet.audit().await.unwrap().pop().unwrap();
        assert_eq!((last.what.as_str(), last.subject.as_str()), ("settings.order", "terminal:00001 settings:1"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_hears_of_an_order_with_its_next_report_fetches_its_own_and_what_it_says_is_shown() {
    let host = TestHost::start().await;
    let (terminal, other) = (host.terminal().await, host.terminal().await);
    assert_eq!(reports(&host, &terminal, 1, None).await.settings, None);
    let nothing = terminal.client.get(host.url(PATH)).send().await.unwrap();
    assert_eq!((nothing.status(), error_of(nothing).await.as_str()), (StatusCode::NOT_FOUND, "not_found"));

    let command = |words: &[&str]| run(host.data.path(), &[&["config"], words].concat());
    let (ok, drawn) = command(&["add", "--set", "volume=4", "--set", "printer.baud=19200", "--why", "集市太吵"]);
    assert!(ok, "{drawn}");
    let number = terminal.number.to_string();
    assert!(command(&["order", "1", "--terminal", &number]).0);
    assert_eq!(reports(&host, &terminal, 2, None).await.settings, Some(1));
    assert_eq!(reports(&host, &other, 1, None).await.settings, None);
    let ordered: Ordered = terminal.client.get(host.url(PATH)).send().await.unwrap().json().await.unwrap();
    assert_eq!((ordered.version, ordered.settings.volume, ordered.settings.printer.baud), (1, Some(4), Some(19_200)));
    let strange = other.client.get(host.url(PATH)).send().await.unwrap();
    assert_eq!(strange.status(), StatusCode::NOT_FOUND, "another terminal's are its own");
    let anybody = host.anybody().get(host.url(PATH)).send().await.unwrap();
    assert_eq!(anybody.status(), StatusCode::UNAUTHORIZED);

    let (_, standing) = command(&["standing"]);
    assert_eq!(standing, json!([{ "terminal": number, "ordered": 1, "order": 1, "says": null }]));
    let why = Some(Why::PrinterSilent);
    let reverted = InForce { version: None, order: 1, state: State::Reverted, why };
    reports(&host, &terminal, 3, Some(reverted.clone())).await;
    let (_, standing) = command(&["standing"]);
    assert_eq!(standing[0]["says"], serde_json::to_value(reverted).unwrap());
    let shown = text(host.data.path(), &["config", "standing"]);
    assert!(shown.contains("ordered 1  works by its own; taken back (the printer answered no more)"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_draws_up_compares_and_is_told_what_is_wrong() {
    let host = TestHost::start().await;
    let file = host.data.path().join("settings.toml");
    host::durable::write_new(&file, b"volume = 2\n[panel]\nplain = true\n", host::durable::Readers::Owner).unwrap();
    let command = |words: &[&str]| run(host.data.path(), &[&["config"], words].concat());
    let (ok, first) = command(&["add", "--file", file.to_str().unwrap(), "--set", "volume=3"]);
    assert!(ok, "{first}");
    assert_eq!(
        first["settings"],
        json!({ "volume": 3, "panel": { "plain": true } }),
        "what is set counts over the file"
    );
    let (ok, named) = command(&["add", "--set", "printer.profile=generic-58", "--set", "printer.baud=9600"]);
    assert!(ok, "{named}");
    assert_eq!(named["settings"], json!({ "printer": { "profile": "generic-58", "baud": 9600 } }));
    let (_, second) = command(&["add", "--on", "1", "--set", "panel.dark_after_s=600"]);
    assert_eq!(second["settings"], json!({ "volume": 3, "panel": { "plain": true, "dark_after_s": 600 } }));
    let (_, differ) = command(&["diff", "1", "3"]);
    assert_eq!(differ, json!([{ "field": "panel.dark_after_s", "before": null, "after": "600" }]));
    let back = text(host.data.path(), &["config", "diff", "3", "0"]);
    assert_eq!(back.lines().count(), 3, "{back}");
    assert!(back.contains("volume: 3 -> the terminal's own"), "{back}");
    assert_eq!(text(host.data.path(), &["config", "diff", "3", "3"]).trim(), "no difference");
    assert!(text(host.data.path(), &["config", "show", "3"]).contains("panel.plain = true"));

    let wrong: [(&[&str], &str); 8] = [
        (&["add", "--set", "volume=9"], "volume: expected a whole number from 1 to 5"),
        (&["add", "--set", "volume"], "volume: expected KEY=VALUE"),
        (&["add", "--set", "volume=loud"], "volume"),
        (&["add", "--set", "colour=1"], "colour"),
        (&["add", "--on", "7", "--set", "volume=1"], "no settings 7"),
        (&["add", "--file", "/nowhere.toml"], "/nowhere.toml"),
        (&["order", "7", "--terminal", "00001"], "no settings 7"),
        (&["order", "1", "--all"], "no terminal"),
    ];
    for (words, told) in wrong {
        let (ok, refused): (bool, Value) = command(words);
        let error = refused["error"].as_str().unwrap();
        assert!(!ok && error.contains(told), "{words:?}: {error}");
    }
    assert_eq!(command(&["list"]).1.as_array().unwrap().len(), 3);
}
