//! The page on which a villager's phone adds words and photos to a ticket, by the QR of a terminal.
//!
//! | method, path | request | answer |
//! |---|---|---|
//! | GET `/p`, `/p/page.css`, `/p/page.js` | | the page, which knows nothing of any ticket |
//! | POST `/p/open` | JSON `secret`, from the address' fragment, and `phone`, 128 bits that the page drew | `Standing`, and the cookie |
//! | GET `/p/state` | the cookie; `hand-over`, where the page knows it | `Standing` |
//! | PUT `/p/photos/{id}` | the cookie; `hand-over`; the photo's bytes | `Standing` |
//! | POST `/p/finish` | the cookie; `hand-over`; JSON `text` | `Standing` |
//!
//! `hand-over` is a header: the public id of what the page shows, as `Standing` told it. The id of a photo is a UUID
//! that the page drew. A browser that keeps no cookie says what it drew when it opened in the header `phone`, as long as
//! the page stays.
//!
//! Invariants: the secret is in no request line and no log: it travels once, in the body of `/p/open`. The cookie goes to
//! this page alone, is Secure, HttpOnly, SameSite=Strict, and no request is taken that another site's page made. A body
//! is read only for a phone that may send, one of a phone at a time, and only so far as a photo may be long. A photo that
//! came whole is kept though its phone be gone. What is refused is said in a plain
//! sentence, in Chinese and in English.

use std::time::Duration;

use askama::Template;
use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Path, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post, put},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::{TEXT_MAX, secret::Secret};
use zeroize::Zeroize;

use super::{
    DEADLINE, SMALL,
    listener::Peer,
    pace::Pace,
    public::GUARDS,
    uploads::{End, receive},
};
use crate::county::{
    self, County, PhoneRefused,
    handover::{PHOTOS_MAX, PhoneStanding, REMEMBERED, Sender, UPLOAD_MAX},
    tracking::Asker,
};

mod places;
mod sentences;

use places::{Place, Places};

const CSS: &str = include_str!("../../static/public/phone.css");
const JS: &str = include_str!("../../static/public/phone.js");

/// Nothing else of this host sees it: `__Host-` would have to go to all of it.
const COOKIE: &str = "__Secure-lianxin-phone";

/// What the page calls the hand-over that it shows.
const HAND_OVER: HeaderName = HeaderName::from_static("hand-over");

/// What a page drew whose browser keeps no cookie; no other site's page can send it.
const PHONE: HeaderName = HeaderName::from_static("phone");

/// The most bytes of a finish: 2,000 characters, escaped.
const FINISH_MAX: usize = 32 * 1024;

/// The slowest link that a photo comes over: 350 kB, as browsers scale it, at 19 kbit/s, with a hole of up to 20 s now
/// and then. One that is slower keeps others from its place for nothing.
const RECEIVING: Pace = Pace { bytes: 16 * 1024, within: Duration::from_secs(20), most: Duration::from_secs(150) };

/// The longest that the request with a photo may take; the page's own deadline is longer.
pub(super) const PHOTO_DEADLINE: Duration = RECEIVING.most.saturating_add(DEADLINE);

#[derive(Clone)]
struct Phones {
    county: County,
    places: Places,
}

/// The page and what it asks for, but for photos.
pub(super) fn routes(county: County) -> Router {
    Router::new()
        .route("/p", get(page))
        .route("/p/page.css", get(style))
        .route("/p/page.js", get(script))
        .route("/p/open", post(open).layer(DefaultBodyLimit::max(SMALL)))
        .route("/p/state", get(state))
        .route("/p/finish", post(finish).layer(DefaultBodyLimit::max(FINISH_MAX)))
        .with_state(county)
}

/// Photos, which may take longer than anything else.
pub(super) fn photos(county: County) -> Router {
    let phones = Phones { county, places: Places::default() };
    Router::new().route("/p/photos/{id}", put(photo)).with_state(phones)
}

#[derive(Template)]
#[template(path = "public/phone.html")]
struct PhonePage {
    photos_max: u8,
    text_max: usize,
    upload_max: usize,
    photo_side: u32,
    unread: [&'static str; 2],
    long: [&'static str; 2],
}

/// GET `/p`
async fn page() -> Result<Response, Refused> {
    let page = PhonePage {
        photos_max: PHOTOS_MAX,
        text_max: TEXT_MAX,
        upload_max: UPLOAD_MAX,
        photo_side: wire::event::PHOTO_SIDE_MAX,
        unread: sentences::of(PhoneRefused::NotOpened),
        long: sentences::of(PhoneRefused::Long),
    };
    Ok((GUARDS, Html(page.render().map_err(|_| Refused::Internal)?)).into_response())
}

/// GET `/p/page.css`
async fn style() -> Response {
    (GUARDS, [(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

/// GET `/p/page.js`
async fn script() -> Response {
    (GUARDS, [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], JS).into_response()
}

/// Where a phone stands, as the page reads it.
#[derive(Debug, Serialize)]
struct Standing {
    /// What the page says with each request.
    id: Uuid,
    /// As people read it.
    ticket: String,
    /// Whether the phone said that this is all.
    is_done: bool,
    /// The page's ids of the photos that were taken.
    photos: Vec<Uuid>,
}

impl From<PhoneStanding> for Standing {
    fn from(standing: PhoneStanding) -> Self {
        let PhoneStanding { id, ticket, until, photos } = standing;
        Self { id, ticket: ticket.grouped(), is_done: until.is_none(), photos }
    }
}

/// What is answered instead.
#[derive(Debug)]
enum Refused {
    Phone(PhoneRefused),
    TooMany(Duration),
    /// Another site's page asked, or nothing that this page sends.
    Foreign,
    Internal,
}

type Answer = Result<Response, Refused>;

impl From<county::Error> for Refused {
    fn from(error: county::Error) -> Self {
        match error {
            county::Error::Phone(refused) => Self::Phone(refused),
            county::Error::TooMany { retry_after } => Self::TooMany(retry_after),
            other => {
                let cause = std::error::Error::source(&other).map(ToString::to_string);
                tracing::error!(error = %other, cause, "a phone can't be answered");
                Self::Internal
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Told {
            error: &'static str,
            zh: &'static str,
            en: &'static str,
        }
        let (status, error, [zh, en]) = match &self {
            Self::Phone(refused) => (sentences::status(*refused), sentences::code(*refused), sentences::of(*refused)),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many", sentences::TOO_MANY),
            Self::Foreign => (StatusCode::FORBIDDEN, "foreign", sentences::of(PhoneRefused::NotOpened)),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", sentences::INTERNAL),
        };
        let mut response = (status, GUARDED, Json(Told { error, zh, en })).into_response();
        let wait = match self {
            Self::TooMany(wait) => Some(wait.as_secs().max(1)),
            Self::Phone(PhoneRefused::Busy) => Some(3),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

const GUARDED: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];

fn told(standing: PhoneStanding) -> Response {
    (GUARDED, Json(Standing::from(standing))).into_response()
}

/// Browsers say where a request comes from; whoever says nothing is no browser, and has no cookie of somebody else's.
fn own_page(headers: &HeaderMap) -> Result<(), Refused> {
    match headers.get("sec-fetch-site") {
        Some(site) if site != "same-origin" => Err(Refused::Foreign),
        _ => Ok(()),
    }
}

/// What the phone drew when it opened.
fn phone(headers: &HeaderMap) -> Result<Secret, Refused> {
    own_page(headers)?;
    let said = || headers.get(PHONE)?.to_str().ok()?.parse().ok();
    cookie(headers).or_else(said).ok_or(Refused::Phone(PhoneRefused::NotOpened))
}

/// The hand-over that the page shows, where it says so.
fn shown(headers: &HeaderMap) -> Result<Option<Uuid>, Refused> {
    let Some(said) = headers.get(HAND_OVER) else { return Ok(None) };
    let id = said.to_str().ok().and_then(|said| said.parse().ok());
    id.map(Some).ok_or(Refused::Phone(PhoneRefused::Other))
}

fn sender(headers: &HeaderMap) -> Result<Sender, Refused> {
    let phone = phone(headers)?;
    Ok(Sender { phone, of: shown(headers)?.ok_or(Refused::Phone(PhoneRefused::Other))? })
}

fn cookie(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|c| c.to_str().ok());
    let mut pairs = cookies.flat_map(|c| c.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == COOKIE).and_then(|(_, value)| value.parse().ok())
}

#[derive(Deserialize)]
struct Opening {
    secret: Secret,
    phone: Secret,
}

/// POST `/p/open`
async fn open(
    State(county): State<County>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Result<Json<Opening>, JsonRejection>,
) -> Answer {
    own_page(&headers)?;
    let Json(Opening { secret, phone }) = body.map_err(|_| Refused::Phone(PhoneRefused::Late))?;
    let asker = Asker::Address(peer.address.ip());
    let (standing, phone) = match (county.open_phone(asker, &secret, &phone).await, cookie(&headers)) {
        // The code scanned again: by its cookie it is the phone that opened this very one, or another.
        (Err(county::Error::Phone(PhoneRefused::Taken)), Some(known)) => {
            (county.open_phone(asker, &secret, &known).await?, known)
        }
        (standing, _) => (standing?, phone),
    };
    let cookie = format!(
        "{COOKIE}={}; Path=/p; Max-Age={}; Secure; HttpOnly; SameSite=Strict",
        phone.text(),
        REMEMBERED.as_secs()
    );
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Refused::Internal)?;
    let mut response = told(standing);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// GET `/p/state`
async fn state(State(county): State<County>, headers: HeaderMap) -> Answer {
    Ok(told(county.phone_standing(&phone(&headers)?, shown(&headers)?).await?))
}

/// PUT `/p/photos/{id}`
async fn photo(
    State(Phones { county, places }): State<Phones>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let from = sender(&headers)?;
    county.may_send_photo(&from, id).await?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > UPLOAD_MAX) {
        return Err(Refused::Phone(PhoneRefused::Long));
    }
    let coming = tokio::spawn(receive(body, UPLOAD_MAX, RECEIVING));
    let place = places.take(&from.phone, coming.abort_handle()).ok_or(Refused::Phone(PhoneRefused::Busy));
    let place = place.inspect_err(|_| coming.abort())?;
    // Whoever breaks off takes the request with it: what has come whole is kept all the same.
    let taking = tokio::spawn(async move {
        // One that a newer upload of the same phone ended broke off, too.
        let came = coming.await.unwrap_or((Vec::new(), End::BrokeOff));
        take(&county, &from, id, came, place).await
    });
    taking.await.unwrap_or(Err(Refused::Internal))
}

async fn take(county: &County, from: &Sender, id: Uuid, (bytes, end): (Vec<u8>, End), place: Place) -> Answer {
    let refused = match end {
        End::Whole if place.has_come() => return Ok(told(county.add_photo(from, id, bytes).await?)),
        End::Whole | End::BrokeOff => PhoneRefused::BrokeOff,
        End::TooMuch => PhoneRefused::Long,
    };
    county.photo_broke_off(from).await?;
    Err(Refused::Phone(refused))
}

#[derive(Deserialize)]
struct Finish {
    text: String,
}

/// POST `/p/finish`
async fn finish(State(county): State<County>, headers: HeaderMap, body: Result<Json<Finish>, JsonRejection>) -> Answer {
    let from = sender(&headers)?;
    let Json(Finish { mut text }) = body.map_err(|rejection| {
        let too_long = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        Refused::Phone(if too_long { PhoneRefused::LongText } else { PhoneRefused::BrokeOff })
    })?;
    let finished = county.finish_phone(&from, &text).await;
    text.zeroize();
    Ok(told(finished?))
}
