//! Signing in: guessing, codes, sessions that nobody knew before and that end at once.

use axum::http::{Request, StatusCode, header};
use host::fleet::users::{By, Error, Role, Scope};
use jiff::SignedDuration;

use crate::{account::Phone, support::*, web::*};

#[tokio::test]
async fn who_guesses_passwords_is_kept_waiting_and_then_even_the_right_one() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::new(&bench);
        for (language, wrong, waiting) in [
            ("zh", "账号、密码或验证码不对", "试的次数太多了"),
            ("en", "Login, password or code is not right", "Too many tries"),
        ] {
            web.speaks(language).await;
            for _ in 0..5 {
                let (status, page) = web.sign_in("viewer", "wrong password", "").await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
                assert!(page.contains(wrong) && page.contains("role=\"alert\""), "{page}");
            }
            let (status, page) = web.sign_in("viewer", PASSWORD, "").await;
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
            assert!(page.contains(waiting), "{page}");
            bench.clock.on(SignedDuration::from_mins(16));
        }
        assert_eq!(web.sign_in("viewer", PASSWORD, "").await.0, StatusCode::SEE_OTHER);
        let wrong = bench.audit().await;
        let wrong = wrong.iter().filter(|(who, what, subject)| {
            who.starts_with("address:") && what == "user.sign_in_wrong" && subject == "user:viewer"
        });
        assert_eq!(wrong.count(), 10);
    })
    .await;
}

#[tokio::test]
async fn one_address_guesses_at_twenty_logins_an_hour_and_others_are_not_kept_waiting() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut guesser = Web::from(&bench, "192.0.2.7:1");
        for number in 0..20 {
            let (status, _) = guesser.sign_in(&format!("nobody{number}"), "wrong password", "").await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(guesser.sign_in("viewer", PASSWORD, "").await.0, StatusCode::TOO_MANY_REQUESTS);
        let mut other = Web::from(&bench, "192.0.2.8:1");
        assert_eq!(other.sign_in("viewer", PASSWORD, "").await.0, StatusCode::SEE_OTHER);
        // What was typed as a login may have been a password: the audit does not repeat it.
        let lines = bench.audit().await;
        assert!(lines.iter().all(|(_, _, subject)| !subject.contains("nobody")), "{lines:#?}");
    })
    .await;
}

#[tokio::test]
async fn requests_side_by_side_pass_no_limit() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let tries = (0..12).map(|_| {
            let users = bench.users.clone();
            tokio::spawn(async move { users.sign_in("viewer", "wrong password", "", HERE).await })
        });
        let (mut wrong, mut waiting) = (0, 0);
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap().unwrap_err() {
                Error::Wrong => wrong += 1,
                Error::TooMany { .. } => waiting += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!((wrong, waiting), (5, 7));
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_in_gets_a_session_that_nobody_knew_before() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::new(&bench);
        // Somebody else's browser put its own value there.
        web.cookies.push((SESSION.into(), "planted".into()));
        assert_eq!(web.sign_in("viewer", PASSWORD, "").await.0, StatusCode::SEE_OTHER);
        let first = web.cookie(SESSION).unwrap();
        assert_ne!(first, "planted");
        let mut planter = Web::new(&bench);
        planter.cookies.push((SESSION.into(), "planted".into()));
        assert_eq!(planter.get("/fleet").await.0, StatusCode::SEE_OTHER);
        // A second sign-in on the same browser ends the first session.
        assert_eq!(web.sign_in("viewer", PASSWORD, "").await.0, StatusCode::SEE_OTHER);
        let second = web.cookie(SESSION).unwrap();
        assert_ne!(first, second);
        planter.cookies = vec![(SESSION.into(), first)];
        assert_eq!(planter.get("/fleet").await.0, StatusCode::SEE_OTHER);
        assert_eq!(web.get("/fleet").await.0, StatusCode::OK);
        // Signed out is signed out, also for whoever kept the cookie.
        assert_eq!(web.act("/fleet/sign-out", &[]).await.0, StatusCode::SEE_OTHER);
        planter.cookies = vec![(SESSION.into(), second)];
        assert_eq!(planter.get("/fleet").await.0, StatusCode::SEE_OTHER);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_unused_and_after_a_day() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut idle = Web::signed_in(&bench, "viewer").await;
        let mut busy = Web::signed_in(&bench, "viewer").await;
        for _ in 0..3 {
            bench.clock.on(SignedDuration::from_hours(7));
            assert_eq!(busy.get("/fleet").await.0, StatusCode::OK);
        }
        assert_eq!(idle.get("/fleet").await.0, StatusCode::SEE_OTHER);
        bench.clock.on(SignedDuration::from_hours(4));
        assert_eq!(busy.get("/fleet").await.0, StatusCode::SEE_OTHER, "a day is the most");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_revoked_and_a_person_who_is_removed_are_out_at_once() {
    on_each_database(async |bench| {
        let viewer = bench.person(Role::Viewer, Scope::All).await;
        bench.person(Role::Admin, Scope::All).await;
        let mut admin = Web::signed_in(&bench, "admin").await;
        let steps: [(&str, &[(&str, &str)]); 4] =
            [("sessions", &[]), ("password", &[]), ("role", &[("role", "operator"), ("scope", "")]), ("codes", &[])];
        for (step, fields) in steps {
            bench.users.set_password(By::Machine, &viewer, PASSWORD).await.unwrap();
            let mut web = Web::signed_in(&bench, "viewer").await;
            assert_eq!(web.get("/fleet").await.0, StatusCode::OK);
            assert!(admin.act(&format!("/fleet/people/{viewer}/{step}"), fields).await.0.as_u16() < 400, "{step}");
            assert_eq!(web.get("/fleet").await.0, StatusCode::SEE_OTHER, "{step}");
        }
        bench.users.set_password(By::Machine, &viewer, PASSWORD).await.unwrap();
        let mut web = Web::signed_in(&bench, "viewer").await;
        let unsure = admin.act(&format!("/fleet/people/{viewer}/remove"), &[]).await;
        assert_eq!(unsure.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(web.get("/fleet").await.0, StatusCode::OK, "nobody is removed by one touch");
        admin.act(&format!("/fleet/people/{viewer}/remove"), &[("sure", "yes")]).await;
        assert_eq!(web.get("/fleet").await.0, StatusCode::SEE_OTHER);
        assert_eq!(web.sign_in("viewer", PASSWORD, "").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!admin.get("/fleet/people").await.1.contains("viewer某"));
    })
    .await;
}

#[tokio::test]
async fn a_code_is_needed_where_it_is_set_up_and_taken_once() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let phone = Phone::set_up(&bench, "viewer").await;
        let mut web = Web::new(&bench);
        for (language, wrong) in [("zh", "验证码不对"), ("en", "code is not right")] {
            web.speaks(language).await;
            bench.clock.on(SignedDuration::from_mins(20));
            for code in ["", "12345", &phone.wrong_code(&bench)] {
                let (status, page) = web.sign_in("viewer", PASSWORD, code).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
                assert!(page.contains(wrong), "{page}");
            }
            let code = phone.code(&bench);
            assert_eq!(web.sign_in("viewer", PASSWORD, &code).await.0, StatusCode::SEE_OTHER);
            // Somebody who looked over their shoulder.
            let mut watcher = Web::new(&bench);
            let replayed = watcher.sign_in("viewer", PASSWORD, &code).await.0;
            assert_eq!(replayed, StatusCode::UNPROCESSABLE_ENTITY, "a code is taken once");
        }
        // Of requests that come at once one is let in.
        bench.clock.on(SignedDuration::from_mins(20));
        let code = phone.code(&bench);
        let tries = (0..4).map(|_| {
            let (users, code) = (bench.users.clone(), code.clone());
            tokio::spawn(async move { users.sign_in("viewer", PASSWORD, &code, HERE).await.is_ok() })
        });
        let mut in_ = 0;
        for tried in tries.collect::<Vec<_>>() {
            in_ += usize::from(tried.await.unwrap());
        }
        assert_eq!(in_, 1);
        // A telephone whose clock is a step behind is heard, one that is two steps behind is not.
        for (behind, heard) in [(30, true), (90, false)] {
            bench.clock.on(SignedDuration::from_mins(20));
            let code = phone.code(&bench);
            bench.clock.on(SignedDuration::from_secs(behind));
            let status = Web::new(&bench).sign_in("viewer", PASSWORD, &code).await.0;
            let by_chance = code == phone.code(&bench);
            assert_eq!(status == StatusCode::SEE_OTHER, heard || by_chance, "{behind}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_language_leads_back_to_a_page_of_the_console_only() {
    on_each_database(async |bench| {
        let mut web = Web::new(&bench);
        for (from, to) in [
            ("https://host.example/fleet/terminals?standing=calls", "/fleet/terminals?standing=calls"),
            ("https://evil.example//evil.example/", "/fleet"),
            ("https://host.example/fleet.evil", "/fleet"),
            ("https://host.example/county", "/fleet"),
            ("nonsense", "/fleet"),
        ] {
            let request = Request::get("/fleet/language/en").header(header::REFERER, from);
            let response = web.send(request, String::new()).await;
            assert_eq!(response.headers()[header::LOCATION], to, "{from}");
        }
        assert!(web.get("/fleet/sign-in").await.1.contains("Sign in"));
        assert_eq!(web.get("/fleet/language/xx").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}
