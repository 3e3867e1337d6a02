//! Who reaches what of the console, over its whole route table: a route that stands in no list here fails the test.

use axum::http::{Request, StatusCode, header};
use host::fleet::users::Role;

use crate::{browser::routes_of, support::*, web::*};

/// The routes as they are written.
const SOURCE: &str = include_str!("../../src/http/fleet/mod.rs");

/// For whoever has no account.
const ANYBODY: &[&str] = &["GET /fleet/sign-in", "POST /fleet/sign-in", "GET /fleet/language/{to}"];

/// Fields of a form: name and value.
pub(crate) type Fields<'a> = [(&'a str, &'a str)];

/// Those whose forms come in parts.
const IMPORT: &str = "POST /fleet/sites/import";
const BOUNDARY: &str = "POST /fleet/map/boundary";

/// That comes in parts as well, and that whose answer shows what was drawn.
const UPLOAD: &str = "POST /fleet/updates/add";
const DRAWN: &str = "POST /fleet/tokens";

/// A stream, which does not end by itself.
const LIVE: &str = "GET /fleet/rollouts/{number}/live";

const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[117,28],[118,28],[118,29],[117,29],[117,28]]]}"#;

/// For whom: the route, the least role, what stands in place of `{step}`, and fields that whoever may is heard with.
pub(crate) const TABLE: &[(&str, Role, &[&str], &Fields)] = &[
    ("GET /fleet", Role::Viewer, &[], &[]),
    ("GET /fleet/terminals", Role::Viewer, &[], &[]),
    ("GET /fleet/terminals/{number}", Role::Viewer, &[], &[]),
    ("GET /fleet/groups", Role::Viewer, &[], &[]),
    ("POST /fleet/groups", Role::Admin, &[], &[("name", "山里"), ("query", "tag=山区")]),
    ("POST /fleet/groups/remove", Role::Admin, &[], &[("name", "山里")]),
    ("GET /fleet/map", Role::Viewer, &[], &[]),
    (BOUNDARY, Role::Admin, &[], &[("boundary", SQUARE)]),
    ("POST /fleet/map/remove", Role::Admin, &[], &[]),
    ("GET /fleet/sites", Role::Viewer, &[], &[]),
    ("POST /fleet/sites", Role::Admin, &[], &[("code", "DX-01"), ("name", "北山乡联络站"), ("level", "township")]),
    ("GET /fleet/sites/list.csv", Role::Viewer, &[], &[]),
    ("GET /fleet/sites/import", Role::Admin, &[], &[]),
    (IMPORT, Role::Admin, &[], &[("list", "code,name\nDX-02,新岗山镇联络站\n"), ("sure", "yes")]),
    ("GET /fleet/sites/{code}", Role::Viewer, &[], &[]),
    ("GET /fleet/sites/{code}/poster", Role::Viewer, &[], &[]),
    (
        "POST /fleet/sites/{code}/{step}",
        Role::Admin,
        &["set", "reopen"],
        &[("name", "花桥镇代表联络站"), ("level", "township")],
    ),
    ("GET /fleet/updates", Role::Viewer, &[], &[]),
    (UPLOAD, Role::Admin, &[], &[("name", "tool"), ("version", "2.0"), ("kind", "file"), ("file", "two")]),
    ("GET /fleet/updates/{artifact}", Role::Viewer, &[], &[]),
    ("POST /fleet/updates/{artifact}/release", Role::Admin, &[], &[]),
    ("POST /fleet/terminals/{number}/order", Role::Admin, &[], &[("what", "artifact:1")]),
    ("POST /fleet/terminals/{number}/cancel", Role::Admin, &[], &[]),
    ("GET /fleet/rollouts/new", Role::Admin, &[], &[]),
    (
        "POST /fleet/rollouts/new",
        Role::Admin,
        &[],
        &[
            ("what", "artifact:1"),
            ("rows", "0"),
            ("sample", "3"),
            ("sample_within_h", "48"),
            ("bake_min", "60"),
            ("silent_after_min", "120"),
            ("bad_percent_max", "5"),
            ("step", "make"),
            ("reached", "1"),
        ],
    ),
    ("GET /fleet/updates/{artifact}/withdraw", Role::Admin, &[], &[]),
    ("POST /fleet/updates/{artifact}/withdraw", Role::Admin, &[], &[]),
    ("GET /fleet/settings", Role::Viewer, &[], &[]),
    ("POST /fleet/settings", Role::Admin, &[], &[("volume", "4")]),
    ("GET /fleet/settings/standing", Role::Viewer, &[], &[]),
    ("GET /fleet/tokens", Role::Admin, &[], &[]),
    (DRAWN, Role::Admin, &[], &[("of", "gateway")]),
    ("POST /fleet/tokens/{token}/revoke", Role::Admin, &[], &[("sure", "yes")]),
    ("GET /fleet/rollouts", Role::Viewer, &[], &[]),
    (LIVE, Role::Viewer, &[], &[]),
    ("GET /fleet/rollouts/{number}", Role::Viewer, &[], &[]),
    ("POST /fleet/rollouts/{number}/{step}", Role::Operator, &["pause", "resume"], &[]),
    ("GET /fleet/account", Role::Viewer, &[], &[]),
    ("POST /fleet/account/{step}", Role::Viewer, &["session"], &[("session", "none")]),
    ("POST /fleet/terminals/{number}/case-checked", Role::Operator, &[], &[]),
    ("POST /fleet/terminals/{number}/take", Role::Operator, &[], &[]),
    ("POST /fleet/terminals/{number}/quiet", Role::Operator, &[], &[("hours", "2"), ("why", "停电")]),
    ("POST /fleet/terminals/{number}/loud", Role::Operator, &[], &[]),
    ("GET /fleet/terminals/{number}/diagnostics", Role::Operator, &[], &[]),
    ("POST /fleet/terminals/{number}/diagnostics", Role::Operator, &[], &[("what", "log"), ("hours", "24")]),
    ("GET /fleet/terminals/{number}/diagnostics/{asked}", Role::Operator, &[], &[]),
    ("POST /fleet/terminals/{number}/diagnostics-cancel", Role::Operator, &[], &[("what", "log")]),
    ("GET /fleet/terminals/{number}/revoke", Role::Admin, &[], &[]),
    ("POST /fleet/terminals/{number}/revoke", Role::Admin, &[], &[("number", "00001")]),
    ("GET /fleet/people", Role::Admin, &[], &[]),
    (
        "POST /fleet/people",
        Role::Admin,
        &[],
        &[("login", "new"), ("name", "新人"), ("role", "admin"), ("scope", ""), ("password", "0123456789")],
    ),
    (
        "POST /fleet/people/{id}/{step}",
        Role::Admin,
        &["password", "codes", "sessions", "role", "remove"],
        &[("role", "admin"), ("scope", ""), ("sure", "yes")],
    ),
    ("GET /fleet/audit", Role::Admin, &[], &[]),
    ("POST /fleet/sign-out", Role::Viewer, &[], &[]),
];

/// Every `METHOD path` of the route table.
fn routes() -> Vec<String> {
    routes_of(SOURCE, "/")
}

fn filled(path: &str, step: &str, id: &str) -> String {
    path.replace("{step}", step)
        .replace("{number}", "00001")
        .replace("{asked}", "1")
        .replace("{id}", id)
        .replace("{artifact}", "1")
        .replace("{token}", "1")
        .replace("{code}", "T1")
        .replace("{to}", "en")
}

#[test]
fn every_route_of_the_console_stands_in_a_list() {
    let mut listed: Vec<String> = ANYBODY.iter().map(|route| (*route).to_owned()).collect();
    listed.extend(TABLE.iter().map(|(route, ..)| (*route).to_owned()));
    let mut routes = routes();
    routes.sort();
    listed.sort();
    assert_eq!(routes, listed);
}

#[tokio::test]
async fn each_route_is_for_its_role_and_those_above_it_only() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "ok", 1).await;
        bench.rolls_out(None).await;
        bench.draft("tool", "1.0").await;
        let target = bench.named("target", Role::Viewer, host::fleet::users::Scope::All).await;
        bench.staffed().await;
        for role in Role::ALL {
            let mut web = Web::signed_in(&bench, role.name()).await;
            for (route, least, steps, fields) in TABLE {
                for step in if steps.is_empty() { &[""] } else { *steps } {
                    let (method, path) = route.split_once(' ').unwrap();
                    let path = filled(path, step, &target);
                    let before = bench.audit().await;
                    let status = match method {
                        "GET" if *route == LIVE => web.send(Request::get(&path), String::new()).await.status(),
                        "GET" => web.get(&path).await.0,
                        _ if [IMPORT, BOUNDARY, UPLOAD].contains(route) => web.act_in_parts(&path, fields).await.0,
                        _ => web.act(&path, fields).await.0,
                    };
                    if role < *least {
                        assert_eq!(status, StatusCode::FORBIDDEN, "{role:?} {route} {step}");
                        assert_eq!(bench.audit().await, before, "{role:?} {route} {step} left something");
                    } else {
                        let done = if method == "GET" || *step == "password" || *route == DRAWN {
                            StatusCode::OK
                        } else {
                            StatusCode::SEE_OTHER
                        };
                        assert_eq!(status, done, "{role:?} {route} {step}");
                    }
                }
            }
        }
        // What the admin did was done.
        assert!(bench.fleet.list().await.unwrap()[0].revoked_at.is_some());
        assert!(std::fs::read_to_string(bench.revoked()).unwrap().contains("00001"));
        let done = bench.audit().await;
        for (who, what, subject) in [
            ("user:operator", "terminal.case_checked", "terminal:00001"),
            ("user:admin", "terminal.revoke", "terminal:00001"),
            ("user:admin", "site.set", "site:T1"),
            ("user:admin", "site.import", "sites: 1 added, 0 changed"),
            ("user:admin", "action.cancel", "terminal:00001 action:1"),
            ("user:admin", "rollout.make", "rollout:2 artifact:1"),
            ("user:admin", "settings.draw_up", "settings:2"),
            ("user:admin", "token.draw", "token:1 gateway"),
            ("user:admin", "token.revoke", "token:1"),
            ("user:admin", "user.add", "user:new admin all"),
            ("user:admin", "user.role", "user:target admin all"),
            ("user:admin", "user.remove", "user:target"),
        ] {
            assert!(done.contains(&(who.into(), what.into(), subject.into())), "{who} {what} {subject}: {done:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_session_is_led_to_the_door_and_changes_nothing() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "ok", 1).await;
        let admin = bench.person(Role::Admin, host::fleet::users::Scope::All).await;
        let before = bench.audit().await;
        let mut stranger = Web::new(&bench);
        for (route, _, steps, _) in TABLE {
            let (method, path) = route.split_once(' ').unwrap();
            let path = filled(path, steps.first().unwrap_or(&""), &admin);
            let request = if method == "GET" { Request::get(path) } else { Request::post(path) };
            let response = stranger.send(request, String::new()).await;
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{route}");
            assert_eq!(response.headers()[header::LOCATION], "/fleet/sign-in", "{route}");
        }
        assert_eq!(bench.audit().await, before);
    })
    .await;
}

#[tokio::test]
async fn no_form_is_heard_without_the_sessions_own_token() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "ok", 1).await;
        bench.rolls_out(None).await;
        let target = bench.named("target", Role::Viewer, host::fleet::users::Scope::All).await;
        bench.staffed().await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let mut other = Web::signed_in(&bench, "admin").await;
        let foreign = field(&other.get("/fleet/account").await.1, "csrf").to_owned();
        let before = bench.audit().await;
        for (route, _, steps, fields) in TABLE.iter().filter(|(route, ..)| route.starts_with("POST")) {
            for step in if steps.is_empty() { &[""] } else { *steps } {
                let path = filled(route.split_once(' ').unwrap().1, step, &target);
                for token in [None, Some(""), Some("x"), Some(foreign.as_str())] {
                    let mut all: Vec<(&str, &str)> = token.map(|token| ("csrf", token)).into_iter().collect();
                    all.extend_from_slice(fields);
                    assert_eq!(web.post(&path, &all).await.0, StatusCode::FORBIDDEN, "{route} {step} {token:?}");
                }
            }
        }
        assert_eq!(bench.audit().await, before);
        assert_eq!(web.get("/fleet").await.0, StatusCode::OK, "nobody signed it out");
        // The door has a token of its own, held to the browser that it was shown to.
        let mut stranger = Web::new(&bench);
        let csrf = field(&stranger.get("/fleet/sign-in").await.1, "csrf").to_owned();
        let mut elsewhere = Web::new(&bench);
        let fields = [("csrf", csrf.as_str()), ("login", "admin"), ("password", PASSWORD), ("code", "")];
        assert_eq!(elsewhere.post("/fleet/sign-in", &fields).await.0, StatusCode::FORBIDDEN);
        assert_eq!(stranger.post("/fleet/sign-in", &fields).await.0, StatusCode::SEE_OTHER);
    })
    .await;
}
