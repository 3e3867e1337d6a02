//! The stock `age` tool opens an event with either of the county's keys, as the README tells its reader.

mod queue_support;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use age::secrecy::ExposeSecret as _;
use queue_support::{County, Place, draft};

#[test]
fn the_stock_age_tool_opens_an_event_with_the_working_key_and_with_the_recovery_key() {
    if Command::new("age").arg("--version").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "with CI=true `age` must be installed");
        eprintln!("left out: the program `age` is not installed");
        return;
    }
    let (place, county) = (Place::new(), County::new());
    let text = "村口的路灯坏了😀\n请来修";
    let one = place.open().submit(&draft(text), &county.sealer).unwrap();
    let event = place.attach().forward_batch(1).unwrap().remove(0).bytes;
    let body = &event[event.iter().position(|b| *b == b'\n').unwrap() + 1..];
    for (name, key) in [("working", &county.working), ("recovery", &county.recovery)] {
        let identity = place.folder.path().join(name);
        kiosk::durable::write(&identity, key.to_string().expose_secret().as_bytes(), 0o600).unwrap();
        let mut age = Command::new("age")
            .args(["-d", "-i"])
            .arg(&identity)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        age.stdin.take().unwrap().write_all(body).unwrap();
        let opened = age.wait_with_output().unwrap();
        assert!(opened.status.success(), "age with the {name} key");
        let opened: serde_json::Value = serde_json::from_slice(&opened.stdout).unwrap();
        assert_eq!((opened["text"].as_str(), opened["ticket"].as_str()), (Some(text), Some(&*one.ticket.to_string())));
    }
}
