//! What is played: a recording, or clips one behind the other.
//!
//! Invariant: everything is looked up before the loudspeaker is opened; a phrase is spoken whole or not at all.

use std::sync::atomic::{AtomicBool, AtomicU8};

use sound_line::{Why, spoken};

use crate::{
    device::{Trouble, Turnstile},
    loudspeaker::Loudspeaker,
    pcm::TENTH,
    serve::Devices,
    talk::{Happening, What, Work},
    track::{Rubbish, Track},
};

/// Silence after a phrase, and where [`spoken::PAUSE`] stands: a third of a second.
const PAUSE: usize = 16_000;

/// A part of what is played.
enum Part {
    Track(Track),
    Pause,
}

impl Part {
    fn samples(&self) -> usize {
        match self {
            Self::Track(track) => track.samples(),
            Self::Pause => PAUSE,
        }
    }
}

/// Plays one thing.
pub(crate) struct Player<'a> {
    pub(crate) devices: &'a Devices,
    pub(crate) turnstile: &'a Turnstile,
    /// Ends it.
    pub(crate) stop: &'a AtomicBool,
    pub(crate) volume: &'a AtomicU8,
    pub(crate) work: Work,
}

impl Player<'_> {
    /// Plays to the end, or until told to stop.
    pub(crate) fn play(&self, what: What, say: &impl Fn(Happening)) -> Result<(), Trouble> {
        let parts = self.parts(what, say)?;
        let of = parts.iter().map(Part::samples).sum();
        if parts.is_empty() {
            return Ok(());
        }
        let _passed = self.turnstile.pass()?;
        let mut loudspeaker = Loudspeaker::open(&self.devices.loudspeaker, self.stop, self.volume)?;
        let mut heard = |heard| say(Happening::Played(self.work, heard, of));
        for part in parts {
            match part {
                Part::Pause => {
                    if !loudspeaker.play(&[0.0; PAUSE], &mut heard)? {
                        return Ok(());
                    }
                }
                Part::Track(track) => {
                    let mut decoding = track.decode().map_err(rubbish)?;
                    while let Some(samples) = decoding.next().map_err(rubbish)? {
                        if !loudspeaker.play(samples, &mut heard)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        if loudspeaker.finish()? && of / TENTH != 0 {
            heard(of);
        }
        Ok(())
    }

    fn parts(&self, what: What, say: &impl Fn(Happening)) -> Result<Vec<Part>, Trouble> {
        let (language, phrases) = match what {
            What::Ogg(ogg) => return Ok(vec![Part::Track(Track::read(ogg.bytes().to_vec()).map_err(rubbish)?)]),
            What::Clips { language, phrases } => (language, phrases),
        };
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for phrase in phrases {
            let mut whole = Vec::new();
            let before = missing.len();
            for name in phrase {
                if name == spoken::PAUSE {
                    whole.push(Part::Pause);
                } else if let Some(track) = self.devices.clips.find(language, &name) {
                    whole.push(Part::Track(track));
                } else {
                    missing.push(name);
                }
            }
            if missing.len() == before && !whole.is_empty() {
                parts.extend(whole);
                parts.push(Part::Pause);
            }
        }
        say(Happening::LeftOut(self.work, missing));
        Ok(parts)
    }
}

fn rubbish(rubbish: Rubbish) -> Trouble {
    Trouble { why: Why::Rubbish, detail: rubbish.to_string() }
}
