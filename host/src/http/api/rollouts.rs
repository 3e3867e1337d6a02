//! Rollouts: made, looked at, steered.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::civil::Time;
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{At, Body, Id, Number, OfSite, Percent, Within},
    problem::{Changing, Problem, Reading},
};
use crate::fleet::{
    AskedRollout, AskedWave, Brought, Named, Order,
    rollout::{Selector, Start, Window},
    views::{self, RolloutView},
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(tell))
        .routes(routes!(retry))
}

/// Every rollout, the newest first, without their terminals
#[utoipa::path(get, path = "/rollouts", tag = "rollouts", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host rollout list --json`, but that `members` is empty",
        body = Vec<RolloutView>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<RolloutView>>> {
    Ok(Json(api.console.users.rollouts(asker.by()).await?.iter().map(RolloutView::from).collect()))
}

/// One rollout
#[utoipa::path(get, path = "/rollouts/{number}", tag = "rollouts", security(("key" = ["viewer"])),
    params(("number" = Id, Path, description = "Its number")),
    responses((status = 200, description = "As `host rollout show --json`", body = RolloutView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(number): At<Id>) -> Answer<Json<RolloutView>> {
    Ok(Json(RolloutView::from(&api.console.users.rollout(asker.by(), number.get()).await?)))
}

/// What a rollout is to bring.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Brings {
    /// Settings by their number; 0, the terminals' own.
    Settings(Id),
    /// An artifact by its id.
    Artifact(Id),
}

impl From<Brings> for Brought {
    fn from(brings: Brings) -> Self {
        match brings {
            Brings::Settings(version) => Self::Settings(version.get()),
            Brings::Artifact(id) => Self::Artifact(id.fitting()),
        }
    }
}

/// Who is in a wave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaveMembers)]
enum Who {
    /// These.
    Terminals(Vec<Number>),
    /// All that stand at these sites or under them.
    Sites(Vec<OfSite>),
    /// Whoever is in the group of this name when the rollout is made.
    Group(String),
    /// This part of those that no group and no site names.
    Percent(Percent),
}

impl From<Who> for Named {
    fn from(who: Who) -> Self {
        let chosen = match who {
            Who::Terminals(numbers) => Selector::Group(numbers.into_iter().map(|Number(number)| number).collect()),
            Who::Sites(codes) => {
                let codes: BTreeSet<String> = codes.into_iter().map(|OfSite(code)| code.to_string()).collect();
                Selector::Sites(codes)
            }
            Who::Percent(percent) => Selector::Percent(percent.fitting()),
            Who::Group(name) => return Self::Group(name),
        };
        Self::Chosen(chosen)
    }
}

/// A wave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWave)]
struct Wave {
    /// Who is in it.
    who: Who,
    /// When it begins.
    #[serde(default = "after_former")]
    start: Start,
}

fn after_former() -> Start {
    Start::AfterFormer
}

/// A time of each day, at the site of each terminal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MaintenanceWindow)]
struct Hours {
    /// When it opens, as 02:00.
    #[serde(deserialize_with = "minute")]
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    opens: Time,
    /// For how long; what is brought has to fit into it.
    minutes: WindowMinutes,
}

/// A time of day as people write it, to the minute.
fn minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_short = text.len() == 5 && text.as_bytes()[2] == b':';
    text.parse().ok().filter(|_| is_short).ok_or_else(|| D::Error::custom("expected a time like 02:00"))
}

/// A rollout that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRollout {
    /// What it brings.
    brings: Brings,
    /// What those that took it are ordered back to; null, the settings that most terminals have, or the version of the artifact
    /// that was released before.
    #[serde(default)]
    former: Option<Brings>,
    /// The waves before the last one, which takes all others.
    #[serde(default)]
    #[schema(max_items = 19)]
    waves: Vec<Wave>,
    /// When the last one begins.
    #[serde(default = "after_former")]
    last: Start,
    /// Of those that began, the most in percent that may fail, fall back or go silent.
    #[serde(default = "bad_percent_max")]
    bad_percent_max: BadPercent,
    /// Terminals of a wave that must have ended before it can be good.
    #[serde(default = "sample")]
    sample: Sample,
    /// Hours from a wave's begin until a missing sample asks a person.
    #[serde(default = "sample_within_h")]
    sample_within_h: SampleHours,
    /// Minutes that a wave is watched after its sample is there.
    #[serde(default = "bake_min")]
    bake_min: BakeMinutes,
    /// Minutes after a word of a terminal's until it counts as silent.
    #[serde(default = "silent_after_min")]
    silent_after_min: SilentMinutes,
    /// More terminals than this need a second person's approval; null, no number does.
    #[serde(default)]
    approve_above: Option<Terminals>,
    /// The hours of each day in which terminals may begin; null, all.
    #[serde(default)]
    window: Option<Hours>,
    /// IANA name, of the window where a site has none; null, the host's.
    #[serde(default)]
    zone: Option<String>,
    /// What it is for, in a line.
    #[serde(default)]
    #[schema(max_length = 200)]
    why: String,
}

/// The limits are those of the plan; hours and minutes are as many as seconds have room for.
type BadPercent = Within<0, 99>;
type Sample = Within<1, 100_000>;
type SampleHours = Within<1, 1_193_046>;
type BakeMinutes = Within<0, 71_582_788>;
type SilentMinutes = Within<1, 71_582_788>;
type Terminals = Within<0, 100_000>;
type WindowMinutes = Within<30, 1380>;

fn bad_percent_max() -> BadPercent {
    const { BadPercent::of(AskedRollout::BAD_PERCENT_MAX as u64) }
}

fn sample() -> Sample {
    const { Sample::of(AskedRollout::SAMPLE as u64) }
}

fn sample_within_h() -> SampleHours {
    const { SampleHours::of(AskedRollout::SAMPLE_WITHIN_H as u64) }
}

fn bake_min() -> BakeMinutes {
    const { BakeMinutes::of(AskedRollout::BAKE_MIN as u64) }
}

fn silent_after_min() -> SilentMinutes {
    const { SilentMinutes::of(AskedRollout::SILENT_AFTER_MIN as u64) }
}

impl NewRollout {
    fn asked(self, zone: &str) -> Answer<AskedRollout> {
        let window = self.window.map(|hours| Window::new(hours.opens, hours.minutes.fitting())).transpose();
        let window = window.map_err(|wrong| {
            let problem = Problem::new(StatusCode::BAD_REQUEST, format!("window: {wrong}"));
            problem.at("window.minutes", "expected 30 to 1380")
        })?;
        let wave = |wave: Wave| AskedWave { who: wave.who.into(), start: wave.start };
        Ok(AskedRollout {
            brings: self.brings.into(),
            former: self.former.map(Brought::from),
            waves: self.waves.into_iter().map(wave).collect(),
            last: self.last,
            bad_percent_max: self.bad_percent_max.fitting(),
            sample: self.sample.fitting(),
            sample_within_h: self.sample_within_h.fitting(),
            bake_min: self.bake_min.fitting(),
            silent_after_min: self.silent_after_min.fitting(),
            approve_above: self.approve_above.map(Within::fitting),
            window,
            zone: self.zone.unwrap_or_else(|| zone.to_owned()),
            why: self.why,
        })
    }
}

/// Makes a rollout; its first wave begins at once, where nobody has to approve it and it is not begun by hand
#[utoipa::path(post, path = "/rollouts", tag = "rollouts", security(("key" = ["admin"])), request_body = NewRollout,
    responses((status = 201, description = "As `host rollout make --json`", body = RolloutView), Changing))]
async fn make(State(api): State<Api>, asker: Asker, Body(new): Body<NewRollout>) -> Answer<Response> {
    let made = api.console.users.make_rollout(asker.by(), new.asked(&api.zone)?).await?;
    Ok((StatusCode::CREATED, Json(RolloutView::from(&made))).into_response())
}

/// What a rollout can be had do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RolloutStep)]
pub(super) enum Step {
    /// Begins the next wave.
    Begin,
    /// Nobody begins; those that began finish.
    Pause,
    /// Goes on, with the bad ones that there are.
    Resume,
    /// Gives the wave that lacks its sample as long again.
    WaitLonger,
    /// Lets the wave that lacks its sample pass without it.
    GoOn,
    /// Ends it without the terminals that were never seen.
    Close,
    /// Cancels what has not begun.
    Abort,
    /// Aborts it, and makes another one that orders those back that took what it brought.
    OrderBack,
}

impl From<Step> for Order {
    fn from(step: Step) -> Self {
        match step {
            Step::Begin => Self::Begin,
            Step::Pause => Self::Pause,
            Step::Resume => Self::Resume,
            Step::WaitLonger => Self::WaitLonger,
            Step::GoOn => Self::GoOn,
            Step::Close => Self::Close,
            Step::Abort => Self::Abort,
            Step::OrderBack => Self::OrderBack,
        }
    }
}

async fn told(api: &Api, asker: &Asker, number: Id, order: Order) -> Answer<Json<RolloutView>> {
    let told = api.console.users.tell_rollout(asker.by(), number.get(), order).await?;
    Ok(Json(RolloutView::from(&told)))
}

/// Has a rollout do something
#[utoipa::path(post, path = "/rollouts/{number}/{step}", tag = "rollouts", security(("key" = ["operator"])),
    params(("number" = Id, Path, description = "Its number"), ("step" = Step, Path, description = "What")),
    responses((status = 200, description = "The rollout", body = RolloutView), Changing))]
async fn tell(State(api): State<Api>, asker: Asker, At(named): At<(Id, Step)>) -> Answer<Json<RolloutView>> {
    let (number, step) = named;
    told(&api, &asker, number, step.into()).await
}

/// Approves a rollout that somebody else made
#[utoipa::path(post, path = "/rollouts/{number}/approve", tag = "rollouts", security(("key" = ["approver"])),
    params(("number" = Id, Path, description = "Its number")),
    responses((status = 200, description = "The rollout", body = RolloutView), Changing))]
async fn approve(State(api): State<Api>, asker: Asker, At(number): At<Id>) -> Answer<Json<RolloutView>> {
    told(&api, &asker, number, Order::Approve).await
}

/// Has a terminal try again that failed, fell back or is silent
#[utoipa::path(post, path = "/rollouts/{number}/terminals/{terminal}/retry", tag = "rollouts",
    security(("key" = ["operator"])),
    params(("number" = Id, Path, description = "Its number"), ("terminal" = views::Number, Path, description = "Which")),
    responses((status = 200, description = "The rollout", body = RolloutView), Changing))]
async fn retry(State(api): State<Api>, asker: Asker, At(named): At<(Id, Number)>) -> Answer<Json<RolloutView>> {
    let (number, Number(terminal)) = named;
    told(&api, &asker, number, Order::Retry(terminal)).await
}
