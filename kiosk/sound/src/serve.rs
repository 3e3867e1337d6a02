//! The process at work: one thread reads what the terminal asks, one holds a device while something is recorded or played,
//! and what they bring is taken in order here.
//!
//! Invariant: nothing in here waits for a device; a device that was told to stop is waited for by who wants the next.

use std::{
    io::{self, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use sound_line::{Tell, Volume};

use crate::{
    clips::Clips,
    device::{Trouble, Turnstile},
    lines, loudspeaker,
    microphone::{self, Heard},
    player::Player,
    talk::{Action, Happening, Seen, Talk, What, Work},
};

/// What may wait to be taken: a second of samples.
const WAITING: usize = 50;

/// What there is to record and to play with.
#[derive(Debug, Clone)]
pub struct Devices {
    /// The microphone's name in ALSA's configuration.
    pub microphone: String,
    /// The loudspeaker's.
    pub loudspeaker: String,
    /// What can be spoken.
    pub clips: Clips,
}

/// What is taken in order.
enum Word {
    Happened(Happening),
    /// The terminal says nothing more.
    End(io::Result<()>),
}

/// Answers until the questions end.
///
/// # Errors
/// Only where one of the pipes fails.
pub fn serve(devices: Devices, input: impl Read + Send + 'static, output: impl Write) -> io::Result<()> {
    let (words, taken) = sync_channel(WAITING);
    let mut hands = Hands {
        devices: Arc::new(devices),
        output,
        words: words.clone(),
        turnstile: Arc::default(),
        stop: Arc::default(),
        volume: Arc::default(),
    };
    let (mut talk, ready) = Talk::begin(look(&hands.devices));
    hands.tell(&ready)?;
    thread::spawn(move || {
        let say = say(&words);
        let end = lines::each(input, |line| say(line.map_or_else(Happening::Unreadable, Happening::Asked)));
        let _ = words.send(Word::End(end));
    });
    for word in taken {
        match word {
            Word::Happened(happening) => {
                for action in talk.step(happening) {
                    hands.perform(action)?;
                }
            }
            Word::End(end) => return end,
        }
    }
    Ok(())
}

/// What carries out what is to be done.
struct Hands<W> {
    devices: Arc<Devices>,
    output: W,
    words: SyncSender<Word>,
    turnstile: Arc<Turnstile>,
    /// Of what is under way.
    stop: Arc<AtomicBool>,
    volume: Arc<AtomicU8>,
}

impl<W: Write> Hands<W> {
    fn perform(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Tell(tell) => return self.tell(&tell),
            Action::Look => self.look(),
            Action::Listen(work) => self.listen(work),
            Action::Play(work, what, volume) => self.play(work, what, volume),
            Action::End => self.stop.store(true, Ordering::Relaxed),
            Action::Volume(volume) => self.volume.store(volume.into(), Ordering::Relaxed),
        }
        Ok(())
    }

    fn tell(&mut self, tell: &Tell) -> io::Result<()> {
        let mut line = serde_json::to_vec(tell)?;
        line.push(b'\n');
        self.output.write_all(&line)?;
        self.output.flush()
    }

    fn look(&self) {
        let (devices, turnstile, say) = (self.devices.clone(), self.turnstile.clone(), say(&self.words));
        thread::spawn(move || {
            let seen = match turnstile.pass() {
                Ok(_passed) => look(&devices),
                Err(trouble) => {
                    let hangs = Some(trouble.to_string());
                    seen(&devices.clips, hangs.clone(), hangs)
                }
            };
            say(Happening::Seen(seen));
        });
    }

    fn listen(&mut self, work: Work) {
        self.stop = Arc::default();
        let (devices, turnstile, stop) = (self.devices.clone(), self.turnstile.clone(), self.stop.clone());
        let say = say(&self.words);
        thread::spawn(move || {
            let heard = |heard| match heard {
                Heard::Open => say(Happening::Listening(work)),
                Heard::Samples(samples) => say(Happening::Heard(work, samples)),
            };
            if let Err(trouble) = microphone::listen(&devices.microphone, &turnstile, &stop, heard) {
                say(Happening::Deaf(work, trouble));
            }
        });
    }

    fn play(&mut self, work: Work, what: What, volume: Volume) {
        self.stop = Arc::default();
        self.volume = Arc::new(AtomicU8::new(volume.into()));
        let (devices, turnstile, say) = (self.devices.clone(), self.turnstile.clone(), say(&self.words));
        let (stop, volume) = (self.stop.clone(), self.volume.clone());
        thread::spawn(move || {
            let player = Player { devices: &devices, turnstile: &turnstile, stop: &stop, volume: &volume, work };
            let end = player.play(what, &say);
            say(Happening::Silent(work, end));
        });
    }
}

fn look(devices: &Devices) -> Seen {
    let reason = |trouble: Trouble| trouble.to_string();
    let microphone = microphone::look(&devices.microphone).err().map(reason);
    let loudspeaker = loudspeaker::look(&devices.loudspeaker).err().map(reason);
    seen(&devices.clips, microphone, loudspeaker)
}

fn seen(clips: &Clips, microphone: Option<String>, loudspeaker: Option<String>) -> Seen {
    Seen { microphone, loudspeaker, clips: clips.missing(), languages: clips.languages() }
}

/// Says what happened to whoever takes it in order.
fn say(words: &SyncSender<Word>) -> impl Fn(Happening) + use<> {
    let words = words.clone();
    move |happening| {
        // Where nobody takes it, the process is about to end.
        let _ = words.send(Word::Happened(happening));
    }
}
