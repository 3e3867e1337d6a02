//! Accounts: the own one with its codes, and those that admins keep.

use aws_lc_rs::hmac;
use axum::http::StatusCode;
use host::{
    clock::Clock,
    fleet::users::{By, Error, NewUser, Refusal, Role, Scope},
    store::users,
};

use crate::{support::*, web::*};

/// A telephone with an app, which knows what was on the page.
pub(crate) struct Phone(Vec<u8>);

impl Phone {
    /// Takes the secret off the page, reads its base32.
    pub(crate) fn scan(page: &str) -> Self {
        let text = page.split("<p class=\"secret\">").nth(1).unwrap().split('<').next().unwrap();
        let value = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        let bits: Vec<usize> = text.chars().flat_map(|c| (0..5).rev().map(move |bit| value(c) >> bit & 1)).collect();
        let byte = |bits: &[usize]| u8::try_from(bits.iter().fold(0, |byte, bit| byte << 1 | bit)).unwrap();
        Self(bits.chunks_exact(8).map(byte).collect())
    }

    fn at(&self, second: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &(second / 30).to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 15);
        let four: [u8; 4] = tag[at..at + 4].try_into().unwrap();
        format!("{:06}", u32::from_be_bytes(four) % 0x8000_0000 % 1_000_000)
    }

    pub(crate) fn code(&self, bench: &Bench) -> String {
        self.at(bench.clock.now().as_second())
    }

    /// One that is good at no second near.
    pub(crate) fn wrong_code(&self, bench: &Bench) -> String {
        let now = bench.clock.now().as_second();
        let good: Vec<String> = (-3..=3).map(|step| self.at(now + 30 * step)).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !good.contains(code)).unwrap()
    }

    /// Sets codes up on somebody's own page.
    pub(crate) async fn set_up(bench: &Bench, login: &str) -> Self {
        let mut web = Web::signed_in(bench, login).await;
        let (_, page) = web.act("/fleet/account/codes-begin", &[("password", PASSWORD)]).await;
        let phone = Self::scan(&page);
        let code = phone.code(bench);
        assert_eq!(web.act("/fleet/account/codes-confirm", &[("code", &code)]).await.0, StatusCode::SEE_OTHER);
        phone
    }
}

#[tokio::test]
async fn codes_are_set_up_with_the_password_and_a_first_code_and_ended_with_both() {
    on_each_database(async |bench| {
        let id = bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let wrong = web.act("/fleet/account/codes-begin", &[("password", "wrong password")]).await;
        assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY);
        let early = web.act("/fleet/account/codes-confirm", &[("code", "000000")]).await;
        assert_eq!(early.0, StatusCode::UNPROCESSABLE_ENTITY);

        let (status, page) = web.act("/fleet/account/codes-begin", &[("password", PASSWORD)]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("data:image/svg+xml;base64,"));
        let phone = Phone::scan(&page);
        // Not before a code was shown: whoever loses the page is not locked out.
        assert!(bench.users.sign_in("viewer", PASSWORD, "", HERE).await.is_ok());
        let (status, page) = web.act("/fleet/account/codes-confirm", &[("code", &phone.wrong_code(&bench))]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(Phone::scan(&page).0, phone.0, "the page stays, for another try");
        let code = phone.code(&bench);
        assert_eq!(web.act("/fleet/account/codes-confirm", &[("code", &code)]).await.0, StatusCode::SEE_OTHER);
        assert!(matches!(bench.users.sign_in("viewer", PASSWORD, &code, HERE).await, Err(Error::Wrong)), "taken once");

        // The secret is in the database for nobody to read.
        let row = users::find(&mut bench.store.read().await.unwrap(), &id).await.unwrap().unwrap();
        let sealed = row.totp.unwrap();
        assert!(!sealed.windows(phone.0.len()).any(|part| part == phone.0));

        bench.clock.on(jiff::SignedDuration::from_mins(20));
        let again = web.act("/fleet/account/codes-begin", &[("password", PASSWORD)]).await;
        assert_eq!(again.0, StatusCode::UNPROCESSABLE_ENTITY, "set up already");
        for (password, code) in [(PASSWORD, phone.wrong_code(&bench)), ("wrong password", phone.code(&bench))] {
            let fields = [("password", password), ("code", code.as_str())];
            assert_eq!(web.act("/fleet/account/codes-end", &fields).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let fields = [("password", PASSWORD), ("code", &phone.code(&bench))];
        assert_eq!(web.act("/fleet/account/codes-end", &fields).await.0, StatusCode::SEE_OTHER);
        assert!(bench.users.sign_in("viewer", PASSWORD, "", HERE).await.is_ok());
        let done: Vec<_> = bench.audit().await.into_iter().filter(|(who, ..)| who == "user:viewer").collect();
        for what in ["user.totp_on", "user.totp_off", "user.password_wrong"] {
            assert!(done.iter().any(|(_, done, _)| done == what), "{what}: {done:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_telephone_is_an_admins_to_see_to_and_nobodys_own() {
    on_each_database(async |bench| {
        let viewer = bench.person(Role::Viewer, Scope::All).await;
        let admin = bench.person(Role::Admin, Scope::All).await;
        Phone::set_up(&bench, "viewer").await;
        let mut web = Web::signed_in(&bench, "admin").await;
        assert_eq!(web.act(&format!("/fleet/people/{viewer}/codes"), &[]).await.0, StatusCode::SEE_OTHER);
        assert!(bench.users.sign_in("viewer", PASSWORD, "", HERE).await.is_ok());
        let own = web.act(&format!("/fleet/people/{admin}/codes"), &[]).await.0;
        assert_eq!(own, StatusCode::UNPROCESSABLE_ENTITY, "a stolen session ends no codes");
    })
    .await;
}

#[tokio::test]
async fn a_new_password_is_asked_for_by_the_old_one_and_ends_all_sessions() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        let mut other = Web::signed_in(&bench, "viewer").await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        for (old, new) in [("wrong password", "another good one"), (PASSWORD, "too short")] {
            let status = web.act("/fleet/account/password", &[("old", old), ("new", new)]).await.0;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{old} {new}");
        }
        let fields = [("old", PASSWORD), ("new", "another good one")];
        assert_eq!(web.act("/fleet/account/password", &fields).await.0, StatusCode::SEE_OTHER);
        for web in [&mut web, &mut other] {
            assert_eq!(web.get("/fleet").await.0, StatusCode::SEE_OTHER);
        }
        assert!(bench.users.sign_in("viewer", PASSWORD, "", HERE).await.is_err());
        assert!(bench.users.sign_in("viewer", "another good one", "", HERE).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn ones_other_sessions_are_shown_and_ended_one_by_one() {
    on_each_database(async |bench| {
        bench.person(Role::Viewer, Scope::All).await;
        bench.person(Role::Operator, Scope::All).await;
        let mut stranger = Web::signed_in(&bench, "operator").await;
        let mut other = Web::signed_in(&bench, "viewer").await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let (_, page) = web.get("/fleet/account").await;
        let session = field(&page, "session").to_owned();
        assert_eq!(page.matches("name=\"session\"").count(), 1, "one's own can't be ended by mistake");
        stranger.act("/fleet/account/session", &[("session", &session)]).await;
        assert_eq!(other.get("/fleet").await.0, StatusCode::OK, "that is nobody else's to end");
        assert_eq!(web.act("/fleet/account/session", &[("session", &session)]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(other.get("/fleet").await.0, StatusCode::SEE_OTHER);
        assert_eq!(web.get("/fleet").await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn an_admin_is_always_left_and_sees_the_whole_fleet() {
    on_each_database(async |bench| {
        let admin = bench.person(Role::Admin, Scope::All).await;
        let viewer = bench.person(Role::Viewer, Scope::All).await;
        bench.terminal("花桥镇联络站").await;
        let part = Scope::of(&["T1".into()]).unwrap();
        let refused = |result: Result<(), Error>| match result.unwrap_err() {
            Error::Refused(refusal) => refusal,
            other => panic!("{other}"),
        };
        let users = &bench.users;
        assert_eq!(refused(users.remove(By::Machine, &admin).await), Refusal::LastAdmin);
        assert_eq!(refused(users.set_role(By::Machine, &admin, Role::Viewer, &part).await), Refusal::LastAdmin);
        assert_eq!(refused(users.set_role(By::Machine, &viewer, Role::Admin, &part).await), Refusal::AdminScope);
        let signed_in = bench.signed_in("admin").await;
        let by = By::User(&signed_in);
        assert_eq!(refused(users.remove(by, &admin).await), Refusal::Oneself);
        assert_eq!(refused(users.set_role(by, &admin, Role::Viewer, &part).await), Refusal::Oneself);
        users.set_role(by, &viewer, Role::Admin, &Scope::All).await.unwrap();
        // Two admins who remove each other at the same moment are not both heard.
        let second = bench.signed_in("viewer").await;
        let (one, other) = tokio::join!(users.remove(by, &viewer), users.remove(By::User(&second), &admin));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert_eq!(users.everybody(By::Machine).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_login_is_given_once_and_what_cannot_be_one_is_refused() {
    on_each_database(async |bench| {
        bench.person(Role::Admin, Scope::All).await;
        let viewer = bench.person(Role::Viewer, Scope::All).await;
        bench.users.remove(By::Machine, &viewer).await.unwrap();
        bench.terminal("花桥镇联络站").await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let good = [("login", "陈主任"), ("name", "陈"), ("role", "operator"), ("scope", "T1"), ("password", PASSWORD)];
        for (name, value, zh, en) in [
            ("login", "viewer", "这个账号以前给过人了", "This login was given before"),
            ("login", "a b", "账号要 1 到 60 个字", "A login has 1 to 60"),
            ("login", "user:x", "账号要 1 到 60 个字", "A login has 1 to 60"),
            ("name", " ", "请填写姓名", "The name is missing"),
            ("scope", "花桥镇", "范围请填站点的代码", "at most 100 codes of sites"),
            ("scope", "T99", "范围请填站点的代码", "at most 100 codes of sites"),
            ("role", "owner", "请选择岗位", "Choose a role"),
            ("role", "admin", "范围请留空", "An admin keeps people"),
            ("password", "short", "至少要 10 个字符", "at least 10 characters"),
        ] {
            let fields = good.map(|(key, former)| (key, if key == name { value } else { former }));
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act("/fleet/people", &fields).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value:?}");
                assert!(page.contains(sentence), "{name} {value:?}: {page}");
            }
        }
        assert_eq!(web.act("/fleet/people", &good).await.0, StatusCode::SEE_OTHER);
        let new = NewUser {
            login: "陈主任".into(),
            name: "陈".into(),
            role: Role::Viewer,
            scope: Scope::All,
            password: PASSWORD.into(),
        };
        let again = bench.users.add(By::Machine, &new).await;
        assert!(matches!(again, Err(Error::Refused(Refusal::LoginTaken))), "{again:?}");
        let chen = bench.signed_in("陈主任").await;
        assert_eq!((chen.role, chen.scope), (Role::Operator, Scope::of(&["T1".into()]).unwrap()));
    })
    .await;
}
