//! What phones send to a hand-over: photos, words, and that this is all.
//!
//! Invariants: one photo is unpacked at a time, also where the request that brought it is gone; a photo under an id that
//! was taken is not taken again; words that are not among those that were kept are never answered as if they were.

use jiff::Timestamp;
use serde::Serialize;
use uuid::{NoContext, Uuid};
use wire::{
    TextRefused,
    event::{self, ClockQuality, Header, Kind, Note, PHOTO_MEDIA, Photo, WallTime},
    ticket::TicketNumber,
};
use zeroize::Zeroizing;

use super::{
    super::{County, Error, IntakeRefused, PhoneRefused, intake::Opened},
    BROKEN_MAX, NOTES_MAX, PHOTOS_MAX, PhoneStanding, REFUSED_MAX, Sender, id_of,
    phase::{Phase, phase},
    photo, ticket_of,
};
use crate::store::{
    Conn, StoreError, events,
    handovers::{self, HandOverRow},
};

impl County {
    /// The hand-over that a phone means, and until when it may send photos to it; none, it has finished.
    async fn sending(&self, conn: &mut Conn, from: &Sender) -> Result<(HandOverRow, Option<Timestamp>), Error> {
        let row = handovers::of_phone(conn, from.phone.hash().bytes()).await?.ok_or(PhoneRefused::NotOpened)?;
        if id_of(&row)? != from.of {
            return Err(PhoneRefused::Other.into());
        }
        match phase(&row, self.now()) {
            Phase::Open(until) => Ok((row, Some(until))),
            Phase::Finished => Ok((row, None)),
            Phase::Replaced => Err(PhoneRefused::Replaced.into()),
            Phase::Waiting(_) | Phase::Late => Err(PhoneRefused::Over.into()),
        }
    }

    /// The hand-over that takes this photo, or the standing of the one that has it.
    async fn room(&self, conn: &mut Conn, from: &Sender, photo: Uuid) -> Result<HandOverRow, Room> {
        let (row, until) = self.sending(conn, from).await?;
        let taken = handovers::photos(conn, &row.secret).await.map_err(Error::from)?;
        if taken.contains(&photo.to_string()) {
            return Err(Room::Has(self.standing_of_phone(conn, &from.phone.hash()).await?));
        }
        let refused = match until {
            None => PhoneRefused::Finished,
            Some(_) if taken.len() >= usize::from(PHOTOS_MAX) => PhoneRefused::Full,
            Some(_) if row.refused >= REFUSED_MAX || row.broken >= BROKEN_MAX => PhoneRefused::TooOften,
            Some(_) => return Ok(row),
        };
        Err(Room::No(refused.into()))
    }

    /// Whether a photo may come, before its bytes are read.
    ///
    /// # Errors
    /// [`Error::Phone`], or the database.
    pub async fn may_send_photo(&self, from: &Sender, photo: Uuid) -> Result<(), Error> {
        match self.room(&mut *self.store.read().await?, from, photo).await {
            Ok(_) | Err(Room::Has(_)) => Ok(()),
            Err(Room::No(refused)) => Err(refused),
        }
    }

    /// Takes a photo: reads it, scales it, writes it anew and seals it; on `Ok` it is on the disk. `photo` is what the
    /// phone drew for it: the same id sent again is the same photo, and another id is another photo.
    ///
    /// # Errors
    /// [`Error::Phone`] for what is no photo, or can't come any more; or the database.
    pub async fn add_photo(&self, from: &Sender, photo: Uuid, upload: Vec<u8>) -> Result<PhoneStanding, Error> {
        let mut conn = self.store.read().await?;
        let row = match self.room(&mut conn, from, photo).await {
            Ok(row) => row,
            Err(Room::Has(standing)) => return Ok(standing),
            Err(Room::No(refused)) => return Err(refused),
        };
        drop(conn);
        let upload = Zeroizing::new(upload);
        let turn = self.drawing.clone().acquire_owned().await.map_err(|_| PhoneRefused::Busy)?;
        let small = tokio::task::spawn_blocking(move || {
            // Whoever asked may be gone: the turn is over when the memory is free again.
            let _turn = turn;
            let upload = upload;
            photo::shrink(&upload)
        });
        let small = match small.await.map_err(|_| PhoneRefused::Spoilt).and_then(|small| small) {
            Ok(small) => small,
            Err(refused) => {
                let mut tx = self.store.write().await?;
                handovers::refuse(&mut tx, &row.secret).await?;
                tx.commit().await?;
                return Err(refused.into());
            }
        };
        let mut tx = self.store.write().await?;
        // Drawing took its time: another request may have been faster, or the hand-over have ended.
        let row = match self.room(&mut tx, from, photo).await {
            Ok(row) => row,
            Err(Room::Has(standing)) => return Ok(standing),
            Err(Room::No(refused)) => return Err(refused),
        };
        let photo::Small { width, height, jpeg } = small;
        let media = PHOTO_MEDIA.to_owned();
        let body = |id, ticket| Photo { id, ticket, media, width, height, image: jpeg };
        let event = self.keep(&mut tx, &row, Kind::Photo, body).await?;
        handovers::add_photo(
            &mut tx,
            &row.secret,
            (&photo.to_string(), self.now().as_millisecond()),
            &event.to_string(),
        )
        .await?;
        let standing = self.standing_of_phone(&mut tx, &from.phone.hash()).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Counts an upload that did not come whole: it took one of the few places for nothing.
    ///
    /// # Errors
    /// [`Error::Phone`] where the phone has no hand-over, or the database.
    pub async fn photo_broke_off(&self, from: &Sender) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let (row, _) = self.sending(&mut tx, from).await?;
        handovers::break_off(&mut tx, &row.secret).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the phone's words and ends the hand-over. The same words again are the same note; others, written because
    /// the answer was lost, are one more.
    ///
    /// # Errors
    /// [`Error::Phone`] for words that can't be taken, for neither words nor photos, after [`super::STAY_WITHIN`] or
    /// too many notes; or the database.
    pub async fn finish_phone(&self, from: &Sender, text: &str) -> Result<PhoneStanding, Error> {
        let mut tx = self.store.write().await?;
        let (row, until) = self.sending(&mut tx, from).await?;
        let notes = handovers::notes(&mut tx, &row.secret).await?;
        match wire::check_text(text) {
            Ok(()) if self.is_kept(&mut tx, &notes, text).await? => {}
            Ok(()) if notes.len() >= NOTES_MAX => return Err(PhoneRefused::Finished.into()),
            Ok(()) => {
                let body = |id, ticket| Note { id, ticket, text: text.to_owned() };
                let event = self.keep(&mut tx, &row, Kind::Note, body).await?;
                handovers::add_note(&mut tx, &row.secret, &event.to_string()).await?;
            }
            Err(TextRefused::Blank) if until.is_none() || handovers::has_anything(&mut tx, &row.secret).await? => {}
            Err(TextRefused::Blank) => return Err(PhoneRefused::Empty.into()),
            Err(TextRefused::TooLong(_)) => return Err(PhoneRefused::LongText.into()),
            Err(TextRefused::Control(_)) => return Err(PhoneRefused::OddText.into()),
        }
        if until.is_some() {
            handovers::finish(&mut tx, &row.secret, self.now().as_millisecond()).await?;
        }
        let standing = self.standing_of_phone(&mut tx, &from.phone.hash()).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Whether one of these notes has these very words. One that does not open has others.
    async fn is_kept(&self, conn: &mut Conn, notes: &[String], text: &str) -> Result<bool, Error> {
        for id in notes {
            if let Some(event) = events::find(conn, id).await?
                && matches!(self.reopen(&event.bytes), Opened::Note(note) if note.text == text)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Seals what a phone sent and takes it like any event of the terminal that showed the QR.
    async fn keep<T: Serialize>(
        &self,
        tx: &mut Conn,
        row: &HandOverRow,
        kind: Kind,
        body: impl FnOnce(Uuid, TicketNumber) -> T,
    ) -> Result<Uuid, Error> {
        let (now, ticket) = (self.now(), ticket_of(row)?);
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.subsec_nanosecond().unsigned_abs()));
        let terminal = row.terminal.parse().map_err(|_| StoreError::Unreadable("terminal"))?;
        let boot = row.boot.parse().map_err(|_| StoreError::Unreadable("boot"))?;
        let plain = serde_json::to_vec(&body(id, ticket)).expect("invariant: a body is always JSON");
        let plain = Zeroizing::new(plain);
        let header = Header {
            v: event::VERSION,
            id,
            ticket,
            kind,
            category: None,
            place: None,
            terminal,
            boot,
            // Behind everything that the terminal counts: milliseconds, of which there are more than it has events.
            seq: u64::try_from(now.as_millisecond()).unwrap_or_default(),
            wall: WallTime { at: now, quality: ClockQuality::Host },
            key: self.keys.working_id().to_owned(),
        };
        let bytes = event::assemble(&header, &self.keys.seal(&plain));
        let (header, sealed) = event::split(&bytes).map_err(IntakeRefused::from)?;
        self.accept_in(tx, (terminal, id), (&header, sealed), &bytes).await?;
        tracing::info!(event.id = %id, kind = ?kind, terminal = %terminal, "took what a phone sent");
        Ok(id)
    }
}

/// Why a photo is not to be drawn.
enum Room {
    /// It was taken under this id.
    Has(PhoneStanding),
    No(Error),
}

impl<E: Into<Error>> From<E> for Room {
    fn from(error: E) -> Self {
        Self::No(error.into())
    }
}
