//! The tree of sites: county home, stations and points, of any shape.
//!
//! Invariants: does no I/O. A [`Tree`] has each code once, each parent in it, no circle and no open site under a retired one;
//! two open sites never have the same name, because receipts, messages and people call them by it alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Serialize, Serializer};

use super::site::Site;

/// Longest code, in characters: it stands on posters and in file names.
pub const CODE_CHARS_MAX: usize = 32;

/// The most sites one above the other: a county has three.
pub const DEPTH_MAX: usize = 16;

/// A site's code, which never changes: capital letters, digits and single hyphens between them, as in `DX-03`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// The text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a code is 1 to {CODE_CHARS_MAX} capital letters, digits and single hyphens between them, not {0:?}")]
pub struct NotACode(pub String);

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if text.len() <= CODE_CHARS_MAX && text.split('-').all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACode(text.chars().take(CODE_CHARS_MAX * 2).collect()))
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Code {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why sites make no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself")]
pub enum NotATree {
    #[error("the site {site} stands under {parent}, which is not there")]
    NoParent { site: Code, parent: Code },
    #[error("the site {0} would stand under itself")]
    Circle(Code),
    #[error("the site {0} would stand more than {DEPTH_MAX} deep")]
    Deep(Code),
    #[error("the site {site} can't be open under {parent}, which is retired")]
    UnderRetired { site: Code, parent: Code },
    #[error("the sites {0} and {1} have the same name; write the township before it")]
    SameName(Code, Code),
}

impl NotATree {
    fn no_parent((site, parent): (Code, Code)) -> Self {
        Self::NoParent { site, parent }
    }

    fn under_retired((site, parent): (Code, Code)) -> Self {
        Self::UnderRetired { site, parent }
    }
}

/// Sites that make a tree; several may stand at the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    sites: BTreeMap<Code, Site>,
    children: BTreeMap<Option<Code>, BTreeSet<Code>>,
}

impl Tree {
    /// Makes a tree of `sites`.
    ///
    /// # Errors
    /// The first that doesn't fit, by code.
    pub fn new(sites: BTreeMap<Code, Site>) -> Result<Self, NotATree> {
        let mut tree = Self { sites, children: BTreeMap::new() };
        let mut names: BTreeMap<&str, &Code> = BTreeMap::new();
        for (code, site) in &tree.sites {
            if let Some(parent) = &site.parent {
                let pair = || (code.clone(), parent.clone());
                match tree.sites.get(parent).map(|above| above.retired && !site.retired) {
                    None => return Err(NotATree::no_parent(pair())),
                    Some(true) => return Err(NotATree::under_retired(pair())),
                    Some(false) => {}
                }
            }
            if !site.retired
                && let Some(other) = names.insert(&site.name, code)
            {
                return Err(NotATree::SameName(other.clone(), code.clone()));
            }
            tree.children.entry(site.parent.clone()).or_default().insert(code.clone());
        }
        tree.hangs_from_the_top()?;
        Ok(tree)
    }

    /// Level by level: what no way down from the top reaches stands in a circle.
    fn hangs_from_the_top(&self) -> Result<(), NotATree> {
        let mut reached: BTreeSet<&Code> = BTreeSet::new();
        let mut level: Vec<&Code> = self.roots().map(|site| &site.code).collect();
        for _ in 0..DEPTH_MAX {
            let next = level.iter().flat_map(|code| self.children(code)).map(|site| &site.code).collect();
            reached.extend(std::mem::replace(&mut level, next));
        }
        if let Some(deep) = level.first() {
            return Err(NotATree::Deep((*deep).clone()));
        }
        let circle = self.sites.keys().find(|code| !reached.contains(code));
        circle.map_or(Ok(()), |code| Err(NotATree::Circle(code.clone())))
    }

    /// The site of this code.
    #[must_use]
    pub fn get(&self, code: &Code) -> Option<&Site> {
        self.sites.get(code)
    }

    /// Every site, by code.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values()
    }

    /// The sites at the top, by code.
    pub fn roots(&self) -> impl Iterator<Item = &Site> {
        self.under(None)
    }

    /// The sites right under `code`, by code.
    pub fn children(&self, code: &Code) -> impl Iterator<Item = &Site> {
        self.under(Some(code.clone()))
    }

    fn under(&self, parent: Option<Code>) -> impl Iterator<Item = &Site> {
        self.children.get(&parent).into_iter().flatten().filter_map(|code| self.sites.get(code))
    }

    /// The codes from the top down to `code` itself.
    #[must_use]
    pub fn path_of(&self, code: &Code) -> Path {
        Path::of(&self.path(code))
    }

    /// These sites with what stands under them as far as `goes_on` says so, each before what stands under it, and how many of
    /// them stand above it.
    pub fn downwards<'a>(
        &'a self,
        first: impl IntoIterator<Item = &'a Site>,
        goes_on: impl Fn(&Site) -> bool,
    ) -> Vec<(&'a Site, usize)> {
        let mut open: Vec<(&Site, usize)> = first.into_iter().map(|site| (site, 0)).collect();
        open.reverse();
        let mut ordered = Vec::new();
        while let Some((site, depth)) = open.pop() {
            ordered.push((site, depth));
            let below: Vec<&Site> = self.children(&site.code).filter(|site| goes_on(site)).collect();
            open.extend(below.into_iter().rev().map(|site| (site, depth + 1)));
        }
        ordered
    }

    /// The sites by code, to be changed.
    pub(super) fn by_code(&self) -> BTreeMap<Code, Site> {
        self.sites.clone()
    }

    /// From the top down to `code` itself; empty if it isn't there.
    #[must_use]
    pub fn path(&self, code: &Code) -> Vec<&Site> {
        let up = |site: &&Site| site.parent.as_ref().and_then(|parent| self.get(parent));
        let mut path: Vec<_> = std::iter::successors(self.get(code), up).collect();
        path.reverse();
        path
    }
}

/// The codes from the top down to a site, each between slashes: `/DX/DX-03/`. What stands under a site has its code in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(String);

impl Path {
    /// Of these sites, the top one first.
    #[must_use]
    pub fn of(sites: &[&Site]) -> Self {
        let codes: String = sites.iter().map(|site| format!("{}/", site.code)).collect();
        Self(if codes.is_empty() { codes } else { format!("/{codes}") })
    }

    /// As it is stored; empty for what stands nowhere.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether this is `code` or stands under it.
    #[must_use]
    pub fn is_under(&self, code: &Code) -> bool {
        self.codes().any(|each| each == code.as_str())
    }

    /// The codes, the top one first.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|code| !code.is_empty())
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
