//! `host terminal …`.

mod show;

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::{
    bulletin::{Bulletin, Station, built_in_categories},
    enrol::{CountyKeys, Enrolment},
    ticket::TerminalNumber,
};

use super::{Answer, Host};
use crate::{
    config::Role,
    durable::{self, Readers},
    fleet::{self, Admitted, Fleet, Staff, Stands, Whom, sites::Code},
    keys,
    setup::{self, Addresses, Machine},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds a terminal and writes its enrolment file.
    Add(Add),
    /// Writes another enrolment file for a known terminal: its card is new, or it was away for too long.
    Readmit(Readmit),
    /// Shows all terminals.
    List,
    /// Shows how terminals are: what each last told of itself, and its alarms.
    Health {
        /// Its number [default: all that ever reported].
        number: Option<TerminalNumber>,
    },
    /// Says that it is known who opened a terminal's case: its alarm is over.
    CaseChecked {
        /// Its number.
        number: TerminalNumber,
    },
    /// Says that you see to what is wrong with a terminal: messages do not repeat it.
    Take {
        /// Its number.
        number: TerminalNumber,
    },
    /// Leaves a terminal out of messages for some hours.
    Quiet(Quiet),
    /// Revokes a terminal for good; its next request is refused.
    Revoke {
        /// Its number.
        number: TerminalNumber,
    },
    /// Puts a terminal at another site.
    Move {
        /// Its number.
        number: TerminalNumber,
        /// The site's code.
        #[arg(long)]
        site: Code,
        /// Where in or near it the terminal stands.
        #[arg(long, default_value = "")]
        place: String,
    },
    /// Says in which station a terminal stands; for a county role that runs apart from the fleet.
    Place {
        /// Its number.
        number: TerminalNumber,
        /// The station's name.
        #[arg(long)]
        station: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Five digits, above all that were given [default: the next].
    #[arg(long)]
    number: Option<TerminalNumber>,
    #[command(flatten)]
    stands: At,
    /// Where in or near the station it stands, for whoever looks after it.
    #[arg(long, default_value = "")]
    place: String,
    /// The enrolment file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct At {
    /// The code of its site.
    #[arg(long)]
    site: Option<Code>,
    /// The name of its site, as the receipt shows it; where there is no such site one is made.
    #[arg(long)]
    station: Option<String>,
}

impl At {
    fn stands(&self) -> Stands<'_> {
        match &self.site {
            Some(code) => Stands::At(code),
            None => Stands::Named(self.station.as_deref().unwrap_or_default()),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Quiet {
    /// Its number.
    number: TerminalNumber,
    /// For how long; 0, messages tell of it again.
    #[arg(long)]
    hours: u32,
    /// Why, for those who wonder.
    #[arg(long, default_value = "")]
    why: String,
}

#[derive(Debug, Args)]
pub(super) struct Readmit {
    /// Its number.
    number: TerminalNumber,
    /// The enrolment file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    match command {
        Command::Add(add) => {
            let mut desk = Desk::open(host, &add.out).await?;
            let fleet = fleet_of(&desk.machine)?;
            let admitted = fleet.add(add.number, add.stands.stands(), &add.place).await?;
            desk.place(host, &admitted).await?;
            desk.write(host, admitted, &add.out).await
        }
        Command::Readmit(readmit) => {
            let mut desk = Desk::open(host, &readmit.out).await?;
            let fleet = fleet_of(&desk.machine)?;
            let admitted = fleet.readmit(readmit.number).await?;
            desk.write(host, admitted, &readmit.out).await
        }
        Command::List => show::list(fleet_of(&host.machine().await?)?).await,
        Command::Health { number } => show::health(fleet_of(&host.machine().await?)?, number).await,
        Command::CaseChecked { number } => {
            let was_open = fleet_of(&host.machine().await?)?.case_checked(number).await?;
            let text = if was_open { "the alarm is over" } else { "there is no such alarm" };
            Answer::new(format!("terminal {number}: {text}"), json!({ "terminal": number, "was_open": was_open }))
        }
        Command::Take { number } => {
            let is_taken = fleet_of(&host.machine().await?)?.take(number).await?;
            let text = if is_taken { "you see to it" } else { "there is no alarm that nobody sees to" };
            Answer::new(format!("terminal {number}: {text}"), json!({ "terminal": number, "taken": is_taken }))
        }
        Command::Quiet(Quiet { number, hours, why }) => {
            let until = fleet_of(&host.machine().await?)?.silence(Whom::Terminal(number), hours, &why).await?;
            let text =
                until.map_or("messages tell of it".to_owned(), |until| format!("no message tells of it until {until}"));
            Answer::new(format!("terminal {number}: {text}"), json!({ "terminal": number, "quiet_until": until }))
        }
        Command::Revoke { number } => {
            let machine = host.machine().await?;
            let fleet = fleet_of(&machine)?;
            let since = fleet.revoke(number).await?;
            setup::write_revoked(&host.config.data, fleet).await?;
            let list = setup::revoked_list(&host.config.data);
            let text = format!(
                "terminal {number} is revoked since {since}\n\
                 Where the county role runs apart, copy {} to it.",
                list.display()
            );
            Answer::new(text, json!({ "terminal": number, "revoked_at": since, "list": list }))
        }
        Command::Move { number, site, place } => {
            let mut machine = host.machine().await?;
            let site = fleet_of(&machine)?.move_terminal(number, &site, &place).await?;
            if let Some(county) = machine.county(&host.config, &host.addresses()?.public_base, &host.clock).await? {
                county.place_terminal(number, &site.name).await?;
            }
            let json = json!({ "terminal": number, "site": site.code, "station": site.name, "place": place });
            Answer::new(format!("terminal {number} stands at {} {}", site.code, site.name), json)
        }
        Command::Place { number, station } => {
            host.county().await?.place_terminal(number, &station).await?;
            let json = json!({ "terminal": number, "station": station });
            Answer::new(format!("terminal {number} stands in {station}"), json)
        }
    }
}

pub(super) fn fleet_of(machine: &Machine) -> Result<&Fleet> {
    machine.fleet.as_ref().context("this host plays the county role only; run the command where the fleet role runs")
}

/// What an enrolment file needs, found before a number is given away.
struct Desk {
    machine: Machine,
    addresses: Addresses,
    county_keys: CountyKeys,
}

impl Desk {
    async fn open(host: &Host, out: &Path) -> Result<Self> {
        anyhow::ensure!(!out.exists(), "{}: there is a file of this name; give --out another one", out.display());
        let machine = host.machine().await?;
        fleet_of(&machine)?;
        Ok(Self { machine, addresses: host.addresses()?, county_keys: county_keys(host)? })
    }

    /// Tells the county role, where it is played here too, in which station a new terminal stands.
    async fn place(&mut self, host: &Host, admitted: &Admitted) -> Result<()> {
        let county = self.machine.county(&host.config, &self.addresses.public_base, &host.clock).await?;
        if let Some(county) = county {
            county.place_terminal(admitted.terminal, &admitted.station).await?;
        }
        Ok(())
    }

    async fn write(&mut self, host: &Host, admitted: Admitted, out: &Path) -> Result<Answer> {
        let Self { machine, addresses, county_keys } = self;
        let terminal = admitted.terminal;
        let bulletin = match machine.county(&host.config, &addresses.public_base, &host.clock).await? {
            Some(county) => county.bulletin(terminal).await?,
            None => first_bulletin(host, &addresses.public_base, &admitted.station),
        };
        let ca = machine.ca.as_ref().context("the certificate authority is the fleet role's")?;
        let urls =
            fleet::Addresses { fleet_url: addresses.fleet_url.clone(), county_url: addresses.county_url.clone() };
        let staff = Staff::draw();
        let file = fleet::enrolment_file(admitted, ca.root_pem(), urls, county_keys.clone(), &staff, bulletin);
        let bytes = serde_json::to_vec_pretty(&file)?;
        durable::write_new(out, &bytes, Readers::Owner).with_context(|| out.display().to_string())?;
        written(&file, addresses, &staff, out)
    }
}

fn written(file: &Enrolment, addresses: &Addresses, staff: &Staff, out: &Path) -> Result<Answer> {
    let (terminal, generation, station) = (file.terminal, file.generation, &file.bulletin.station.name);
    let mut text = String::new();
    writeln!(text, "terminal          {terminal}, generation {generation}, {station}")?;
    writeln!(text, "enrolment file    {}  (good for one terminal, once)", out.display())?;
    writeln!(text, "officer's PIN     {}", staff.officer)?;
    writeln!(text, "technician's PIN  {}", staff.technician)?;
    write!(text, "The PINs are shown this once; the file holds only their hashes.")?;
    if [&addresses.fleet_url, &addresses.county_url].iter().any(|url| url.starts_with("https://localhost")) {
        write!(
            text,
            "\nThe file names localhost: it is good for a terminal on this machine only. For others start the"
        )?;
        write!(text, "\nhost with --fleet-url, --county-url and --public-base as terminals and phones see it.")?;
    }
    let json = json!({
        "terminal": terminal, "generation": generation, "station": station, "file": out,
        "officer_pin": staff.officer, "technician_pin": staff.technician,
        "fleet_url": addresses.fleet_url, "county_url": addresses.county_url,
    });
    Answer::new(text, json)
}

fn county_keys(host: &Host) -> Result<CountyKeys> {
    let path = if host.config.plays(Role::County) {
        setup::keys_folder(&host.config.data).join(keys::PUBLIC_KEYS)
    } else {
        let keys = host.config.county_keys.clone();
        keys.context(
            "`county_keys` is missing in host.toml: expected a copy of the county role's county/keys/keys.json",
        )?
    };
    Ok(keys::read_public(&path)?)
}

/// What a terminal shows until it has fetched the county's own; its revision is below every real one.
fn first_bulletin(host: &Host, public_base: &str, station: &str) -> Bulletin {
    Bulletin {
        revision: 0,
        issued: host.clock.now(),
        zone: host.config.zone.clone(),
        station: Station { name: station.to_owned(), telephone: String::new(), code: None, place: None },
        officer: None,
        public_base: public_base.to_owned(),
        reply_period: None,
        categories: built_in_categories(),
        places: Vec::new(),
        roster: Vec::new(),
        present: Vec::new(),
    }
}
