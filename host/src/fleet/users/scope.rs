//! Which part of the fleet somebody sees.

use serde::Serialize;

use super::{
    super::sites::{Code, Path},
    Refusal,
};
use crate::store::{overview::Within, users::UserRow};

/// Which sites somebody sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole fleet, and terminals whose station is not known.
    All,
    /// These, and all that stand under them.
    Sites(Vec<Code>),
    /// Those whose names begin with one of these: given before there was a tree, and good until an admin gives another.
    Named(Vec<String>),
}

impl Scope {
    /// Reads codes of sites; none, the whole fleet.
    ///
    /// # Errors
    /// [`Refusal::Scope`] for what isn't one.
    pub fn of(codes: &[String]) -> Result<Self, Refusal> {
        let codes: Vec<Code> =
            codes.iter().map(|code| code.trim().parse()).collect::<Result<_, _>>().map_err(|_| Refusal::Scope)?;
        match codes.len() {
            0 => Ok(Self::All),
            1..=100 => Ok(Self::Sites(codes)),
            _ => Err(Refusal::Scope),
        }
    }

    /// Whether somebody with this scope sees a station, which stands there in the tree.
    #[must_use]
    pub fn covers(&self, station: &str, path: &Path) -> bool {
        match self {
            Self::All => true,
            Self::Sites(codes) => codes.iter().any(|code| path.is_under(code)),
            Self::Named(names) => names.iter().any(|name| station.starts_with(name.as_str())),
        }
    }

    /// Somebody's. What can't be read is nothing of the fleet.
    #[must_use]
    pub fn of_row(row: &UserRow) -> Self {
        match (&row.sites, &row.scope) {
            (Some(codes), _) => Self::Sites(codes.lines().filter_map(|code| code.parse().ok()).collect()),
            (None, Some(names)) => Self::Named(names.lines().map(str::to_owned).collect()),
            (None, None) => Self::All,
        }
    }

    /// Gives it to somebody.
    pub(super) fn put(&self, row: &mut UserRow) {
        row.sites = self.codes().map(|codes| codes.join("\n"));
        row.scope = if let Self::Named(names) = self { Some(names.join("\n")) } else { None };
    }

    fn codes(&self) -> Option<Vec<&str>> {
        if let Self::Sites(codes) = self { Some(codes.iter().map(Code::as_str).collect()) } else { None }
    }

    /// In one line: `all`, the codes, or the beginnings.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Sites(codes) => codes.iter().map(Code::as_str).collect::<Vec<_>>().join(", "),
            Self::Named(names) => names.join(", "),
        }
    }

    /// For statements.
    pub(super) fn within(&self) -> Within<'_> {
        match self {
            Self::All => Within::All,
            Self::Sites(codes) => Within::Sites(codes.iter().map(Code::as_str).collect()),
            Self::Named(names) => Within::Named(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn row() -> UserRow {
        UserRow {
            id: "1".into(),
            login: "chen".into(),
            name: "陈".into(),
            role: "viewer".into(),
            scope: None,
            sites: None,
            password: String::new(),
            totp: None,
            totp_pending: None,
            totp_step: 0,
            added_at: Timestamp::UNIX_EPOCH.to_string(),
            removed_at: None,
        }
    }

    #[test]
    fn a_scope_reads_back_as_it_was_given() {
        let sites = Scope::of(&["DX-03".into(), " T7".into()]).unwrap();
        for scope in [sites, Scope::All, Scope::Named(vec!["花桥镇".into(), "北山".into()])] {
            let mut row = row();
            scope.put(&mut row);
            assert_eq!(Scope::of_row(&row), scope);
        }
        for wrong in ["", "  ", "a\nb", "花桥镇", "dx-03"] {
            assert_eq!(Scope::of(&[wrong.to_owned()]), Err(Refusal::Scope), "{wrong:?}");
        }
    }

    #[test]
    fn a_scope_covers_what_stands_under_it_and_nothing_of_the_same_beginning() {
        let sites = Scope::of(&["DX-03".into()]).unwrap();
        let covers = |path: &str| sites.covers("花桥站", &Path::stored(path));
        assert!(covers("/DX/DX-03/") && covers("/DX/DX-03/DX-03-1/"));
        assert!(!covers("/DX/") && !covers("/DX/DX-031/") && !covers("/DX-03-1/") && !covers(""));
        let named = Scope::Named(vec!["花桥镇".into(), "北山".into()]);
        let covers = |station: &str| named.covers(station, &Path::default());
        assert!(covers("花桥镇联络站") && covers("北山") && !covers("花桥村") && !covers(""));
        assert!(Scope::All.covers("", &Path::default()));
        assert!(!Scope::Sites(Vec::new()).covers("花桥站", &Path::stored("/DX/")));
    }
}
