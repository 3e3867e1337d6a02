//! Visits, played from the first touch to the rating.
//!
//! Invariant: each fact of `visits.json` is taken where it can be known: number and code from the paper, category, place
//! and words from the county's page, the paper's fate and the delivery from the terminal's disk, the reply from the
//! terminal's screen.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use aws_lc_rs::digest::{SHA256, digest};
use kiosk::{pages::Page, queue::PrintState};
use wire::bulletin::Bulletin;

use crate::{
    arguments::Play,
    county::{Answer, County},
    mirror::Mirror,
    paper::{Reader, Receipt},
    screen::Screen,
    stage::Stage,
    terminal::{Hands, PANEL, PAPER_DOTS, mirror},
    visits::{self, Outcome, Played, Printed, Visit},
    wait::until,
};

/// A receipt, from the touch to the cut: a slow printer of a real device among them.
const RECEIPT: Duration = Duration::from_secs(120);
/// From the terminal's disk to the county's.
const DELIVERY: Duration = Duration::from_secs(120);

/// Plays all visits and leaves screens, receipts and `visits.json`.
///
/// # Errors
///
/// Whatever part fails, by name. A visit that is refused is no error.
pub fn run(asked: &Play) -> Result<()> {
    let visits = asked.visits.as_deref().map_or_else(|| Ok(visits::samples()), visits::read)?;
    for part in ["screens", "receipts"] {
        fs::create_dir_all(asked.out.join(part)).with_context(|| asked.out.display().to_string())?;
    }
    let out = fs::canonicalize(&asked.out)?;
    let reader = Reader::build()?;
    let mut stage = Stage::set(&out.join("stage"), asked.printer.as_deref(), true)?;
    let screen = Screen::start(PANEL.0, PANEL.1)?;
    stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
    stage.terminal.start_agent(&stage.programs)?;
    let bulletin = stage.bulletin()?;
    let mirror = mirror()?;
    mirror.set_bulletin(&bulletin);
    let county = County::new(&stage.addresses, &stage.people)?;

    let mut player = Player { out: &out, reader, screen, mirror, bulletin, county, played: 0 };
    let mut outcomes = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        let outcome = match visits::refusal(visit, &player.bulletin.categories) {
            Some(refused) => Outcome::Refused { refused },
            None => {
                let played = player.play(&mut stage, visit);
                Outcome::Played(Box::new(played.with_context(|| format!("visit {}", index + 1))?))
            }
        };
        println!("visit {} of {}: {}", index + 1, visits.len(), serde_json::to_string(&outcome)?);
        outcomes.push(outcome);
    }
    kiosk::durable::write(&out.join("visits.json"), &serde_json::to_vec_pretty(&outcomes)?, 0o644)?;
    println!("{}", out.join("visits.json").display());
    Ok(())
}

struct Player<'a> {
    out: &'a Path,
    reader: Reader,
    screen: Screen,
    mirror: Mirror,
    bulletin: Bulletin,
    county: County,
    played: usize,
}

impl Player<'_> {
    fn play(&mut self, stage: &mut Stage, visit: &Visit) -> Result<Played> {
        self.played += 1;
        let before = stage.printer.receipts().len();
        self.speak(stage, visit).context("at the terminal")?;
        let receipt = self.receipt(stage, before).context("the receipt")?;
        let ticket = receipt.ticket()?;
        self.leave_contact(stage, visit, &ticket).context("name and telephone")?;

        until("the county's acknowledgement on the terminal's disk", DELIVERY, || {
            stage.terminal.check()?;
            stage.machine.check()?;
            Ok(stage.terminal.facts(&ticket)?.filter(|facts| facts.delivered))
        })?;
        let opened = self.county.case(&ticket).context("the case on the county's page")?;
        let answer = self.county.settle(&ticket).context("deputy and unit")?;
        let reply_shown = self.come_back(stage, receipt.code()?, &answer).context("coming back")?;
        // The first villager is not content: the case is taken up again.
        let rating = if self.played == 1 { "不满意" } else { "满意" };
        self.rate(stage, rating).context("rating")?;
        self.county.see_rating(&ticket, self.played == 1).context("the rating on the county's page")?;

        let facts = stage.terminal.facts(&ticket)?.context("the terminal does not know its own ticket")?;
        Ok(Played {
            query_code: receipt.query_code()?,
            category: opened.category,
            place: opened.landmark.map_or(opened.place.clone(), |near| format!("{} {near}", opened.place)),
            text_sha256: digest(&SHA256, opened.text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect(),
            printed: match facts.paper {
                PrintState::Confirmed { .. } => Printed::Confirmed,
                PrintState::Failed { .. } => Printed::Failed,
                _ => Printed::Unknown,
            },
            delivered: facts.delivered,
            reply_shown,
            ticket,
        })
    }

    /// From the invitation to the number in large digits.
    fn speak(&mut self, stage: &mut Stage, visit: &Visit) -> Result<()> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        let (screens, n) = (self.out.join("screens"), self.played);
        let keep = |hands: &Hands<'_>, name: &str| hands.keep(&screens, &format!("{n:03}-{name}"));
        hands.see(Page::Attract)?;
        keep(&hands, "1-attract")?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        keep(&hands, "2-home")?;
        hands.tap_to("我要说", Page::Category)?;
        keep(&hands, "3-category")?;
        let category = self.bulletin.categories.iter().find(|category| category.name == visit.category);
        let category = category.context("a category that was let through")?;
        hands.tap_to(&category.label, Page::Place)?;

        let own = self.bulletin.station.place.as_ref();
        let village = |id: Option<&String>| self.bulletin.places.iter().find(|place| Some(&place.id) == id);
        let own = village(own).or(self.bulletin.places.first()).context("the station has no villages")?;
        let named = visit.place.as_ref().and_then(|name| self.bulletin.places.iter().find(|p| p.name == *name));
        if let (None, Some(words)) = (named, visit.place.as_ref().filter(|words| !words.trim().is_empty())) {
            hands.tap("附近有什么，可不填")?;
            self.mirror.follow("附近有什么，可不填")?;
            hands.type_text(words)?;
            keep(&hands, "4-landmark")?;
            hands.tap("好了")?;
            self.mirror.follow("好了")?;
            self.mirror.set_landmark(words);
        }
        keep(&hands, "4-place")?;
        hands.tap_to(&named.unwrap_or(own).name, Page::Say)?;
        self.mirror.set_landmark("");
        self.mirror.set_sentences(&category.sentences);

        keep(&hands, "5-sentences")?;
        hands.tap("自己写")?;
        self.mirror.set_writing(true);
        hands.type_text(&visit.text)?;
        keep(&hands, "6-writing")?;
        hands.tap("写好了")?;
        self.mirror.set_writing(false);
        keep(&hands, "7-read-back")?;
        hands.tap_to("交给代表", Page::Done)
    }

    /// The paper of this visit, kept and read.
    fn receipt(&self, stage: &mut Stage, before: usize) -> Result<Receipt> {
        let receipt = until("the receipt to come out", RECEIPT, || {
            stage.terminal.check()?;
            Ok(stage.printer.receipts().into_iter().nth(before))
        })?;
        let name = format!("{:03}", self.played);
        let read = self.reader.read(&self.out.join("receipts"), &name, &receipt.bytes, PAPER_DOTS)?;
        let ticket = read.ticket()?;
        until("the terminal to know what became of the receipt", RECEIPT, || {
            let facts = stage.terminal.facts(&ticket)?;
            Ok(facts.filter(|f| !matches!(f.paper, PrintState::Prepared { .. } | PrintState::Sending { .. })))
        })?;
        self.screen.keep(&self.out.join("screens").join(format!("{name}-8-done.png")))?;
        Ok(read)
    }

    fn leave_contact(&self, stage: &mut Stage, visit: &Visit, ticket: &str) -> Result<()> {
        let paper = stage.terminal.facts(ticket)?.context("the terminal does not know its own ticket")?.paper;
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        if matches!(paper, PrintState::Unknown { .. }) {
            self.mirror.set_paper(kiosk::pages::Paper::Unsure);
            hands.tap("拿到了")?;
            self.mirror.set_paper(kiosk::pages::Paper::Printed);
        }
        if visit.name.is_some() || visit.phone.is_some() {
            hands.tap_to("留个电话", Page::Contact)?;
            if let Some(name) = visit.name.as_ref().filter(|name| !name.is_empty()) {
                hands.type_text(name)?;
            }
            if let Some(phone) = visit.phone.as_ref().filter(|phone| !phone.is_empty()) {
                hands.tap("电话")?;
                hands.type_text(phone)?;
            }
            hands.keep(&self.out.join("screens"), &format!("{:03}-9-contact", self.played))?;
            hands.tap_to("留下", Page::Done)?;
            self.mirror.set_contact_saved();
        }
        hands.tap("好了")?;
        hands.see(Page::Attract)
    }

    /// Another day: the receipt under the scanner; whether the reply stands on the screen.
    fn come_back(&self, stage: &mut Stage, code: &str, answer: &Answer) -> Result<bool> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("查我的事", Page::Find)?;
        hands.keep(&self.out.join("screens"), &format!("{:03}-a-find", self.played))?;
        stage.scanner.read(code)?;
        hands.see(Page::Found)?;
        let shown = until("the reply on the screen", Duration::from_secs(20), || {
            Ok(self.mirror.shows_reply(&self.screen.look()?, &answer.reply)?.then_some(()))
        });
        hands.keep(&self.out.join("screens"), &format!("{:03}-b-found", self.played))?;
        Ok(shown.is_ok())
    }

    fn rate(&self, stage: &mut Stage, rating: &str) -> Result<()> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.tap(rating)?;
        hands.keep(&self.out.join("screens"), &format!("{:03}-c-rated", self.played))?;
        hands.tap_to("返回", Page::Find)?;
        hands.tap_to("返回", Page::Home)?;
        hands.tap_to("返回", Page::Attract)
    }
}
