//! The tree of sites as it is kept: what is added, changed, moved, retired, and where terminals stand.
//!
//! Invariants: every change is one transaction with its line of the audit, after which the sites are a [`Tree`] again and no
//! terminal stands at a retired one. A terminal's station is the name of its site.
//!
//! | module | purpose |
//! |---|---|
//! | `list` | sites in a table for people: CSV, without the database |
//! | `site` | a site, and what its fields may hold |
//! | `tree` | how sites stand above one another |

mod list;
mod site;
mod tree;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use wire::ticket::TerminalNumber;

pub use list::{Column, List, NotAList, Wrong, write as write_list};
pub use site::{Level, NotASite, PLACE_CHARS_MAX, Position, Site, TAG_CHARS_MAX, TAGS_MAX, Tag, in_line, tags};
pub use tree::{CODE_CHARS_MAX, Code, DEPTH_MAX, NotACode, NotATree, Path, Tree};

use super::{Error, Fleet, subject};
use crate::store::{
    Conn, StoreError, Tx,
    sites::{self as rows, SiteRow},
    terminals,
};

const UNREADABLE: StoreError = StoreError::Unreadable("site");

/// Where a terminal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands<'a> {
    /// At this site.
    At(&'a Code),
    /// At the open site of this name, which is made where there is none; empty, nobody knows.
    Named(&'a str),
}

impl<'a> From<&'a Code> for Stands<'a> {
    fn from(code: &'a Code) -> Self {
        Self::At(code)
    }
}

impl<'a> From<&'a str> for Stands<'a> {
    fn from(name: &'a str) -> Self {
        Self::Named(name)
    }
}

/// What a change to the tree came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changes {
    /// Sites that were not there.
    pub added: Vec<Code>,
    /// Sites that are another now.
    pub changed: Vec<Code>,
}

impl Changes {
    fn between(before: &Tree, after: &Tree) -> Self {
        let mut changes = Self::default();
        for site in after.sites() {
            match before.get(&site.code) {
                None => changes.added.push(site.code.clone()),
                Some(former) if former != site => changes.changed.push(site.code.clone()),
                Some(_) => {}
            }
        }
        changes
    }

    /// Whether nothing is another.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty()
    }
}

fn read(row: SiteRow) -> Result<Site, StoreError> {
    let position = row.latitude.zip(row.longitude).map(|(latitude, longitude)| Position { latitude, longitude });
    Ok(Site {
        code: row.code.parse().map_err(|_| UNREADABLE)?,
        name: row.name,
        level: Level::named(&row.level).ok_or(UNREADABLE)?,
        parent: row.parent.map(|code| code.parse()).transpose().map_err(|_| UNREADABLE)?,
        address: row.address,
        position,
        zone: row.zone,
        tags: tags(&row.tags).map_err(|_| UNREADABLE)?,
        retired: row.retired,
    })
}

fn row(site: &Site, path: &Path) -> SiteRow {
    SiteRow {
        code: site.code.to_string(),
        name: site.name.clone(),
        level: site.level.name().to_owned(),
        parent: site.parent.as_ref().map(ToString::to_string),
        path: path.as_str().to_owned(),
        address: site.address.clone(),
        latitude: site.position.map(|position| position.latitude),
        longitude: site.position.map(|position| position.longitude),
        zone: site.zone.clone(),
        tags: in_line(&site.tags),
        retired: site.retired,
    }
}

/// Every site, as the database has them.
async fn tree(conn: &mut Conn) -> Result<Tree, StoreError> {
    let rows = rows::all(conn).await?.into_iter();
    let sites: Result<BTreeMap<_, _>, _> = rows.map(|row| read(row).map(|site| (site.code.clone(), site))).collect();
    Tree::new(sites?).map_err(|_| UNREADABLE)
}

/// What an edit made of the sites.
struct Edited {
    before: Tree,
    after: Tree,
}

impl Edited {
    fn changes(&self) -> Changes {
        Changes::between(&self.before, &self.after)
    }
}

/// Puts what `change` makes of the sites in place of what they were; none of them is left out.
async fn edit<E: Into<Error>>(
    tx: &mut Tx,
    change: impl FnOnce(BTreeMap<Code, Site>) -> Result<BTreeMap<Code, Site>, E>,
) -> Result<Edited, Error> {
    let before = tree(tx).await?;
    let after = Tree::new(change(before.by_code()).map_err(Into::into)?).map_err(NotASite::from)?;
    for (terminal, site) in terminals::sites(tx).await? {
        let Some(site) = site else { continue };
        let site = site.parse::<Code>().map_err(|_| UNREADABLE)?;
        if after.get(&site).is_some_and(|site| site.retired) {
            return Err(NotASite::Occupied { site, terminal }.into());
        }
    }
    let mut written: Vec<(Path, &Site)> = Vec::new();
    for site in after.sites() {
        let (former, path) = (before.get(&site.code), after.path_of(&site.code));
        if former != Some(site) || path != before.path_of(&site.code) {
            written.push((path, site));
        }
        if let Some(former) = former.filter(|former| former.name != site.name) {
            rows::rename(tx, site.code.as_str(), [&former.name, &site.name]).await?;
        }
    }
    // What stands above is there before what stands below.
    written.sort_by_key(|(path, _)| path.codes().count());
    for (path, site) in &written {
        rows::put(tx, &row(site, path)).await?;
    }
    rows::changed(tx).await?;
    Ok(Edited { before, after })
}

fn known<'a>(sites: &'a mut BTreeMap<Code, Site>, code: &Code) -> Result<&'a mut Site, NotASite> {
    sites.get_mut(code).ok_or_else(|| NotASite::Unknown(code.clone()))
}

/// The tree as it was read last, and at which edition. Reading thousands of sites costs more than a page may.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<Option<Edition>>>);

#[derive(Debug)]
struct Edition {
    number: i64,
    tree: Arc<Tree>,
}

impl Known {
    fn at(&self, edition: i64) -> Option<Arc<Tree>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.number == edition).map(|known| Arc::clone(&known.tree))
    }

    fn put(&self, number: i64, tree: &Arc<Tree>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Edition { number, tree: Arc::clone(tree) });
    }
}

impl Fleet {
    /// Every site.
    ///
    /// # Errors
    /// The database.
    pub async fn sites(&self) -> Result<Arc<Tree>, Error> {
        let mut conn = self.store.read().await?;
        // First: sites that are changed between the two are read anew by whoever comes next.
        let edition = rows::edition(&mut conn).await?;
        if let Some(tree) = self.sites.at(edition) {
            return Ok(tree);
        }
        let tree = Arc::new(tree(&mut conn).await?);
        self.sites.put(edition, &tree);
        Ok(tree)
    }

    /// The terminals that stand at sites and are not revoked, by number.
    ///
    /// # Errors
    /// The database.
    pub async fn terminals_at_sites(&self) -> Result<Vec<(TerminalNumber, Code)>, Error> {
        let found = terminals::sites(&mut *self.store.read().await?).await?.into_iter();
        let found = found.filter_map(|(terminal, site)| site.map(|site| (terminal, site)));
        let read = |(terminal, code): (TerminalNumber, String)| Ok((terminal, code.parse().map_err(|_| UNREADABLE)?));
        found.map(read).collect()
    }

    /// Adds a site.
    ///
    /// # Errors
    /// [`Error::Site`], or the database.
    pub async fn add_site(&self, site: Site) -> Result<(), Error> {
        let (site, code) = (site.clone().checked()?, site.code);
        self.edit_sites("site.add", &code, |sites| match sites.insert(site.code.clone(), site) {
            Some(former) => Err(NotASite::Taken(former.code)),
            None => Ok(()),
        })
        .await
    }

    /// Changes what is known of a site; with another parent it moves, with all that stands under it. Its code and whether
    /// it is open stay.
    ///
    /// # Errors
    /// [`Error::Site`], or the database.
    pub async fn change_site(&self, code: &Code, change: impl FnOnce(&mut Site)) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let edited = edit(&mut tx, |mut sites| {
            let site = known(&mut sites, code)?;
            let mut new = site.clone();
            change(&mut new);
            *site = Site { code: site.code.clone(), retired: site.retired, ..new }.checked()?;
            Ok::<_, NotASite>(sites)
        })
        .await?;
        let Some((former, changed)) = edited.before.get(code).zip(edited.after.get(code)) else { return Ok(()) };
        if former.parent != changed.parent {
            let under = changed.parent.as_ref().map_or_else(|| "the top".to_owned(), |parent| format!("site:{parent}"));
            self.note(&mut tx, "site.move", &format!("site:{code} {under}")).await?;
        }
        if *former != (Site { parent: former.parent.clone(), ..changed.clone() }) {
            self.note(&mut tx, "site.set", &format!("site:{code}")).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Closes a site that nothing stands at or under, or opens it again.
    ///
    /// # Errors
    /// [`Error::Site`], or the database.
    pub async fn retire_site(&self, code: &Code, retired: bool) -> Result<(), Error> {
        self.edit_sites(if retired { "site.retire" } else { "site.reopen" }, code, |sites| {
            known(sites, code)?.retired = retired;
            Ok(())
        })
        .await
    }

    /// Takes in a list: what it says of sites, new and known, all of it or nothing. Sites that it doesn't name stay as they
    /// are. With `is_dry` nothing is changed.
    ///
    /// # Errors
    /// [`Error::List`] with every line that is wrong, or the database.
    pub async fn import_sites(&self, list: &List, is_dry: bool) -> Result<Changes, Error> {
        let mut tx = self.store.write().await?;
        let edited = edit(&mut tx, |sites| list.over(sites).map_err(NotAList::Lines)).await;
        let changes = match edited {
            Err(Error::Site(problem)) => return Err(NotAList::Lines(vec![list.about(&problem)]).into()),
            other => other?.changes(),
        };
        if !is_dry && !changes.is_empty() {
            let subject = format!("sites: {} added, {} changed", changes.added.len(), changes.changed.len());
            self.note(&mut tx, "site.import", &subject).await?;
            tx.commit().await?;
        }
        Ok(changes)
    }

    /// Puts a terminal at another site.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Revoked`], [`Error::Site`], or the database.
    pub async fn move_terminal(&self, number: TerminalNumber, code: &Code, place: &str) -> Result<Site, Error> {
        is_place(place)?;
        let mut tx = self.store.write().await?;
        let mut row = terminals::find(&mut tx, number).await?.ok_or(Error::Unknown(number))?;
        if row.revoked_at.is_some() {
            return Err(Error::Revoked(number));
        }
        let site = open_site(&mut tx, code).await?;
        row.site = Some(code.to_string());
        row.station.clone_from(&site.name);
        place.clone_into(&mut row.place);
        terminals::put(&mut tx, &row).await?;
        self.note(&mut tx, "terminal.move", &format!("{} site:{code}", subject(number))).await?;
        tx.commit().await?;
        Ok(site)
    }

    async fn edit_sites(
        &self,
        what: &str,
        code: &Code,
        change: impl FnOnce(&mut BTreeMap<Code, Site>) -> Result<(), NotASite>,
    ) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let edited = edit(&mut tx, |mut sites| change(&mut sites).map(|()| sites)).await?;
        if edited.changes().is_empty() {
            return Ok(());
        }
        self.note(&mut tx, what, &format!("site:{code}")).await?;
        Ok(tx.commit().await?)
    }

    /// The site of a terminal that is added under this number, which is made where it isn't there.
    pub(super) async fn site_of(
        &self,
        tx: &mut Tx,
        stands: Stands<'_>,
        number: TerminalNumber,
    ) -> Result<Option<Site>, Error> {
        let name = match stands {
            Stands::At(code) => return Ok(Some(open_site(tx, code).await?)),
            Stands::Named(name) if name.trim().is_empty() => return Ok(None),
            Stands::Named(name) => name.trim(),
        };
        let sites = tree(tx).await?;
        if let Some(site) = sites.sites().find(|site| !site.retired && site.name == name) {
            return Ok(Some(site.clone()));
        }
        let codes = (1..).map(|n| if n == 1 { format!("T{}", number.get()) } else { format!("T{}-{n}", number.get()) });
        let code = codes.map_while(|code| code.parse::<Code>().ok()).find(|code| sites.get(code).is_none());
        let site = Site::new(code.ok_or(UNREADABLE)?, name).checked()?;
        rows::put(tx, &row(&site, &Path::of(&[&site]))).await?;
        rows::changed(tx).await?;
        self.note(tx, "site.add", &format!("site:{}", site.code)).await?;
        Ok(Some(site))
    }
}

/// Whether it can stand beside a terminal's site.
pub(super) fn is_place(place: &str) -> Result<(), NotASite> {
    let fits = place.chars().count() <= PLACE_CHARS_MAX && !place.contains(char::is_control);
    if fits { Ok(()) } else { Err(NotASite::Place) }
}

async fn open_site(tx: &mut Tx, code: &Code) -> Result<Site, Error> {
    let row = rows::find(tx, code.as_str()).await?.ok_or_else(|| NotASite::Unknown(code.clone()))?;
    let site = read(row)?;
    if site.retired { Err(NotASite::Retired(code.clone()).into()) } else { Ok(site) }
}
