//! Keys: how one is drawn and ends, and what becomes of wrong ones.

use axum::http::{StatusCode, header};
use host::fleet::users::{By, Error, Role, Scope};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Program, id_of, key_of};
use crate::{support::*, web::*};

#[tokio::test]
async fn wrong_keys_are_counted_by_key_and_address_and_keep_nobodys_good_one_waiting() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let good = key_of(&bench, "viewer").await;
        let last = if good.ends_with('x') { 'y' } else { 'x' };
        let wrong = format!("{}{last}", &good[..good.len() - 1]);
        let guesser = Program::at(&bench, "192.0.2.7:1", Some(&wrong));
        for _ in 0..5 {
            assert_eq!(guesser.get("/me").await.status, StatusCode::UNAUTHORIZED);
        }
        let told = guesser.get("/me").await;
        assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(told.headers[header::RETRY_AFTER], "900");
        for number in 0..15 {
            let other = format!("lianxin-{}-x", 100 + number);
            let status = Program::at(&bench, "192.0.2.7:1", Some(&other)).get("/me").await.status;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{number}");
        }
        let at_all = Program::at(&bench, "192.0.2.7:1", Some("lianxin-200-x")).get("/me").await;
        assert_eq!(at_all.status, StatusCode::TOO_MANY_REQUESTS, "twenty from one address");
        let nonsense = Program::at(&bench, "192.0.2.7:1", Some("nonsense")).get("/me").await;
        assert_eq!(nonsense.status, StatusCode::UNAUTHORIZED, "what names no key guesses at none");
        // Its owner is not kept waiting, there or elsewhere.
        for address in ["192.0.2.7:1", "192.0.2.8:1"] {
            assert_eq!(Program::at(&bench, address, Some(&good)).get("/me").await.status, StatusCode::OK, "{address}");
        }
        let lines = bench.audit().await;
        let wrong = lines.iter().filter(|(who, what, _)| who.starts_with("address:") && what == "key.wrong");
        assert_eq!(wrong.count(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_key_ends_with_a_word_of_its_owner_or_an_admin_with_their_password_their_role_and_themselves() {
    on_each_database(async |bench| {
        let viewer = bench.person(Role::Viewer, Scope::All).await;
        bench.person(Role::Admin, Scope::All).await;
        let admin = Program::of(&bench, "admin").await;
        let ways: [(&str, &str, Value); 3] = [
            ("POST", "password", Value::Null),
            ("PUT", "role", json!({ "role": "operator" })),
            ("PUT", "role", json!({ "role": "viewer" })),
        ];
        for (method, step, body) in ways {
            let program = Program::of(&bench, "viewer").await;
            assert_eq!(program.get("/me").await.status, StatusCode::OK, "{step}");
            assert_eq!(admin.ask(method, &format!("/people/{viewer}/{step}"), &body).await.status, StatusCode::OK);
            assert_eq!(program.get("/me").await.status, StatusCode::UNAUTHORIZED, "{step}");
        }
        for by in ["viewer", "admin"] {
            let program = Program::of(&bench, "viewer").await;
            let key = program.get("/keys").await.json.as_array().unwrap().last().unwrap()["id"].clone();
            let other = Program::of(&bench, by).await;
            assert_eq!(other.ask("DELETE", &format!("/keys/{key}"), &Value::Null).await.status, StatusCode::NO_CONTENT);
            assert_eq!(program.get("/me").await.status, StatusCode::UNAUTHORIZED, "by {by}");
            let again = other.ask("DELETE", &format!("/keys/{key}"), &Value::Null).await.status;
            assert_eq!(again, StatusCode::NOT_FOUND);
        }
        // Nobody but an admin ends another's.
        let of_admin = admin.get("/keys").await.json[0]["id"].clone();
        let program = Program::of(&bench, "viewer").await;
        let told = program.ask("DELETE", &format!("/keys/{of_admin}"), &Value::Null).await;
        assert_eq!(told.status, StatusCode::NOT_FOUND);
        // One's own new password.
        bench.users.set_password(By::Machine, &viewer, PASSWORD).await.unwrap();
        let program = Program::of(&bench, "viewer").await;
        let user = bench.signed_in("viewer").await;
        bench.users.change_password(&user, PASSWORD, "another good one").await.unwrap();
        assert_eq!(program.get("/me").await.status, StatusCode::UNAUTHORIZED);
        let program = Program::of(&bench, "viewer").await;
        assert_eq!(
            admin.ask("DELETE", &format!("/people/{viewer}"), &Value::Null).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(program.get("/me").await.status, StatusCode::UNAUTHORIZED);
        // After a restore nobody knows which keys were ended since.
        bench.fleet.after_restore(&[], &[]).await.unwrap();
        assert_eq!(admin.get("/me").await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_drawn_on_its_owners_page_with_their_password_shown_once_and_listed_with_its_last_use() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        for (language, fields, word) in [
            ("zh", [("name", "报表"), ("password", "wrong password")], "密码不对"),
            ("en", [("name", ""), ("password", PASSWORD)], "says what it is for"),
        ] {
            web.speaks(language).await;
            let (status, page) = web.act("/fleet/account/key-draw", &fields).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.contains(word), "{page}");
        }
        let (status, page) = web.act("/fleet/account/key-draw", &[("name", "报表"), ("password", PASSWORD)]).await;
        assert_eq!(status, StatusCode::OK);
        let key = page.split("key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(key.starts_with("lianxin-1-") && key.len() > 50, "{key}");
        let page = web.get("/fleet/account").await.1;
        assert!(page.contains("报表") && page.contains("never") && !page.contains(&key), "{page}");
        let program = Program::at(&bench, "127.0.0.1:5000", Some(&key));
        let me = program.get("/me").await.json;
        assert_eq!((&me["login"], &me["role"], &me["scope"]), (&json!("viewer"), &json!("viewer"), &json!("all")));
        let used = || async { program.get("/keys").await.json[0]["used_at"].clone() };
        let first = used().await;
        bench.clock.on(SignedDuration::from_hours(23));
        assert_eq!(used().await, first, "a call does not write each time");
        bench.clock.on(SignedDuration::from_hours(2));
        used().await;
        assert_ne!(used().await, first);
        let mut web = Web::signed_in(&bench, "viewer").await;
        assert_eq!(web.act("/fleet/account/key-end", &[("key", "1")]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(program.get("/me").await.status, StatusCode::UNAUTHORIZED);
        let done = bench.audit().await;
        for what in ["key.draw", "key.revoke"] {
            assert!(done.contains(&("user:viewer".into(), what.into(), "key:1 user:viewer".into())), "{done:#?}");
        }
        // More than anybody needs are refused.
        let id = id_of(&bench, "viewer").await;
        for _ in 0..20 {
            bench.users.draw_key_for(By::Machine, &id, "报表").await.unwrap();
        }
        let refused = bench.users.draw_key_for(By::Machine, &id, "报表").await.unwrap_err();
        assert!(matches!(refused, Error::Refused(_)), "{refused}");
    })
    .await;
}
