//! Clips by machine: espeak-ng speaks a text, and it becomes Ogg Opus. For what nobody has recorded yet, and for names.
//!
//! Chinese is spoken by the voice `cmn-latn-pinyin`: `cmn` of espeak-ng 1.51 (Debian 12) takes the pinyin that it makes of a
//! character for English, and says "hao two" for 好 (espeak-ng, issue 1236). A character has one sound there, its most
//! common; one that espeak-ng does not know would be spelt by its number, so its text is not spoken at all.
//!
//! Invariant: the same release of espeak-ng makes the same bytes of the same text; a text reaches it on standard input only,
//! never as one of its options; a file appears whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};
use sound_line::Language;

use crate::{
    pcm::{self, RATE},
    texts,
    voice::{Broken, Voice},
};

/// Bits a second of clips: they are heard often and stored once.
const CLIP_BPS: u32 = 24_000;

/// Words a minute: four fifths of espeak-ng's own pace, for those who hear with difficulty.
const PACE: &str = "140";

/// How loud the loudest moment of a clip is.
const PEAK: f32 = 0.7;

/// What is quieter than this part of the loudest moment counts as silence before and after.
const QUIET: f32 = 0.01;

/// Silence that is left before and after: a twentieth of a second.
const MARGIN: usize = 2400;

/// Why a text is not spoken.
#[derive(Debug, thiserror::Error)]
pub enum Mute {
    /// espeak-ng isn't there.
    #[error("espeak-ng can't be started")]
    Absent(#[source] io::Error),
    /// espeak-ng failed.
    #[error("espeak-ng: {0}")]
    Failed(String),
    /// It has a character that nobody knows how to say.
    #[error("espeak-ng has no sound for {0}")]
    Unknown(char),
    /// Nothing is to be heard of it.
    #[error("nothing of it is spoken")]
    Nothing,
    /// It can't be converted.
    #[error("the rate of espeak-ng can't be converted")]
    Rate,
    /// Opus fails.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It can't be written.
    #[error("write {0}")]
    Write(String, #[source] io::Error),
}

/// Renders every clip of the tables, and of what a county starts with, into a folder, as [`crate::clips`] reads it.
///
/// # Errors
/// Where one of them can't be rendered.
pub fn all(folder: &Path) -> Result<usize, Mute> {
    let mut rendered = 0;
    for language in Language::ALL {
        let folder = folder.join(language.code());
        fs::create_dir_all(&folder).map_err(|problem| Mute::Write(folder.display().to_string(), problem))?;
        for (name, text) in texts::all() {
            if let Some(text) = text.of(language) {
                file(text, language, &folder.join(format!("{name}.opus")))?;
                rendered += 1;
            }
        }
    }
    Ok(rendered)
}

/// Renders a text into a file.
///
/// # Errors
/// Where it can't be rendered or written; the file is as it was then.
pub fn file(text: &str, language: Language, path: &Path) -> Result<(), Mute> {
    let clip = clip(text, language)?;
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| file.write_all(&clip)).and_then(|()| fs::rename(&new, path));
    written.map_err(|problem| Mute::Write(path.display().to_string(), problem))
}

fn clip(text: &str, language: Language) -> Result<Vec<u8>, Mute> {
    if language == Language::Zh {
        known(text)?;
    }
    let (samples, rate) = speak(text, language)?;
    let samples = trimmed(converted(&samples, rate)?)?;
    let mut voice = Voice::new(CLIP_BPS)?;
    voice.push(&samples)?;
    Ok(voice.finish()?)
}

/// Refuses a text of which espeak-ng does not know every character: letters and digits count as such, since Chinese texts
/// are written without.
fn known(text: &str) -> Result<(), Mute> {
    let characters: Vec<char> = text.chars().filter(|character| character.is_alphanumeric()).collect();
    if characters.is_empty() {
        return Err(Mute::Nothing);
    }
    let apart: String = characters.iter().flat_map(|character| [*character, '\n']).collect();
    let trace = espeak(&["-v", voice(Language::Zh), "-q", "-X"], &apart)?;
    let trace = String::from_utf8_lossy(&trace);
    // Of each character that it knows it tells which pinyin it takes it for.
    let read: Vec<&str> =
        trace.lines().filter_map(|line| line.strip_prefix("Replace: ")?.split_whitespace().next()).collect();
    let mut buffer = [0; 4];
    match characters.into_iter().find(|character| !read.contains(&&*character.encode_utf8(&mut buffer))) {
        Some(unknown) => Err(Mute::Unknown(unknown)),
        None => Ok(()),
    }
}

/// What espeak-ng makes of a text, and at which rate.
fn speak(text: &str, language: Language) -> Result<(Vec<f32>, u32), Mute> {
    let said = espeak(&["-v", voice(language), "-s", PACE, "--stdout"], text)?;
    wave(&said).ok_or_else(|| Mute::Failed("no WAV of one channel and 16 bits".into()))
}

fn voice(language: Language) -> &'static str {
    match language {
        Language::Zh => "cmn-latn-pinyin",
        Language::En => "en",
    }
}

fn espeak(options: &[&str], text: &str) -> Result<Vec<u8>, Mute> {
    let mut espeak = Command::new("espeak-ng")
        .args(options)
        .args(["-b", "1", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Mute::Absent)?;
    // It reads all of its input before it says anything.
    let written = espeak.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
    let said = espeak.wait_with_output().map_err(|problem| Mute::Failed(problem.to_string()))?;
    if !said.status.success() {
        return Err(Mute::Failed(String::from_utf8_lossy(&said.stderr).trim().to_owned()));
    }
    written.map_err(|problem| Mute::Failed(problem.to_string()))?;
    Ok(said.stdout)
}

/// Samples and rate of a WAV file whose header does not know how long it is, since it went through a pipe.
fn wave(file: &[u8]) -> Option<(Vec<f32>, u32)> {
    // RIFF, WAVE, then chunks: a name, a length, what it holds.
    let mut chunks = file.strip_prefix(b"RIFF")?.get(8..)?;
    let mut rate = None;
    loop {
        let (name, rest) = chunks.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        if name == b"data" {
            let samples = rest.chunks_exact(2).map(|pair| pcm::to_float(i16::from_le_bytes([pair[0], pair[1]])));
            return Some((samples.collect(), rate?));
        }
        let (held, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        if name == b"fmt " {
            let [1, 0, 1, 0, r0, r1, r2, r3, _, _, _, _, _, _, 16, 0, ..] = *held else { return None };
            rate = Some(u32::from_le_bytes([r0, r1, r2, r3]));
        }
        chunks = rest;
    }
}

fn converted(samples: &[f32], rate: u32) -> Result<Vec<f32>, Mute> {
    if rate == RATE || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let ratio = f64::from(RATE) / f64::from(rate);
    let filter = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2);
    let mut resampler = Async::new_sinc(ratio, 1.0, &filter, 1024, 1, FixedAsync::Input).map_err(|_| Mute::Rate)?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|_| Mute::Rate)?;
    Ok(resampler.process_all(&input, samples.len(), None).map_err(|_| Mute::Rate)?.take_data())
}

/// Without the silence around it, and as loud as every other clip.
fn trimmed(samples: Vec<f32>) -> Result<Vec<i16>, Mute> {
    let loudest = samples.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    let heard = |sample: &f32| sample.abs() > loudest * QUIET;
    let (Some(first), Some(last)) = (samples.iter().position(heard), samples.iter().rposition(heard)) else {
        return Err(Mute::Nothing);
    };
    let spoken = &samples[first.saturating_sub(MARGIN)..(last + MARGIN).min(samples.len())];
    Ok(spoken.iter().map(|sample| pcm::from_float(sample * PEAK / loudest)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(format: [u8; 16]) -> Vec<u8> {
        let mut file = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0".to_vec();
        file.extend(format);
        file.extend(b"LIST\x02\0\0\0..data\xff\xff\xff\x7f\x00\x40\x00\xc0");
        file
    }

    const MONO: [u8; 16] = [1, 0, 1, 0, 0x22, 0x56, 0, 0, 0x44, 0xac, 0, 0, 2, 0, 16, 0];

    #[test]
    fn a_wave_that_went_through_a_pipe_is_read_to_its_end() {
        assert_eq!(wave(&header(MONO)), Some((vec![0.5, -0.5], 22_050)));
    }

    #[test]
    fn what_is_no_wave_of_one_channel_and_16_bits_is_refused() {
        let mut stereo = MONO;
        stereo[2] = 2;
        assert_eq!(wave(&header(stereo)), None);
        let whole = header(MONO);
        for length in 0..whole.len() - 8 {
            assert_eq!(wave(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_its_length_at_another_rate() {
        let tone: Vec<f32> =
            (0_u16..22_050).map(|i| (f32::from(i) * std::f32::consts::TAU * 440.0 / 22_050.0).sin()).collect();
        let converted = converted(&tone, 22_050).unwrap();
        assert!(converted.len().abs_diff(48_000) <= 2, "{}", converted.len());
        let rises = converted.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!(rises.abs_diff(440) <= 1, "{rises}");
    }

    #[test]
    fn silence_around_is_cut_and_silence_alone_is_nothing() {
        let mut samples = vec![0.0; 20_000];
        samples.extend([0.2; 10_000]);
        samples.extend([0.0; 30_000]);
        let trimmed_samples = trimmed(samples).unwrap();
        assert_eq!(trimmed_samples.len(), MARGIN + 10_000 + MARGIN - 1);
        assert_eq!(trimmed_samples.iter().max(), Some(&pcm::from_float(PEAK)));
        assert!(matches!(trimmed(vec![0.0; 100]), Err(Mute::Nothing)));
    }
}
