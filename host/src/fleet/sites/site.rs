//! A site, and what its fields may hold.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::tree::{Code, NotACode, NotATree};

/// What kind of site it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize, clap::ValueEnum, utoipa::ToSchema,
)]
#[schema(as = SiteLevel)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The county's own house.
    CountyHome,
    /// A station for one kind of matter.
    Specialist,
    /// A township's station.
    Township,
    /// A point in a village.
    Village,
    /// A station on the line only, without a house.
    OnLine,
    /// A site of which nobody said more.
    Station,
}

impl Level {
    /// Every one, the county's first.
    pub const ALL: [Self; 6] =
        [Self::CountyHome, Self::Specialist, Self::Township, Self::Village, Self::OnLine, Self::Station];

    /// The name in the database, in lists and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CountyHome => "county-home",
            Self::Specialist => "specialist",
            Self::Township => "township",
            Self::Village => "village",
            Self::OnLine => "on-line",
            Self::Station => "station",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::CountyHome => "代表之家",
            Self::Specialist => "专业代表联络站",
            Self::Township => "乡镇代表联络站",
            Self::Village => "村代表联络点",
            Self::OnLine => "网上代表联络站",
            Self::Station => "站点",
        }
    }

    /// Reads either.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name || level.in_chinese() == name)
    }
}

/// Where on earth, WGS 84, in millionths of a degree. What maps of mainland China show may lie some hundred metres off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Position {
    /// North of the equator, -90 to 90 millions.
    #[schema(minimum = -90_000_000, maximum = 90_000_000)]
    pub latitude: i64,
    /// East of Greenwich, -180 to 180 millions.
    #[schema(minimum = -180_000_000, maximum = 180_000_000)]
    pub longitude: i64,
}

impl Position {
    /// Of millionths of a degree.
    ///
    /// # Errors
    /// [`NotASite::Position`].
    pub fn at(latitude: i64, longitude: i64) -> Result<Self, NotASite> {
        let is_there =
            (-90_000_000..=90_000_000).contains(&latitude) && (-180_000_000..=180_000_000).contains(&longitude);
        if is_there { Ok(Self { latitude, longitude }) } else { Err(NotASite::Position) }
    }

    /// Of degrees as people write them, such as `28.9475` and `117.5786`.
    ///
    /// # Errors
    /// [`NotASite::Position`].
    pub fn of(latitude: &str, longitude: &str) -> Result<Self, NotASite> {
        let (latitude, longitude) = (millionths(latitude, 90), millionths(longitude, 180));
        latitude.zip(longitude).map(|(latitude, longitude)| Self { latitude, longitude }).ok_or(NotASite::Position)
    }

    /// Latitude and longitude in degrees.
    #[must_use]
    pub fn degrees(self) -> [String; 2] {
        [self.latitude, self.longitude].map(|value| {
            let sign = if value < 0 { "-" } else { "" };
            let (whole, part) = (value.abs() / 1_000_000, value.abs() % 1_000_000);
            let digits = format!("{sign}{whole}.{part:06}");
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        })
    }
}

fn millionths(text: &str, most: i64) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(part) || whole.len() > 3 || part.len() > 15 {
        return None;
    }
    let part: i64 = format!("{part:0<6}").get(..6)?.parse().ok()?;
    let value = whole.parse::<i64>().ok()? * 1_000_000 + part;
    (value <= most * 1_000_000).then_some(sign * value)
}

/// The longest place of a terminal in or near its site.
pub const PLACE_CHARS_MAX: usize = 100;

/// The longest tag, and the most of a site.
pub const TAG_CHARS_MAX: usize = 30;
/// Likewise.
pub const TAGS_MAX: usize = 20;

/// A word that sites share, without spaces or signs that part words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Tag(String);

impl FromStr for Tag {
    type Err = NotASite;

    fn from_str(text: &str) -> Result<Self, NotASite> {
        let parts = |c: char| c.is_whitespace() || c.is_control() || ",;，；、=<>\"'".contains(c);
        if (1..=TAG_CHARS_MAX).contains(&text.chars().count()) && !text.contains(parts) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASite::Tag)
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads tags as people write them, with spaces or commas between.
///
/// # Errors
/// [`NotASite::Tag`].
pub fn tags(text: &str) -> Result<BTreeSet<Tag>, NotASite> {
    let parts = text.split(|c: char| c.is_whitespace() || ",;，；、".contains(c)).filter(|tag| !tag.is_empty());
    let tags: BTreeSet<Tag> = parts.map(str::parse).collect::<Result<_, _>>()?;
    if tags.len() > TAGS_MAX { Err(NotASite::Tag) } else { Ok(tags) }
}

/// Tags in one line.
#[must_use]
pub fn in_line(tags: &BTreeSet<Tag>) -> String {
    tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Site {
    /// By what it is known for good.
    pub code: Code,
    /// What people call it, and what receipts and messages say.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// What kind it is.
    pub level: Level,
    /// Under which it stands; none at the top.
    pub parent: Option<Code>,
    /// How to find it; may be empty.
    #[schema(max_length = 200)]
    pub address: String,
    /// Where it is, if somebody said so.
    pub position: Option<Position>,
    /// IANA name, of maintenance windows; none, that of the site above, and at the top the rollout's.
    pub zone: Option<String>,
    /// Words that it shares with others.
    #[schema(max_items = 20)]
    pub tags: BTreeSet<Tag>,
    /// Closed, but kept: its code is given to no other.
    pub retired: bool,
}

/// What can't be a site, or can't be done to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself")]
pub enum NotASite {
    #[error(transparent)]
    Code(#[from] NotACode),
    #[error(transparent)]
    Tree(#[from] NotATree),
    #[error("the name is missing, or has more than 60 characters")]
    Name,
    #[error("an address has at most 200 characters, in one line")]
    Address,
    #[error("a place has at most {PLACE_CHARS_MAX} characters, in one line")]
    Place,
    #[error("latitude and longitude are degrees such as 28.9475 and 117.5786, both or neither")]
    Position,
    #[error("a time zone is an IANA name like Asia/Shanghai, not {0:?}")]
    Zone(String),
    #[error("a level is one of county-home, specialist, township, village, on-line, station, not {0:?}")]
    Level(String),
    #[error("expected yes or no (是, 否), or nothing for no")]
    YesOrNo,
    #[error("tags are at most 20 words of at most 30 characters, with spaces between")]
    Tag,
    #[error("there is no site {0}; `host site list` shows those there are")]
    Unknown(Code),
    #[error("there is a site {0} already; a code is given once")]
    Taken(Code),
    #[error("the site {0} is retired")]
    Retired(Code),
    #[error("the terminal {terminal} stands at {site}; move it or revoke it first")]
    Occupied { site: Code, terminal: wire::ticket::TerminalNumber },
}

impl Site {
    /// A site of which nothing but code and name is known.
    #[must_use]
    pub fn new(code: Code, name: &str) -> Self {
        Self {
            code,
            name: name.to_owned(),
            level: Level::Station,
            parent: None,
            address: String::new(),
            position: None,
            zone: None,
            tags: BTreeSet::new(),
            retired: false,
        }
    }

    /// The same with its texts trimmed.
    ///
    /// # Errors
    /// A name, an address or a time zone that isn't one.
    pub fn checked(self) -> Result<Self, NotASite> {
        let line = |text: &str, most: usize| {
            let text = text.trim().to_owned();
            (text.chars().count() <= most && !text.chars().any(char::is_control)).then_some(text)
        };
        let name = line(&self.name, 60).filter(|name| !name.is_empty()).ok_or(NotASite::Name)?;
        let address = line(&self.address, 200).ok_or(NotASite::Address)?;
        if let Some(zone) = &self.zone
            && TimeZone::get(zone).is_err()
        {
            return Err(NotASite::Zone(zone.chars().take(60).collect()));
        }
        Ok(Self { name, address, ..self })
    }
}
