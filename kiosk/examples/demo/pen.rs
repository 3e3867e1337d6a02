//! A villager who writes, by letters or by finger, who touches a ready sentence, or who says it aloud.
//!
//! Invariant: every character comes through the page: a candidate that was touched, or a key. Where neither can be had,
//! the visit says which character it was.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{
    microphone::Microphone,
    processes::workspace,
    screen::Screen,
    villager::{Seen, Villager},
    visits::By,
    wait::until,
};

/// An answer of the input methods is there in a tenth of this, on a machine that does nothing else.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a character that is none of the candidates is waited for before others are asked for.
const ELSE: Duration = Duration::from_secs(3);
/// Bars of candidates that are looked through for one character: all there are, and the first ones again.
const BARS: usize = 60;
/// And as often as a character is written: at first only the likely ones are looked through.
const TRIES: [usize; 3] = [3, 3, BARS];
/// The longest word that is typed at once, in characters.
const WORD: usize = 4;
/// Half of the square that a character is written in, in pixels of the panel: it fits the pad of a lying panel.
const REACH: f32 = 150.0;
/// Where the strokes' square has its top, and how wide it is, in their own unit; up is more.
const TOP: f32 = 900.0;
const SIDE: f32 = 1024.0;

const PAD: &str = "写字的地方";
const MORE: &str = "别的字";
const AGAIN: &str = "重写";
const SYMBOLS: &str = "数字符号";

/// A hand at the page of one's own words.
pub struct Pen<'a> {
    eyes: Villager,
    screen: &'a Screen,
    knowledge: &'a Knowledge,
    by: By,
}

/// What a villager learnt at school.
#[derive(Default)]
pub struct Knowledge {
    /// The letters of a word, by Debian's dictionary of pinyin.
    letters: HashMap<String, Vec<String>>,
    /// The strokes of a character.
    strokes: HashMap<char, Vec<Vec<[f32; 2]>>>,
}

#[derive(Deserialize)]
struct Strokes {
    character: char,
    strokes: Vec<Vec<[f32; 2]>>,
}

impl Knowledge {
    /// Learns what these ways of writing need.
    ///
    /// # Errors
    ///
    /// No dictionary of pinyin (Debian: rime-data-pinyin-simp), or strokes that can't be fetched.
    pub fn learn(by: impl Iterator<Item = By>) -> Result<Self> {
        let mut knowledge = Self::default();
        for by in by {
            match by {
                By::Pinyin if knowledge.letters.is_empty() => knowledge.letters = dictionary()?,
                By::Handwriting if knowledge.strokes.is_empty() => knowledge.strokes = copybook()?,
                _ => {}
            }
        }
        Ok(knowledge)
    }
}

fn dictionary() -> Result<HashMap<String, Vec<String>>> {
    let path = Path::new("/usr/share/rime-data/pinyin_simp.dict.yaml");
    let text = fs::read_to_string(path).with_context(|| format!("{} (rime-data-pinyin-simp)", path.display()))?;
    let mut letters: HashMap<String, Vec<String>> = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split('\t');
        if let (Some(word), Some(code)) = (fields.next(), fields.next())
            && word.chars().count() <= WORD
        {
            letters.entry(word.to_owned()).or_default().push(code.replace(' ', ""));
        }
    }
    Ok(letters)
}

/// The strokes of the npm package hanzi-writer-data, as the set-up fetches them.
fn copybook() -> Result<HashMap<char, Vec<Vec<[f32; 2]>>>> {
    let mut fetch = Command::new(workspace().join("kiosk/ime/fetch"));
    let fetched = fetch.arg("strokes").stderr(Stdio::inherit()).output().context("kiosk/ime/fetch strokes")?;
    let said = String::from_utf8_lossy(&fetched.stdout);
    let path = said.lines().last().filter(|_| fetched.status.success()).map(PathBuf::from);
    let path = path.context("the strokes of characters could not be fetched")?.join("strokes.jsonl");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let read = text.lines().map(|line| {
        let one: Strokes = serde_json::from_str(line)?;
        Ok((one.character, one.strokes))
    });
    read.collect()
}

impl<'a> Pen<'a> {
    /// A hand at the terminal whose socket this is.
    pub fn new(socket: PathBuf, screen: &'a Screen, knowledge: &'a Knowledge, by: By) -> Self {
        Self { eyes: Villager { socket }, screen, knowledge, by }
    }

    /// Writes a text.
    ///
    /// # Errors
    ///
    /// A character that the page does not give.
    pub fn write(&self, text: &str) -> Result<()> {
        let text: Vec<char> = text.chars().collect();
        let mut rest = &text[..];
        while let Some(first) = rest.first() {
            self.turn_to_method()?;
            let written = match self.by {
                By::Pinyin => self.word(rest)?,
                By::Handwriting => usize::from(self.character(*first)?),
                By::Sentence | By::Voice => 0,
            };
            if written == 0 {
                self.sign(*first).with_context(|| format!("write “{first}”"))?;
            }
            rest = &rest[written.max(1)..];
        }
        Ok(())
    }

    /// Touches a ready sentence, wherever it stands.
    ///
    /// # Errors
    ///
    /// It does not come.
    pub fn touch_sentence(&self, sentence: &str) -> Result<()> {
        for _ in 0..BARS {
            let there =
                self.eyes.see("ready sentences", |seen| seen.target("自己写").map(|_| seen.target(sentence)))?;
            if there.is_some() {
                return self.tap(sentence);
            }
            self.tap("换几句")?;
        }
        bail!("“{sentence}” is not among the ready sentences")
    }

    /// Says something aloud; the terminal goes on listening.
    ///
    /// # Errors
    ///
    /// No door to it, or a terminal that does not listen.
    pub fn say(&self, microphone: &Microphone, wav: &Path) -> Result<()> {
        self.tap("用嘴说")?;
        self.see("the terminal to listen", |seen| seen.says("正在听，请说").then_some(()))?;
        let time = microphone.speak(wav)?;
        let heard = |seen: &Seen| (time.as_secs()..).take(3).any(|s| seen.mentions(&format!("{s} 秒")));
        until("the terminal to have heard it", time + ANSWER, || Ok(heard(&self.eyes.look()?).then_some(())))
    }

    /// Touches a target.
    ///
    /// # Errors
    ///
    /// It does not come.
    pub fn tap(&self, label: &str) -> Result<()> {
        let at = self.see(&format!("“{label}” on the screen"), |seen| seen.target(label))?;
        self.touch(at)
    }

    fn turn_to_method(&self) -> Result<()> {
        // Who writes pinyin is offered plain letters; before the methods are ready the keys are those of letters, too.
        let (method, is_there): (_, &[&str]) = match self.by {
            By::Pinyin => ("拼音", &["空格", "字母"]),
            By::Handwriting | By::Sentence | By::Voice => ("手写", &[PAD]),
        };
        let is_it =
            |seen: &Seen| is_there.iter().all(|key| seen.target(key).is_some()) && seen.target(method).is_none();
        let at =
            self.see("a way of writing", |seen| if is_it(seen) { Some(None) } else { seen.target(method).map(Some) })?;
        let Some(at) = at else { return Ok(()) };
        self.touch(at)?;
        self.see(method, |seen| is_it(seen).then_some(()))
    }

    /// Writes the longest word that begins here; how many characters that were.
    fn word(&self, rest: &[char]) -> Result<usize> {
        for length in (1..=WORD.min(rest.len())).rev() {
            let word: String = rest[..length].iter().collect();
            for letters in self.knowledge.letters.get(&word).into_iter().flatten() {
                for letter in letters.chars() {
                    self.tap(&letter.to_string())?;
                }
                // Of many letters only the last are shown.
                let shown = &letters[letters.len().saturating_sub(8)..];
                self.see("the letters", |seen| seen.mentions(shown).then_some(()))?;
                if self.pick(&word, if length == 1 { BARS } else { 1 })? {
                    return Ok(length);
                }
                for _ in letters.chars() {
                    self.tap("退格")?;
                }
            }
        }
        Ok(0)
    }

    /// Writes a character by its strokes; whether it has any.
    fn character(&self, character: char) -> Result<bool> {
        let Some(strokes) = self.knowledge.strokes.get(&character) else { return Ok(false) };
        let [x, y] = self.see("the pad", |seen| seen.target(PAD))?;
        let place = |along: f32, of: f32| of + (along / SIDE - 0.5) * 2.0 * REACH;
        for bars in TRIES {
            self.screen.rest();
            for stroke in strokes {
                let points = stroke.iter().map(|[along, up]| (whole(place(*along, x)), whole(place(TOP - up, y))));
                self.screen.draw(&points.collect::<Vec<_>>())?;
            }
            if self.pick(&character.to_string(), bars)? {
                return Ok(true);
            }
            self.tap(AGAIN)?;
        }
        bail!("“{character}” was not recognised")
    }

    /// Touches this candidate once it is there, in one of so many bars; whether it came.
    fn pick(&self, word: &str, bars: usize) -> Result<bool> {
        for bar in 0..bars {
            if let Ok(at) = until(word, ELSE, || self.steady(word)) {
                self.touch(at)?;
                return Ok(true);
            }
            // The answer may have come this moment: what is asked for is looked for once more.
            if let Some(at) = self.steady(word)? {
                self.touch(at)?;
                return Ok(true);
            }
            if let (Some(at), true) = (self.steady(MORE)?, bar + 1 < bars) {
                self.touch(at)?;
            }
        }
        Ok(false)
    }

    /// Where a target stands, if it still stands there at the next look: what was touched just before may move it.
    fn steady(&self, label: &str) -> Result<Option<[f32; 2]>> {
        let Some(at) = self.eyes.look()?.target(label) else { return Ok(None) };
        Ok(self.eyes.look()?.target(label).filter(|again| *again == at))
    }

    /// Touches a sign of punctuation, a digit or a letter.
    fn sign(&self, sign: char) -> Result<()> {
        let label = match sign {
            '\n' => "换行".to_owned(),
            ' ' => "空格".to_owned(),
            sign => sign.to_string(),
        };
        if self.eyes.look()?.target(&label).is_some() && !sign.is_ascii_alphabetic() {
            return self.tap(&label);
        }
        if self.eyes.look()?.target(PAD).is_some() {
            self.tap("拼音")?;
        }
        if sign.is_ascii_lowercase() || label == "空格" {
            self.tap("字母")?;
            return self.tap(&label);
        }
        self.tap(SYMBOLS)?;
        self.tap(&label)?;
        self.tap("字母")
    }

    fn see<T>(&self, what: &str, wanted: impl Fn(&Seen) -> Option<T>) -> Result<T> {
        until(what, ANSWER, || Ok(wanted(&self.eyes.look()?)))
    }

    fn touch(&self, [x, y]: [f32; 2]) -> Result<()> {
        self.screen.tap(whole(x), whole(y))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a panel has fewer pixels than an i16 counts")]
fn whole(pixels: f32) -> i16 {
    pixels.round() as i16
}
