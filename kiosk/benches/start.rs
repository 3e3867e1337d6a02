//! Start until the first painted frame, and memory: the terminal (and its agent) beside Chromium in kiosk mode with an
//! equivalent page under the same Xvfb.
//!
//! `cargo bench --workspace --bench start`; needs Xvfb and Chromium. Limits: the terminal paints ≥ 6 times sooner (aim
//! 10), and both its programs together take ≤ 1/12 of the memory (aim 1/20). Runs are interleaved, medians compared;
//! a frame counts once the page's paper and its vermilion are both on the screen, memory (proportional set size of each
//! whole tree of processes) once it has settled.

#[path = "support/screen.rs"]
mod screen;
mod support;

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
    thread,
    time::Duration,
};

use screen::{Colour, Running, Screen, tree, until};
use support::{quantile, verdict};

const ROUNDS: usize = 5;
/// The page's paper and its vermilion.
const PAGE_COLOURS: [Colour; 2] = [[0xFB, 0xF5, 0xEA], [0xA8, 0x23, 0x1B]];

const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><style>
body{margin:0;background:#FBF5EA;color:#2B211C;font:47px "Noto Sans CJK SC"}
header{font:700 41px "LXGW WenKai";padding:16px 40px;border-bottom:3px solid #E0CFB3}
h1{font:700 96px "LXGW WenKai";margin:60px 40px 20px}p{margin:20px 40px}
b{display:inline-block;margin:40px;padding:40px 80px;background:#A8231B;color:#fff;font:700 76px "LXGW WenKai"}
</style><header>花桥镇人大代表联络站</header><h1>您说的事，<br>代表听着</h1>
<p>修路、用水、看病、养老……说完拿一张小票，随时来查。</p><b>点这里开始</b>"#;

/// Proportional set size of the trees, MiB.
fn pss_mib(roots: &[u32]) -> f64 {
    let kib: f64 = roots
        .iter()
        .flat_map(|root| tree(*root))
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|text| {
            text.lines().find_map(|l| l.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok())
        })
        .sum();
    kib / 1024.0
}

/// [`pss_mib`] once the programs are done starting: it has kept within 1 % for two seconds.
fn settled_mib(roots: &[u32]) -> f64 {
    let (mut last, mut kept) = (0.0, 0);
    until("settled memory", || {
        thread::sleep(Duration::from_millis(100));
        let mib = pss_mib(roots);
        kept = if (mib - last).abs() <= last / 100.0 { kept + 1 } else { 0 };
        last = if kept == 0 { mib } else { last };
        kept == 20
    });
    last
}

fn chromium(display: &str, page: &Path, profile: &Path) -> Running {
    Running::start(Command::new("chromium").env("DISPLAY", display).args([
        "--kiosk",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,800",
        "--window-position=0,0",
        &format!("--user-data-dir={}", profile.display()),
        &format!("file://{}", page.display()),
    ]))
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    kiosk::durable::write(&page, PAGE.as_bytes(), 0o644).expect("the folder takes files");
    let settings = support::write_terminal(folder.path());
    let screen = Screen::start();
    let painted = || screen.shows(&PAGE_COLOURS);
    let kiosk = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk"));
        Running::start(command.env("DISPLAY", &screen.display).arg("--config").arg(&settings))
    };
    let agent = || Running::start(Command::new(env!("CARGO_BIN_EXE_kiosk-agent")).arg("--config").arg(&settings));

    let [mut ours, mut theirs, mut our_mib, mut their_mib] = [(); 4].map(|()| Vec::new());
    // Chromium's first start makes its profile, which the terminal has no like of.
    let profile = folder.path().join("profile");
    let browser = || chromium(&screen.display, &page, &profile);
    let first = browser();
    until("Chromium's very first frame", painted);
    drop(first);
    for _ in 0..ROUNDS {
        screen.empty(&PAGE_COLOURS);
        let kiosk = kiosk();
        ours.push(until("the terminal's first frame", painted));
        let mut both = [kiosk, agent()];
        our_mib.push(settled_mib(&both.each_ref().map(|program| program.0.id())));
        for program in &mut both {
            assert_eq!(program.0.try_wait().expect("a child"), None, "a program ended by itself");
        }
        drop(both);

        screen.empty(&PAGE_COLOURS);
        let browser = browser();
        theirs.push(until("Chromium's first frame", painted));
        their_mib.push(settled_mib(&[browser.0.id()]));
    }

    let [ours, theirs, our_mib, their_mib] = [ours, theirs, our_mib, their_mib].map(|v| quantile(&v, 0.5));
    println!(
        "first frame: {ours:.0} ms, Chromium {theirs:.0} ms; memory: {our_mib:.1} MiB, Chromium {their_mib:.1} MiB"
    );
    let sooner = verdict("times sooner than Chromium", theirs / ours, theirs >= 6.0 * ours, "limit 6, aim 10");
    let smaller =
        verdict("times smaller than Chromium", their_mib / our_mib, their_mib >= 12.0 * our_mib, "limit 12, aim 20");
    if sooner && smaller { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
