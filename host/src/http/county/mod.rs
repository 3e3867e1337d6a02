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
//! | GET `/county/cases` | query `state`, `category`, `mine=1`, `overdue=1`, `ticket`, `page` from 0 | all, each their own |
//! | GET `/county/cases/{id}` | `id` is that of the suggestion's event | whoever may see it |
//! | GET `/county/cases/{id}/contact` | | officer, its deputy, county; audited |
//! | POST `/county/cases/{id}/claim` | `csrf` | deputy |
//! | POST `/county/cases/{id}/hand-over` | `csrf`, `deputy` | its deputy, county |
//! | POST `/county/cases/{id}/forward` | `csrf`, `unit`, `joint` (none, one or several), `due` (YYYY-MM-DD) | its deputy, officer, county |
//! | POST `/county/cases/{id}/reply` | `csrf`, `text` | unit |
//! | POST `/county/cases/{id}/confirm` | `csrf` | its deputy |
//! | POST `/county/cases/{id}/close` | `csrf` | its deputy, county |
//! | POST `/county/cases/{id}/explain` | `csrf`, `reason` | its deputy, county |
//! | GET `/county/help`, POST `/county/help/{id}/acknowledge` | `csrf` | all but units |
//! | GET `/county/ledger` | query `month` (YYYY-MM) | all but units |
//! | GET `/county/ledger.csv` | query `month` | all but units |
//! | GET `/county/stations`, POST | `csrf`, `name` | county |
//! | GET `/county/stations/{id}`, POST | `csrf`, `name`, `telephone`, `code`, `officer_name`, `officer_telephone`, `places` (one a line: `id name`), `place` | county |
//! | POST `/county/stations/{id}/terminals` | `csrf`, `terminal` (5 digits) | county |
//! | POST `/county/stations/{id}/roster` | multipart `csrf`, `name`, `role`, `portrait` (PNG or JPEG, may be left out) | county |
//! | POST `/county/stations/{id}/roster/{person}/remove` | `csrf` | county |
//! | POST `/county/stations/{id}/duties` | `csrf`, `person`, `weekday` (1–7) or `day`, `from`, `to` (HH:MM) | county |
//! | POST `/county/stations/{id}/duties/{duty}/remove` | `csrf` | county |
//! | GET `/county/settings`, POST | `csrf`, `reply_period`, `webhook` | county |
//! | POST `/county/settings/categories/{id}` | `csrf`, `name`, `label`, `label_en`, `sentences` (one a line) | county |
//! | GET `/county/people`, POST | `csrf`, `login`, `name`, `role` (officer, deputy, unit, county), `unit`, `station`, `password` | county |
//! | POST `/county/people/{id}/disable`, `/enable`, `/reset` | `csrf` | county |
//! | POST `/county/units` | `csrf`, `name` | county |
//! | POST `/county/units/{id}/disable`, `/enable` | `csrf` | county |
//! | GET `/county/alarms`, POST `/county/alarms/{number}/seen` | `csrf` | county |
//! | GET `/static/{file}` | | anybody |
//!
//! The peer's address for the limits on guessing is taken from the request's extension
//! `axum::extract::ConnectInfo<SocketAddr>`.

use axum::Router;

use crate::county::County;

/// The console's pages below `/county`, and `/static`.
pub fn routes(county: County) -> Router {
    let _ = county;
    Router::new()
}
