//! A screen in memory, the finger that touches it, and the camera that looks at it: Xvfb, XTEST, and its pixels.
//!
//! Invariant: touches and keys go through the X server, as from a real panel and a real scanner; nothing is told to the
//! terminal directly.

use std::{
    cell::Cell,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use image::{Rgb, RgbImage};
use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        xproto::{
            BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT,
            KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, MapState, WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::wait::until;

/// A hand that touches sooner is taken for one that taps twice.
const HAND: Duration = Duration::from_millis(600);

/// One X server, with one screen in memory.
pub struct Screen {
    server: Child,
    display: String,
    connection: RustConnection,
    root: u32,
    size: (u16, u16),
    taps: Cell<u32>,
}

impl Screen {
    /// Starts a server with a free display number and a screen of this size.
    ///
    /// # Errors
    ///
    /// No Xvfb on this system, or one that does not start.
    pub fn start(width: u16, height: u16) -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("start Xvfb (Debian: xvfb)")?;
        let mut number = String::new();
        let output = server.stdout.take().context("Xvfb's output")?;
        BufReader::new(output).read_line(&mut number).context("read the display's number from Xvfb")?;
        if number.trim().is_empty() {
            bail!("Xvfb ended without a display");
        }
        let display = format!(":{}", number.trim());
        let (connection, index) =
            until("Xvfb to take connections", Duration::from_secs(10), || Ok(x11rb::connect(Some(&display)).ok()))?;
        let root = connection.setup().roots[index].root;
        Ok(Self { server, display, connection, root, size: (width, height), taps: Cell::new(0) })
    }

    /// The value of `DISPLAY` for programs that shall appear on it.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// How often it was touched so far, strokes of a finger left out.
    pub fn taps(&self) -> u32 {
        self.taps.get()
    }

    /// Touches once, at a place counted from the upper left corner.
    ///
    /// # Errors
    ///
    /// The server is gone.
    pub fn tap(&self, x: i16, y: i16) -> Result<()> {
        const FINGER: u8 = 1;
        self.rest();
        self.taps.set(self.taps.get() + 1);
        for (event, detail) in [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, FINGER), (BUTTON_RELEASE_EVENT, FINGER)]
        {
            self.connection.xtest_fake_input(event, detail, 0, self.root, x, y, 0)?.check()?;
        }
        Ok(())
    }

    /// Takes the time that a hand takes from one thing to the next.
    pub fn rest(&self) {
        thread::sleep(HAND);
    }

    /// Writes one stroke with a finger.
    ///
    /// # Errors
    ///
    /// The server is gone.
    pub fn draw(&self, points: &[(i16, i16)]) -> Result<()> {
        const FINGER: u8 = 1;
        let input = |event: u8, detail: u8, (x, y): (i16, i16)| -> Result<()> {
            Ok(self.connection.xtest_fake_input(event, detail, 0, self.root, x, y, 0)?.check()?)
        };
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
        input(MOTION_NOTIFY_EVENT, 0, *first)?;
        input(BUTTON_PRESS_EVENT, FINGER, *first)?;
        for point in &points[1..] {
            input(MOTION_NOTIFY_EVENT, 0, *point)?;
        }
        input(BUTTON_RELEASE_EVENT, FINGER, *last)
    }

    /// Strikes the keys of a text as a scanner that types does: at once, with Enter for a line feed.
    ///
    /// # Errors
    ///
    /// A character that the keyboard does not have; the server is gone.
    pub fn strike(&self, text: &str) -> Result<()> {
        const SHIFT: u32 = 0xffe1;
        const ENTER: u32 = 0xff0d;
        self.focus()?;
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        // The symbols of a key: without and with shift; those of Latin-1 are its characters.
        let find = |symbol: u32| {
            let mut keys = (first..=last).zip(map.keysyms.chunks(map.keysyms_per_keycode.into()));
            keys.find_map(|(key, symbols)| Some((key, symbols.iter().take(2).position(|one| *one == symbol)?)))
                .with_context(|| format!("no key for the symbol {symbol:#x}"))
        };
        let strike = |event: u8, key: u8| -> Result<()> {
            Ok(self.connection.xtest_fake_input(event, key, 0, self.root, 0, 0, 0)?.check()?)
        };
        let (shift, _) = find(SHIFT)?;
        for c in text.chars() {
            let (key, level) = find(if c == '\n' { ENTER } else { c.into() })?;
            let shifted = (level == 1).then_some(shift);
            let (down, up) = (KEY_PRESS_EVENT, KEY_RELEASE_EVENT);
            shifted.map_or(Ok(()), |shift| strike(down, shift))?;
            strike(down, key)?;
            strike(up, key)?;
            shifted.map_or(Ok(()), |shift| strike(up, shift))?;
        }
        Ok(())
    }

    /// Gives the keys to the window that lies uppermost, which is a window manager's part.
    ///
    /// # Errors
    ///
    /// No window; the server is gone.
    pub fn focus(&self) -> Result<()> {
        let windows = self.connection.query_tree(self.root)?.reply()?.children;
        let is_seen = |window: &u32| -> Result<bool> {
            let attributes = self.connection.get_window_attributes(*window)?.reply()?;
            Ok(attributes.map_state == MapState::VIEWABLE && attributes.class == WindowClass::INPUT_OUTPUT)
        };
        for window in windows.into_iter().rev() {
            if is_seen(&window)? {
                return Ok(self.connection.set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?.check()?);
            }
        }
        bail!("no window on the screen")
    }

    /// What stands on the screen.
    ///
    /// # Errors
    ///
    /// The server is gone.
    pub fn look(&self) -> Result<RgbImage> {
        let (width, height) = self.size;
        let picture =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?.reply()?.data;
        let mut image = RgbImage::new(width.into(), height.into());
        // 24 bits deep, 32 bits a pixel, blue first.
        for (to, from) in image.pixels_mut().zip(picture.chunks_exact(4)) {
            *to = Rgb([from[2], from[1], from[0]]);
        }
        Ok(image)
    }

    /// Keeps what stands on the screen as a PNG.
    ///
    /// # Errors
    ///
    /// The server is gone, or the file cannot be written.
    pub fn keep(&self, path: &Path) -> Result<()> {
        let mut file = File::create(path).with_context(|| path.display().to_string())?;
        self.look()?.write_to(&mut file, image::ImageFormat::Png).with_context(|| path.display().to_string())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
