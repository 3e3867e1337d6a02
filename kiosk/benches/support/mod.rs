//! What the benches share: an enrolment, CPU time, medians.
#![expect(dead_code, reason = "each bench uses its own part")]

#[path = "../../tests/support/papers.rs"]
pub(crate) mod papers;

use std::{path::Path, time::Duration};

/// A certificate that nobody ever shows: it is only pinned.
fn certificate() -> String {
    let key = rcgen::KeyPair::generate().expect("a key");
    let parameters = rcgen::CertificateParams::new(Vec::<String>::new()).expect("no names");
    parameters.self_signed(&key).expect("a certificate").pem()
}

/// Writes a terminal's settings and enrolment below `folder`; gives the settings file.
pub(crate) fn write_terminal(folder: &Path) -> std::path::PathBuf {
    let enrolment_file = folder.join("enrolment.json");
    let json =
        serde_json::to_vec(&papers::enrolment(certificate(), "https://127.0.0.1:1")).expect("an enrolment is JSON");
    kiosk::durable::write(&enrolment_file, &json, 0o600).expect("the folder takes files");
    let settings = format!(
        "data_dir = {:?}\nrun_dir = {:?}\nenrolment = {:?}\n[printer]\nport = {:?}\n",
        folder.join("data"),
        folder.join("run"),
        enrolment_file,
        folder.join("no-printer"),
    );
    let file = folder.join("kiosk.toml");
    kiosk::durable::write(&file, settings.as_bytes(), 0o600).expect("the folder takes files");
    file
}

/// CPU time of this thread.
pub(crate) fn thread_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// The `part`-th part of a sorted copy: 0.5 the median, 0.95 the 95th percentile.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((sorted.len() - 1) as f64 * part).round() as usize;
    sorted[at]
}

/// Prints a figure beside its limit; whether it holds.
pub(crate) fn verdict(name: &str, value: f64, holds: bool, limit: &str) -> bool {
    println!("{name}: {value:.2} ({limit}) {}", if holds { "holds" } else { "DOES NOT HOLD" });
    holds
}
