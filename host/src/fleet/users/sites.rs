//! The tree of sites as far as somebody sees it, with how their terminals stand; admins change it.

use std::collections::BTreeMap;

use wire::ticket::TerminalNumber;

use super::{
    super::sites::{Changes, Code, List, NotASite, Path, Site, Tree},
    By, Error, Role, Scope, Standing, Users,
};
use crate::store::{overview, terminals};

/// A site among those that somebody sees, in the order in which a page lists them: each before those under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Which.
    pub site: Site,
    /// How many that somebody sees stand above it.
    pub depth: usize,
    /// How many terminals stand how, here and under it.
    pub terminals: BTreeMap<Standing, i64>,
}

/// A site, and what is around it.
#[derive(Debug, Clone)]
pub struct SitePage {
    /// It and what stands under it, as in [`Users::sites`].
    pub branches: Vec<Branch>,
    /// What stands above it, from the top down.
    pub above: Vec<Site>,
}

/// What a sheet on a site's wall says.
#[derive(Debug, Clone)]
pub struct Poster {
    /// Where it hangs.
    pub site: Site,
    /// None where no terminal stands there or above it.
    pub nearest: Option<Nearest>,
}

/// The terminal at a site, or at the nearest above it that has one.
#[derive(Debug, Clone)]
pub struct Nearest {
    /// Which.
    pub terminal: TerminalNumber,
    /// Where it stands.
    pub site: Site,
    /// Where in or near that; may be empty.
    pub place: String,
    /// Whether that is where the sheet hangs.
    pub is_here: bool,
}

impl Users {
    /// The sites that somebody sees, each before those under it.
    ///
    /// # Errors
    /// The database.
    pub async fn sites(&self, by: By<'_>) -> Result<Vec<Branch>, Error> {
        let tree = self.fleet.sites().await?;
        self.branches(by, &tree, None).await
    }

    /// The open sites that somebody sees, which others may stand under; none where they are more than anybody chooses from.
    ///
    /// # Errors
    /// The database.
    pub async fn open_sites(&self, by: By<'_>, at_most: usize) -> Result<Vec<(Code, String)>, Error> {
        let tree = self.fleet.sites().await?;
        let sees = |site: &&Site| !site.retired && by.sees(&site.name, &tree.path_of(&site.code));
        if tree.sites().count() > at_most {
            return Ok(Vec::new());
        }
        Ok(tree.sites().filter(sees).map(|site| (site.code.clone(), site.name.clone())).collect())
    }

    /// A site, with what stands above and under it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn site(&self, by: By<'_>, code: &Code) -> Result<SitePage, Error> {
        let tree = self.fleet.sites().await?;
        let mut above: Vec<Site> = tree.path(code).into_iter().cloned().collect();
        let site = above.pop().ok_or(Error::NotFound)?;
        if !by.sees(&site.name, &tree.path_of(code)) {
            return Err(Error::NotFound);
        }
        Ok(SitePage { branches: self.branches(by, &tree, Some(site)).await?, above })
    }

    async fn branches(&self, by: By<'_>, tree: &Tree, from: Option<Site>) -> Result<Vec<Branch>, Error> {
        let among = self.among(&by);
        let among = overview::Among { under: from.as_ref().map_or("", |site| site.code.as_str()), ..among };
        let mut counts: BTreeMap<String, BTreeMap<Standing, i64>> = BTreeMap::new();
        for (path, standing, count) in overview::at_sites(&mut *self.fleet.store.read().await?, &among).await? {
            for code in Path::stored(&path).codes() {
                if let Some(standing) = Standing::named(&standing) {
                    *counts.entry(code.to_owned()).or_default().entry(standing).or_default() += count;
                }
            }
        }
        let sees = |site: &Site| by.sees(&site.name, &tree.path_of(&site.code));
        let is_first = |site: &&Site| {
            let above = site.parent.as_ref().and_then(|parent| tree.get(parent));
            sees(site) && above.is_none_or(|above| !sees(above))
        };
        let first: Vec<&Site> = match (&from, by.scope()) {
            (Some(site), _) => tree.get(&site.code).into_iter().collect(),
            (None, Scope::All) => tree.roots().collect(),
            (None, _) => tree.sites().filter(is_first).collect(),
        };
        // Whoever sees a site sees what stands under it, unless it is by the beginning of its name.
        let sees_below = |site: &Site| !matches!(by.scope(), Scope::Named(_)) || sees(site);
        let branch = |(site, depth): (&Site, usize)| {
            let terminals = counts.remove(site.code.as_str()).unwrap_or_default();
            Branch { site: site.clone(), depth, terminals }
        };
        Ok(tree.downwards(first, sees_below).into_iter().map(branch).collect())
    }

    /// A site, and where whoever reads of it there finds a terminal.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn poster(&self, by: By<'_>, code: &Code) -> Result<Poster, Error> {
        let page = self.site(by, code).await?;
        let site = page.branches.into_iter().next().ok_or(Error::NotFound)?.site;
        let upwards: Vec<Site> = [site.clone()].into_iter().chain(page.above.into_iter().rev()).collect();
        let standing = self.fleet.terminals_at_sites().await?;
        let at = |site: &Site| standing.iter().find(|(_, code)| *code == site.code).map(|(number, _)| *number);
        let found = upwards.iter().find_map(|site| at(site).map(|number| (site, number)));
        let nearest = match found {
            Some((at, number)) => {
                let row = terminals::look(&self.fleet.store, number).await?;
                let place = row.map(|row| row.place).unwrap_or_default();
                Some(Nearest { terminal: number, site: at.clone(), place, is_here: at.code == *code })
            }
            None => None,
        };
        Ok(Poster { site, nearest })
    }

    /// Adds a site.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, the site, or the database.
    pub async fn add_site(&self, by: By<'_>, site: Site) -> Result<(), Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).add_site(site).await?)
    }

    /// Changes what is known of a site, and where it stands in the tree.
    ///
    /// # Errors
    /// As [`Users::add_site`].
    pub async fn change_site(&self, by: By<'_>, new: Site) -> Result<(), Error> {
        by.may(Role::Admin)?;
        let code = new.code.clone();
        Ok(self.fleet_for(by).change_site(&code, |site| *site = new).await?)
    }

    /// Closes a site, or opens it again.
    ///
    /// # Errors
    /// As [`Users::add_site`].
    pub async fn retire_site(&self, by: By<'_>, code: &Code, retired: bool) -> Result<(), Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).retire_site(code, retired).await?)
    }

    /// Takes in a list, or says what it would change.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, the list, or the database.
    pub async fn import_sites(&self, by: By<'_>, list: &List, is_dry: bool) -> Result<Changes, Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).import_sites(list, is_dry).await?)
    }

    /// The terminals that stand at these sites and are not revoked, by number.
    ///
    /// # Errors
    /// The database.
    pub async fn terminals_at(&self, sites: &[Code]) -> Result<Vec<(TerminalNumber, Code)>, Error> {
        let mut all = self.fleet.terminals_at_sites().await?;
        all.retain(|(_, code)| sites.contains(code));
        Ok(all)
    }

    /// One of the sites that somebody sees, without what stands around it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn site_alone(&self, by: By<'_>, code: &Code) -> Result<Site, Error> {
        let tree = self.fleet.sites().await?;
        let site = tree.get(code).filter(|site| by.sees(&site.name, &tree.path_of(code)));
        site.cloned().ok_or(Error::NotFound)
    }
}

impl From<NotASite> for Error {
    fn from(problem: NotASite) -> Self {
        Self::Fleet(problem.into())
    }
}
