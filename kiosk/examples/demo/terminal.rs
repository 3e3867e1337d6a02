//! One terminal: its folder, its settings, its two programs, and the hands that use it.
//!
//! Invariant: the terminal is used through its screen, its scanner and the socket that types; what it knows is read
//! from its control socket and its queue file, as any program of the device may.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use image::RgbImage;
use kiosk::{
    clock::SystemClock,
    config::{self, Config},
    control::{self, message::Status},
    pages::Page,
    queue::{Queue, QueueError, TicketFacts},
};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use wire::{bulletin::Bulletin, ticket::TicketNumber};

use crate::{
    mirror::Mirror,
    processes::{AGENT, KIOSK, Program, Programs, rendered_clips},
    screen::Screen,
    wait::until,
};

/// A page follows a touch within a second; the machine of a test may be slow.
pub const PAGE: Duration = Duration::from_secs(60);

/// Typed text follows within a frame or two; the machine of a test may be slow.
const TYPED: Duration = Duration::from_secs(5);

/// The panel that the demo shows: 10.1 inches.
pub const PANEL: (u16, u16) = (1280, 800);
const PX_PER_MM: f32 = 5.9;

/// The terminal's files.
pub struct Terminal {
    config_path: PathBuf,
    config: Config,
    logs: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    kiosk: Option<Program>,
    agent: Option<Program>,
}

impl Terminal {
    /// Lays a terminal's folder out: settings and the enrolment file, which the host has written there.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn new(
        folder: &Path,
        logs: &Path,
        printer: &config::Printer,
        scanner: Option<&Path>,
        plain: bool,
    ) -> Result<Self> {
        let config_path = folder.join("kiosk.toml");
        let mut text = toml::Table::new();
        text.insert("data_dir".into(), folder.join("data").display().to_string().into());
        text.insert("run_dir".into(), folder.join("run").display().to_string().into());
        text.insert("enrolment".into(), enrolment(folder).display().to_string().into());
        let (width, height) = (i64::from(PANEL.0), i64::from(PANEL.1));
        text.insert("clips".into(), vec![rendered_clips().display().to_string()].into());
        text.insert("panel".into(), toml::toml! { px_per_mm = 5.9 }.into());
        if let Some(panel) = text.get_mut("panel").and_then(toml::Value::as_table_mut) {
            panel.insert("width".into(), width.into());
            panel.insert("height".into(), height.into());
            panel.insert("plain".into(), plain.into());
        }
        let mut port = toml::Table::new();
        port.insert("port".into(), printer.port.display().to_string().into());
        port.insert("baud".into(), i64::from(printer.baud).into());
        port.insert("profile".into(), printer.profile.as_str().into());
        port.insert("paper_mm".into(), i64::from(printer.paper_mm).into());
        text.insert("printer".into(), port.into());
        if let Some(scanner) = scanner {
            let mut port = toml::Table::new();
            port.insert("port".into(), scanner.display().to_string().into());
            text.insert("scanner".into(), port.into());
        }
        for part in ["data", "run"] {
            fs::create_dir_all(folder.join(part))?;
        }
        kiosk::durable::write(&config_path, toml::to_string(&text)?.as_bytes(), 0o600)?;
        let config = Config::load(&config_path)?;
        Ok(Self { config_path, config, logs: logs.to_owned(), environment: Vec::new(), kiosk: None, agent: None })
    }

    /// The terminal in a folder whose programs somebody else has started.
    ///
    /// # Errors
    ///
    /// A folder without settings.
    pub fn in_use(folder: &Path, logs: &Path) -> Result<Self> {
        let config_path = folder.join("kiosk.toml");
        let config = Config::load(&config_path)?;
        Ok(Self { config_path, config, logs: logs.to_owned(), environment: Vec::new(), kiosk: None, agent: None })
    }

    /// Lets the screen's program find these in its environment.
    pub fn set_environment(&mut self, environment: impl IntoIterator<Item = (&'static str, OsString)>) {
        self.environment = environment.into_iter().collect();
    }

    /// Starts the screen's program on a display (none, the one of this session), and waits until it shows a page.
    ///
    /// # Errors
    ///
    /// It does not start, or shows no page.
    pub fn start_kiosk(&mut self, programs: &Programs, display: Option<&str>) -> Result<()> {
        self.launch_kiosk(programs, display)?;
        until("the terminal to show a page", PAGE, || {
            self.kiosk.as_mut().map_or(Ok(()), Program::check)?;
            Ok(self.status().filter(|status| !status.page.is_empty()).map(drop))
        })
    }

    /// Starts the screen's program and waits for nothing.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn launch_kiosk(&mut self, programs: &Programs, display: Option<&str>) -> Result<()> {
        let mut command = programs.command(KIOSK);
        command.arg("--config").arg(&self.config_path);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(display) = display {
            command.arg("--drive").arg(self.drive_socket());
            // A display of this session must not win over the one in memory.
            command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env("SLINT_BACKEND", "winit-software");
        }
        self.kiosk = Some(Program::start(KIOSK, command, &self.logs.join("kiosk.log"))?);
        Ok(())
    }

    /// Starts the network's program.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start_agent(&mut self, programs: &Programs) -> Result<()> {
        let mut command = programs.command(AGENT);
        command.arg("--config").arg(&self.config_path);
        self.agent = Some(Program::start(AGENT, command, &self.logs.join("kiosk-agent.log"))?);
        Ok(())
    }

    /// Takes the screen's program out, to end it in one way or another.
    pub fn take_kiosk(&mut self) -> Option<Program> {
        self.kiosk.take()
    }

    /// Takes the network's program out.
    pub fn take_agent(&mut self) -> Option<Program> {
        self.agent.take()
    }

    /// What the terminal shows; none while it does not answer.
    pub fn status(&self) -> Option<Status> {
        control::status(&self.config.control_path(), Duration::from_secs(2)).ok()
    }

    /// The bulletin that the terminal has fetched.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read.
    pub fn bulletin(&self) -> Result<Option<Bulletin>> {
        match self.queue() {
            Err(QueueError::NotThere(_)) => Ok(None),
            queue => Ok(queue?.bulletin()?.map(|kept| kept.bulletin)),
        }
    }

    /// What the terminal knows of a ticket.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read, or a number that is none.
    pub fn facts(&self, ticket: &str) -> Result<Option<TicketFacts>> {
        let ticket: TicketNumber = ticket.parse().context("a ticket's number")?;
        Ok(self.queue()?.ticket_facts(ticket)?)
    }

    /// The query code of a ticket, while the terminal still holds it.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read, or a number that is none.
    pub fn query_code(&self, ticket: &str) -> Result<Option<String>> {
        let ticket: TicketNumber = ticket.parse().context("a ticket's number")?;
        let proofs = self.queue()?.print_job(ticket)?.and_then(|job| job.proofs);
        Ok(proofs.map(|proofs| proofs.code.digits().to_owned()))
    }

    /// The numbers given so far, in order.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read.
    pub fn tickets(&self) -> Result<Vec<String>> {
        let file = Connection::open_with_flags(self.config.queue_path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut numbers = file.prepare("SELECT ticket FROM print ORDER BY job")?;
        Ok(numbers.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Its queue file, for whoever looks beside its programs.
    ///
    /// # Errors
    ///
    /// A queue file that cannot be read.
    pub fn queue(&self) -> Result<Queue, QueueError> {
        Queue::attach(&self.config.queue_path(), Arc::new(SystemClock::start()))
    }

    /// What it was enrolled with.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn enrolment(&self) -> Result<wire::enrol::Enrolment> {
        Ok(self.config.load_enrolment()?)
    }

    /// Whether the window was closed.
    ///
    /// # Errors
    ///
    /// One of the programs has failed.
    pub fn closed(&mut self) -> Result<bool> {
        self.agent.as_mut().map_or(Ok(()), Program::check)?;
        self.kiosk.as_mut().map_or(Ok(true), Program::ended)
    }

    /// Says so where one of the programs has ended by itself.
    ///
    /// # Errors
    ///
    /// One has.
    pub fn check(&mut self) -> Result<()> {
        self.kiosk.as_mut().map_or(Ok(()), Program::check)?;
        self.agent.as_mut().map_or(Ok(()), Program::check)
    }

    /// Types text into whatever has the focus, through the socket of the feature `drive`.
    ///
    /// # Errors
    ///
    /// A terminal without that socket.
    pub fn type_text(&self, text: &str) -> Result<()> {
        let socket = self.drive_socket();
        let mut stream = UnixStream::connect(&socket).with_context(|| socket.display().to_string())?;
        stream.write_all(format!("{}\n", json!({ "text": text })).as_bytes()).context("type at the terminal")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).context("type at the terminal")?;
        if answer.trim() != "ok" {
            bail!("the terminal did not take the text: {}", answer.trim());
        }
        Ok(())
    }

    /// The socket of the feature `drive`.
    pub fn drive_socket(&self) -> PathBuf {
        self.config.run_dir.join("drive.sock")
    }
}

/// Where the host writes the enrolment file of a terminal's folder.
pub fn enrolment(folder: &Path) -> PathBuf {
    folder.join("enrolment.json")
}

/// A person at the screen.
pub struct Hands<'a> {
    pub terminal: &'a mut Terminal,
    pub screen: &'a Screen,
    pub mirror: &'a Mirror,
}

impl Hands<'_> {
    /// Touches a target and waits until something was painted.
    ///
    /// # Errors
    ///
    /// No such target, or nothing happens.
    pub fn tap(&mut self, label: &str) -> Result<()> {
        let before = self.screen.look()?;
        let (x, y) = self.mirror.target(label)?;
        self.screen.tap(x, y)?;
        self.painted_since(&before, &format!("an answer to “{label}”"), PAGE)
    }

    /// Touches a target and waits for the page that follows.
    ///
    /// # Errors
    ///
    /// No such target, or another page.
    pub fn tap_to(&mut self, label: &str, page: Page) -> Result<()> {
        self.tap(label)?;
        self.see(page)
    }

    /// Types into the field that has the focus and waits until it was painted; a text that paints nothing is waited for
    /// only as long as one that does may take.
    ///
    /// # Errors
    ///
    /// A terminal that takes no text.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        let before = self.screen.look()?;
        self.terminal.type_text(text)?;
        let painted = self.painted_since(&before, "the typed text", TYPED);
        self.terminal.check()?;
        // The terminal answers once the text is in the field; some characters are no ink.
        drop(painted);
        Ok(())
    }

    /// Waits for a page.
    ///
    /// # Errors
    ///
    /// Another page stays.
    pub fn see(&mut self, page: Page) -> Result<()> {
        let name = name(page);
        until(&format!("the page {name}"), PAGE, || {
            self.terminal.check()?;
            Ok(self.terminal.status().filter(|status| status.page == name && self.is_painted()))
        })?;
        self.mirror.show(page);
        Ok(())
    }

    /// Whether there is a picture at all: a program that just started names its page before its window is there, and
    /// a touch would meet nothing.
    fn is_painted(&self) -> bool {
        self.screen.look().is_ok_and(|picture| {
            let first = *picture.get_pixel(0, 0);
            picture.pixels().any(|pixel| *pixel != first)
        })
    }

    /// Keeps a picture of the screen.
    ///
    /// # Errors
    ///
    /// The screen is gone.
    pub fn keep(&self, folder: &Path, name: &str) -> Result<()> {
        self.screen.keep(&folder.join(format!("{name}.png")))
    }

    /// Waits until the screen shows something else, and that stands still.
    fn painted_since(&mut self, before: &RgbImage, what: &str, at_most: Duration) -> Result<()> {
        let mut last = None;
        until(what, at_most, || {
            self.terminal.check()?;
            let now = self.screen.look()?;
            let still = last.as_ref() == Some(&now) && now != *before;
            last = Some(now);
            Ok(still.then_some(()))
        })
    }
}

/// The name that the control socket gives a page.
fn name(page: Page) -> String {
    format!("{page:?}").to_lowercase()
}

/// The mirror of this panel.
///
/// # Errors
///
/// See [`Mirror::new`].
pub fn mirror() -> Result<Mirror> {
    Mirror::new(PANEL, PX_PER_MM)
}
