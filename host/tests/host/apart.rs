//! The two roles on two machines, and the certificates between them.

use std::{fs, path::Path};

use host::{
    ca::Ca,
    clock::Clock,
    config::{Config, Options},
    setup, tls,
};
use jiff::SignedDuration;
use rcgen::KeyPair;
use reqwest::StatusCode;
use wire::{enrol::Enrolled, intake::LEDGER};

use crate::support::{Terminal, TestHost, csr};

fn load(data: &Path, text: &str) -> Config {
    fs::File::create(data.join("host.toml"))
        .and_then(|mut f| std::io::Write::write_all(&mut f, text.as_bytes()))
        .unwrap();
    let local = || Some("127.0.0.1:0".to_owned());
    let options = Options { data: data.into(), listen: local(), listen_terminals: local(), ..Options::default() };
    Config::load(&options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_that_runs_apart_knows_the_fleets_terminals_and_those_it_revoked() {
    let mut fleet = TestHost::down_at_first();
    fleet.config = load(fleet.data.path(), "role = \"fleet\"\n");
    fleet.up().await;
    assert!(!setup::keys_folder(fleet.data.path()).exists(), "the fleet role holds no key of the county");
    let asked = [
        (fleet.people_url("/fleet/sign-in"), StatusCode::OK),
        (fleet.people_url("/static/console.css"), StatusCode::OK),
        (fleet.people_url("/county/sign-in"), StatusCode::NOT_FOUND),
        (fleet.url("/fleet/sign-in"), StatusCode::NOT_FOUND),
    ];
    for (url, status) in asked {
        let answer = fleet.anybody().get(&url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{url}");
    }

    // What an admin carries over: the trusted certificates, a certificate for the county's listener, the list.
    let mut county = TestHost::down_at_first();
    let carried = county.data.path();
    let authority = Ca::open(&setup::ca_folder(fleet.data.path())).unwrap();
    let issued = authority.issue_server(&["127.0.0.1".to_owned()], fleet.clock.now()).unwrap();
    for (name, text) in [("server.pem", issued.chain_pem), ("server.key", issued.key_pem)] {
        host::durable::write(&carried.join(name), text.as_bytes(), host::durable::Readers::Owner).unwrap();
    }
    fs::copy(setup::ca_folder(fleet.data.path()).join("trusted.pem"), carried.join("trusted.pem")).unwrap();
    let list = carried.join("revoked.json");
    fs::copy(setup::revoked_list(fleet.data.path()), &list).unwrap();
    let text = "role = \"county\"\nca = \"trusted.pem\"\nrevoked = \"revoked.json\"\n\
                terminals_certificate = \"server.pem\"\nterminals_key = \"server.key\"\n";
    county.config = load(carried, text);
    county.up().await;
    assert!(!setup::ca_folder(county.data.path()).exists(), "the county role has no authority");
    let console = fleet.anybody().get(county.people_url("/fleet/sign-in")).send().await.unwrap();
    assert_eq!(console.status(), StatusCode::NOT_FOUND, "the fleet's console is the fleet's");

    let (admitted, key) = (fleet.admit().await, KeyPair::generate().unwrap());
    let enrolled: Enrolled = fleet.enrol(&admitted, &key).await.json().await.unwrap();
    let terminal = Terminal::with(&fleet.root(), county.keys(), admitted.terminal, key, &enrolled.certificate);
    let said = terminal.suggestion(1);
    assert_eq!(terminal.put(&county, &said).await.status(), StatusCode::CREATED);
    let elsewhere = terminal.client.get(fleet.url("/intake/v1/bulletin")).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
    let enrol = terminal.client.post(county.url("/enrol")).json(&csr(&terminal.key)).send().await.unwrap();
    assert_eq!(enrol.status(), StatusCode::NOT_FOUND);

    let admin = fleet.fleet().await;
    admin.revoke(terminal.number).await.unwrap();
    setup::write_revoked(fleet.data.path(), &admin).await.unwrap();
    assert_eq!(terminal.put(&county, &said).await.status(), StatusCode::OK, "the list has not arrived yet");
    host::durable::write(
        &list,
        &fs::read(setup::revoked_list(fleet.data.path())).unwrap(),
        host::durable::Readers::All,
    )
    .unwrap();
    assert_eq!(terminal.put(&county, &said).await.status(), StatusCode::FORBIDDEN);
    fs::remove_file(&list).unwrap();
    let unknown = terminal.put(&county, &said).await;
    assert_eq!(unknown.status(), StatusCode::SERVICE_UNAVAILABLE, "without a list nobody gets in");
    assert!(unknown.headers().contains_key("retry-after") && unknown.headers().contains_key(LEDGER));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_certificate_is_issued_anew_before_it_expires_and_when_a_name_comes() {
    let mut host = TestHost::start().await;
    let file = host.data.path().join("fleet/tls/server.pem");
    let first = fs::read(&file).unwrap();
    host.down().await;
    host.up().await;
    assert_eq!(fs::read(&file).unwrap(), first, "a good one stays");

    host.down().await;
    host.config.public_base = Some("https://lianxin.example".into());
    host.up().await;
    let (until, names) = tls::validity(&file).unwrap();
    assert!(names.iter().any(|name| name == "lianxin.example"), "{names:?}");
    assert!(names.iter().any(|name| name == "127.0.0.1"), "{names:?}");

    host.down().await;
    host.clock.turn(until.duration_since(host.clock.now()) - SignedDuration::from_hours(48));
    host.up().await;
    let (renewed, _) = tls::validity(&file).unwrap();
    assert!(renewed > until, "{renewed}");
    host.down().await;
}
