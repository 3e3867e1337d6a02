//! Artifacts: the list, one of them with who has to do with it, released and withdrawn.

mod releases;
pub(super) mod upload;

use askama::Template;
use axum::extract::{Path, State};

pub use self::releases::Releases;
use self::releases::Standing;
use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    sites::allowed,
    words::{self, update as said},
};
use crate::fleet::{
    actions::Found,
    artifacts::{Artifact, Kind, State as Of, word},
    users::{ArtifactPage, By},
};

#[derive(Template)]
#[template(path = "fleet/updates.html")]
struct ListPage {
    frame: Frame,
    all: Vec<Artifact>,
    /// Bytes that are free for others.
    room: u64,
}

#[derive(Template)]
#[template(path = "fleet/update.html")]
struct OnePage {
    frame: Frame,
    page: ArtifactPage,
    /// Whether it is being released, or what came of that.
    release: Option<Standing>,
}

#[derive(Template)]
#[template(path = "fleet/withdraw.html")]
struct WithdrawPage {
    frame: Frame,
    page: ArtifactPage,
}

impl Frame {
    pub(super) fn bytes(&self, bytes: &u64) -> String {
        said::bytes(*bytes)
    }

    pub(super) fn kind(&self, kind: &Kind) -> &'static str {
        said::kind(self.lang, *kind)
    }

    pub(super) fn artifact_state(&self, state: &Of) -> &'static str {
        said::state(self.lang, *state)
    }

    pub(super) fn artifact_shape(&self, state: &Of) -> (&'static str, &'static str) {
        said::shape(*state)
    }

    /// A time as a row has it.
    pub(super) fn written_time(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| self.time(&at))
    }

    /// Somebody as the audit calls them.
    pub(super) fn who<'a>(&self, who: &'a str) -> &'a str {
        words::who(who)
    }
}

impl WithdrawPage {
    /// How many rollouts of it are not over.
    fn rollouts(&self) -> usize {
        self.page.rollouts.iter().filter(|one| one.over_at.is_none()).count()
    }
}

impl OnePage {
    fn is_draft(&self) -> bool {
        self.page.artifact.state == Of::Draft
    }

    fn is_released(&self) -> bool {
        self.page.artifact.state == Of::Released
    }

    fn is_going(&self) -> bool {
        matches!(self.release, Some(Standing::Going))
    }

    /// Why it was not released.
    fn refusal(&self) -> Option<&str> {
        match &self.release {
            Some(Standing::Refused(problem)) => Some(problem.sentence(self.frame.lang)),
            _ => None,
        }
    }

    fn found(&self) -> [(&'static str, &'static str, &Found); 3] {
        let t = |zh, en| self.frame.t(zh, en);
        let ArtifactPage { ordered, running, done, .. } = &self.page;
        [
            ("ordered", t("已经下了它、还没有办完的", "Ordered it, not over yet"), ordered),
            ("running", t("自己说在用它的", "Say that they run it"), running),
            ("done", t("说装好了它，没说现在用什么的", "Said that it is done, and never what they run"), done),
        ]
    }
}

fn numbered(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

fn page_of(id: i64) -> String {
    format!("/fleet/updates/{id}")
}

/// GET `/fleet/updates`
pub(super) async fn list(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let (all, room) = console.users.artifacts(By::User(&by), &console.artifacts).await?;
    html(&ListPage { frame: Frame::of(&console, (by, lang), ("更新", "Updates"), "updates"), all, room })
}

/// GET `/fleet/updates/{artifact}`
pub(super) async fn show(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(id): Path<String>,
) -> Answer {
    let id = numbered(&id)?;
    let page = console.users.artifact(By::User(&by), &console.artifacts, id).await?;
    let release = console.releases.of(id);
    html(&OnePage { frame: Frame::of(&console, (by, lang), ("更新", "Update"), "updates"), page, release })
}

/// POST `/fleet/updates/{artifact}/release`
pub(super) async fn release(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Answer {
    allowed(&posted.by)?;
    let id = numbered(&id)?;
    console.users.artifact(By::User(&posted.by), &console.artifacts, id).await?;
    let lower = posted.fields.get("lower") == "yes";
    console.releases.begin(&console, posted.by, id, lower).await?;
    done(&page_of(id))
}

/// GET `/fleet/updates/{artifact}/withdraw`
pub(super) async fn withdraw_form(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(id): Path<String>,
) -> Answer {
    allowed(&by)?;
    let page = console.users.artifact(By::User(&by), &console.artifacts, numbered(&id)?).await?;
    html(&WithdrawPage { frame: Frame::of(&console, (by, lang), ("撤下", "Withdraw"), "updates"), page })
}

/// POST `/fleet/updates/{artifact}/withdraw`
pub(super) async fn withdraw(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Answer {
    let id = numbered(&id)?;
    console.users.withdraw_artifact(By::User(&posted.by), &console.artifacts, id).await?;
    done(&page_of(id))
}

/// The kinds of a form, each with its word.
fn kinds() -> [(String, Kind); 3] {
    [Kind::File, Kind::RaucBundle, Kind::Swu].map(|kind| (word(kind), kind))
}
