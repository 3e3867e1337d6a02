//! A file that somebody gives to the fleet, straight from the connection to the disk.
//!
//! Invariants: of a file no more than a piece is in memory; the form's token and fields are read before it, so that nothing
//! is written for whoever may not. Whoever takes the file goes on where the browser leaves, and finds that it breaks off.

use std::{io, time::Duration};

use axum::{
    body::{Bytes, HttpBody},
    extract::{
        ConnectInfo, FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
};
use futures_util::{Stream, stream};
use tokio_util::io::StreamReader;

use super::{
    super::{
        Console,
        session::{Signed, wrong_form},
        shell::{Answer, Problem, done},
        sites::allowed,
    },
    kinds, page_of,
};
use crate::{
    fleet::{
        artifacts::{Announced, Artifact, Label, New},
        users::{By, User},
    },
    http::{
        listener::Peer,
        pace::{Deadline, Pace},
        pages::same,
    },
};

/// The slowest line that a file comes over: 32 kbit/s. 4 GiB over 2 Mbit/s take four and a half hours.
const COMING: Pace = Pace { bytes: 256 * 1024, within: Duration::from_secs(64), most: Duration::from_hours(6) };

/// The longest that the request may take; the disk may need a while for the last of it.
pub(in crate::http) const DEADLINE: Duration = Duration::from_hours(7);

/// The longest of the fields beside the file, bytes.
const FIELD_MAX: usize = 1024;

/// So much of a file that is refused is read all the same: a browser shows an answer once it has sent what it had to.
const READ_ON: usize = 256 * 1024 * 1024;

/// What stands in the form before the file.
#[derive(Debug, Default)]
struct Said {
    csrf: String,
    name: String,
    version: String,
    kind: String,
}

/// POST `/fleet/updates/add`
pub(in crate::http::fleet) async fn take(
    State(console): State<Console>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Signed { by, .. }: Signed,
    request: Request,
) -> Answer {
    allowed(&by)?;
    let Some(most) = request.body().size_hint().upper() else {
        let (zh, en) = (
            "请求没有说文件有多大。请换一个浏览器。",
            "The request does not say how long the file is. Use another browser.",
        );
        return Err(Problem::new(StatusCode::LENGTH_REQUIRED, zh, en));
    };
    let form = Multipart::from_request(request, &()).await.map_err(|_| wrong_form())?;
    peer.patience.wait(COMING);
    // Whoever asked may go away: what was begun is ended in order.
    let taken = tokio::spawn(async move {
        let mut form = form;
        let taken = take_in(&console, &by, &mut form, most).await;
        if taken.is_err() {
            read_on(form).await;
        }
        taken
    });
    match taken.await {
        Ok(taken) => done(&page_of(taken?.id)),
        Err(error) => {
            tracing::error!(%error, "an upload broke off");
            Err(broken_off())
        }
    }
}

async fn take_in(console: &Console, by: &User, form: &mut Multipart, most: u64) -> Result<Artifact, Problem> {
    let mut said = Said::default();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let new = said.new_artifact(by)?;
            if field.file_name() == Some("") {
                break;
            }
            let source = StreamReader::new(Box::pin(coming(field)));
            let source = (source, Announced::AtMost(most));
            return Ok(console.users.add_artifact(By::User(by), &console.artifacts, new, source).await?);
        }
        let value = text(field).await?;
        match name.as_str() {
            "csrf" => said.csrf = value,
            "name" => said.name = value,
            "version" => said.version = value,
            "kind" => said.kind = value,
            _ => {}
        }
    }
    said.new_artifact(by)?;
    Err(refused("请选一个文件。", "File: choose one."))
}

impl Said {
    fn new_artifact(&self, by: &User) -> Result<New, Problem> {
        if !same(&by.csrf, &self.csrf) {
            return Err(wrong_form());
        }
        let label = |field: (&str, &str), text: &str| -> Result<Label, Problem> {
            text.trim().parse().map_err(|rule| {
                let zh = format!("{}只能用英文字母、数字和 . _ + ~ -，用字母或数字开头，最多 200 个。", field.0);
                refused(&zh, &format!("{}: {rule}.", field.1))
            })
        };
        let name = label(("名称", "Name"), &self.name)?;
        let version = label(("版本", "Version"), &self.version)?;
        let kind = kinds().into_iter().find(|(word, _)| *word == self.kind).map(|(_, kind)| kind);
        let kind = kind.ok_or_else(|| {
            refused("请选择种类：file、rauc-bundle 或 swu。", "Kind: expected file, rauc-bundle or swu.")
        })?;
        Ok(New { name, version, kind })
    }
}

/// A file's bytes as they come, for as long as they keep the pace.
fn coming(field: Field<'_>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((field, Deadline::new(COMING)), async |(mut field, mut late)| {
        let chunk = tokio::select! {
            chunk = field.chunk() => chunk.map_err(io::Error::other).transpose()?,
            () = &mut late => Err(io::ErrorKind::TimedOut.into()),
        };
        if let Ok(bytes) = &chunk {
            late.came(bytes.len());
        }
        Some((chunk, (field, late)))
    })
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD_MAX {
            return Err(no_form());
        }
    }
    String::from_utf8(bytes).map_err(|_| no_form())
}

/// Reads what else comes, and leaves it.
async fn read_on(mut form: Multipart) {
    let (mut left, mut late) = (READ_ON, Deadline::new(COMING));
    let rest = async {
        while let Ok(Some(mut field)) = form.next_field().await {
            while let Ok(Some(chunk)) = field.chunk().await {
                late.came(chunk.len());
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    return;
                }
            }
        }
    };
    rest.await;
}

fn refused(zh: &str, en: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
}

fn no_form() -> Problem {
    refused(
        "内容不完整，没有保存。请从“更新”那一页再传一次。",
        "The form is not as expected; nothing was kept. Send it from the page again.",
    )
}

fn broken(error: &MultipartError) -> Problem {
    tracing::debug!(%error, "an upload can't be read on");
    broken_off()
}

/// What is said where a file does not come whole.
pub(in crate::http::fleet) fn broken_off() -> Problem {
    let (zh, en) =
        ("文件没有传完，什么也没有留下。请再传一次。", "The file did not come whole; nothing was kept. Send it again.");
    Problem::new(StatusCode::BAD_REQUEST, zh, en)
}
