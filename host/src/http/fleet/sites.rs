//! The tree of sites: as a page, one of them, changed, and as a list that goes in and out.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Multipart, Path, State, multipart::MultipartRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Console,
    session::{FileForm, Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    words,
};
use crate::{
    fleet::{
        self,
        sites::{Changes, Code, Level, List, NotASite, Position, Site, in_line, tags, write_list},
        users::{Branch, By, Error, Role, Sought, Standing},
    },
    http::pages::Fields,
    store::overview::OverviewRow,
    table,
};

/// Of more sites than this a page shows the next levels only, and asks for codes in place of a choice.
const WHOLE: usize = 400;

/// The most bytes of a list that a page takes.
pub(super) const LIST: usize = 8 * 1024 * 1024;

/// A line of the tree.
pub(super) struct Row {
    branch: Branch,
    /// Whether lines under it follow.
    opens: bool,
    /// How many lists end after it.
    closes: usize,
}

/// The lines of a tree, or of so many of its topmost levels where it is large.
fn rows(mut branches: Vec<Branch>, levels: usize) -> Vec<Row> {
    if branches.len() > WHOLE {
        branches.retain(|branch| branch.depth < levels);
    }
    let depths: Vec<usize> = branches.iter().map(|branch| branch.depth).chain([0]).collect();
    let row = |(at, branch): (usize, Branch)| {
        let (depth, next) = (branch.depth, depths[at + 1]);
        Row { branch, opens: next > depth, closes: depth.saturating_sub(next) }
    };
    branches.into_iter().enumerate().map(row).collect()
}

/// What a form shows of a site.
struct Shown {
    code: String,
    name: String,
    level: Level,
    parent: String,
    address: String,
    tags: String,
    degrees: [String; 2],
    zone: String,
}

impl Shown {
    fn nothing() -> Self {
        let [code, name, parent, address, tags, zone] = <[String; 6]>::default();
        Self { code, name, level: Level::Village, parent, address, tags, degrees: <[String; 2]>::default(), zone }
    }

    fn of(site: &Site) -> Self {
        Self {
            code: site.code.to_string(),
            name: site.name.clone(),
            level: site.level,
            parent: site.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
            address: site.address.clone(),
            tags: in_line(&site.tags),
            degrees: site.position.map(Position::degrees).unwrap_or_default(),
            zone: site.zone.clone().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/sites.html")]
struct TreePage {
    frame: Frame,
    rows: Vec<Row>,
    /// The form for a new one.
    of: Shown,
    codes: Vec<(Code, String)>,
}

#[derive(Template)]
#[template(path = "fleet/site.html")]
struct SitePage {
    frame: Frame,
    site: Site,
    /// The form.
    of: Shown,
    above: Vec<Site>,
    /// What stands under it.
    rows: Vec<Row>,
    terminals: Vec<(OverviewRow, Standing)>,
    more: bool,
    codes: Vec<(Code, String)>,
}

#[derive(Template)]
#[template(path = "fleet/sites_import.html")]
struct ImportPage {
    frame: Frame,
    /// What is wrong with the list that was sent.
    wrong: Vec<String>,
    /// What the list would change, and the list.
    preview: Option<(Changes, BTreeMap<Code, String>, String)>,
}

impl Frame {
    pub(super) fn level(&self, level: &Level) -> &'static str {
        words::site::level(self.lang, *level)
    }

    pub(super) fn count(&self, count: i64) -> String {
        if self.lang == words::Lang::En && count == 1 {
            return "1 terminal".to_owned();
        }
        format!("{count}{}", self.t(" 台终端", " terminals"))
    }
}

impl Branch {
    /// What needs somebody, or is not heard of, first; then the rest together.
    fn told(&self) -> Vec<(Standing, i64)> {
        let told = [Standing::Calls, Standing::Quiet].into_iter();
        told.filter_map(|standing| self.terminals.get(&standing).map(|count| (standing, *count))).collect()
    }

    /// All but the revoked ones.
    fn count(&self) -> i64 {
        self.terminals.iter().filter(|(standing, _)| **standing != Standing::Revoked).map(|(_, count)| count).sum()
    }
}

fn coded(code: &str) -> Result<Code, Problem> {
    code.parse().map_err(|_| Problem::not_found())
}

/// GET `/fleet/sites`
pub(super) async fn tree(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let branches = console.users.sites(By::User(&by)).await?;
    html(&TreePage {
        codes: console.users.open_sites(By::User(&by), WHOLE).await?,
        rows: rows(branches, 2),
        of: Shown::nothing(),
        frame: Frame::of(&console, (by, lang), ("站点", "Sites"), "sites"),
    })
}

/// GET `/fleet/sites/{code}`
pub(super) async fn show(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(code): Path<String>,
) -> Answer {
    let code = coded(&code)?;
    let mut found = console.users.site(By::User(&by), &code).await?;
    let site = found.branches.remove(0).site;
    let sought = Sought { under: Some(code), ..Sought::default() };
    let terminals = console.users.terminals(By::User(&by), &sought).await?;
    let codes = console.users.open_sites(By::User(&by), WHOLE).await?;
    for branch in &mut found.branches {
        branch.depth -= 1;
    }
    html(&SitePage {
        codes,
        rows: rows(found.branches, 1),
        above: found.above,
        terminals: terminals.rows,
        more: terminals.more,
        of: Shown::of(&site),
        site,
        frame: Frame::of(&console, (by, lang), ("站点", "Site"), "sites"),
    })
}

/// What a form says of a site.
fn site_of(code: Code, fields: &Fields) -> Result<Site, NotASite> {
    let said = |name: &str| Some(fields.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let level = said("level").unwrap_or_default();
    let position = (said("latitude"), said("longitude"));
    let position = match &position {
        (None, None) => None,
        (latitude, longitude) => {
            Some(Position::of(latitude.as_deref().unwrap_or_default(), longitude.as_deref().unwrap_or_default())?)
        }
    };
    Ok(Site {
        level: Level::named(&level).ok_or(NotASite::Level(level))?,
        parent: said("parent").map(|code| code.parse()).transpose()?,
        address: fields.get("address"),
        position,
        zone: said("zone"),
        tags: tags(&fields.get("tags"))?,
        ..Site::new(code, &fields.get("name"))
    })
}

/// POST `/fleet/sites`
pub(super) async fn add(State(console): State<Console>, posted: Posted) -> Answer {
    allowed(&posted.by)?;
    let code = posted.fields.get("code").trim().to_uppercase().parse::<Code>().map_err(NotASite::from);
    let code = code.map_err(Error::from)?;
    let site = site_of(code.clone(), &posted.fields).map_err(Error::from)?;
    console.users.add_site(By::User(&posted.by), site).await?;
    done(&format!("/fleet/sites/{code}"))
}

/// POST `/fleet/sites/{code}/{step}`
pub(super) async fn change(
    State(console): State<Console>,
    Path((code, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    allowed(&posted.by)?;
    let (code, by) = (coded(&code)?, By::User(&posted.by));
    console.users.site(by, &code).await?;
    match step.as_str() {
        "set" => {
            let site = site_of(code.clone(), &posted.fields).map_err(Error::from)?;
            console.users.change_site(by, site).await?;
        }
        "retire" => console.users.retire_site(by, &code, true).await?,
        "reopen" => console.users.retire_site(by, &code, false).await?,
        _ => return Err(Problem::not_found()),
    }
    done(&format!("/fleet/sites/{code}"))
}

/// Whoever may not is told so before what they entered is looked at.
pub(super) fn allowed(by: &fleet::users::User) -> Result<(), Problem> {
    if by.role < Role::Admin { Err(Error::NotAllowed.into()) } else { Ok(()) }
}

/// GET `/fleet/sites/list.csv`
pub(super) async fn export(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let branches = console.users.sites(By::User(&by)).await?;
    let sites = branches.iter().map(|branch| &branch.site);
    let body = write_list(sites, lang == words::Lang::Zh).map_err(|error| {
        tracing::error!(%error, "the list of sites was not written");
        let (zh, en) = ("名单暂时导不出来。请稍后再试。", "The list is not written at present. Try again later.");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, zh, en)
    })?;
    let name = "attachment; filename=\"sites.csv\"";
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, name)], body).into_response())
}

fn import_frame(console: &Console, (by, lang): (fleet::users::User, words::Lang)) -> Frame {
    Frame::of(console, (by, lang), ("导入站点名单", "Take in a list of sites"), "sites")
}

/// GET `/fleet/sites/import`
pub(super) async fn import_form(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    allowed(&by)?;
    html(&ImportPage { frame: import_frame(&console, (by, lang)), wrong: Vec::new(), preview: None })
}

/// POST `/fleet/sites/import`
pub(super) async fn import(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    allowed(&by)?;
    let parts = FileForm::of(&by, form, LIST >> 20).await?;
    let (bytes, is_sure) = (parts.get("list"), parts.get("sure") == b"yes");
    let asked = async {
        let list = List::read(bytes).map_err(fleet::Error::from)?;
        console.users.import_sites(By::User(&by), &list, !is_sure).await
    };
    let changes = match asked.await {
        Err(Error::Fleet(fleet::Error::List(problem))) => {
            let wrong = words::site::no_list(lang, &problem);
            let page = html(&ImportPage { frame: import_frame(&console, (by, lang)), wrong, preview: None })?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        other => other?,
    };
    if is_sure {
        return done("/fleet/sites");
    }
    let known = console.users.sites(By::User(&by)).await?.into_iter();
    let names = known.map(|branch| (branch.site.code, branch.site.name)).collect();
    let text = table::text(bytes).unwrap_or_default().into_owned();
    let preview = Some((changes, names, text));
    html(&ImportPage { frame: import_frame(&console, (by, lang)), wrong: Vec::new(), preview })
}
