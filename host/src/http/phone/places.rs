//! The few places for photos that are on their way.
//!
//! Invariants: at most [`AT_ONCE`] photos are in memory, one of a phone. A newer upload of the same phone ends one that
//! is still coming, because a phone that changed its network sends again and the old connection says nothing of it;
//! while one that came whole is drawn, the same phone waits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};
use wire::secret::Secret;

/// So many photos are in memory at a time, each of at most [`crate::county::handover::UPLOAD_MAX`] bytes.
const AT_ONCE: usize = 8;

type Phone = [u8; 32];

#[derive(Debug)]
enum Upload {
    /// What receives it.
    Coming(AbortHandle),
    /// It came whole.
    Drawn,
}

/// The places.
#[derive(Debug, Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// By the hash of the phone's cookie: the number of its newest upload, and how that stands.
    uploads: Arc<Mutex<HashMap<Phone, (u64, Upload)>>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(AT_ONCE)), uploads: Arc::default() }
    }
}

impl Places {
    /// A place for what is received so; none, there is none free, or this phone's last photo is being drawn.
    pub(super) fn take(&self, phone: &Secret, coming: AbortHandle) -> Option<Place> {
        let phone = *phone.hash().bytes();
        let mut uploads = self.uploads();
        let number = match uploads.get(&phone) {
            Some((_, Upload::Drawn)) => return None,
            Some((number, Upload::Coming(former))) => {
                former.abort();
                number + 1
            }
            None => 0,
        };
        let permit = self.free.clone().try_acquire_owned().ok()?;
        uploads.insert(phone, (number, Upload::Coming(coming)));
        Some(Place { places: self.clone(), phone, number, _permit: permit })
    }

    fn uploads(&self) -> MutexGuard<'_, HashMap<Phone, (u64, Upload)>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    phone: Phone,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Notes that all bytes are here; whether this still is the phone's newest upload.
    pub(super) fn has_come(&self) -> bool {
        match self.places.uploads().get_mut(&self.phone) {
            Some((number, upload)) if *number == self.number => {
                *upload = Upload::Drawn;
                true
            }
            _ => false,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut uploads = self.places.uploads();
        if uploads.get(&self.phone).is_some_and(|(number, _)| *number == self.number) {
            uploads.remove(&self.phone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_phone_has_one_place_its_newer_upload_ends_the_former_and_waits_while_one_is_drawn() {
        let (places, phone) = (Places::default(), Secret::draw());
        let coming = || tokio::spawn(std::future::pending::<()>());
        let (first, second) = (coming(), coming());
        let former = places.take(&phone, first.abort_handle()).unwrap();
        let newer = places.take(&phone, second.abort_handle()).unwrap();
        assert!(first.await.unwrap_err().is_cancelled());
        assert!(!former.has_come(), "the newer one has its place");
        drop(former);
        assert_eq!(places.free.available_permits(), AT_ONCE - 1);
        assert!(newer.has_come());
        assert!(places.take(&phone, coming().abort_handle()).is_none(), "it is drawn");
        let others: Vec<_> = (1..AT_ONCE).map(|_| places.take(&Secret::draw(), coming().abort_handle())).collect();
        assert!(others.iter().all(Option::is_some), "the other places are for other phones");
        assert!(places.take(&Secret::draw(), coming().abort_handle()).is_none(), "all are taken");
        drop(newer);
        assert!(places.take(&phone, coming().abort_handle()).is_some());
        drop(others);
        assert!(places.uploads().is_empty());
    }
}
