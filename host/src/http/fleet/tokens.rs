//! Tokens of update clients without a certificate of ours: drawn and shown once, listed without themselves, revoked.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
};
use crate::fleet::{DeviceToken, users::By};

#[derive(Template)]
#[template(path = "fleet/tokens.html")]
struct TokensPage {
    frame: Frame,
    all: Vec<DeviceToken>,
}

#[derive(Template)]
#[template(path = "fleet/token.html")]
struct DrawnPage {
    frame: Frame,
    token: DeviceToken,
    scheme: &'static str,
    /// Itself, this once.
    secret: String,
}

impl Frame {
    /// Whose a token is.
    pub(super) fn of_token(&self, token: &DeviceToken) -> String {
        match token.terminal {
            Some(terminal) => format!("{} {terminal}", self.t("终端", "terminal")),
            None => self.t("网关", "a gateway").to_owned(),
        }
    }
}

/// GET `/fleet/tokens`
pub(super) async fn page(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let all = console.users.device_tokens(By::User(&by)).await?;
    html(&TokensPage { frame: Frame::of(&console, (by, lang), ("更新口令", "Update tokens"), "updates"), all })
}

/// POST `/fleet/tokens`
pub(super) async fn draw(State(console): State<Console>, posted: Posted) -> Answer {
    let by = By::User(&posted.by);
    // Whoever may not is told so before what they entered is looked at.
    console.users.device_tokens(by).await?;
    let terminal = match posted.fields.get("of").as_str() {
        "gateway" => None,
        _ => {
            let number = posted.fields.get("terminal");
            Some(number.trim().parse().map_err(|_| {
                let zh = "请填终端的编号，五位数字，比如 00007。";
                let en = "Terminal: expected its number, five digits like 00007.";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
            })?)
        }
    };
    let (secret, token) = console.users.draw_device_token(by, terminal).await?;
    let scheme = if terminal.is_some() { "TargetToken" } else { "GatewayToken" };
    let frame = Frame::of(&console, (posted.by, posted.lang), ("新的更新口令", "A drawn update token"), "updates");
    html(&DrawnPage { frame, token, scheme, secret })
}

/// POST `/fleet/tokens/{token}/revoke`
pub(super) async fn revoke(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Answer {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    super::sites::allowed(&posted.by)?;
    if posted.fields.get("sure") != "yes" {
        let (zh, en) = ("请先打勾确认，再作废。", "Tick the box first; nothing was revoked.");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en));
    }
    console.users.revoke_device_token(By::User(&posted.by), id).await?;
    done("/fleet/tokens")
}
