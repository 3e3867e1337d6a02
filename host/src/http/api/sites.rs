//! The tree of sites.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::ticket::TerminalNumber;

use super::{
    Answer, Api, Asker,
    input::{At, Body, OfSite},
    problem::{Changing, Problem, Reading},
};
use crate::fleet::{
    sites::{Code, Level, NotASite, Position, Site, TAGS_MAX, Tag},
    users::{Branch, Error, Standing},
    views::SiteView,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, put))
        .routes(routes!(retire))
        .routes(routes!(reopen))
}

/// A site among those that the key's owner sees.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteInTree)]
struct InTree {
    /// Which.
    #[serde(flatten)]
    site: SiteView,
    /// How many sites that its owner sees stand above it.
    depth: usize,
    /// How many terminals stand how, here and under it.
    #[schema(value_type = BTreeMap<String, u64>)]
    standings: BTreeMap<&'static str, i64>,
}

async fn shown(api: &Api, branches: Vec<Branch>) -> Answer<Vec<InTree>> {
    let codes: Vec<Code> = branches.iter().map(|branch| branch.site.code.clone()).collect();
    let mut at: BTreeMap<Code, Vec<TerminalNumber>> = BTreeMap::new();
    for (terminal, code) in api.console.users.terminals_at(&codes).await? {
        at.entry(code).or_default().push(terminal);
    }
    let shown = |Branch { site, depth, terminals }: Branch| {
        let standings = terminals.iter().map(|(standing, count): (&Standing, _)| (standing.name(), *count)).collect();
        let terminals = at.remove(&site.code).unwrap_or_default();
        InTree { site: SiteView { site, terminals }, depth, standings }
    };
    Ok(branches.into_iter().map(shown).collect())
}

/// The sites that the key's owner sees, each before those under it
#[utoipa::path(get, path = "/sites", tag = "sites", security(("key" = ["viewer"])),
    responses((status = 200, description = "As `host site list --json`, and how terminals stand", body = Vec<InTree>), Reading))]
async fn list(State(api): State<Api>, asker: Asker) -> Answer<Json<Vec<InTree>>> {
    let branches = api.console.users.sites(asker.by()).await?;
    Ok(Json(shown(&api, branches).await?))
}

async fn one(api: &Api, asker: &Asker, code: &Code) -> Answer<SiteView> {
    let site = api.console.users.site_alone(asker.by(), code).await?;
    let at = api.console.users.terminals_at(std::slice::from_ref(code)).await?;
    Ok(SiteView { site, terminals: at.into_iter().map(|(terminal, _)| terminal).collect() })
}

/// One site
#[utoipa::path(get, path = "/sites/{code}", tag = "sites", security(("key" = ["viewer"])),
    params(("code" = Code, Path, description = "Its code")),
    responses((status = 200, description = "As `host site show --json`", body = SiteView), Reading))]
async fn show(State(api): State<Api>, asker: Asker, At(OfSite(code)): At<OfSite>) -> Answer<Json<SiteView>> {
    Ok(Json(one(&api, &asker, &code).await?))
}

/// What is known of a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SiteFields)]
struct Fields {
    /// What people call it; no two open sites have the same.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// What kind it is.
    #[serde(default = "station")]
    level: Level,
    /// Under which it stands; null, it stands at the top.
    #[serde(default)]
    #[schema(value_type = Option<Code>)]
    parent: Option<OfSite>,
    /// How to find it.
    #[serde(default)]
    #[schema(max_length = 200)]
    address: String,
    /// Where it is.
    #[serde(default)]
    position: Option<Millionths>,
    /// IANA name; null, that of the site above.
    #[serde(default)]
    zone: Option<String>,
    /// Words that it shares with others.
    #[serde(default)]
    #[schema(value_type = Vec<Tag>, max_items = 20)]
    tags: Vec<String>,
}

/// Where on earth, WGS 84, in millionths of a degree.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PositionToPut)]
struct Millionths {
    /// North of the equator.
    #[schema(minimum = -90_000_000, maximum = 90_000_000)]
    latitude: i64,
    /// East of Greenwich.
    #[schema(minimum = -180_000_000, maximum = 180_000_000)]
    longitude: i64,
}

fn station() -> Level {
    Level::Station
}

impl Fields {
    fn site(self, code: Code) -> Result<Site, NotASite> {
        let Self { name, level, parent, address, position, zone, tags } = self;
        if tags.len() > TAGS_MAX {
            return Err(NotASite::Tag);
        }
        let position = position.map(|at| Position::at(at.latitude, at.longitude)).transpose()?;
        let tags = tags.iter().map(|tag| tag.parse()).collect::<Result<_, _>>()?;
        let parent = parent.map(|OfSite(code)| code);
        Ok(Site { level, parent, address, position, zone, tags, ..Site::new(code, &name) })
    }
}

/// Changes a site, or adds it
///
/// What is left out is as for a site of which nothing else is known. Whether it is open stays. With another parent it moves,
/// with all that stands under it.
#[utoipa::path(put, path = "/sites/{code}", tag = "sites", security(("key" = ["admin"])), request_body = Fields,
    params(("code" = Code, Path, description = "Its code")),
    responses((status = 200, description = "It was changed", body = SiteView),
        (status = 201, description = "It was added", body = SiteView), Changing))]
async fn put(
    State(api): State<Api>,
    asker: Asker,
    At(OfSite(code)): At<OfSite>,
    Body(fields): Body<Fields>,
) -> Answer<Response> {
    let users = &api.console.users;
    let site = fields.site(code.clone()).map_err(|problem| Problem::from(Error::from(problem)))?;
    let status = match users.site_alone(asker.by(), &code).await {
        Ok(_) => {
            users.change_site(asker.by(), site).await?;
            StatusCode::OK
        }
        Err(Error::NotFound) => {
            users.add_site(asker.by(), site).await?;
            StatusCode::CREATED
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, Json(one(&api, &asker, &code).await?)).into_response())
}

async fn close(api: &Api, asker: &Asker, code: &Code, is_closed: bool) -> Answer<Json<SiteView>> {
    let users = &api.console.users;
    users.site_alone(asker.by(), code).await?;
    users.retire_site(asker.by(), code, is_closed).await?;
    Ok(Json(one(api, asker, code).await?))
}

/// Closes a site at which no terminal and under which no open site stands
#[utoipa::path(post, path = "/sites/{code}/retire", tag = "sites", security(("key" = ["admin"])),
    params(("code" = Code, Path, description = "Its code")),
    responses((status = 200, description = "The site", body = SiteView), Changing))]
async fn retire(State(api): State<Api>, asker: Asker, At(OfSite(code)): At<OfSite>) -> Answer<Json<SiteView>> {
    close(&api, &asker, &code, true).await
}

/// Opens a closed site again
#[utoipa::path(post, path = "/sites/{code}/reopen", tag = "sites", security(("key" = ["admin"])),
    params(("code" = Code, Path, description = "Its code")),
    responses((status = 200, description = "The site", body = SiteView), Changing))]
async fn reopen(State(api): State<Api>, asker: Asker, At(OfSite(code)): At<OfSite>) -> Answer<Json<SiteView>> {
    close(&api, &asker, &code, false).await
}
