//! The terminal's settings: one TOML file that both programs read.
//!
//! Invariant: a key that is not known is an error, not a setting that silently does nothing. Each error names the
//! file and the key, and says what is expected.

mod afar;
mod loudness;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use loudness::Loudness;
use serde::Deserialize;
use sound_line::Language;
use wire::enrol::Enrolment;

/// All settings; a missing file is an error, a missing key has the default that stands here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What must survive: the queue, the key, the certificate.
    pub data_dir: PathBuf,
    /// What is true only now: the control socket.
    pub run_dir: PathBuf,
    /// The enrolment file.
    pub enrolment: PathBuf,
    /// A folder outside the data partition that also remembers the highest generation; none, only the data folder does.
    pub witness_dir: Option<PathBuf>,
    /// The folder that a USB stick is mounted on, for the officer to carry the backlog on; none, it is not offered.
    pub stick_dir: Option<PathBuf>,
    /// The input methods' program; none, `kiosk-ime` beside this one.
    pub input: Option<PathBuf>,
    /// The program that hears and speaks; none, `kiosk-sound` beside this one.
    pub sound: Option<PathBuf>,
    /// Folders of clips, one at least; of several, the first that has a clip wins.
    pub clips: Vec<PathBuf>,
    /// How loud a visit begins, from 1 to 5.
    pub volume: Loudness,
    /// The command that starts the machine anew, when an admin asks for that from afar; empty, it is refused.
    pub reboot: Vec<String>,
    /// Whether the terminal's key is destroyed when somebody opens the case; it then needs a new enrolment file.
    pub wipe_key_on_tamper: bool,
    /// The screen.
    pub panel: Panel,
    /// The receipt printer.
    pub printer: Printer,
    /// A scanner on a serial port; one that types like a keyboard needs no setting.
    pub scanner: Option<Scanner>,
    /// What hangs on the pins of a Raspberry Pi.
    pub pins: Pins,
}

/// BCM numbers of the pins; what has none isn't there. Outputs are active high; contacts close to ground.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pins {
    /// The lamp of a call for help.
    pub lamp: Option<u8>,
    /// The lamp at the slot that receipts come out of.
    pub slot_lamp: Option<u8>,
    /// The buzzer.
    pub buzzer: Option<u8>,
    /// The screen's light.
    pub backlight: Option<u8>,
    /// The help button, closed while it is pressed.
    pub help_button: Option<u8>,
    /// The switch of the case, closed while the case is.
    pub case_switch: Option<u8>,
}

impl Pins {
    /// Two uses of one pin, where there are.
    fn used_twice(&self) -> Option<(&'static str, &'static str, u8)> {
        let uses = [
            ("lamp", self.lamp),
            ("slot_lamp", self.slot_lamp),
            ("buzzer", self.buzzer),
            ("backlight", self.backlight),
            ("help_button", self.help_button),
            ("case_switch", self.case_switch),
        ];
        uses.iter().enumerate().find_map(|(at, (name, pin))| {
            let pin = (*pin)?;
            uses.iter().skip(at + 1).find(|(_, other)| *other == Some(pin)).map(|(other, _)| (*name, *other, pin))
        })
    }
}

/// The screen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Panel {
    /// Pixels of one millimetre: 5.9 on a 10.1 inch panel of 1280x800.
    pub px_per_mm: f32,
    /// Width in pixels of the window where there is a desktop; the panel's own elsewhere.
    pub width: u32,
    /// Height in pixels, likewise.
    pub height: u32,
    /// No slides between pages.
    pub plain: bool,
    /// Seconds without anybody until the light of `pins.backlight` goes out, 60 at least; none, it stays on.
    pub dark_after_s: Option<u64>,
}

/// The receipt printer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Printer {
    /// The serial device.
    pub port: PathBuf,
    /// Bits per second.
    pub baud: u32,
    /// Name of a printer profile.
    pub profile: String,
    /// A file with printer profiles of the county, beside the built-in ones; its keys are those of
    /// `kiosk/src/printer/profiles.toml`.
    pub profiles: Option<PathBuf>,
    /// Width of the paper in millimetres: 58 or 80.
    pub paper_mm: u32,
}

/// A scanner on a serial port.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scanner {
    /// The serial device.
    pub port: PathBuf,
    /// Bits per second.
    #[serde(default = "default_scanner_baud")]
    pub baud: u32,
}

fn default_scanner_baud() -> u32 {
    9600
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "/data/kiosk".into(),
            run_dir: "/run/kiosk".into(),
            enrolment: "/data/kiosk/enrolment.json".into(),
            witness_dir: None,
            stick_dir: None,
            input: None,
            sound: None,
            clips: vec!["/usr/share/lianxin/clips".into()],
            volume: Loudness::default(),
            reboot: Vec::new(),
            wipe_key_on_tamper: false,
            panel: Panel::default(),
            printer: Printer::default(),
            scanner: None,
            pins: Pins::default(),
        }
    }
}

impl Default for Panel {
    fn default() -> Self {
        Self { px_per_mm: 5.9, width: 1280, height: 800, plain: false, dark_after_s: None }
    }
}

impl Default for Printer {
    fn default() -> Self {
        Self { port: "/dev/kiosk-printer".into(), baud: 9600, profile: "epson-tm".into(), profiles: None, paper_mm: 58 }
    }
}

/// A settings or enrolment file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("read {path}: expected a readable file there")]
    Read {
        /// The file.
        path: PathBuf,
        #[source]
        /// What the system says.
        source: std::io::Error,
    },
    /// The settings are not what they should be; the text names line, key and what is expected.
    #[error("{path}: {problem}")]
    Settings {
        /// The file.
        path: PathBuf,
        /// Line, key, expectation.
        problem: String,
    },
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

fn settings_error(path: &Path, problem: impl ToString) -> ConfigError {
    ConfigError::Settings { path: path.to_owned(), problem: problem.to_string().trim().to_owned() }
}

impl Config {
    /// Reads the settings file.
    ///
    /// # Errors
    /// A file that is missing or unreadable, an unknown key, a wrong type, or a value out of its range.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read(path)?)
    }

    /// Reads settings from the text of the file at `path`, which errors name.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|e| settings_error(path, e))?;
        if !(2.0..=20.0).contains(&config.panel.px_per_mm) {
            return Err(settings_error(path, "panel.px_per_mm: expected a number from 2 to 20"));
        }
        if config.panel.dark_after_s.is_some_and(|seconds| seconds < 60) {
            return Err(settings_error(path, "panel.dark_after_s: expected 60 seconds or more"));
        }
        if config.clips.is_empty() {
            return Err(settings_error(path, "clips: expected one folder or more"));
        }
        if let Some((one, other, pin)) = config.pins.used_twice() {
            let problem = format!("pins.{one} and pins.{other}: expected two pins, both are {pin}");
            return Err(settings_error(path, problem));
        }
        if !matches!(config.printer.paper_mm, 58 | 80) {
            return Err(settings_error(path, "printer.paper_mm: expected 58 or 80"));
        }
        Ok(config)
    }

    /// Reads the enrolment file.
    ///
    /// # Errors
    /// A file that is missing, is not JSON, or lacks something.
    pub fn load_enrolment(&self) -> Result<Enrolment, ConfigError> {
        serde_json::from_str(&read(&self.enrolment)?)
            .map_err(|e| settings_error(&self.enrolment, format!("expected an enrolment file of this host: {e}")))
    }

    /// The queue file.
    #[must_use]
    pub fn queue_path(&self) -> PathBuf {
        self.data_dir.join("queue.sqlite")
    }

    /// Where the highest generation is remembered beside the queue's own folder: in the folder of the enrolment file, so
    /// that a wiped data partition that is enrolled by the same file again repeats no number, and where the settings say.
    #[must_use]
    pub fn generation_witnesses(&self) -> Vec<PathBuf> {
        let enrolments = self.enrolment.parent().filter(|dir| **dir != self.data_dir);
        enrolments.into_iter().chain(self.witness_dir.as_deref()).map(|dir| dir.join("generation.json")).collect()
    }

    /// The last time that the host signed; the agent writes it, both programs read it.
    #[must_use]
    pub fn time_path(&self) -> PathBuf {
        self.data_dir.join("time.json")
    }

    /// The input methods' program.
    ///
    /// # Errors
    /// Where this program lies can't be told.
    pub fn input_methods(&self) -> io::Result<PathBuf> {
        beside(self.input.as_ref(), "kiosk-ime")
    }

    /// The program that hears and speaks.
    ///
    /// # Errors
    /// Where this program lies can't be told.
    pub fn sound_program(&self) -> io::Result<PathBuf> {
        beside(self.sound.as_ref(), "kiosk-sound")
    }

    /// The languages that it has clips of where it is there, as far as can be seen without starting it.
    #[must_use]
    pub fn may_speak(&self) -> Vec<Language> {
        if !self.sound_program().is_ok_and(|program| program.is_file()) {
            return Vec::new();
        }
        let has = |clips: &PathBuf, language: Language| {
            clips.join(language.code()).read_dir().is_ok_and(|mut files| files.next().is_some())
        };
        Language::ALL.into_iter().filter(|language| self.clips.iter().any(|clips| has(clips, *language))).collect()
    }

    /// Who opened the case; kiosk writes it, the agent reads it.
    #[must_use]
    pub fn case_journal_path(&self) -> PathBuf {
        self.data_dir.join("case.journal")
    }

    /// What the agent did about it and told the host of it.
    #[must_use]
    pub fn case_told_path(&self) -> PathBuf {
        self.data_dir.join("case-told.json")
    }

    /// What was asked of the terminal from afar and what came of it; the agent's alone.
    #[must_use]
    pub fn diagnostics_path(&self) -> PathBuf {
        self.data_dir.join("diagnostics.json")
    }

    /// The settings from afar; the agent writes it, both programs read it.
    #[must_use]
    pub fn settings_path(&self) -> PathBuf {
        self.data_dir.join("settings.json")
    }

    /// The socket between the two programs.
    #[must_use]
    pub fn control_path(&self) -> PathBuf {
        self.run_dir.join("control.sock")
    }
}

/// A program that was named, or the one of this name beside this program.
fn beside(named: Option<&PathBuf>, name: &str) -> io::Result<PathBuf> {
    match named {
        Some(program) => Ok(program.clone()),
        None => Ok(std::env::current_exe()?.with_file_name(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiosk.toml");
        crate::durable::write(&path, text.as_bytes(), 0o600).unwrap();
        Config::load(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(load("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file_and_what_is_expected() {
        let error = load("[printer]\nspeed = 9600\n").unwrap_err();
        assert!(error.contains("kiosk.toml") && error.contains("speed") && error.contains("baud"), "{error}");
    }

    #[test]
    fn a_wrong_type_is_named_with_what_is_expected() {
        let error = load("[printer]\nbaud = \"fast\"\n").unwrap_err();
        assert!(error.contains("baud") && error.contains("expected u32"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_says_the_range() {
        assert!(load("[printer]\npaper_mm = 76\n").unwrap_err().contains("58 or 80"));
        assert!(load("[panel]\npx_per_mm = 0.0\n").unwrap_err().contains("2 to 20"));
        assert!(load("[panel]\ndark_after_s = 59\n").unwrap_err().contains("60 seconds or more"));
        assert!(load("clips = []\n").unwrap_err().contains("one folder or more"));
        for volume in ["-1", "0", "6", "300"] {
            let error = load(&format!("volume = {volume}\n")).unwrap_err();
            assert!(error.contains("volume = ") && error.contains("expected a volume from 1 to 5"), "{error}");
        }
        assert_eq!(load("volume = 5\n").unwrap().volume.level(), 5);
    }

    #[test]
    fn a_pin_that_is_used_twice_is_named_with_both_uses() {
        let error = load("[pins]\nbuzzer = 17\nlamp = 4\ncase_switch = 17\n").unwrap_err();
        assert!(error.contains("pins.buzzer and pins.case_switch") && error.contains("17"), "{error}");
        assert!(load("[pins]\nbuzzer = 17\ncase_switch = 27\n").is_ok());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Path::new("/nowhere/kiosk.toml")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/kiosk.toml"), "{error}");
    }

    #[test]
    fn an_enrolment_file_that_is_not_one_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let enrolment = folder.path().join("enrolment.json");
        crate::durable::write(&enrolment, br#"{"v": 1}"#, 0o600).unwrap();
        let config = Config { enrolment, ..Config::default() };
        let error = config.load_enrolment().unwrap_err().to_string();
        assert!(error.contains("enrolment.json") && error.contains("terminal"), "{error}");
    }
}
