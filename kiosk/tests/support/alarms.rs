//! What the host says is wrong with the stage's terminal.

use std::time::Duration;

use serde_json::Value;

use crate::{stage::Stage, wait::until};

/// Waits until these alarms stand, as `host terminal list` shows them.
pub fn until_alarms(stage: &mut Stage, expected: &[&str], patience: Duration) {
    until(&format!("the alarms {expected:?}"), patience, || {
        stage.machine.check()?;
        let terminal = stage.machine.run(&stage.programs, &["terminal", "list"], "")?[0].clone();
        // Seen at all: before that nothing is known, and nothing is well.
        let alarms = terminal["alarms"].as_array().filter(|_| terminal["last_seen"].is_string());
        let mut alarms: Vec<_> = alarms.into_iter().flatten().filter_map(Value::as_str).collect();
        alarms.sort_unstable();
        Ok((terminal["last_seen"].is_string() && alarms == expected).then_some(()))
    })
    .unwrap();
}
