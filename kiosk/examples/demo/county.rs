//! The county's people at the county's own pages: the station is furnished, cases are claimed, forwarded, answered,
//! confirmed and closed.
//!
//! Invariant: each of them uses a browser of their own, signed in with a password; nothing reaches past the pages.

use anyhow::{Context as _, Result, bail};
use kiosk::clock::{Clock as _, SystemClock};

use crate::{
    browser::{Browser, Page},
    machine::{Addresses, Machine},
    processes::Programs,
    visits::Opened,
};

/// The villages of the demo's station: id and name.
const VILLAGES: [(&str, &str); 4] =
    [("huaqiao", "花桥村"), ("xiaxi", "下溪村"), ("shangwan", "上湾村"), ("laojing", "老井村")];

/// The unit that answers.
const UNIT: &str = "县住建局";

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// The command line's word for the role.
    pub role: &'static str,
    /// What they type to sign in.
    pub login: String,
    /// Drawn by the host.
    pub password: String,
}

/// Who works at the county.
#[derive(Debug, Clone)]
pub struct People {
    county: Person,
    deputy: Person,
    unit: Person,
    officer: Person,
}

impl People {
    /// Adds them on the host's command line.
    ///
    /// # Errors
    ///
    /// What the command says.
    pub fn hire(machine: &Machine, programs: &Programs) -> Result<Self> {
        let add = |role: &'static str, name: &str, unit: Option<&str>| -> Result<Person> {
            let mut words = vec!["person", "add", "--login", role, "--name", name, "--role", role];
            words.extend(unit.into_iter().flat_map(|unit| ["--unit", unit]));
            let added = machine.run(programs, &words, "")?;
            let password = added["password"].as_str().context("the host drew no password")?;
            Ok(Person { role, login: role.into(), password: password.into() })
        };
        Ok(Self {
            county: add("county", "刘主任", None)?,
            deputy: add("deputy", "陈代表", None)?,
            unit: add("unit", "赵科长", Some(UNIT))?,
            officer: add("officer", "周联络员", None)?,
        })
    }

    /// All of them, for whoever tries the console.
    pub fn all(&self) -> [&Person; 4] {
        [&self.county, &self.deputy, &self.unit, &self.officer]
    }
}

/// What deputy and unit told the villager.
pub struct Answer {
    /// The unit's reply.
    pub reply: String,
}

/// The browsers of those who work on cases.
pub struct County {
    county: Browser,
    deputy: Browser,
    unit: Browser,
}

impl County {
    /// Signs everybody in.
    ///
    /// # Errors
    ///
    /// The host refuses one of them.
    pub fn new(addresses: &Addresses, people: &People) -> Result<Self> {
        let sign_in = |person: &Person| -> Result<Browser> {
            let browser = Browser::new(&addresses.public_base, &addresses.ca)?;
            let page = browser.open("/county/sign-in")?;
            let form = page.form("/county/sign-in")?;
            let form = form.with("login", &person.login).with("password", &person.password);
            browser.send(&form).with_context(|| format!("sign in as {}", person.login))?;
            Ok(browser)
        };
        Ok(Self { county: sign_in(&people.county)?, deputy: sign_in(&people.deputy)?, unit: sign_in(&people.unit)? })
    }

    /// Furnishes the station: villages, telephone, officer, and the county's promise.
    ///
    /// # Errors
    ///
    /// The pages refuse something.
    pub fn furnish(&self, station: &str) -> Result<()> {
        let stations = self.county.open("/county/stations")?;
        let address = stations.link_with(station).with_context(|| format!("no station {station} on the console"))?;
        let villages: Vec<String> = VILLAGES.iter().map(|(id, name)| format!("{id} {name}")).collect();
        let form = self.county.open(&address)?.form(&address)?;
        let form = form.with("telephone", "0570-6012345").with("officer_name", "周联络员");
        let form = form.with("officer_telephone", "0570-6012346").with("places", &villages.join("\n"));
        self.county.send(&form.with("place", VILLAGES[0].0))?;
        let settings = self.county.open("/county/settings")?.form("/county/settings")?;
        self.county.send(&settings.with("reply_period", "送到县里后3个工作日内答复")).map(drop)
    }

    /// What the county opened of a ticket.
    ///
    /// # Errors
    ///
    /// No such case, or a page that lacks something.
    pub fn case(&self, ticket: &str) -> Result<Opened> {
        let page = case_page(&self.deputy, ticket)?;
        Ok(Opened {
            category: page.fact("类别").context("no category on the case's page")?,
            place: page.fact("地点").unwrap_or_default(),
            landmark: page.fact("具体位置"),
            text: page.words_of("words").context("no words on the case's page")?,
        })
    }

    /// Seconds of the recording that came with a ticket, once it has come and can be played.
    ///
    /// # Errors
    ///
    /// It does not come, or is no Ogg file.
    pub fn recording(&self, ticket: &str) -> Result<u32> {
        crate::wait::until("the recording at the county", std::time::Duration::from_secs(120), || {
            let page = case_page(&self.deputy, ticket)?;
            let (Some(address), words) = (page.source_of("audio"), page.words()) else { return Ok(None) };
            if !self.deputy.load(&address)?.starts_with(b"OggS") {
                bail!("what the county plays is no Ogg file");
            }
            let seconds = words.split("录音，约").nth(1).and_then(|rest| rest.split("秒").next());
            Ok(seconds.and_then(|seconds| seconds.trim().parse().ok()))
        })
    }

    /// The deputy claims and forwards, the unit replies, the deputy confirms and closes.
    ///
    /// # Errors
    ///
    /// A page that does not offer the next step.
    pub fn settle(&self, ticket: &str) -> Result<Answer> {
        let reply = format!("已派人到现场看过，三天内修好。编号 {ticket}。");
        step(&self.deputy, ticket, "/claim", &[])?;
        let unit = case_page(&self.deputy, ticket)?.option(UNIT)?;
        let due = SystemClock::start().wall().at + jiff::SignedDuration::from_hours(72);
        step(&self.deputy, ticket, "/forward", &[("unit", &unit), ("due", &due.strftime("%Y-%m-%d").to_string())])?;
        step(&self.unit, ticket, "/reply", &[("text", &reply)])?;
        step(&self.deputy, ticket, "/confirm", &[])?;
        step(&self.deputy, ticket, "/close", &[])?;
        Ok(Answer { reply })
    }

    /// Looks whether the county's page shows the rating, and what follows from a bad one.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn see_rating(&self, ticket: &str, bad: bool) -> Result<()> {
        let wanted = if bad { "二次协调" } else { "已评价" };
        crate::wait::until(&format!("the case to be {wanted}"), std::time::Duration::from_secs(120), || {
            Ok(self.page(ticket)?.words().contains(wanted).then_some(()))
        })
    }

    /// The case as the county's people see it.
    ///
    /// # Errors
    ///
    /// No such case.
    pub fn page(&self, ticket: &str) -> Result<Page> {
        case_page(&self.county, ticket)
    }

    /// Name and telephone behind the link of a case's page.
    ///
    /// # Errors
    ///
    /// A page without that link, or nobody left any.
    pub fn contact(&self, case: &Page) -> Result<String> {
        let link = case.link_with("查看联系方式").context("no link to name and telephone")?;
        let words = self.county.open(&link)?.words_of("contact").context("nobody left name or telephone")?;
        Ok(words.trim().to_owned())
    }
}

fn case_page(browser: &Browser, ticket: &str) -> Result<Page> {
    let list = browser.open(&format!("/county/cases?ticket={ticket}"))?;
    match list.link("/county/cases/") {
        Some(address) => browser.open(&address),
        None => bail!("no case {ticket} on the list:\n{}", list.words()),
    }
}

fn step(browser: &Browser, ticket: &str, end: &str, fields: &[(&str, &str)]) -> Result<()> {
    let form = case_page(browser, ticket)?.form(end)?;
    let form = fields.iter().fold(form, |form, (name, value)| form.with(name, value));
    browser.send(&form).map(drop)
}
