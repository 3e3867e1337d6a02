//! `host site …`: the tree of sites.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Answer, Host, terminal::fleet_of};
use crate::{
    durable::{self, Readers},
    fleet::{
        Fleet,
        sites::{Code, Level, List, NotASite, Position, Site, in_line, tags, write_list},
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds a site.
    Add {
        /// By what it is known for good: capital letters, digits and hyphens, as DX-03.
        code: Code,
        /// What people call it; receipts and messages say it, so that no other open site has the same.
        #[arg(long)]
        name: String,
        /// The site above it [default: it stands at the top].
        #[arg(long, value_name = "CODE")]
        under: Option<Code>,
        #[command(flatten)]
        fields: Fields,
    },
    /// Changes what is given; the rest stays.
    Set {
        /// Its code.
        code: Code,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        fields: Fields,
    },
    /// Moves a site, with all that stands under it.
    Move {
        /// Its code.
        code: Code,
        /// The site above it from now on [default: it stands at the top].
        #[arg(long, value_name = "CODE")]
        under: Option<Code>,
    },
    /// Closes a site at which no terminal and under which no open site stands; its code is given to no other.
    Retire {
        /// Its code.
        code: Code,
    },
    /// Opens a closed site again.
    Reopen {
        /// Its code.
        code: Code,
    },
    /// Shows the tree, with the terminals of each site.
    List,
    /// Shows one site.
    Show {
        /// Its code.
        code: Code,
    },
    /// Takes in a list (CSV, UTF-8 or GB 18030), whole or not at all; `host site export` shows which columns there are.
    Import {
        /// The list.
        file: PathBuf,
        /// Only says what it would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Writes all sites as a list that spreadsheets open and `host site import` takes.
    Export {
        /// The file, which must not be there yet.
        file: PathBuf,
        /// With the head and the levels in Chinese.
        #[arg(long)]
        chinese: bool,
    },
}

/// What is known of a site.
#[derive(Debug, Args)]
pub(super) struct Fields {
    /// What kind it is.
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// How to find it.
    #[arg(long)]
    address: Option<String>,
    /// Degrees north and east, WGS 84, as 28.9475,117.5786; empty, not known.
    #[arg(long, value_name = "LATITUDE,LONGITUDE", allow_hyphen_values = true)]
    position: Option<String>,
    /// Its time zone, an IANA name; empty, that of the site above it.
    #[arg(long)]
    zone: Option<String>,
    /// Words that it shares with others, with spaces between; empty, none.
    #[arg(long)]
    tags: Option<String>,
}

impl Fields {
    fn put(self, site: &mut Site) -> Result<(), NotASite> {
        let Self { level, address, position, zone, tags: words } = self;
        site.level = level.unwrap_or(site.level);
        site.address = address.unwrap_or_else(|| site.address.clone());
        if let Some(position) = position.as_deref().map(str::trim) {
            let (latitude, longitude) = position.split_once(',').unwrap_or((position, ""));
            let is_said = !position.is_empty();
            site.position = is_said.then(|| Position::of(latitude.trim(), longitude.trim())).transpose()?;
        }
        if let Some(zone) = zone {
            site.zone = Some(zone).filter(|zone| !zone.is_empty());
        }
        if let Some(words) = words {
            site.tags = tags(&words)?;
        }
        Ok(())
    }
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let fleet = fleet_of(&machine)?;
    match command {
        Command::Add { code, name, under, fields } => {
            let mut site = Site { parent: under, ..Site::new(code.clone(), &name) };
            fields.put(&mut site)?;
            fleet.add_site(site).await?;
            show(fleet, &code).await
        }
        Command::Set { code, name, fields } => {
            let tree = fleet.sites().await?;
            let mut site = tree.get(&code).cloned().ok_or_else(|| NotASite::Unknown(code.clone()))?;
            site.name = name.unwrap_or(site.name);
            fields.put(&mut site)?;
            fleet.change_site(&code, |former| *former = Site { parent: former.parent.clone(), ..site }).await?;
            show(fleet, &code).await
        }
        Command::Move { code, under } => {
            fleet.change_site(&code, |site| site.parent = under).await?;
            show(fleet, &code).await
        }
        Command::Retire { code } => {
            fleet.retire_site(&code, true).await?;
            show(fleet, &code).await
        }
        Command::Reopen { code } => {
            fleet.retire_site(&code, false).await?;
            show(fleet, &code).await
        }
        Command::List => list(fleet).await,
        Command::Show { code } => show(fleet, &code).await,
        Command::Import { file, dry_run } => {
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let sites = List::read(&bytes).with_context(|| file.display().to_string())?;
            let changes = fleet.import_sites(&sites, dry_run).await?;
            let (added, changed) = (changes.added.len(), changes.changed.len());
            let text = match (changes.is_empty(), dry_run) {
                (true, _) => "nothing is new".to_owned(),
                (false, true) => format!("{added} sites would be added, {changed} changed; nothing was done"),
                (false, false) => format!("{added} sites added, {changed} changed"),
            };
            Answer::new(text, json!({ "added": changes.added, "changed": changes.changed, "dry_run": dry_run }))
        }
        Command::Export { file, chinese } => export(fleet, file, chinese).await,
    }
}

async fn export(fleet: &Fleet, file: PathBuf, in_chinese: bool) -> Result<Answer> {
    let tree = fleet.sites().await?;
    let sites = tree.downwards(tree.roots(), |_| true).into_iter().map(|(site, _)| site);
    let bytes = write_list(sites, in_chinese)?;
    let count = tree.sites().count();
    durable::write_new(&file, &bytes, Readers::All).with_context(|| file.display().to_string())?;
    Answer::new(format!("{count} sites in {}", file.display()), json!({ "file": file, "sites": count }))
}

async fn list(fleet: &Fleet) -> Result<Answer> {
    let tree = fleet.sites().await?;
    let mut at: BTreeMap<Code, Vec<_>> = BTreeMap::new();
    for (terminal, code) in fleet.terminals_at_sites().await? {
        at.entry(code).or_default().push(terminal);
    }
    let (mut text, mut all) = (String::new(), Vec::new());
    for (site, depth) in tree.downwards(tree.roots(), |_| true) {
        let terminals = at.remove(&site.code).unwrap_or_default();
        let numbers: Vec<_> = terminals.iter().map(ToString::to_string).collect();
        let closed = if site.retired { "  (retired)" } else { "" };
        writeln!(
            text,
            "{:indent$}{}  {}{closed}  {}",
            "",
            site.code,
            site.name,
            numbers.join(" "),
            indent = depth * 2
        )?;
        let mut value = serde_json::to_value(site)?;
        value["terminals"] = json!(terminals);
        all.push(value);
    }
    if all.is_empty() {
        text.push_str("no site yet; `host site add` or `host site import` adds the first\n");
    }
    Answer::new(text.trim_end(), all)
}

async fn show(fleet: &Fleet, code: &Code) -> Result<Answer> {
    let tree = fleet.sites().await?;
    let site = tree.get(code).ok_or_else(|| NotASite::Unknown(code.clone()))?;
    let terminals: Vec<_> =
        fleet.terminals_at_sites().await?.into_iter().filter(|(_, at)| at == code).map(|(number, _)| number).collect();
    let path: Vec<_> = tree.path(code).iter().map(|site| site.name.as_str()).collect();
    let mut text = format!("{code}  {}", path.join(" › "));
    write!(text, "\nlevel      {}", site.level.name())?;
    write!(text, "\naddress    {}", site.address)?;
    write!(text, "\nposition   {}", site.position.map(|position| position.degrees().join(", ")).unwrap_or_default())?;
    write!(text, "\ntime zone  {}", site.zone.as_deref().unwrap_or("that of the site above"))?;
    write!(text, "\ntags       {}", in_line(&site.tags))?;
    write!(text, "\nterminals  {}", terminals.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))?;
    write!(text, "\nunder it   {}", tree.children(code).map(|site| site.code.as_str()).collect::<Vec<_>>().join(" "))?;
    if site.retired {
        text.push_str("\nretired");
    }
    let mut json = serde_json::to_value(site)?;
    json["terminals"] = json!(terminals);
    Answer::new(text, json)
}
