//! Terminals: where each stands, how it is, and what is done to it.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer, Api, Asker,
    input::{Asked, At, Body, Number, OfSite, Within},
    problem::{Changing, Problem, Reading},
};
use crate::fleet::{
    Quiet,
    sites::Code,
    users::{Sought, Standing},
    views::{self, GlanceView, HealthView, TerminalView},
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(health))
        .routes(routes!(quiet_of, quiet))
        .routes(routes!(loud))
        .routes(routes!(take))
        .routes(routes!(case_checked))
        .routes(routes!(put_at))
        .routes(routes!(revoke))
}

/// More pages than there are terminals.
type PageNumber = Within<0, 99_999>;

fn first() -> PageNumber {
    const { PageNumber::of(0) }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// How they stand.
    standing: Option<Standing>,
    /// A part of the station's name or of the place, or a number.
    #[serde(default)]
    #[param(max_length = 60)]
    words: String,
    /// At this site or under it.
    #[param(value_type = Option<Code>)]
    site: Option<OfSite>,
    /// From 0.
    #[serde(default = "first")]
    #[param(value_type = Option<PageNumber>)]
    page: PageNumber,
}

/// A page of terminals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TerminalsPage)]
struct Page {
    /// By station and number.
    #[schema(max_items = 100)]
    terminals: Vec<GlanceView>,
    /// Whether another page follows.
    more: bool,
}

/// Terminals at a glance, by station and number
#[utoipa::path(get, path = "/terminals", tag = "terminals", params(Wanted), security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of them", body = Page), Reading))]
async fn list(State(api): State<Api>, asker: Asker, Asked(wanted): Asked<Wanted>) -> Answer<Json<Page>> {
    let Wanted { standing, words, site, page } = wanted;
    if words.chars().count() > 60 {
        return Err(
            Problem::new(StatusCode::BAD_REQUEST, "the words are too long").at("words", "at most 60 characters")
        );
    }
    let sought = Sought { standing, words, under: site.map(|OfSite(code)| code), page: page.fitting() };
    let found = api.console.users.terminals(asker.by(), &sought).await?;
    Ok(Json(Page { terminals: found.rows.into_iter().map(GlanceView::from).collect(), more: found.more }))
}

/// One terminal
#[utoipa::path(get, path = "/terminals/{number}", tag = "terminals", security(("key" = ["viewer"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "As in `host terminal list --json`", body = TerminalView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<TerminalView>> {
    let (row, health) = api.console.users.terminal(asker.by(), number).await?;
    Ok(Json(TerminalView::of(&row, health.as_ref())))
}

/// What a terminal told of itself, and its alarms
#[utoipa::path(get, path = "/terminals/{number}/health", tag = "terminals", security(("key" = ["viewer"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "As in `host terminal health --json`", body = HealthView), Reading))]
async fn health(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<HealthView>> {
    let (_, health) = api.console.users.terminal(asker.by(), number).await?;
    let health = health.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "it has told nothing of itself yet"))?;
    Ok(Json(HealthView::from(&health)))
}

/// Whether somebody sees to it.
#[derive(Debug, Serialize, ToSchema)]
struct TakenAnswer {
    /// False where nothing is wrong that nobody sees to.
    taken: bool,
}

/// Says that the key's owner sees to what is wrong
#[utoipa::path(post, path = "/terminals/{number}/take", tag = "alarms", security(("key" = ["operator"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "What came of it", body = TakenAnswer), Changing))]
async fn take(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<TakenAnswer>> {
    Ok(Json(TakenAnswer { taken: api.console.users.take(asker.by(), number).await? }))
}

/// Whether there was an alarm.
#[derive(Debug, Serialize, ToSchema)]
struct CaseAnswer {
    /// False where no opened case waited for a word.
    was_open: bool,
}

/// Says that it is known who opened the case
#[utoipa::path(post, path = "/terminals/{number}/case-checked", tag = "alarms", security(("key" = ["operator"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "What came of it", body = CaseAnswer), Changing))]
async fn case_checked(
    State(api): State<Api>,
    asker: Asker,
    At(Number(number)): At<Number>,
) -> Answer<Json<CaseAnswer>> {
    Ok(Json(CaseAnswer { was_open: api.console.users.case_checked(asker.by(), number).await? }))
}

type Hours = Within<1, 720>;

/// For how long nobody is told of something, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietFor {
    /// From now on.
    hours: Hours,
    /// For those who wonder.
    #[schema(min_length = 1, max_length = 100)]
    why: String,
    /// Its whole station.
    #[serde(default)]
    whole_station: bool,
}

/// Whether messages leave a terminal out.
#[derive(Debug, Serialize, ToSchema)]
struct QuietAnswer {
    /// Null, they tell of it.
    quiet: Option<Quiet>,
}

/// Whether messages leave a terminal out
#[utoipa::path(get, path = "/terminals/{number}/quiet", tag = "alarms", security(("key" = ["viewer"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "Until when and why", body = QuietAnswer), Reading))]
async fn quiet_of(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<QuietAnswer>> {
    Ok(Json(QuietAnswer { quiet: api.console.users.quiet_of(asker.by(), number).await? }))
}

/// Leaves a terminal, or its whole station, out of messages for some hours
#[utoipa::path(put, path = "/terminals/{number}/quiet", tag = "alarms", security(("key" = ["operator"])),
    params(("number" = views::Number, Path, description = "Its number")), request_body = QuietFor,
    responses((status = 200, description = "Until when and why", body = QuietAnswer), Changing))]
async fn quiet(
    State(api): State<Api>,
    asker: Asker,
    At(Number(number)): At<Number>,
    Body(QuietFor { hours, why, whole_station }): Body<QuietFor>,
) -> Answer<Json<QuietAnswer>> {
    let users = &api.console.users;
    users.silence(asker.by(), number, whole_station, (hours.fitting(), &why)).await?;
    Ok(Json(QuietAnswer { quiet: users.quiet_of(asker.by(), number).await? }))
}

/// Has messages tell of a terminal again, itself and with its station
#[utoipa::path(post, path = "/terminals/{number}/loud", tag = "alarms", security(("key" = ["operator"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "That they do", body = QuietAnswer), Changing))]
async fn loud(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<QuietAnswer>> {
    let users = &api.console.users;
    users.end_silence(asker.by(), number).await?;
    Ok(Json(QuietAnswer { quiet: users.quiet_of(asker.by(), number).await? }))
}

/// Where a terminal is to stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stands {
    /// The site's code.
    #[schema(value_type = Code)]
    site: OfSite,
    /// Where in or near it.
    #[serde(default)]
    #[schema(max_length = 100)]
    place: String,
}

/// Puts a terminal at another site
#[utoipa::path(put, path = "/terminals/{number}/site", tag = "terminals", security(("key" = ["admin"])),
    params(("number" = views::Number, Path, description = "Its number")), request_body = Stands,
    responses((status = 200, description = "The terminal", body = TerminalView), Changing))]
async fn put_at(
    State(api): State<Api>,
    asker: Asker,
    At(Number(number)): At<Number>,
    Body(Stands { site: OfSite(code), place }): Body<Stands>,
) -> Answer<Json<TerminalView>> {
    let users = &api.console.users;
    let site = users.move_terminal(asker.by(), number, &code, &place).await?;
    if let Some(county) = &api.county {
        county.place_terminal(number, &site.name).await.map_err(|error| Problem::of_county(&error))?;
    }
    let (row, health) = users.terminal(asker.by(), number).await?;
    Ok(Json(TerminalView::of(&row, health.as_ref())))
}

/// Revokes a terminal for good; its next request is refused
#[utoipa::path(post, path = "/terminals/{number}/revoke", tag = "terminals", security(("key" = ["admin"])),
    params(("number" = views::Number, Path, description = "Its number")),
    responses((status = 200, description = "The terminal", body = TerminalView), Changing))]
async fn revoke(State(api): State<Api>, asker: Asker, At(Number(number)): At<Number>) -> Answer<Json<TerminalView>> {
    let users = &api.console.users;
    users.revoke(asker.by(), number, &api.console.revoked).await?;
    let (row, health) = users.terminal(asker.by(), number).await?;
    Ok(Json(TerminalView::of(&row, health.as_ref())))
}
