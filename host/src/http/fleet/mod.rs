//! The fleet's console: pages for whoever looks after terminals, plain forms that work without a script, in Chinese and English.
//!
//! Every form carries `csrf`, a hidden field of the page it stands on; a wrong one is answered 403. A request without a
//! session is led to `/fleet/sign-in`. What lies outside somebody's scope is answered 404, what their role doesn't let them
//! 403. A form that is refused answers 422 (a file that is too long 413) with a sentence; one that is done answers 303 to the page that shows it. Fields are
//! `application/x-www-form-urlencoded`.
//!
//! | method, path | fields | least role |
//! |---|---|---|
//! | GET `/fleet/sign-in` | | anybody |
//! | POST `/fleet/sign-in` | `csrf`, `login`, `password`, `code` (may be empty) | anybody |
//! | GET `/fleet/language/{to}` | `to` is zh or en; kept in a cookie, leads back | anybody |
//! | POST `/fleet/sign-out` | `csrf` | viewer |
//! | GET `/fleet` | what needs somebody today | viewer |
//! | GET `/fleet/terminals` | query `standing`, `words`, `site` (with those under it), `page` from 0 | viewer |
//! | GET `/fleet/terminals/{number}` | | viewer |
//! | POST `/fleet/terminals/{number}/case-checked` | `csrf` | operator |
//! | POST `/fleet/terminals/{number}/take` | `csrf`, `from` (today, to be led back there) | operator |
//! | POST `/fleet/terminals/{number}/quiet` | `csrf`, `hours` (0 to 720), `why`, `whole` (yes, its station) | operator |
//! | POST `/fleet/terminals/{number}/loud` | `csrf` | operator |
//! | POST `/fleet/terminals/{number}/order` | `csrf`, `what` (`artifact:3` or `settings:7`), `confirmed` (yes, somebody at the device says so first) | admin |
//! | POST `/fleet/terminals/{number}/cancel` | `csrf`, `give_up` (yes, without its answer) | admin |
//! | GET `/fleet/terminals/{number}/revoke`, POST | `csrf`, `number` (typed again) | admin |
//! | GET `/fleet/terminals/{number}/diagnostics`, POST | `csrf`, `what` (a word of the wire's diagnostics), `hours` (1 to 168) | operator |
//! | POST `/fleet/terminals/{number}/diagnostics-cancel` | `csrf`, `what` | operator |
//! | GET `/fleet/terminals/{number}/diagnostics/{asked}` | what came of a request, with log or picture | operator |
//! | GET `/fleet/sites`, POST | `csrf`, `code`, and the fields of a site: `name`, `level`, `parent`, `address`, `tags`, `latitude`, `longitude`, `zone` | viewer, POST admin |
//! | GET `/fleet/sites/list.csv` | all sites that they see, in their language | viewer |
//! | GET `/fleet/sites/import`, POST | multipart `csrf`, `list` (CSV of at most 8 MiB), `sure` (yes; else it is only looked at) | admin |
//! | GET `/fleet/sites/{code}` | | viewer |
//! | GET `/fleet/sites/{code}/poster` | a sheet to print | viewer |
//! | POST `/fleet/sites/{code}/{step}` | `set`: the fields of a site; `retire`; `reopen` | admin |
//! | GET `/fleet/groups`, POST | query `query`, to try it; `csrf`, `name`, `query`; for whoever sees the whole fleet | viewer, POST admin |
//! | POST `/fleet/groups/remove` | `csrf`, `name` | admin |
//! | GET `/fleet/map` | | viewer |
//! | POST `/fleet/map/boundary` | multipart `csrf`, `boundary` (GeoJSON of at most 4 MiB) | admin |
//! | POST `/fleet/map/remove` | `csrf` | admin |
//! | GET `/fleet/updates` | artifacts; for whoever sees the whole fleet | viewer |
//! | POST `/fleet/updates/add` | multipart `csrf`, `name`, `version`, `kind`, and after them `file`, as long as there is room | admin |
//! | GET `/fleet/updates/{artifact}` | likewise | viewer |
//! | POST `/fleet/updates/{artifact}/release` | `csrf`, `lower` (yes, below a version that was released) | admin |
//! | GET `/fleet/updates/{artifact}/withdraw`, POST | `csrf` | admin |
//! | GET `/fleet/settings`, POST | query `on`, `before` and `after`, `below`; `csrf`, `volume`, `panel.plain`, `panel.dark_after_s`, `printer.profile`, `printer.baud`, `printer.paper_mm`, `why`; for whoever sees the whole fleet | viewer, POST admin |
//! | GET `/fleet/settings/standing` | query `page` from 0; likewise | viewer |
//! | GET `/fleet/tokens`, POST | `csrf`, `of` (terminal or gateway), `terminal`; the answer shows the token, this once | admin |
//! | POST `/fleet/tokens/{token}/revoke` | `csrf`, `sure` | admin |
//! | GET `/fleet/rollouts` | for whoever sees the whole fleet | viewer |
//! | GET `/fleet/rollouts/new`, POST | query `artifact` or `settings`; `csrf`, the fields of `make::Form`, `step`: `row`, `look`, or `make` with `reached`, as `look` showed it | admin |
//! | GET `/fleet/rollouts/{number}` | likewise | viewer |
//! | GET `/fleet/rollouts/{number}/live` | query `seen`; server-sent events `moved` and `still`, each with a revision | viewer |
//! | POST `/fleet/rollouts/{number}/{step}` | `pause`, `resume`, `begin`, `wait-longer`, `go-on`, `close`, `abort`, `order-back`; `retry`: `terminal`; `approve` | operator; `approve`: approver |
//! | GET `/fleet/account` | own password, codes, sessions, keys | viewer |
//! | POST `/fleet/account/{step}` | `password`: `old`, `new`; `codes-begin`: `password`; `codes-confirm`: `code`; `codes-end`: `password`, `code`; `session`: `session`; `key-draw`: `name`, `password`; `key-end`: `key` | viewer |
//! | GET `/fleet/people`, POST | `csrf`, `login`, `name`, `role`, `scope` (codes of sites, one a line; empty, the whole fleet), `password` | admin |
//! | POST `/fleet/people/{id}/{step}` | `role`: `role`, `scope`; `password`; `codes`; `sessions`; `remove`: `sure` | admin |
//! | GET `/fleet/audit` | query `below` (a line's number) | admin |
//!
//! The peer's address for the limits on guessing is taken from the request's extension `ConnectInfo<Peer>`.

mod account;
mod attend;
mod audit;
mod diagnostics;
mod groups;
mod map;
mod orders;
mod people;
mod poster;
mod rollouts;
mod session;
mod settings;
mod shell;
mod sites;
mod terminals;
mod today;
mod tokens;
mod updates;
mod words;

use std::path::PathBuf;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, map_response},
    routing::{get, post},
};
use jiff::tz::TimeZone;

pub(super) use self::updates::upload::DEADLINE as UPLOAD_DEADLINE;
pub use self::{rollouts::Live, updates::Releases};
use super::pages::{FORM, guarded};
use crate::fleet::{artifacts::Artifacts, users::Users};

/// What the console works with.
#[derive(Debug, Clone)]
pub struct Console {
    /// The fleet with its people.
    pub users: Users,
    /// Where its people live.
    pub zone: TimeZone,
    /// What phones see of the county, without a slash at its end: posters lead there.
    pub public_base: String,
    /// Where the list of revoked terminals is kept.
    pub revoked: PathBuf,
    /// Files that terminals can be given.
    pub artifacts: Artifacts,
    /// Those of them that are being released.
    pub releases: Releases,
    /// Pages that are told of changes.
    pub live: Live,
}

/// The console's pages below `/fleet`.
pub fn routes(console: Console) -> Router {
    let lists = DefaultBodyLimit::max(sites::LIST);
    let boundaries = DefaultBodyLimit::max(map::FILE);
    Router::new()
        .route("/fleet", get(today::page))
        .route("/fleet/sign-in", get(session::sign_in_form).post(session::sign_in))
        .route("/fleet/sign-out", post(session::sign_out))
        .route("/fleet/language/{to}", get(session::language))
        .route("/fleet/terminals", get(terminals::list))
        .route("/fleet/terminals/{number}", get(terminals::show))
        .route("/fleet/terminals/{number}/case-checked", post(terminals::case_checked))
        .route("/fleet/terminals/{number}/take", post(attend::take))
        .route("/fleet/terminals/{number}/quiet", post(attend::quiet))
        .route("/fleet/terminals/{number}/loud", post(attend::loud))
        .route("/fleet/terminals/{number}/order", post(orders::order))
        .route("/fleet/terminals/{number}/cancel", post(orders::cancel))
        .route("/fleet/terminals/{number}/revoke", get(terminals::revoke_form).post(terminals::revoke))
        .route("/fleet/terminals/{number}/diagnostics", get(diagnostics::list).post(diagnostics::ask))
        .route("/fleet/terminals/{number}/diagnostics-cancel", post(diagnostics::cancel))
        .route("/fleet/terminals/{number}/diagnostics/{asked}", get(diagnostics::show))
        .route("/fleet/groups", get(groups::page).post(groups::keep))
        .route("/fleet/groups/remove", post(groups::remove))
        .route("/fleet/map", get(map::page))
        .route("/fleet/map/remove", post(map::remove))
        .route("/fleet/sites", get(sites::tree).post(sites::add))
        .route("/fleet/sites/list.csv", get(sites::export))
        .route("/fleet/sites/{code}", get(sites::show))
        .route("/fleet/sites/{code}/poster", get(poster::page))
        .route("/fleet/sites/{code}/{step}", post(sites::change))
        .route("/fleet/updates", get(updates::list))
        .route("/fleet/updates/{artifact}", get(updates::show))
        .route("/fleet/updates/{artifact}/release", post(updates::release))
        .route("/fleet/updates/{artifact}/withdraw", get(updates::withdraw_form).post(updates::withdraw))
        .route("/fleet/settings", get(settings::page).post(settings::draw_up))
        .route("/fleet/settings/standing", get(settings::standing))
        .route("/fleet/tokens", get(tokens::page).post(tokens::draw))
        .route("/fleet/tokens/{token}/revoke", post(tokens::revoke))
        .route("/fleet/rollouts", get(rollouts::list))
        .route("/fleet/rollouts/new", get(rollouts::make::form).post(rollouts::make::make))
        .route("/fleet/rollouts/{number}/live", get(rollouts::live::stream))
        .route("/fleet/rollouts/{number}", get(rollouts::show))
        .route("/fleet/rollouts/{number}/{step}", post(rollouts::tell))
        .route("/fleet/account", get(account::page))
        .route("/fleet/account/{step}", post(account::change))
        .route("/fleet/people", get(people::page).post(people::add))
        .route("/fleet/people/{id}/{step}", post(people::change))
        .route("/fleet/audit", get(audit::page))
        .layer(DefaultBodyLimit::max(FORM))
        .route("/fleet/map/boundary", post(map::put).layer(boundaries))
        .route("/fleet/sites/import", get(sites::import_form).post(sites::import).layer(lists))
        .with_state(console)
        .layer(from_fn(shell::spoken))
        .layer(map_response(guarded))
}

/// Files on their way in, which may take longer than anything else.
pub fn uploads(console: Console) -> Router {
    Router::new()
        .route("/fleet/updates/add", post(updates::upload::take))
        .layer(DefaultBodyLimit::disable())
        .with_state(console)
        .layer(from_fn(shell::spoken))
        .layer(map_response(guarded))
}
