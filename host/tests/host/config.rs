//! Settings that can't be used: the error names file, key and what is expected.

use std::{fs::File, io::Write, path::Path};

use host::{
    config::{Config, Options, Role},
    serve,
};
use tempfile::TempDir;

use crate::support::TestClock;

fn write(path: &Path, text: &str) {
    File::create(path).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
}

fn load(text: &str) -> Result<Config, String> {
    let data = tempfile::tempdir().unwrap();
    write(&data.path().join("host.toml"), text);
    let options = Options { data: data.path().into(), ..Options::default() };
    Config::load(&options).map_err(|error| error.to_string())
}

fn refused(text: &str, parts: &[&str]) {
    let error = load(text).unwrap_err();
    for part in ["host.toml"].iter().chain(parts) {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_those_there_are() {
    refused(
        "listen = \"0.0.0.0:1\"\nlissen_terminals = \"x\"\n",
        &["line 2", "`lissen_terminals`", "expected one of", "`listen_terminals`"],
    );
}

#[test]
fn a_wrong_type_is_named_with_the_right_one() {
    refused("zone = 8\n", &["line 1", "`zone`", "expected a string"]);
    refused("role = \"king\"\n", &["`role`", "`fleet`", "`county`"]);
    refused("role = [\n", &["host.toml"]);
}

#[test]
fn values_that_cannot_be_used_are_named() {
    refused("listen = \"8443\"\n", &["`listen`", "an address and a port", "8443"]);
    refused("public_base = \"http://x/\"\n", &["`public_base`", "https://", "http://x/"]);
    refused("county_url = \"https://x/intake\"\n", &["`county_url`", "without a path"]);
    refused("county_database = \"/var/lib/x\"\n", &["`county_database`", "sqlite://", "postgres://"]);
    refused("zone = \"Asia/Atlantis\"\n", &["`zone`", "Asia/Shanghai"]);
    refused("webhook = \"chat\"\n", &["`webhook`", "https://"]);
    for unusable in ["chat", "http://chat.example/hook", "https://", ""] {
        refused(&format!("fleet_webhook = \"{unusable}\"\n"), &["`fleet_webhook`", "https://"]);
    }
}

#[test]
fn a_missing_file_is_named_with_its_key() {
    refused("people_certificate = \"no.pem\"\npeople_key = \"no.key\"\n", &["`people_certificate`", "no.pem"]);
    refused("rauc_keyring = \"no.pem\"\n", &["`rauc_keyring`", "a file that is there", "no.pem"]);
    let options = Options { config: Some("/nowhere/host.toml".into()), ..Options::default() };
    let error = Config::load(&options).unwrap_err().to_string();
    assert!(error.contains("/nowhere/host.toml"), "{error}");
}

#[test]
fn a_role_apart_says_what_it_needs_from_the_other() {
    refused("role = \"county\"\n", &["`ca` is missing", "host ca show"]);
    refused("role = \"fleet\"\ncounty_keys = \"keys.json\"\n", &["`county_keys`", "a file that is there", "keys.json"]);
}

#[test]
fn without_a_file_both_roles_run_on_embedded_defaults() {
    let data = tempfile::tempdir().unwrap();
    let config = Config::load(&Options { data: data.path().into(), ..Options::default() }).unwrap();
    assert!(config.plays(Role::Fleet) && config.plays(Role::County));
    assert!(config.county_database.starts_with("sqlite://"));
}

async fn start(data: &TempDir) -> String {
    let config = crate::support::config(data.path());
    format!("{:#}", serve::start(&config, TestClock::new()).await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_key_that_is_not_a_key_stops_the_start_by_name() {
    let data = tempfile::tempdir().unwrap();
    let config = crate::support::config(data.path());
    serve::start(&config, TestClock::new()).await.unwrap().stop().await.unwrap();
    let keys = data.path().join("county/keys");
    let good = std::fs::read_to_string(keys.join("working.key")).unwrap();
    write(&keys.join("working.key"), "-----BEGIN RSA PRIVATE KEY-----\n");
    let error = start(&data).await;
    assert!(error.contains("working.key") && error.contains("AGE-SECRET-KEY-1"), "{error}");
    std::fs::remove_file(keys.join("working.key")).unwrap();
    let error = start(&data).await;
    assert!(error.contains("working.key is missing"), "never drawn anew: {error}");
    write(&keys.join("working.key"), &good);
    write(&keys.join("keys.json"), "{}");
    let error = start(&data).await;
    assert!(error.contains("keys.json") && error.contains("expected"), "{error}");
    std::fs::remove_dir_all(&keys).unwrap();
    let error = start(&data).await;
    assert!(error.contains("keys is missing") && error.contains("never made anew"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_and_a_data_folder_in_use_are_said() {
    let data = tempfile::tempdir().unwrap();
    let config = crate::support::config(data.path());
    let running = serve::start(&config, TestClock::new()).await.unwrap();
    let error = start(&data).await;
    assert!(error.contains("another host works on"), "{error}");
    let other = tempfile::tempdir().unwrap();
    let taken = Config { listen_terminals: running.addresses.terminals, ..crate::support::config(other.path()) };
    let error = format!("{:#}", serve::start(&taken, TestClock::new()).await.unwrap_err());
    assert!(error.contains("listen_terminals: can't listen on"), "{error}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_cut_off_loses_no_key_that_was_to_be_taken_away() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("take-away");
    std::fs::create_dir(&folder).unwrap();
    write(&folder.join("recovery.key"), "of the start that was cut off");
    let config = crate::support::config(data.path());
    serve::start(&config, TestClock::new()).await.unwrap().stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("recovery.key")).unwrap(), "of the start that was cut off");
    assert!(std::fs::read_to_string(folder.join("2-recovery.key")).unwrap().contains("AGE-SECRET-KEY-1"));
}
