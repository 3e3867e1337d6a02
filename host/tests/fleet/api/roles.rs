//! Who may ask what, over all routes of the document: one that stands in no table here fails the test.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use host::fleet::users::{By, Role, Scope};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Program, Told, key_of};
use crate::{roles, support::*, web::*};

/// Every route: the least role, what is sent, what whoever may is answered, and the route of the console that does the same.
type Route = (&'static str, Role, fn() -> Value, u16, Option<&'static str>);

fn nothing() -> Value {
    Value::Null
}

const TABLE: &[Route] = &[
    ("GET /today", Role::Viewer, nothing, 200, Some("GET /fleet")),
    ("GET /me", Role::Viewer, nothing, 200, Some("GET /fleet/account")),
    ("GET /keys", Role::Viewer, nothing, 200, Some("GET /fleet/account")),
    ("DELETE /keys/{id}", Role::Viewer, nothing, 404, Some("POST /fleet/account/{step}")),
    ("GET /terminals", Role::Viewer, nothing, 200, Some("GET /fleet/terminals")),
    ("GET /terminals/{number}", Role::Viewer, nothing, 200, Some("GET /fleet/terminals/{number}")),
    ("GET /terminals/{number}/health", Role::Viewer, nothing, 200, Some("GET /fleet/terminals/{number}")),
    ("GET /terminals/{number}/quiet", Role::Viewer, nothing, 200, Some("GET /fleet/terminals/{number}")),
    ("GET /terminals/{number}/actions", Role::Viewer, nothing, 200, None),
    ("POST /terminals/{number}/take", Role::Operator, nothing, 200, Some("POST /fleet/terminals/{number}/take")),
    (
        "POST /terminals/{number}/case-checked",
        Role::Operator,
        nothing,
        200,
        Some("POST /fleet/terminals/{number}/case-checked"),
    ),
    (
        "PUT /terminals/{number}/quiet",
        Role::Operator,
        || json!({ "hours": 2, "why": "停电" }),
        200,
        Some("POST /fleet/terminals/{number}/quiet"),
    ),
    ("POST /terminals/{number}/loud", Role::Operator, nothing, 200, Some("POST /fleet/terminals/{number}/loud")),
    ("PUT /terminals/{number}/site", Role::Admin, || json!({ "site": "T1", "place": "门口" }), 200, None),
    ("GET /sites", Role::Viewer, nothing, 200, Some("GET /fleet/sites")),
    ("GET /sites/{code}", Role::Viewer, nothing, 200, Some("GET /fleet/sites/{code}")),
    (
        "PUT /sites/{code}",
        Role::Admin,
        || json!({ "name": "花桥镇联络站", "level": "township", "tags": ["山区"] }),
        200,
        Some("POST /fleet/sites/{code}/{step}"),
    ),
    ("POST /sites/{code}/reopen", Role::Admin, nothing, 200, Some("POST /fleet/sites/{code}/{step}")),
    ("POST /sites/{code}/retire", Role::Admin, nothing, 409, Some("POST /fleet/sites/{code}/{step}")),
    ("GET /groups", Role::Viewer, nothing, 200, Some("GET /fleet/groups")),
    ("PUT /groups/{name}", Role::Admin, || json!({ "query": "tag=山区" }), 200, Some("POST /fleet/groups")),
    ("GET /groups/{name}", Role::Viewer, nothing, 200, Some("GET /fleet/groups")),
    ("GET /who-meets", Role::Viewer, nothing, 200, Some("GET /fleet/groups")),
    ("DELETE /groups/{name}", Role::Admin, nothing, 204, Some("POST /fleet/groups/remove")),
    ("GET /artifacts", Role::Viewer, nothing, 200, None),
    ("POST /artifacts", Role::Admin, || json!("bytes"), 201, None),
    ("GET /artifacts/{id}", Role::Viewer, nothing, 200, None),
    ("POST /artifacts/{id}/release", Role::Admin, || json!({ "lower": true }), 200, None),
    ("POST /actions", Role::Admin, || json!({ "artifact": 1, "terminals": ["00002"] }), 201, None),
    ("POST /terminals/{number}/actions/cancel", Role::Admin, nothing, 409, None),
    ("POST /artifacts/{id}/withdraw", Role::Admin, nothing, 200, None),
    ("GET /settings", Role::Viewer, nothing, 200, None),
    ("GET /settings/standing", Role::Viewer, nothing, 200, None),
    ("GET /settings/{version}", Role::Viewer, nothing, 200, None),
    ("GET /settings/{version}/differences", Role::Viewer, nothing, 200, None),
    ("POST /settings", Role::Admin, || json!({ "settings": { "volume": 4 }, "why": "集市" }), 201, None),
    ("POST /settings/{version}/order", Role::Admin, || json!({ "terminals": ["00001"] }), 409, None),
    ("GET /rollouts", Role::Viewer, nothing, 200, Some("GET /fleet/rollouts")),
    ("GET /rollouts/{number}", Role::Viewer, nothing, 200, Some("GET /fleet/rollouts/{number}")),
    ("POST /rollouts", Role::Admin, || json!({ "brings": { "settings": 0 } }), 409, None),
    ("POST /rollouts/{number}/{step}", Role::Operator, nothing, 200, Some("POST /fleet/rollouts/{number}/{step}")),
    ("POST /rollouts/{number}/approve", Role::Approver, nothing, 409, None),
    ("POST /rollouts/{number}/terminals/{terminal}/retry", Role::Operator, nothing, 409, None),
    ("GET /audit", Role::Admin, nothing, 200, Some("GET /fleet/audit")),
    ("GET /people", Role::Admin, nothing, 200, Some("GET /fleet/people")),
    (
        "POST /people",
        Role::Admin,
        || json!({ "login": "new", "name": "新人", "role": "viewer" }),
        201,
        Some("POST /fleet/people"),
    ),
    ("GET /people/{id}", Role::Admin, nothing, 200, Some("GET /fleet/people")),
    ("GET /people/{id}/keys", Role::Admin, nothing, 200, Some("GET /fleet/people")),
    (
        "PUT /people/{id}/role",
        Role::Admin,
        || json!({ "role": "operator" }),
        200,
        Some("POST /fleet/people/{id}/{step}"),
    ),
    ("POST /people/{id}/password", Role::Admin, nothing, 200, Some("POST /fleet/people/{id}/{step}")),
    ("DELETE /people/{id}", Role::Admin, nothing, 204, Some("POST /fleet/people/{id}/{step}")),
    ("POST /terminals/{number}/revoke", Role::Admin, nothing, 200, Some("POST /fleet/terminals/{number}/revoke")),
];

fn filled(path: &str, person: &str) -> String {
    let id = if path.starts_with("/people") {
        person
    } else if path.starts_with("/keys") {
        "77"
    } else {
        "1"
    };
    let filled = path
        .replace("{number}/terminals", "1/terminals")
        .replace("/rollouts/{number}", "/rollouts/1")
        .replace("{number}", "00001")
        .replace("{terminal}", "00001")
        .replace("{id}", id)
        .replace("{code}", "T1")
        .replace("{name}", "G1")
        .replace("{version}", "1")
        .replace("{step}", "pause");
    match path {
        "/artifacts" => filled + "?name=tool&version=1.0",
        "/who-meets" => filled + "?query=tag%3D%E5%B1%B1%E5%8C%BA",
        "/settings/{version}/differences" => filled + "?from=0",
        _ => filled,
    }
}

/// The answer is what the document says of a route.
fn holds(document: &Value, route: &str, told: &Told) {
    let (method, path) = route.split_once(' ').unwrap();
    let operation = &document["paths"][format!("/fleet/api/v1{path}")][method.to_lowercase()];
    let response = &operation["responses"][told.status.as_str()];
    assert!(response.is_object(), "{route}: {} is in no document", told.status);
    let mut schema = response["content"]["application/json"]["schema"].clone();
    if schema.is_null() {
        assert_eq!(told.json, Value::Null, "{route}");
        return;
    }
    schema["components"] = document["components"].clone();
    let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let broken: Vec<_> = schema.iter_errors(&told.json).map(|error| error.to_string()).collect();
    assert!(broken.is_empty(), "{route}: {broken:?} in {}", told.json);
}

async fn document(bench: &Bench) -> Value {
    let stranger = Program::at(bench, "127.0.0.1:5000", None);
    stranger.send(Request::get("/fleet/api/openapi.json"), Body::empty()).await.json
}

#[tokio::test]
async fn every_route_of_the_document_stands_in_the_table_with_its_role_and_the_consoles_own_agrees() {
    on_each_database(async |bench| {
        let document = document(&bench).await;
        assert_eq!(document["openapi"], "3.1.0");
        let mut found = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let path = path.strip_prefix("/fleet/api/v1").unwrap();
                let role = operation["security"][0]["key"][0].as_str().unwrap().to_owned();
                found.push((format!("{} {path}", method.to_uppercase()), role));
            }
        }
        let mut listed: Vec<_> =
            TABLE.iter().map(|(route, least, ..)| ((*route).to_owned(), least.name().to_owned())).collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
        for (route, least, _, _, twin) in TABLE {
            let Some(twin) = twin else { continue };
            let (_, of_console, ..) = roles::TABLE.iter().find(|(name, ..)| name == twin).unwrap();
            assert_eq!(least, of_console, "{route} {twin}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_route_is_for_its_role_and_those_above_it_only_and_answers_as_the_document_says() {
    on_each_database(async |bench| {
        for station in ["花桥镇联络站", "北山乡联络站"] {
            let terminal = bench.terminal(station).await;
            bench.reports(terminal, "ok", 1).await;
        }
        bench.rolls_out(None).await;
        bench.users.put_group(By::Machine, "G1", &"tag=山区".parse().unwrap()).await.unwrap();
        let target = bench.named("target", Role::Viewer, Scope::All).await;
        bench.staffed().await;
        let document = document(&bench).await;
        for role in Role::ALL {
            let program = Program::of(&bench, role.name()).await;
            for (route, least, body, done, _) in TABLE {
                let (method, path) = route.split_once(' ').unwrap();
                // What was paused before is resumed, and paused again.
                let step = if role == Role::Approver { "/resume" } else { "/pause" };
                let path = filled(path, &target).replace("/pause", step);
                let before = bench.audit().await;
                let told = program.ask(method, &path, &body()).await;
                if role < *least {
                    assert_eq!(told.status, StatusCode::FORBIDDEN, "{role:?} {route} {}", told.json);
                    assert_eq!(bench.audit().await, before, "{role:?} {route} left something");
                } else if role == Role::Admin || method != "GET" || !path.starts_with("/artifacts/") {
                    // Only the admin has taken an artifact in.
                    assert_eq!(told.status.as_u16(), *done, "{role:?} {route} {}", told.json);
                    if told.status.is_success() {
                        holds(&document, route, &told);
                    }
                }
            }
        }
        let done = bench.audit().await;
        for (who, what, subject) in [
            ("user:operator", "rollout.pause", "rollout:1"),
            ("user:admin", "terminal.move", "terminal:00001 site:T1"),
            ("user:admin", "site.set", "site:T1"),
            ("user:admin", "settings.draw_up", "settings:2"),
            ("user:admin", "user.remove", "user:target"),
            ("user:admin", "terminal.revoke", "terminal:00001"),
        ] {
            assert!(done.contains(&(who.into(), what.into(), subject.into())), "{who} {what} {subject}: {done:#?}");
        }
        assert!(done.iter().any(|(who, what, _)| who == "user:admin" && what == "artifact.release"), "{done:#?}");
        assert!(std::fs::read_to_string(bench.revoked()).unwrap().contains("00001"));
    })
    .await;
}

#[tokio::test]
async fn without_a_key_that_is_good_nothing_is_answered_and_no_cookie_is_one() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "ok", 1).await;
        let admin = bench.person(Role::Admin, Scope::All).await;
        let web = Web::signed_in(&bench, "admin").await;
        let cookie = format!("{SESSION}={}", web.cookie(SESSION).unwrap());
        let before = bench.audit().await;
        let stranger = Program::at(&bench, "127.0.0.1:5000", None);
        for (route, _, body, ..) in TABLE {
            let (method, path) = route.split_once(' ').unwrap();
            let uri = format!("/fleet/api/v1{}", filled(path, &admin));
            let request = Request::builder().method(method).uri(uri);
            let request = request.header(header::COOKIE, &cookie).header(header::CONTENT_TYPE, "application/json");
            let told = stranger.send(request, body().to_string()).await;
            assert_eq!(told.status, StatusCode::UNAUTHORIZED, "{route}");
            assert_eq!(told.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"fleet\"");
        }
        assert_eq!(bench.audit().await, before);
        // And a key opens no page.
        let key = key_of(&bench, "admin").await;
        let program = Program::at(&bench, "127.0.0.1:5000", Some(&key));
        let request = Request::get("/fleet").header(header::AUTHORIZATION, format!("Bearer {key}"));
        let page = program.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(page.status(), StatusCode::SEE_OTHER);
        // What is not there is not there for anybody, and what is not done here says what is.
        assert_eq!(stranger.get("/nothing").await.status, StatusCode::NOT_FOUND);
        let told = program.ask("PATCH", "/terminals", &Value::Null).await;
        assert_eq!(
            (told.status, &told.headers[header::ALLOW]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().unwrap())
        );
    })
    .await;
}
