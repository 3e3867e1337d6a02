//! A screen in memory, programs on it, and what they paint.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt, ImageFormat},
    rust_connection::RustConnection,
};

const MOST: Duration = Duration::from_secs(60);

/// A process that ends with its owner.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")))
    }
}

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
pub(crate) fn tree(root: u32) -> Vec<u32> {
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

/// Milliseconds until `holds`.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) -> f64 {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < MOST, "{what} did not come within {MOST:?}");
        thread::sleep(Duration::from_millis(2));
    }
    start.elapsed().as_secs_f64() * 1000.0
}

/// A colour, red, green and blue.
pub(crate) type Colour = [u8; 3];

/// A screen of 1280 by 800 pixels in memory.
pub(crate) struct Screen {
    /// What programs need as `DISPLAY`.
    pub(crate) display: String,
    x: RustConnection,
    root: u32,
    _server: Running,
}

impl Screen {
    pub(crate) fn start() -> Self {
        let number = 200 + std::process::id() % 700;
        let display = format!(":{number}");
        let arguments = [&display, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"];
        let server = Running::start(Command::new("Xvfb").args(arguments));
        let socket = PathBuf::from(format!("/tmp/.X11-unix/X{number}"));
        until("Xvfb", || socket.exists() && x11rb::connect(Some(&display)).is_ok());
        let (x, screen) = x11rb::connect(Some(&display)).expect("Xvfb answers");
        let root = x.setup().roots[screen].root;
        Self { display, x, root, _server: server }
    }

    /// Whether all these colours are on the screen.
    pub(crate) fn shows(&self, colours: &[Colour]) -> bool {
        let asked = self.x.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, 1280, 800, !0);
        let Ok(Ok(image)) = asked.map(|cookie| cookie.reply()) else { return false };
        colours.iter().all(|[r, g, b]| image.data.chunks_exact(4).any(|p| p[..3] == [*b, *g, *r]))
    }

    /// Waits until nothing of these is there any more.
    pub(crate) fn empty(&self, colours: &[Colour]) {
        until("an empty screen", || {
            self.x.clear_area(false, self.root, 0, 0, 0, 0).ok();
            self.x.flush().ok();
            !self.shows(colours)
        });
    }
}
