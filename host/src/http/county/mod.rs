//! The county's console: pages for officers, deputies, units and 县人大, plain forms that work without a script.
//!
//! Every form carries `csrf`, a hidden field of the page it stands on; a wrong one is answered 403. A request without
//! a session is led to `/county/sign-in`. What somebody may not see is answered 404. A form that is refused answers
//! 422 with a sentence; one that is done answers 303 to the page that shows it. Fields are
//! `application/x-www-form-urlencoded`, that of a portrait `multipart/form-data`. Station, category, unit, person are
//! ids, as they stand in the pages' `value`s.
//!
//! | method, path | fields | who |
//! |---|---|---|
//! | GET `/county/sign-in` | | anybody |
//! | POST `/county/sign-in` | `csrf`, `login`, `password` | anybody |
//! | POST `/county/sign-out` | `csrf` | all |
//! | GET `/county/password`, POST | `csrf`, `old`, `new` | all |
//! | GET `/county` | | all; leads to the cases |
//! | GET `/county/cases` | query `state`, `category`, `mine=1`, `overdue=1`, `ticket`, `words`, `page` from 0 | all, each their own |
//! | GET `/county/cases/{id}` | `id` is that of the suggestion's event | whoever may see it |
//! | GET `/county/cases/{id}/contact` | | officer, its deputy, county; audited |
//! | GET `/county/cases/{id}/voice/{event}` | `Range`; `event` is that of the recording | whoever may see the case; audited |
//! | GET `/county/cases/{id}/photo/{event}` | `event` is that of the photo | whoever may see the case; audited |
//! | POST `/county/cases/{id}/transcript` | `csrf`, `text` | its deputy, officer, county; where a recording has come |
//! | POST `/county/cases/{id}/claim` | `csrf` | deputy |
//! | POST `/county/cases/{id}/hand-over` | `csrf`, `deputy` | its deputy, county |
//! | POST `/county/cases/{id}/forward` | `csrf`, `unit`, `joint` (none, one or several), `due` (YYYY-MM-DD) | its deputy, officer, county |
//! | POST `/county/cases/{id}/reply` | `csrf`, `text` | unit |
//! | POST `/county/cases/{id}/confirm` | `csrf` | its deputy |
//! | POST `/county/cases/{id}/close` | `csrf` | its deputy, county |
//! | POST `/county/cases/{id}/explain` | `csrf`, `reason` | its deputy, county |
//! | POST `/county/cases/{id}/correct` | `csrf`, `category`, `place` (may be empty) | officer, county |
//! | GET `/county/help`, POST `/county/help/{id}/acknowledge` | `csrf` | all but units |
//! | GET `/county/ledger` | query `month` (YYYY-MM) | all but units |
//! | GET `/county/ledger.csv` | query `month` | all but units |
//! | GET `/county/stations`, POST | `csrf`, `name` | county |
//! | GET `/county/stations/{id}`, POST | `csrf`, `name`, `telephone`, `code`, `officer_name`, `officer_telephone`, `places` (one a line: `id name`), `place` | county |
//! | POST `/county/stations/{id}/terminals` | `csrf`, `terminal` (5 digits) | county |
//! | POST `/county/stations/{id}/roster` | multipart `csrf`, `name`, `role`, `portrait` (PNG or JPEG, may be left out) | county |
//! | POST `/county/stations/{id}/roster/{person}/remove` | `csrf` | county |
//! | POST `/county/stations/{id}/roster/{person}/webhook` | `csrf`, `webhook` (may be empty) | county |
//! | POST `/county/stations/{id}/duties` | `csrf`, `person`, `weekday` (1–7) or `day`, `from`, `to` (HH:MM) | county |
//! | POST `/county/stations/{id}/duties/{duty}/remove` | `csrf` | county |
//! | GET `/county/settings`, POST | `csrf`, `reply_period`, `webhook` | county |
//! | POST `/county/settings/categories`, `/county/settings/categories/{id}` | `csrf`, `name`, `label`, `label_en`, `picture`, `sentences` (one a line) | county |
//! | POST `/county/settings/categories/{id}/up`, `/down`, `/disable`, `/enable` | `csrf` | county |
//! | GET `/county/people`, POST | `csrf`, `login`, `name`, `role` (officer, deputy, unit, county), `unit`, `station`, `password` | county |
//! | POST `/county/people/{id}/disable`, `/enable`, `/reset` | `csrf` | county |
//! | POST `/county/people/{id}/role` | `csrf`, `role`, `unit`, `station` | county |
//! | POST `/county/units` | `csrf`, `name` | county |
//! | POST `/county/units/{id}/disable`, `/enable` | `csrf` | county |
//! | GET `/county/alarms`, `/county/alarms/{number}` | | county; the latter audited |
//! | POST `/county/alarms/{number}/seen` | `csrf` | county |
//! | GET `/county/audit` | query `person` (id), `day` (YYYY-MM-DD), `page` from 0 | county |
//! | GET `/static/{file}`, `/static/pictures/{name}` | | anybody |
//!
//! The peer's address for the limits on guessing is taken from the request's extension
//! `ConnectInfo<Peer>`.

mod audit;
mod cases;
mod desk;
mod ledger;
mod people;
mod photo;
mod session;
mod settings;
mod shell;
mod stations;
mod voice;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::map_response,
    response::Redirect,
    routing::{get, post},
};

use super::pages::{FORM, assets, guarded};
use crate::county::County;

/// The most bytes of a portrait as a phone takes it.
const PORTRAIT: usize = 10 * 1024 * 1024;

/// The console's pages below `/county`, and `/static`.
pub fn routes(county: County) -> Router {
    let portraits = Router::new()
        .route("/county/stations/{id}/roster", post(stations::add_member))
        .layer(DefaultBodyLimit::max(PORTRAIT));
    Router::new()
        .route("/county", get(|| async { Redirect::to("/county/cases") }))
        .route("/county/sign-in", get(session::sign_in_form).post(session::sign_in))
        .route("/county/sign-out", post(session::sign_out))
        .route("/county/password", get(session::password_form).post(session::password))
        .route("/county/cases", get(cases::list))
        .route("/county/cases/{id}", get(cases::show))
        .route("/county/cases/{id}/contact", get(cases::contact))
        .route("/county/cases/{id}/voice/{event}", get(voice::play))
        .route("/county/cases/{id}/photo/{event}", get(photo::show))
        .route("/county/cases/{id}/{step}", post(cases::act))
        .route("/county/help", get(desk::help))
        .route("/county/help/{id}/acknowledge", post(desk::acknowledge))
        .route("/county/ledger", get(ledger::page))
        .route("/county/ledger.csv", get(ledger::csv))
        .route("/county/stations", get(stations::list).post(stations::add))
        .route("/county/stations/{id}", get(stations::show).post(stations::edit))
        .route("/county/stations/{id}/terminals", post(stations::terminal))
        .route("/county/stations/{id}/roster/{person}/remove", post(stations::remove_member))
        .route("/county/stations/{id}/roster/{person}/webhook", post(stations::tell_member))
        .route("/county/stations/{id}/duties", post(stations::add_duty))
        .route("/county/stations/{id}/duties/{duty}/remove", post(stations::remove_duty))
        .route("/county/settings", get(settings::page).post(settings::edit))
        .route("/county/settings/categories", post(settings::add_category))
        .route("/county/settings/categories/{id}", post(settings::edit_category))
        .route("/county/settings/categories/{id}/{step}", post(settings::change_category))
        .route("/county/people", get(people::page).post(people::add))
        .route("/county/people/{id}/{step}", post(people::change))
        .route("/county/units", post(people::add_unit))
        .route("/county/units/{id}/{step}", post(people::change_unit))
        .route("/county/audit", get(audit::page))
        .route("/county/alarms", get(desk::alarms))
        .route("/county/alarms/{number}", get(desk::alarm))
        .route("/county/alarms/{number}/seen", post(desk::seen))
        .layer(DefaultBodyLimit::max(FORM))
        .merge(portraits)
        .with_state(county)
        .layer(map_response(guarded))
        .merge(assets())
        .merge(settings::pictures())
}

/// What an alarm is called.
fn alarm_word(kind: &str) -> &'static str {
    match kind {
        "conflict" => "同一件事收到两份不同的内容",
        "unreadable" => "有一份内容打不开",
        "double_number" => "两件事用了同一个编号",
        "rating_refused" => "有一个评价没有计入",
        "webhook" => "通知发不出去",
        "stick" => "U盘里有不能收的东西",
        _ => "有一件事要看一看",
    }
}
