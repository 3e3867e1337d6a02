//! What a group asks of a terminal: terms that all have to hold, as in `under=DX-03 tag=山区,学校 version<1.4`.
//!
//! Invariants: does no I/O; what is printed reads back as the same. A terminal of which something is not known meets no term that
//! asks for it, whichever way it asks.
//!
//! | field | asks for |
//! |---|---|
//! | `under` | the site it stands at, or one above that |
//! | `level` | the level of its site |
//! | `tag` | a tag of its site |
//! | `version` | what its agent last said, ordered as deb-version(7) |
//! | `printer` | the printer's profile that it last said |
//!
//! `=` and `!=` take several values with commas between, of which one (none) has to hold; `version` also `<`, `<=`, `>`, `>=`.

use std::{cmp::Ordering, collections::BTreeSet, fmt, str::FromStr};

use super::super::{
    artifacts::compare,
    sites::{Code, Level, Path, Tag},
};

/// More than anybody reads.
const TERMS_MAX: usize = 20;

/// What is known of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Where its site stands in the tree.
    pub path: Path,
    /// Of its site.
    pub level: Option<Level>,
    /// Of its site; none, it stands at none.
    pub tags: Option<BTreeSet<Tag>>,
    /// Of its agent.
    pub version: Option<String>,
    /// Its printer's profile.
    pub printer: Option<String>,
}

/// How two versions have to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Than {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Than {
    const ALL: [(Self, &'static str); 4] =
        [(Self::AtMost, "<="), (Self::AtLeast, ">="), (Self::Less, "<"), (Self::More, ">")];

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A field that takes several values.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Any {
    Under(Vec<Code>),
    Level(Vec<Level>),
    Tag(Vec<Tag>),
    Version(Vec<String>),
    Printer(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Is(Any),
    IsNot(Any),
    Version(Than, String),
}

/// What a group asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Term>);

/// A text that asks nothing that can be answered, and where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAQuery {
    /// Nothing is asked.
    #[error("expected terms such as under=DX-03 tag=山区 version<1.4")]
    Empty,
    /// More terms than are read.
    #[error("expected at most {TERMS_MAX} terms")]
    Long,
    /// A term whose field, sign or value isn't one.
    #[error("at {at:?}: {expected}")]
    Term {
        /// The term.
        at: String,
        /// What should stand there.
        expected: &'static str,
    },
}

impl Query {
    /// Whether it asks for what is in reports.
    #[must_use]
    pub fn asks_what_terminals_say(&self) -> bool {
        let says = |term: &Term| match term {
            Term::Is(any) | Term::IsNot(any) => matches!(any, Any::Version(_) | Any::Printer(_)),
            Term::Version(..) => true,
        };
        self.0.iter().any(says)
    }

    /// Whether a terminal is in the group.
    #[must_use]
    pub fn holds(&self, facts: &Facts) -> bool {
        self.0.iter().all(|term| term.holds(facts))
    }
}

impl Term {
    fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Is(any) => any.holds(facts) == Some(true),
            Self::IsNot(any) => any.holds(facts) == Some(false),
            Self::Version(than, of) => facts.version.as_deref().is_some_and(|version| than.holds(compare(version, of))),
        }
    }
}

impl Any {
    /// Whether one of the values is the terminal's; none, that is not known.
    fn holds(&self, facts: &Facts) -> Option<bool> {
        match self {
            Self::Under(codes) => facts.tags.is_some().then(|| codes.iter().any(|code| facts.path.is_under(code))),
            Self::Level(levels) => facts.level.map(|level| levels.contains(&level)),
            Self::Tag(tags) => facts.tags.as_ref().map(|of| tags.iter().any(|tag| of.contains(tag))),
            Self::Version(versions) => {
                facts.version.as_deref().map(|version| versions.iter().any(|of| compare(version, of).is_eq()))
            }
            Self::Printer(profiles) => facts.printer.as_ref().map(|profile| profiles.contains(profile)),
        }
    }

    fn read(field: &str, values: &str) -> Result<Self, &'static str> {
        fn all<T>(
            values: &str,
            one: impl Fn(&str) -> Option<T>,
            expected: &'static str,
        ) -> Result<Vec<T>, &'static str> {
            values.split(',').map(|value| one(value).ok_or(expected)).collect()
        }
        let word = |value: &str| {
            let is_word = (1..=60).contains(&value.chars().count())
                && !value.contains(['<', '>', '=', '!'])
                && !value.contains(char::is_control);
            is_word.then(|| value.to_owned())
        };
        match field {
            "under" => all(values, |code| code.parse().ok(), "expected codes of sites, as DX-03").map(Self::Under),
            "level" => all(
                values,
                Level::named,
                "expected levels: county-home, specialist, township, village, on-line, station",
            )
            .map(Self::Level),
            "tag" => all(values, |tag| tag.parse().ok(), "expected tags").map(Self::Tag),
            "version" => all(values, word, "expected versions, as 1.4.2").map(Self::Version),
            "printer" => all(values, word, "expected printer profiles, as epson-tm").map(Self::Printer),
            "model" => Err("terminals don't say their model; ask for printer, or give their sites a tag"),
            _ => Err("expected under, level, tag, version or printer before the sign"),
        }
    }

    fn field(&self) -> (&'static str, String) {
        fn line(values: impl Iterator<Item = String>) -> String {
            values.collect::<Vec<_>>().join(",")
        }
        match self {
            Self::Under(codes) => ("under", line(codes.iter().map(ToString::to_string))),
            Self::Level(levels) => ("level", line(levels.iter().map(|level| level.name().to_owned()))),
            Self::Tag(tags) => ("tag", line(tags.iter().map(ToString::to_string))),
            Self::Version(versions) => ("version", versions.join(",")),
            Self::Printer(profiles) => ("printer", profiles.join(",")),
        }
    }
}

fn term(text: &str) -> Result<Term, &'static str> {
    if let Some((field, values)) = text.split_once("!=") {
        return Any::read(field, values).map(Term::IsNot);
    }
    for (than, sign) in Than::ALL {
        if let Some((field, value)) = text.split_once(sign) {
            return match (field, Any::read("version", value)?) {
                ("version", Any::Version(versions)) if versions.len() == 1 => Ok(Term::Version(than, value.to_owned())),
                ("version", _) => Err("expected one version after this sign"),
                _ => Err("only versions are less or more; expected = or !="),
            };
        }
    }
    let (field, values) = text.split_once('=').ok_or("expected a field, a sign and a value, as tag=山区")?;
    Any::read(field, values).map(Term::Is)
}

impl FromStr for Query {
    type Err = NotAQuery;

    fn from_str(text: &str) -> Result<Self, NotAQuery> {
        let read = |text: &str| {
            let wrong = |expected| NotAQuery::Term { at: text.chars().take(60).collect(), expected };
            term(text).map_err(wrong)
        };
        let terms: Vec<Term> = text.split_whitespace().map(read).collect::<Result<_, _>>()?;
        match terms.len() {
            0 => Err(NotAQuery::Empty),
            1..=TERMS_MAX => Ok(Self(terms)),
            _ => Err(NotAQuery::Long),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |term: &Term| match term {
            Term::Is(any) => format!("{}={}", any.field().0, any.field().1),
            Term::IsNot(any) => format!("{}!={}", any.field().0, any.field().1),
            Term::Version(than, of) => {
                let sign = Than::ALL.iter().find(|(each, _)| each == than).map_or("<", |(_, sign)| sign);
                format!("version{sign}{of}")
            }
        };
        f.write_str(&self.0.iter().map(text).collect::<Vec<_>>().join(" "))
    }
}
