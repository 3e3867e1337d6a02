//! What somebody of 县人大 should look at: alarms, and the kept bytes behind each. Looking is audited.

use wire::event;

use super::{County, Error, intake::Opened, people::Official};
use crate::store::events::{self, AlarmRow};

/// One version of an event that an alarm is about.
pub struct Kept {
    /// Milliseconds.
    pub received: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub size: usize,
    /// The terminal and the order within it, where the header is readable.
    pub from: Option<(String, u64)>,
    /// What a suggestion says, where it opens, and how long a recording is; another kind has no words.
    pub words: Option<String>,
}

impl County {
    /// The alarms, those that nobody has seen to first.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn alarms(&self, by: &Official) -> Result<Vec<AlarmRow>, Error> {
        by.rules()?;
        Ok(events::alarms(&mut *self.store.read().await?, 200).await?)
    }

    /// How many alarms nobody has seen to; 0 for all but 县人大.
    ///
    /// # Errors
    /// The database.
    pub async fn open_alarms(&self, by: &Official) -> Result<i64, Error> {
        if by.rules().is_err() {
            return Ok(0);
        }
        Ok(events::open_alarms(&mut *self.store.read().await?).await?)
    }

    /// One alarm with all versions of its event, the first one first. Audited.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], or the database.
    pub async fn alarm(&self, by: &Official, number: i64) -> Result<(AlarmRow, Vec<Kept>), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let alarm = events::find_alarm(&mut tx, number).await?.ok_or(Error::NotFound)?;
        let mut kept = Vec::new();
        if let Some(id) = &alarm.event {
            let first = events::find(&mut tx, id).await?;
            kept.extend(first.map(|event| self.kept(event.received, &event.bytes)));
            let others = events::conflicts(&mut tx, id).await?;
            kept.extend(others.iter().map(|(received, bytes)| self.kept(*received, bytes)));
        }
        self.audit(&mut tx, &by.who(), "alarm", &number.to_string(), "shown").await?;
        tx.commit().await?;
        Ok((alarm, kept))
    }

    fn kept(&self, received: i64, bytes: &[u8]) -> Kept {
        let header = event::split(bytes).ok().map(|(header, _)| header);
        Kept {
            received,
            sha256: wire::hex(&event::hash(bytes)),
            size: bytes.len(),
            from: header.map(|h| (h.terminal.to_string(), h.seq)),
            words: match self.reopen(bytes) {
                Opened::Suggestion(suggestion) => Some(suggestion.text.clone()),
                Opened::Voice(voice) => Some(format!("（录音，约 {} 秒）", voice.seconds)),
                _ => None,
            },
        }
    }

    /// Says that `by` has seen to an alarm.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, or the database.
    pub async fn see_alarm(&self, by: &Official, number: i64) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        events::see_alarm(&mut tx, number, &by.name, self.now().as_millisecond()).await?;
        Ok(tx.commit().await?)
    }
}
