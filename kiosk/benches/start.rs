//! Start until the first painted frame, and memory: the terminal (and its agent) beside Chromium in kiosk mode with an
//! equivalent page under the same Xvfb.
//!
//! `cargo bench -p kiosk --bench start`; needs Xvfb and Chromium. Limits: the terminal paints ≥ 6 times sooner (aim
//! 10), and both its programs together take ≤ 1/12 of the memory (aim 1/20). Runs are interleaved, medians compared;
//! a frame counts once the page's paper and its vermilion are both on the screen, memory (proportional set size of each
//! whole tree of processes) once it has settled.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use support::{quantile, verdict};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt, ImageFormat},
    rust_connection::RustConnection,
};

const ROUNDS: usize = 5;
const MOST: Duration = Duration::from_secs(60);
const PAPER: [u8; 3] = [0xFB, 0xF5, 0xEA];
const VERMILION: [u8; 3] = [0xA8, 0x23, 0x1B];

const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><style>
body{margin:0;background:#FBF5EA;color:#2B211C;font:47px "Noto Sans CJK SC"}
header{font:700 41px "LXGW WenKai";padding:16px 40px;border-bottom:3px solid #E0CFB3}
h1{font:700 96px "LXGW WenKai";margin:60px 40px 20px}p{margin:20px 40px}
b{display:inline-block;margin:40px;padding:40px 80px;background:#A8231B;color:#fff;font:700 76px "LXGW WenKai"}
</style><header>花桥镇人大代表联络站</header><h1>您说的事，<br>代表听着</h1>
<p>修路、用水、看病、养老……说完拿一张小票，随时来查。</p><b>点这里开始</b>"#;

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        for pid in tree(self.0.id()).into_iter().rev() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
            }
        }
        self.0.wait().ok();
    }
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let mut all = vec![root];
    let mut next = 0;
    while next < all.len() {
        let tasks = fs::read_dir(format!("/proc/{}/task", all[next])).into_iter().flatten().flatten();
        for task in tasks {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
        }
        next += 1;
    }
    all
}

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

/// Whether the page's paper and vermilion are both on the screen.
fn painted(x: &RustConnection, root: u32) -> bool {
    let Ok(Ok(image)) = x.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, 1280, 800, !0).map(|c| c.reply()) else {
        return false;
    };
    let has = |[r, g, b]: [u8; 3]| image.data.chunks_exact(4).any(|p| p[..3] == [b, g, r]);
    has(PAPER) && has(VERMILION)
}

fn empty(x: &RustConnection, root: u32) -> bool {
    x.clear_area(false, root, 0, 0, 0, 0).ok();
    x.flush().ok();
    !painted(x, root)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn until(what: &str, mut holds: impl FnMut() -> bool) -> f64 {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < MOST, "{what} did not come within {MOST:?}");
        thread::sleep(Duration::from_millis(2));
    }
    start.elapsed().as_secs_f64() * 1000.0
}

fn start(command: &mut Command) -> Running {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")))
}

fn chromium(display: &str, page: &Path, profile: &Path) -> Running {
    start(Command::new("chromium").env("DISPLAY", display).args([
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
    let number = 200 + std::process::id() % 700;
    let display = format!(":{number}");
    let _xvfb =
        start(Command::new("Xvfb").args([&display, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]));
    let socket = PathBuf::from(format!("/tmp/.X11-unix/X{number}"));
    until("Xvfb", || socket.exists() && x11rb::connect(Some(&display)).is_ok());
    let (x, screen) = x11rb::connect(Some(&display)).expect("Xvfb answers");
    let root = x.setup().roots[screen].root;

    let [mut ours, mut theirs, mut our_mib, mut their_mib] = [(); 4].map(|()| Vec::new());
    // Chromium's first start makes its profile, which the terminal has no like of.
    let profile = folder.path().join("profile");
    let first = chromium(&display, &page, &profile);
    until("Chromium's very first frame", || painted(&x, root));
    drop(first);
    for _ in 0..ROUNDS {
        until("an empty screen", || empty(&x, root));
        let kiosk =
            start(Command::new(env!("CARGO_BIN_EXE_kiosk")).env("DISPLAY", &display).arg("--config").arg(&settings));
        ours.push(until("the terminal's first frame", || painted(&x, root)));
        let agent = start(Command::new(env!("CARGO_BIN_EXE_kiosk-agent")).arg("--config").arg(&settings));
        let mut both = [kiosk, agent];
        our_mib.push(settled_mib(&both.each_ref().map(|program| program.0.id())));
        for program in &mut both {
            assert_eq!(program.0.try_wait().expect("a child"), None, "a program ended by itself");
        }
        drop(both);

        until("an empty screen", || empty(&x, root));
        let browser = chromium(&display, &page, &profile);
        theirs.push(until("Chromium's first frame", || painted(&x, root)));
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
