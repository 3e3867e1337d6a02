//! What villagers added from phones: read with the case it belongs to, by whoever may see that.
//!
//! Invariants: the sealed events stay the only copy, opened in memory for who reads or looks at them; a page that only names
//! photos opens none whose key is there. Who looks at one is written down, once an hour for the several of one page.

use jiff::SignedDuration;
use uuid::Uuid;
use wire::event::{Kind, Note, PHOTO_MAX, PHOTO_MEDIA, Photo};

use super::{County, Error, intake::Opened, people::Official, record::word};
use crate::store::{
    Conn, StoreError,
    cases::CaseRow,
    desk::{self, AuditRow},
    events, photos,
};

/// A browser asks for photos one by one, a player for a recording piece by piece; within this it is one look.
const ONE_LOOK: SignedDuration = SignedDuration::from_hours(1);

/// What was added to a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// In the order of their arrival: when (milliseconds), and the words.
    pub notes: Vec<(i64, String)>,
    /// In the order of their arrival.
    pub photos: Vec<AddedPhoto>,
    /// How many of both don't open, because the key is gone.
    pub closed: usize,
}

/// A photo that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedPhoto {
    /// The event's id.
    pub id: String,
    /// When it came, milliseconds.
    pub at: i64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A photo, opened.
#[derive(Debug)]
pub struct Shown {
    /// The ticket's 13 digits.
    pub ticket: String,
    /// The body of its event.
    pub photo: Photo,
}

impl Shown {
    /// Whether it is what the county writes, which browsers show; anything else is only given to be saved.
    #[must_use]
    pub fn is_showable(&self) -> bool {
        let Photo { media, image, .. } = &self.photo;
        media == PHOTO_MEDIA && image.starts_with(&[0xff, 0xd8, 0xff]) && image.len() <= PHOTO_MAX
    }
}

impl County {
    /// What was added to a case.
    pub(super) async fn added(&self, conn: &mut Conn, row: &CaseRow) -> Result<Added, Error> {
        let mut added = Added::default();
        for event in events::of_case(&mut *conn, &row.id, &row.ticket, &word(Kind::Note)).await? {
            match self.reopen(&event.bytes) {
                Opened::Note(note) => added.notes.push((event.received, note.text.clone())),
                _ => added.closed += 1,
            }
        }
        for photo in photos::of_case(&mut *conn, &row.id, &row.ticket).await? {
            if !self.keys.has(&photo.sealed_to) && !self.is_photo(conn, &photo.event).await? {
                added.closed += 1;
                continue;
            }
            let side = |pixels: i64| u32::try_from(pixels).map_err(|_| StoreError::Unreadable("photo"));
            let (width, height) = (side(photo.width)?, side(photo.height)?);
            added.photos.push(AddedPhoto { id: photo.event, at: photo.received, width, height });
        }
        Ok(added)
    }

    /// Whether an event opens as a photo.
    async fn is_photo(&self, conn: &mut Conn, event: &str) -> Result<bool, Error> {
        let found = events::find(conn, event).await?;
        Ok(found.is_some_and(|event| matches!(self.reopen(&event.bytes), Opened::Photo(_))))
    }

    /// The words that were added to a case.
    pub(super) async fn notes(&self, conn: &mut Conn, case_id: &str, ticket: &str) -> Result<Vec<Note>, Error> {
        let found = events::of_case(conn, case_id, ticket, &word(Kind::Note)).await?;
        let opened = found.iter().filter_map(|event| match self.reopen(&event.bytes) {
            Opened::Note(note) => Some(note),
            _ => None,
        });
        Ok(opened.collect())
    }

    /// Opens a photo of a case for `by`. Audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see the case, or it has no such photo, or none that opens; or the
    /// database.
    pub async fn photo(&self, by: &Official, case_id: &str, event: Uuid) -> Result<Shown, Error> {
        let photo = |opened| if let Opened::Photo(photo) = opened { Some(photo) } else { None };
        let (ticket, photo) = self.attached(by, case_id, event, photo, ("photo", "shown")).await?;
        Ok(Shown { ticket, photo })
    }

    /// Opens what is attached to a case for `by`, and the case's ticket. Audited as `said`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where `by` may not see the case, or it has no such event, or none that opens as what
    /// `wanted` takes; or the database.
    pub(super) async fn attached<T>(
        &self,
        by: &Official,
        case_id: &str,
        event: Uuid,
        wanted: impl FnOnce(Opened) -> Option<T>,
        said: (&str, &str),
    ) -> Result<(String, T), Error> {
        let mut conn = self.store.read().await?;
        let row = self.visible(&mut conn, by, case_id).await?;
        let found = events::find(&mut conn, &event.to_string()).await?;
        drop(conn);
        let found = found.filter(|e| e.case_id.as_ref() == Some(&row.id)).ok_or(Error::NotFound)?;
        let opened = wanted(self.reopen(&found.bytes)).ok_or(Error::NotFound)?;
        self.note_once(by, said, &row.id).await?;
        Ok((row.ticket, opened))
    }

    /// Writes down what somebody read of a case, unless it stands there already since [`ONE_LOOK`].
    async fn note_once(&self, by: &Official, (what, outcome): (&str, &str), case_id: &str) -> Result<(), Error> {
        let (now, of) = (self.now(), |text: &str| text.to_owned());
        let row = AuditRow {
            at: now.as_millisecond(),
            who: by.who(),
            what: of(what),
            subject: of(case_id),
            outcome: of(outcome),
        };
        let since = (now - ONE_LOOK).as_millisecond();
        if desk::said_since(&mut *self.store.read().await?, &row, since).await? {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        // Another request of the same look may have been faster.
        if !desk::said_since(&mut tx, &row, since).await? {
            desk::audit(&mut tx, &row).await?;
        }
        Ok(tx.commit().await?)
    }
}
