//! Recordings: what somebody said, played and written down.
//!
//! Invariants: the sealed event stays the only copy of a recording, and is opened in memory for whoever plays it; a
//! transcript is the villager's words too, and lies in the ledger sealed. Who plays one is written down, once an hour
//! for the many requests of one player. A transcript is never changed: a correction is a new entry.

use uuid::Uuid;
use wire::event::{Kind, Suggestion, VOICE_AUDIO_MAX, VOICE_MEDIA, Voice};

use super::{
    County, Error,
    case::What,
    intake::Opened,
    people::Official,
    record::{TRANSCRIPT, word},
};
use crate::store::{
    Conn,
    cases::{CaseRow, LedgerRow},
    events,
};

/// That a suggestion was spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// What the suggestion says: so many seconds follow.
    pub announced_s: Option<u32>,
    /// What has come, in the terminal's order.
    pub recordings: Vec<Recording>,
    /// The last one that somebody wrote.
    pub transcript: Option<String>,
}

impl Spoken {
    /// Whether there is something to hear.
    #[must_use]
    pub fn has_come(&self) -> bool {
        !self.recordings.is_empty()
    }
}

/// A recording that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The event's id.
    pub id: String,
    /// How long it plays, as the terminal said; none where the key is gone.
    pub seconds: Option<u32>,
}

/// A recording, opened.
#[derive(Debug)]
pub struct Played {
    /// The ticket's 13 digits.
    pub ticket: String,
    /// The body of its event.
    pub voice: Voice,
}

impl Played {
    /// Whether it is what terminals record, which browsers play; anything else is only given to be saved.
    #[must_use]
    pub fn is_playable(&self) -> bool {
        self.voice.media == VOICE_MEDIA
            && self.voice.audio.starts_with(b"OggS")
            && self.voice.audio.len() <= VOICE_AUDIO_MAX
    }
}

impl County {
    /// What has come of a case's recording; none where nobody spoke.
    pub(super) async fn spoken(
        &self,
        conn: &mut Conn,
        row: &CaseRow,
        words: Option<&Suggestion>,
        ledger: &[LedgerRow],
    ) -> Result<Option<Spoken>, Error> {
        let announced_s = words.and_then(|w| w.spoken_s);
        let mut recordings = Vec::new();
        for event in events::of_case(conn, &row.id, &row.ticket, &word(Kind::Voice)).await? {
            let seconds = match self.reopen(&event.bytes) {
                Opened::Voice(voice) => Some(voice.seconds),
                _ => None,
            };
            recordings.push(Recording { id: event.id, seconds });
        }
        if announced_s.is_none() && recordings.is_empty() {
            return Ok(None);
        }
        let last = ledger.iter().rev().find(|line| line.kind == TRANSCRIPT);
        Ok(Some(Spoken { announced_s, recordings, transcript: last.and_then(|line| line.words.clone()) }))
    }

    /// The lines of a ledger with the words that lie in them sealed; without, where the key is gone.
    pub(super) fn with_transcripts(&self, mut ledger: Vec<LedgerRow>) -> Vec<LedgerRow> {
        for line in &mut ledger {
            if let Some(plain) = line.sealed.as_deref().and_then(|sealed| self.keys.open("", sealed)) {
                line.words = String::from_utf8(plain.to_vec()).ok();
            }
        }
        ledger
    }

    /// Opens a recording of a case for `by`. Audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see the case, or it has no such recording, or none that opens; or the
    /// database.
    pub async fn play(&self, by: &Official, case_id: &str, event: Uuid) -> Result<Played, Error> {
        let voice = |opened| if let Opened::Voice(voice) = opened { Some(voice) } else { None };
        let (ticket, voice) = self.attached(by, case_id, event, voice, ("voice", "played")).await?;
        Ok(Played { ticket, voice })
    }

    /// Keeps what somebody wrote down of a case's recording, beside what was written before.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see the case, [`Error::Input`] where no recording has come,
    /// [`Error::Step`] where `by` may not write, or the words are none or too many; or the database.
    pub async fn transcribe(&self, by: &Official, case_id: &str, text: String) -> Result<(), Error> {
        let mut conn = self.store.read().await?;
        let row = self.visible(&mut conn, by, case_id).await?;
        let recordings = events::of_case(&mut conn, &row.id, &row.ticket, &word(Kind::Voice)).await?;
        drop(conn);
        if recordings.is_empty() {
            return Err(Error::Input("这件事还没有收到录音，写不了文字稿。".into()));
        }
        self.act(by, case_id, What::Transcribe(text)).await.map(|_| ())
    }
}
