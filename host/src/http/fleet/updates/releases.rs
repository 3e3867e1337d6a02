//! Releases that take long: a RAUC bundle is read from end to end before it is released, which a browser doesn't wait for.
//!
//! Invariant: an artifact is checked once at a time, whoever asks and whether they wait for it. What is kept here is words
//! for people: whether something is released stands in the database.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;

use super::super::{Console, shell::Problem};
use crate::fleet::users::{By, User};

/// Whoever asked waits so long, then looks at the artifact's page: sooner than a request's deadline.
const SOON: Duration = Duration::from_secs(10);

/// How a release stands.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// It is checked.
    Going,
    /// It was not released, which nobody waited for.
    Refused(Problem),
}

/// Releases by artifact, those only that are going or were refused since the host was started.
#[derive(Debug, Clone, Default)]
pub struct Releases(Arc<Mutex<BTreeMap<i64, Standing>>>);

/// Taken back where the task that holds it ends without a word.
struct Going(Releases, i64);

impl Drop for Going {
    fn drop(&mut self) {
        let mut all = self.0.lock();
        if matches!(all.get(&self.1), Some(Standing::Going)) {
            all.remove(&self.1);
        }
    }
}

impl Releases {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, id: i64) -> Option<Standing> {
        self.lock().get(&id).cloned()
    }

    /// Releases one. What comes of it is answered where that is soon, else kept for its page.
    pub(super) async fn begin(&self, console: &Console, by: User, id: i64, lower: bool) -> Result<(), Problem> {
        {
            let mut all = self.lock();
            if matches!(all.get(&id), Some(Standing::Going)) {
                return Ok(());
            }
            all.insert(id, Standing::Going);
        }
        let (going, users, artifacts) = (Going(self.clone(), id), console.users.clone(), console.artifacts.clone());
        let task = tokio::spawn(async move {
            let released = users.release_artifact(By::User(&by), &artifacts, id, lower).await;
            let released = released.map(drop).map_err(Problem::from);
            if let Err(problem) = &released {
                going.0.lock().insert(id, Standing::Refused(problem.clone()));
            }
            released
        });
        match tokio::time::timeout(SOON, task).await {
            Ok(Ok(released)) => {
                // Whoever asked is told.
                self.lock().remove(&id);
                released
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "a release broke off");
                let (zh, en) = ("没有发布成。请看主机的日志。", "It was not released; the host's log says why.");
                Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, zh, en))
            }
            Err(_) => Ok(()),
        }
    }
}
