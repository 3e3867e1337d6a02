//! Who reaches what of the console, over its whole route table: a route that stands in no list here fails the test.

use axum::http::{Request, StatusCode, header};
use wire::{case::Role, intake::HelpCall};

use crate::{browser::routes_of, support::*, web::*};

/// The routes as they are written.
const SOURCE: &str = include_str!("../../src/http/county/mod.rs");

/// For whoever has no account.
const ANYBODY: &[&str] = &["GET /county/sign-in", "POST /county/sign-in", "GET /county"];

/// For each account, and what a list shows is each one's own.
const ALL: &[&str] = &["POST /county/sign-out", "GET /county/password", "POST /county/password", "GET /county/cases"];

/// Where a unit that has no part in the case finds nothing.
const OWN: &[&str] = &[
    "GET /county/cases/{id}",
    "GET /county/cases/{id}/contact",
    "GET /county/cases/{id}/voice/{event}",
    "GET /county/cases/{id}/photo/{event}",
    "POST /county/cases/{id}/{step}",
];

const NOT_UNITS: &[&str] =
    &["GET /county/help", "POST /county/help/{id}/acknowledge", "GET /county/ledger", "GET /county/ledger.csv"];

/// Fields of a form: name and value.
type Fields<'a> = [(&'a str, &'a str)];

/// For 县人大 alone; what stands in place of `{step}`, and fields that 县人大 itself would be heard with.
const COUNTY: &[(&str, &[&str], &Fields)] = &[
    ("GET /county/stations", &[], &[]),
    ("POST /county/stations", &[], &[("name", "北山乡联络站")]),
    ("GET /county/stations/{id}", &[], &[]),
    ("POST /county/stations/{id}", &[], &[("name", "北山乡联络站")]),
    ("POST /county/stations/{id}/terminals", &[], &[("terminal", "00001")]),
    ("POST /county/stations/{id}/roster", &[], &[]),
    ("POST /county/stations/{id}/roster/{person}/remove", &[], &[]),
    ("POST /county/stations/{id}/roster/{person}/webhook", &[], &[("webhook", "")]),
    ("POST /county/stations/{id}/duties", &[], &[("weekday", "1"), ("from", "09:00"), ("to", "11:00")]),
    ("POST /county/stations/{id}/duties/{duty}/remove", &[], &[]),
    ("GET /county/settings", &[], &[]),
    ("POST /county/settings", &[], &[("webhook", "")]),
    ("POST /county/settings/categories", &[], &[("name", "道路"), ("label", "修路"), ("picture", "motorway")]),
    ("POST /county/settings/categories/{id}", &[], &[("name", "道路"), ("label", "修路"), ("picture", "motorway")]),
    ("POST /county/settings/categories/{id}/{step}", &["up", "down", "disable", "enable"], &[]),
    ("GET /county/people", &[], &[]),
    ("POST /county/people", &[], &[("login", "x"), ("name", "x"), ("role", "county"), ("password", "0123456789")]),
    ("POST /county/people/{id}/{step}", &["disable", "enable", "reset", "role"], &[("role", "county")]),
    ("POST /county/units", &[], &[("name", "县水务局")]),
    ("POST /county/units/{id}/{step}", &["disable", "enable"], &[]),
    ("GET /county/audit", &[], &[]),
    ("GET /county/alarms", &[], &[]),
    ("GET /county/alarms/{number}", &[], &[]),
    ("POST /county/alarms/{number}/seen", &[], &[]),
];

/// Every `METHOD path` of the route table below `/county`.
fn routes() -> Vec<String> {
    routes_of(SOURCE, "/county")
}

/// The path with a name put into each hole.
fn filled(path: &str, step: &str, id: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{step}" => step,
        "{number}" => "1",
        hole if hole.starts_with('{') => id,
        plain => plain,
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn ask(web: &mut Web, route: &str, fields: &[(&str, &str)]) -> StatusCode {
    let (method, path) = route.split_once(' ').unwrap();
    if method == "GET" {
        return web.get(path).await.0;
    }
    if !path.ends_with("/roster") {
        return web.act(path, fields).await.0;
    }
    let page = web.get("/county/password").await.1;
    let mut body = String::new();
    for (name, value) in [("csrf", field(&page, "csrf")), ("name", "王代表"), ("role", "县人大代表")] {
        body += &format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    web.send(request, body + "--x--\r\n").await.status()
}

async fn staffed() -> Bench {
    let bench = sqlite().await;
    for (login, role) in
        [("boss", Role::County), ("deputy", Role::Deputy), ("second", Role::Deputy), ("officer", Role::Officer)]
    {
        bench.person(login, role, None).await;
    }
    bench.person("clerk", Role::Unit, Some("县水利局")).await;
    bench.person("main", Role::Unit, Some("县交通运输局")).await;
    bench
}

#[test]
fn every_route_of_the_console_stands_in_a_list() {
    let mut listed: Vec<String> = [ANYBODY, ALL, OWN, NOT_UNITS].concat().into_iter().map(str::to_owned).collect();
    listed.extend(COUNTY.iter().map(|(route, ..)| (*route).to_owned()));
    let mut routes = routes();
    routes.sort();
    listed.sort();
    assert_eq!(routes, listed);
}

#[tokio::test]
async fn roles_reach_only_their_own_pages() {
    let bench = staffed().await;
    let receipt = bench.say(1, "路坏了。").await;
    let call = HelpCall { id: uuid::Uuid::new_v4() };
    bench.county.help(terminal(1), &call).await.unwrap();
    let mut stranger = Web::new(&bench);
    for route in routes().iter().filter(|route| !ANYBODY.contains(&route.as_str())) {
        let route = filled(route, "claim", &receipt.id.to_string());
        let (method, path) = route.split_once(' ').unwrap();
        let request = if method == "GET" { Request::get(path) } else { Request::post(path) };
        let response = stranger.send(request, String::new()).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{route}");
        assert_eq!(response.headers()[header::LOCATION], "/county/sign-in", "{route}");
    }
    for login in ["deputy", "officer", "clerk"] {
        let mut web = Web::signed_in(&bench, login).await;
        for (route, steps, fields) in COUNTY {
            for step in if steps.is_empty() { &[""] } else { *steps } {
                let route = filled(route, step, "road");
                assert_eq!(ask(&mut web, &route, fields).await, StatusCode::FORBIDDEN, "{login} {route}");
            }
        }
        for route in NOT_UNITS {
            let status = ask(&mut web, &filled(route, "", &call.id.to_string()), &[]).await;
            assert_eq!(status == StatusCode::FORBIDDEN, login == "clerk", "{login} {route}: {status}");
        }
    }
    let mut clerk = Web::signed_in(&bench, "clerk").await;
    for route in OWN {
        let status = ask(&mut clerk, &filled(route, "claim", &receipt.id.to_string()), &[]).await;
        assert!(matches!(status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN), "{route}: {status}");
    }
    assert!(!clerk.get("/county/cases").await.1.contains(&receipt.id.to_string()));
}

#[tokio::test]
async fn each_step_of_a_case_is_taken_by_those_only_whose_it_is() {
    let bench = staffed().await;
    let receipt = bench.say(1, "路坏了。").await;
    let (voice, bytes) = bench.voice(receipt.ticket, 3, RECORDING);
    bench.send(1, voice, &bytes).await;
    let units = bench.county.units().await.unwrap();
    let main = units.iter().find(|u| u.name == "县交通运输局").unwrap().id.clone();
    let forward = [("unit", main.as_str()), ("due", "2026-03-09")];
    let everybody = ["boss", "deputy", "second", "officer", "clerk", "main"];
    // Whoever may take it; the last of them does.
    let steps: [(&str, &Fields, &[&str]); 7] = [
        ("claim", &[], &["second", "deputy"]),
        ("transcript", &[("text", "路坏了，请来看看。")], &["boss", "officer", "deputy"]),
        ("correct", &[("category", "light"), ("place", "")], &["boss", "officer"]),
        ("forward", &forward, &["boss", "officer", "deputy"]),
        ("reply", &[("text", "三天内修好。")], &["main"]),
        ("confirm", &[], &["deputy"]),
        ("close", &[], &["boss", "deputy"]),
    ];
    for (step, fields, may) in steps {
        let path = format!("/county/cases/{}/{step}", receipt.id);
        for login in everybody.iter().filter(|login| !may.contains(login)) {
            let status = Web::signed_in(&bench, login).await.act(&path, fields).await.0;
            assert!(status.is_client_error(), "{login} {step}: {status}");
        }
        let status = Web::signed_in(&bench, may.last().unwrap()).await.act(&path, fields).await.0;
        assert_eq!(status, StatusCode::SEE_OTHER, "{step}");
    }
}
