//! One's own account: password, codes, sessions, keys.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html, qr},
    words::Lang,
};
use crate::fleet::users::{By, KeyShown, Open, Scope, Shared, User};

#[derive(Template)]
#[template(path = "fleet/account.html")]
struct AccountPage {
    frame: Frame,
    sessions: Vec<Open>,
    keys: Vec<KeyShown>,
}

#[derive(Template)]
#[template(path = "fleet/key.html")]
struct KeyPage {
    frame: Frame,
    name: String,
    /// Itself, this once.
    key: String,
}

/// GET `/fleet/account`
pub(super) async fn page(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let sessions = console.users.sessions(By::User(&by), &by.id).await?;
    let keys = console.users.keys(By::User(&by), &by.id).await?;
    html(&AccountPage {
        sessions, keys, frame: Frame::of(&console, (by, lang), ("我的账号", "My account"), "account")
    })
}

#[derive(Template)]
#[template(path = "fleet/codes.html")]
struct CodesPage {
    frame: Frame,
    shared: Shared,
    /// The QR as a picture's address.
    qr: String,
    problem: Option<String>,
}

fn codes_page(console: &Console, by: User, lang: Lang, shared: Shared, problem: Option<&Problem>) -> Answer {
    let qr = qr(&shared.uri);
    let sentence = problem.map(|problem| problem.sentence(lang).to_owned());
    let frame = Frame::of(console, (by, lang), ("设置动态验证码", "Set up codes"), "account");
    let mut response = html(&CodesPage { frame, shared, qr, problem: sentence })?;
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// POST `/fleet/account/{step}`
pub(super) async fn change(State(console): State<Console>, Path(step): Path<String>, posted: Posted) -> Answer {
    let Posted { by, lang, fields } = posted;
    let field = |name: &str| fields.get(name);
    match step.as_str() {
        "password" => {
            console.users.change_password(&by, &field("old"), &field("new")).await?;
            return done("/fleet/sign-in");
        }
        "codes-begin" => {
            let shared = console.users.begin_codes(&by, &field("password")).await?;
            return codes_page(&console, by, lang, shared, None);
        }
        "codes-confirm" => {
            if let Err(error) = console.users.confirm_codes(&by, &field("code")).await {
                let problem = Problem::from(error);
                let waiting = console.users.waiting_codes(&by).await?;
                return match waiting.filter(|_| problem.status() == StatusCode::UNPROCESSABLE_ENTITY) {
                    Some(shared) => codes_page(&console, by, lang, shared, Some(&problem)),
                    None => Err(problem),
                };
            }
        }
        "codes-end" => console.users.end_codes(&by, &field("password"), &field("code")).await?,
        "key-draw" => {
            let (key, shown) = console.users.draw_own_key(&by, &field("password"), &field("name")).await?;
            let frame = Frame::of(&console, (by, lang), ("新密钥", "New key"), "account");
            return html(&KeyPage { frame, name: shown.name, key });
        }
        "key-end" => {
            let id = field("key").parse().map_err(|_| Problem::not_found())?;
            console.users.revoke_key(By::User(&by), id).await?;
        }
        "session" => {
            console.users.revoke_sessions(By::User(&by), &by.id, Some(&field("session"))).await?;
        }
        _ => return Err(Problem::not_found()),
    }
    done("/fleet/account")
}
