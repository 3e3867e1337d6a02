//! Sites in a table for people. Invariant: does no I/O; what is written reads back as the same sites.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    site::{Level, NotASite, Position, Site, in_line, tags},
    tree::{Code, NotATree},
};
use crate::table::{self, NotText};

/// More sites than a province has.
const ROWS_MAX: usize = 50_000;
/// More wrong lines than anybody mends at once are not told.
const WRONG_MAX: usize = 100;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the fields of a site")]
pub enum Column {
    Code,
    Name,
    Level,
    Parent,
    Address,
    Latitude,
    Longitude,
    Zone,
    Tags,
    Retired,
}

impl Column {
    /// Every one, as they are written.
    pub const ALL: [Self; 10] = [
        Self::Code,
        Self::Name,
        Self::Level,
        Self::Parent,
        Self::Address,
        Self::Latitude,
        Self::Longitude,
        Self::Zone,
        Self::Tags,
        Self::Retired,
    ];

    /// Its name, and what Chinese lists call it.
    #[must_use]
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Code => ["code", "代码"],
            Self::Name => ["name", "名称"],
            Self::Level => ["level", "级别"],
            Self::Parent => ["parent", "上级代码"],
            Self::Address => ["address", "地址"],
            Self::Latitude => ["latitude", "纬度"],
            Self::Longitude => ["longitude", "经度"],
            Self::Zone => ["zone", "时区"],
            Self::Tags => ["tags", "标签"],
            Self::Retired => ["retired", "停用"],
        }
    }

    fn named(head: &str) -> Option<Self> {
        let head = head.trim();
        Self::ALL.into_iter().find(|column| column.names().iter().any(|name| name.eq_ignore_ascii_case(head)))
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// From 1, the head's; 0, the file.
    pub line: u64,
    /// In which field.
    pub column: Column,
    /// Which rule it breaks.
    pub rule: NotASite,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.column.names()[0], self.rule)
    }
}

/// Why a file is no list of sites.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAList {
    /// Its bytes.
    #[error(transparent)]
    Text(NotText),
    /// Quotation marks that don't end, and the like.
    #[error("line {0} is no line of CSV")]
    Csv(u64),
    /// It has no head that says which column is which.
    #[error("line 1: expected the columns code and name (代码, 名称), and of the others those that it has")]
    Head,
    /// A column that is none of a site.
    #[error("line 1: {name:?} is no column, or stands there twice; those there are: {}", heads())]
    Column {
        /// As it stands there.
        name: String,
    },
    /// A line has more cells than the head.
    #[error("line {0} has more cells than the head")]
    Cells(u64),
    /// Too many.
    #[error("more than {ROWS_MAX} sites")]
    Rows,
    /// Lines that are wrong, 100 at most.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Lines(Vec<Wrong>),
}

fn heads() -> String {
    Column::ALL.map(|column| column.names().join("/")).join(", ")
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    line: u64,
    cells: BTreeMap<Column, String>,
}

/// A list as it was read: for each site the columns that the list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(Vec<Entry>);

impl List {
    /// Reads a file: UTF-8 or GB 18030, with a head whose names are English or Chinese.
    ///
    /// # Errors
    /// [`NotAList`], but not what is wrong with a site.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAList> {
        // The reader counts a line only where the line feed of a spreadsheet's two characters is.
        let text = table::text(bytes).map_err(NotAList::Text)?.replace("\r\n", "\n");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut head: Option<Vec<Column>> = None;
        let mut entries = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| NotAList::Csv(error.position().map_or(0, csv::Position::line)))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let Some(columns) = &head else {
                head = Some(head_of(&record)?);
                continue;
            };
            if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
                return Err(NotAList::Cells(line));
            }
            let cells = columns.iter().copied().zip(record.iter().map(|cell| table::restored(cell.trim()).to_owned()));
            entries.push(Entry { line, cells: cells.collect() });
            if entries.len() > ROWS_MAX {
                return Err(NotAList::Rows);
            }
        }
        if head.is_none() { Err(NotAList::Head) } else { Ok(Self(entries)) }
    }

    /// Sites, with what the list says put over them.
    ///
    /// # Errors
    /// What is wrong with its lines; whether the sites make a tree is not looked at.
    pub fn over(&self, mut sites: BTreeMap<Code, Site>) -> Result<BTreeMap<Code, Site>, Vec<Wrong>> {
        let (mut wrong, mut named) = (Vec::new(), BTreeSet::new());
        for entry in &self.0 {
            match entry.laid_over(&sites) {
                Ok(site) if !named.insert(site.code.clone()) => {
                    wrong.push(entry.wrong(Column::Code, NotASite::Taken(site.code)));
                }
                Ok(site) => drop(sites.insert(site.code.clone(), site)),
                Err(error) => wrong.push(error),
            }
            if wrong.len() == WRONG_MAX {
                break;
            }
        }
        if wrong.is_empty() { Ok(sites) } else { Err(wrong) }
    }

    /// In which line and field the fault lies, where the sites are no tree together.
    pub(super) fn about(&self, rule: &NotASite) -> Wrong {
        let (column, sites): (Column, Vec<&Code>) = match rule {
            NotASite::Tree(NotATree::NoParent { site, .. }) => (Column::Parent, vec![site]),
            NotASite::Tree(NotATree::UnderRetired { site, parent }) => (Column::Parent, vec![site, parent]),
            NotASite::Tree(NotATree::Circle(site) | NotATree::Deep(site)) => (Column::Parent, vec![site]),
            NotASite::Tree(NotATree::SameName(one, other)) => (Column::Name, vec![other, one]),
            NotASite::Occupied { site, .. } => (Column::Retired, vec![site]),
            _ => (Column::Code, Vec::new()),
        };
        let line_of = |code: &&Code| {
            let says = |entry: &&Entry| entry.cells.get(&Column::Code).is_some_and(|cell| cell == code.as_str());
            self.0.iter().find(says).map(|entry| entry.line)
        };
        Wrong { line: sites.iter().find_map(line_of).unwrap_or(0), column, rule: rule.clone() }
    }
}

fn head_of(record: &csv::StringRecord) -> Result<Vec<Column>, NotAList> {
    let mut columns: Vec<Column> = Vec::new();
    for name in record {
        let unknown = || NotAList::Column { name: name.chars().take(40).collect() };
        let column = Column::named(name).filter(|column| !columns.contains(column)).ok_or_else(unknown)?;
        columns.push(column);
    }
    let has = |column| columns.contains(&column);
    if has(Column::Code) && has(Column::Name) { Ok(columns) } else { Err(NotAList::Head) }
}

impl Entry {
    fn wrong(&self, column: Column, rule: NotASite) -> Wrong {
        Wrong { line: self.line, column, rule }
    }

    fn laid_over(&self, sites: &BTreeMap<Code, Site>) -> Result<Site, Wrong> {
        let cell = |column: Column| self.cells.get(&column).map(String::as_str);
        let code = cell(Column::Code).unwrap_or_default().parse::<Code>();
        let code = code.map_err(|error| self.wrong(Column::Code, error.into()))?;
        let mut site = sites.get(&code).cloned().unwrap_or_else(|| Site::new(code, ""));
        for (column, cell) in &self.cells {
            put(&mut site, *column, cell).map_err(|rule| self.wrong(*column, rule))?;
        }
        if let Some((latitude, longitude)) = cell(Column::Latitude).zip(cell(Column::Longitude)) {
            let is_said = !latitude.is_empty() || !longitude.is_empty();
            let position = is_said.then(|| Position::of(latitude, longitude)).transpose();
            site.position = position.map_err(|rule| self.wrong(Column::Latitude, rule))?;
        }
        site.checked().map_err(|rule| {
            let column = match rule {
                NotASite::Address => Column::Address,
                NotASite::Zone(_) => Column::Zone,
                _ => Column::Name,
            };
            self.wrong(column, rule)
        })
    }
}

fn put(site: &mut Site, column: Column, cell: &str) -> Result<(), NotASite> {
    let said = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    match column {
        Column::Name => cell.clone_into(&mut site.name),
        Column::Address => cell.clone_into(&mut site.address),
        Column::Zone => site.zone = said(cell),
        Column::Level => {
            let level = if cell.is_empty() { Some(Level::Station) } else { Level::named(cell) };
            site.level = level.ok_or_else(|| NotASite::Level(cell.chars().take(40).collect()))?;
        }
        Column::Parent => site.parent = said(cell).map(|code| code.parse()).transpose()?,
        Column::Tags => site.tags = tags(cell)?,
        Column::Retired => {
            site.retired = match cell {
                "" | "0" | "no" | "否" => false,
                "1" | "yes" | "是" => true,
                _ => return Err(NotASite::YesOrNo),
            };
        }
        // Of more than one column.
        Column::Code | Column::Latitude | Column::Longitude => {}
    }
    Ok(())
}

/// Writes sites as a table, those above before those below; the head and the levels in Chinese or English.
///
/// # Errors
/// Never in memory; the writer's.
pub fn write<'a>(sites: impl IntoIterator<Item = &'a Site>, in_chinese: bool) -> Result<Vec<u8>, csv::Error> {
    let head = Column::ALL.map(|column| column.names()[usize::from(in_chinese)]);
    let cell = |site: &Site, column: Column| match column {
        Column::Code => site.code.to_string(),
        Column::Name => site.name.clone(),
        Column::Level => if in_chinese { site.level.in_chinese() } else { site.level.name() }.to_owned(),
        Column::Parent => site.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        Column::Address => site.address.clone(),
        Column::Latitude => site.position.map(|position| position.degrees()[0].clone()).unwrap_or_default(),
        Column::Longitude => site.position.map(|position| position.degrees()[1].clone()).unwrap_or_default(),
        Column::Zone => site.zone.clone().unwrap_or_default(),
        Column::Tags => in_line(&site.tags),
        Column::Retired => if site.retired { if in_chinese { "是" } else { "yes" } } else { "" }.to_owned(),
    };
    let rows: Vec<Vec<String>> =
        sites.into_iter().map(|site| Column::ALL.map(|column| cell(site, column)).to_vec()).collect();
    table::write(&head, &rows)
}
