//! The real programs: built, started, watched and ended.
//!
//! Invariant: a program lives no longer than its [`Program`]; what it says goes to a file of its own.

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::wait::until;

/// The programs of one build, kept apart from later ones.
pub struct Programs {
    folder: PathBuf,
    environment: Vec<(&'static str, &'static str)>,
}

/// The names of what is started.
pub const KIOSK: &str = "kiosk";
/// The terminal's network.
pub const AGENT: &str = "kiosk-agent";
/// The input methods, and what hears and speaks; the terminal starts them.
const HELPERS: [&str; 2] = ["kiosk-ime", "kiosk-sound"];
/// The county's machine.
pub const HOST: &str = "host";

impl Programs {
    /// Builds the programs, with the socket that touches and types where `drive` says so, and copies them to `folder`.
    /// Where `LIANXIN_PROGRAMS` names a folder, those in it are taken: tests build them once.
    ///
    /// # Errors
    ///
    /// A build that fails; cargo has said why.
    pub fn build(folder: &Path, drive: bool) -> Result<Self> {
        let built = match std::env::var_os("LIANXIN_PROGRAMS") {
            Some(built) => PathBuf::from(built),
            None => compile(drive)?,
        };
        fs::create_dir_all(folder)?;
        for name in [HOST, AGENT, KIOSK].into_iter().chain(HELPERS) {
            let to = folder.join(name);
            fs::copy(built.join(name), &to).with_context(|| format!("copy {}", built.join(name).display()))?;
        }
        Ok(Self { folder: folder.to_owned(), environment: Vec::new() })
    }

    /// Lets what is started from here on find these in its environment.
    pub fn set_environment(&mut self, environment: &[(&'static str, &'static str)]) {
        self.environment = environment.to_vec();
    }

    /// A command for one of the programs.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.envs(self.environment.iter().copied());
        command
    }
}

/// Builds the programs in this example's own profile and says where they lie.
fn compile(drive: bool) -> Result<PathBuf> {
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The same set of targets as the tests build, so that dependencies are compiled once for both.
    build.args(["build", "--locked", "--workspace", "--bins", "--examples"]).current_dir(workspace());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if drive {
        build.args(["--features", "kiosk/drive"]);
    }
    if !build.status().context("start cargo")?.success() {
        bail!("the programs could not be built; cargo said why above");
    }
    // This example lies in TARGET/PROFILE/examples, the programs one folder above.
    let example = std::env::current_exe().context("where this program lies")?;
    example.parent().and_then(Path::parent).map(Path::to_owned).context("this example lies in no target folder")
}

/// The workspace that this example was compiled from.
pub fn workspace() -> &'static Path {
    let kiosk = Path::new(env!("CARGO_MANIFEST_DIR"));
    kiosk.parent().unwrap_or(kiosk)
}

/// What `kiosk/sound/render` has rendered, in the user's cache.
pub fn rendered_clips() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()).map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    cache.unwrap_or_else(|| home().join(".cache")).join("lianxin/clips")
}

/// A running program.
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program whose output goes to `log`, behind what is there.
    ///
    /// # Errors
    ///
    /// A program that cannot be started.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        // A group of its own: Ctrl-C ends the demo, and the demo ends them in order.
        let child = command.process_group(0).spawn().with_context(|| format!("start {name}"))?;
        Ok(Self { name: name.into(), child, log: log.to_owned() })
    }

    /// Says so where the program has ended by itself.
    ///
    /// # Errors
    ///
    /// It has ended; the error holds the end of its log.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself ({status}):\n{}", self.name, self.said()),
        }
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Kills it as a power cut would.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits for that.
    ///
    /// # Errors
    ///
    /// It does not end within ten seconds.
    pub fn stop(mut self) -> Result<()> {
        // The standard library knows only SIGKILL.
        Command::new("kill").arg(self.child.id().to_string()).status().context("ask a program to end")?;
        until(&format!("{} to end", self.name), Duration::from_secs(10), || Ok(self.child.try_wait()?)).map(drop)
    }

    /// The end of what it said.
    fn said(&self) -> String {
        let mut text = String::new();
        // Without a log there is nothing to add.
        drop(File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text)));
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
