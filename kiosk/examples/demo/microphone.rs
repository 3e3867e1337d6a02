//! A microphone that hears a WAV file: ALSA's own `file` device at the end of a pipe, filled as fast as somebody speaks.
//!
//! Invariant: the terminal's sound goes through ALSA, as from a real microphone; it hears silence where nothing is said.

use std::{
    ffi::OsString,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};

/// Samples a second, as the terminal records.
const RATE: u32 = 48_000;
/// A block of so many samples is 20 ms.
const BLOCK: usize = 960;
const BLOCK_TIME: Duration = Duration::from_millis(20);

/// What is spoken into the microphone.
pub struct Microphone {
    settings: PathBuf,
    speak: mpsc::Sender<Vec<i16>>,
    ended: Arc<AtomicBool>,
}

impl Microphone {
    /// Plugs the microphone in; what ALSA has to know of it lies in `folder`.
    ///
    /// # Errors
    ///
    /// A folder that takes no pipe.
    pub fn plug_in(folder: &Path) -> Result<Self> {
        let pipe = folder.join("microphone");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).context("make the microphone's pipe")?;
        let settings = folder.join("asound.conf");
        let text = format!(
            "pcm.microphone {{ type file slave.pcm {{ type null }} file \"/dev/null\" infile \"{}\" format \"raw\" }}\n\
             pcm.loudspeaker {{ type null }}\n",
            pipe.display()
        );
        kiosk::durable::write(&settings, text.as_bytes(), 0o600)?;
        // Held open for reading as well: the pipe stays while nobody listens.
        let mut air = File::from(open(&pipe, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?);
        let (speak, spoken) = mpsc::channel::<Vec<i16>>();
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        thread::Builder::new().name("microphone".into()).spawn(move || {
            let mut words: Vec<i16> = Vec::new();
            while !over.load(Ordering::Relaxed) {
                words.extend(spoken.try_iter().flatten());
                let mut block: Vec<i16> = words.drain(..words.len().min(BLOCK)).collect();
                block.resize(BLOCK, 0);
                let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                // A pipe that is full: nobody listens, and what is not heard is gone, as in air.
                air.write_all(&bytes).ok();
                thread::sleep(BLOCK_TIME);
            }
        })?;
        Ok(Self { settings, speak, ended })
    }

    /// What the terminal's environment must hold to hear it.
    pub fn environment(&self) -> [(&'static str, OsString); 3] {
        [
            ("ALSA_CONFIG_PATH", self.settings.clone().into()),
            ("LIANXIN_MICROPHONE", "microphone".into()),
            ("LIANXIN_LOUDSPEAKER", "loudspeaker".into()),
        ]
    }

    /// Speaks; how many seconds that takes.
    ///
    /// # Errors
    ///
    /// No WAV file of 16-bit samples.
    pub fn speak(&self, wav: &Path) -> Result<Duration> {
        let samples = read(wav).with_context(|| wav.display().to_string())?;
        let time = BLOCK_TIME * u32::try_from(samples.len().div_ceil(BLOCK)).unwrap_or(u32::MAX);
        self.speak.send(samples).context("nobody holds the microphone")?;
        Ok(time)
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// The first channel, at the rate that the terminal records with.
fn read(wav: &Path) -> Result<Vec<i16>> {
    let mut wav = hound::WavReader::open(wav)?;
    let spec = wav.spec();
    if (spec.bits_per_sample, spec.sample_format) != (16, hound::SampleFormat::Int) {
        bail!("expected samples of 16 bits, found {} bits ({:?})", spec.bits_per_sample, spec.sample_format);
    }
    let samples = wav.samples::<i16>().step_by(spec.channels.max(1).into()).collect::<Result<Vec<_>, _>>()?;
    let count = u64::try_from(samples.len())? * u64::from(RATE) / u64::from(spec.sample_rate.max(1));
    let at = |n: u64| usize::try_from(n * u64::from(spec.sample_rate) / u64::from(RATE));
    (0..count).map(|n| Ok(samples.get(at(n)?).copied().unwrap_or_default())).collect()
}
