//! The county's listener for terminals: one function for each route of [`wire::intake`].
//!
//! Invariant: every answer is bounded, and one that is not the county's own (no ledger, not JSON) is trouble, never
//! data.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, RequestBuilder, Response, header};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use wire::{
    bulletin::Bulletin,
    event,
    intake::{CONTENT_DIGEST, LEDGER, TUS_VERSION, Views},
};

use super::{
    answer::{self, Head, Outcome, Retry, trouble},
    upload::{Came, Recording, Request, UploadAnswer},
};
use crate::{
    clock::Clock,
    control::message::{Answer, Ask},
    https::{self, HostDate},
    queue::Forward,
};

/// [`wire::intake::Accepted`] has about a hundred bytes.
const ACCEPTED_MAX: usize = 4 * 1024;

/// A page of sealed views, and a case with a long history.
const VIEWS_MAX: usize = 4 * 1024 * 1024;

/// Two weeks of duty with a small portrait each.
const BULLETIN_MAX: usize = 8 * 1024 * 1024;

/// What follows on from an answer, and the ledger that it came from.
pub type Answered<T> = Result<(Uuid, T), Retry>;

/// The county, as this terminal reaches it.
#[derive(Clone)]
pub struct County {
    client: Client,
    base: Arc<str>,
    clock: Arc<dyn Clock>,
    host_date: Arc<HostDate>,
}

/// What came of asking for the bulletin.
#[derive(Debug)]
pub enum Fetched {
    /// The one at hand still holds.
    Same,
    /// Another one, with the tag to ask with next time.
    New(String, Box<Bulletin>),
}

impl County {
    /// The county below the address `base`.
    #[must_use]
    pub fn new(client: Client, base: &str, clock: Arc<dyn Clock>, host_date: Arc<HostDate>) -> Self {
        Self { client, base: base.trim_end_matches('/').into(), clock, host_date }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/intake/v1/{path}", self.base)
    }

    /// Sends an event, byte for byte.
    pub async fn put(&self, forward: &Forward) -> Outcome {
        let request = self
            .client
            .put(self.url(&format!("events/{}", forward.id)))
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_DIGEST, event::content_digest(&forward.bytes))
            .body(forward.bytes.clone());
        let sent = async {
            let (head, response) = self.send(request).await?;
            let body = https::body(response, ACCEPTED_MAX).await.map_err(broke_off)?;
            Ok((head, body))
        };
        match sent.await {
            Ok((head, body)) => answer::outcome(&head, &body, forward.id),
            Err(retry) => Outcome::Retry(retry),
        }
    }

    /// Sends the next request for a recording, and reads what comes back.
    pub async fn upload(&self, recording: &mut Recording) -> Came {
        let asked = recording.request();
        let one = format!("uploads/{}", recording.id());
        let request = match asked {
            Request::Begin => {
                let (id, sha256) = (recording.id().to_string(), recording.forward.hash);
                let metadata = format!("id {},sha256 {}", STANDARD.encode(id), STANDARD.encode(sha256));
                let request = self.client.post(self.url("uploads")).header("upload-metadata", metadata);
                request.header("upload-length", recording.forward.bytes.len())
            }
            Request::Ask => self.client.head(self.url(&one)),
            Request::Send { from, to } => self
                .client
                .patch(self.url(&one))
                .header(header::CONTENT_TYPE, "application/offset+octet-stream")
                .header("upload-offset", from)
                .body(recording.forward.bytes[from..to].to_vec()),
        };
        let sent = async {
            let (head, response) = self.send(request.header("tus-resumable", TUS_VERSION)).await?;
            let offset = text(&response, "upload-offset").and_then(|offset| offset.parse().ok());
            let body = https::body(response, ACCEPTED_MAX).await.map_err(broke_off)?;
            Ok((head, offset, body))
        };
        match sent.await {
            Ok((head, offset, body)) => recording.answered(asked, UploadAnswer { head: &head, offset, body: &body }),
            Err(retry) => {
                recording.broke_off(asked);
                Came::Again(retry)
            }
        }
    }

    /// Asks for views of this terminal's tickets behind a cursor.
    ///
    /// # Errors
    /// Why to try again.
    pub async fn views(&self, after: u64) -> Answered<Views> {
        let (head, response) = self.send(self.client.get(self.url(&format!("views?after={after}")))).await?;
        self.read(&head, response, VIEWS_MAX).await
    }

    /// Asks for the bulletin, unless it is the one with the tag `known`.
    ///
    /// # Errors
    /// Why to try again.
    pub async fn bulletin(&self, known: Option<&str>) -> Answered<Fetched> {
        let mut request = self.client.get(self.url("bulletin"));
        if let Some(etag) = known {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let (head, response) = self.send(request).await?;
        if let (304, Some(ledger)) = (head.status, head.ledger) {
            return Ok((ledger, Fetched::Same));
        }
        let etag = text(&response, header::ETAG.as_str()).unwrap_or_default().to_owned();
        let (ledger, bulletin) = self.read(&head, response, BULLETIN_MAX).await?;
        Ok((ledger, Fetched::New(etag, Box::new(bulletin))))
    }

    /// Asks what kiosk asks; the answer tells nothing where the county could not be reached in time.
    ///
    /// # Errors
    /// Why there is no answer of the county's.
    pub async fn ask(&self, ask: Ask, deadline: Duration) -> Result<Answer, Retry> {
        let post = |path: &str| self.client.post(self.url(path)).timeout(deadline);
        match ask {
            Ask::Track(track) => {
                self.question(post("track"), &track).await.map(|a| a.map_or_else(|a| a, Answer::Tracked))
            }
            Ask::Lookup(lookup) => {
                self.question(post("lookup"), &lookup).await.map(|a| a.map_or_else(|a| a, Answer::Found))
            }
            Ask::Reissue(reissue) => {
                self.question(post("reissue"), &reissue).await.map(|a| a.map_or_else(|a| a, Answer::Reissued))
            }
            Ask::HandOver(asked) => {
                self.question(post("hand-over"), &asked).await.map(|a| a.map_or_else(|a| a, Answer::HandedOver))
            }
            Ask::Help(call) => self.done(post("help").json(&call), Answer::HelpTaken).await,
            Ask::CheckIn(check_in) => self.done(post("check-in").json(&check_in), Answer::CheckedIn).await,
            Ask::HelpState(id) => {
                let request = self.client.get(self.url(&format!("help/{id}"))).timeout(deadline);
                let (head, response) = self.send(request).await?;
                Ok(match said_no(&head)? {
                    Some(no) => no,
                    None => Answer::HelpState(self.read(&head, response, ACCEPTED_MAX).await?.1),
                })
            }
        }
    }

    /// A question with a body and an answer with one, or what the county says in place of it.
    async fn question<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        body: &impl Serialize,
    ) -> Result<Result<T, Answer>, Retry> {
        let (head, response) = self.send(request.json(body)).await?;
        match said_no(&head)? {
            Some(no) => Ok(Err(no)),
            None => Ok(Ok(self.read(&head, response, VIEWS_MAX).await?.1)),
        }
    }

    async fn done(&self, request: RequestBuilder, done: Answer) -> Result<Answer, Retry> {
        let (head, _) = self.send(request).await?;
        Ok(said_no(&head)?.unwrap_or(done))
    }

    async fn send(&self, request: RequestBuilder) -> Result<(Head, Response), Retry> {
        let response = request.send().await.map_err(|error| {
            let error = error.without_url();
            tracing::debug!(error = https::why(&error), "no answer");
            Retry::no_answer(match () {
                () if error.is_timeout() => "the county took too long",
                () if error.is_connect() => "the county cannot be reached",
                () => "the connection broke",
            })
        })?;
        let date = text(&response, header::DATE.as_str());
        if let Some(date) = date.and_then(https::date) {
            self.host_date.note(date, self.clock.monotonic());
        }
        let head = Head {
            status: response.status().as_u16(),
            ledger: text(&response, LEDGER).and_then(|ledger| ledger.parse().ok()),
            retry_after: text(&response, header::RETRY_AFTER.as_str())
                .and_then(|value| answer::retry_after(value, date, self.clock.wall().at)),
        };
        Ok((head, response))
    }

    async fn read<T: DeserializeOwned>(&self, head: &Head, response: Response, max: usize) -> Answered<T> {
        let (200, Some(ledger)) = (head.status, head.ledger) else { return Err(trouble(head)) };
        let body = https::body(response, max).await.map_err(broke_off)?;
        match serde_json::from_slice(&body) {
            Ok(read) => Ok((ledger, read)),
            Err(_) => Err(Retry { why: "not an answer of the county", after: None, whole_link: false }),
        }
    }
}

/// What the county itself says in place of an answer; none where it answers.
fn said_no(head: &Head) -> Result<Option<Answer>, Retry> {
    match (head.status, head.ledger) {
        (200..=299, Some(_)) => Ok(None),
        (429, Some(_)) => {
            let retry_after_s = head.retry_after.unwrap_or(Duration::from_secs(60)).as_secs();
            Ok(Some(Answer::TooMany { retry_after_s }))
        }
        (400..=499, Some(_)) if !matches!(head.status, 401 | 403 | 408) => Ok(Some(Answer::Refused)),
        _ => Err(trouble(head)),
    }
}

fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn broke_off(error: https::BodyError) -> Retry {
    tracing::debug!(error = https::why(&error), "no whole answer");
    Retry::no_answer("the answer broke off")
}
