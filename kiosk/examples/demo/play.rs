//! Visits, played from the first touch to the rating.
//!
//! Invariant: each fact of `visits.json` is taken where it can be known: number and code from the paper, category, place
//! and words from the county's page, the paper's fate and the delivery from the terminal's disk, the reply from the
//! terminal's screen. Where no paper came out, number and code are those that the terminal gave, as they stand on its
//! screen. `visits.json` is written anew as each visit ends; a visit that fails leaves what is known of it.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use kiosk::{pages::Page, queue::PrintState};
use wire::bulletin::Bulletin;

use crate::{
    arguments::Play,
    county::{Answer, County},
    microphone::Microphone,
    mirror::Mirror,
    paper::{Reader, Receipt},
    pen::{Knowledge, Pen},
    screen::Screen,
    stage::Stage,
    terminal::{Hands, PANEL, mirror},
    villager::Villager,
    visits::{self, By, Outcome, Played, Printed, Visit},
    wait::until,
};

/// A receipt, from the touch to the cut: the slowest printer takes a few seconds. Below the 90 s after which the
/// terminal asks whether somebody is still there.
const RECEIPT: Duration = Duration::from_secs(60);
/// What a person who left is given, 120 s in all, and a moment more.
const LEFT_ALONE: Duration = Duration::from_secs(150);
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
        let folder = asked.out.join(part);
        fs::create_dir_all(&folder).and_then(|()| forget(&folder)).with_context(|| folder.display().to_string())?;
    }
    let out = fs::canonicalize(&asked.out)?;
    let reader = Reader::build()?;
    let knowledge = Knowledge::learn(visits.iter().filter_map(|visit| visit.by))?;
    let mut stage = Stage::set(&out.join("stage"), &asked.printer, true)?;
    let screen = Screen::start(PANEL.0, PANEL.1)?;
    let speaks = visits.iter().any(|visit| visit.by == Some(By::Voice));
    let microphone = speaks.then(|| Microphone::plug_in(&out.join("stage/dev"))).transpose()?;
    stage.terminal.set_environment(microphone.iter().flat_map(Microphone::environment));
    stage.terminal.start_kiosk(&stage.programs, Some(screen.display()))?;
    stage.terminal.start_agent(&stage.programs)?;
    let bulletin = stage.bulletin()?;
    let mirror = mirror()?;
    mirror.set_bulletin(&bulletin);
    let county = County::new(&stage.addresses, &stage.people)?;

    let mut player = Player { out: &out, reader, screen, mirror, bulletin, county, knowledge, microphone, played: 0 };
    let (mut outcomes, results) = (Vec::new(), out.join("visits.json"));
    keep(&results, &outcomes)?;
    for (index, visit) in visits.iter().enumerate() {
        let outcome = match visits::refusal(visit, &player.bulletin.categories) {
            Some(refused) => Outcome::Refused { refused },
            None => Outcome::Played(Box::new(player.play(&mut stage, visit))),
        };
        println!("visit {} of {}: {}", index + 1, visits.len(), serde_json::to_string(&outcome)?);
        let in_trouble = matches!(&outcome, Outcome::Played(played) if played.trouble.is_some());
        outcomes.push(outcome);
        keep(&results, &outcomes)?;
        if in_trouble && index + 1 < visits.len() {
            player.clear_the_screen(&mut stage).with_context(|| format!("after visit {}", index + 1))?;
        }
    }
    println!("{}", results.display());
    Ok(())
}

/// Takes the pictures and receipts of an earlier demo out of a folder.
fn forget(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_ours = name.iter().take(3).filter(|byte| byte.is_ascii_digit()).count() == 3
            && path.extension().is_some_and(|end| end == "png" || end == "bin");
        if is_ours {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Replaces the results as a whole: whoever reads them meanwhile finds an array.
fn keep(results: &Path, outcomes: &[Outcome]) -> Result<()> {
    Ok(kiosk::durable::write(results, &serde_json::to_vec_pretty(outcomes)?, 0o644)?)
}

struct Player<'a> {
    out: &'a Path,
    reader: Reader,
    screen: Screen,
    mirror: Mirror,
    bulletin: Bulletin,
    county: County,
    knowledge: Knowledge,
    microphone: Option<Microphone>,
    played: usize,
}

impl Player<'_> {
    /// What is known of the visit in the end, however it ended.
    fn play(&mut self, stage: &mut Stage, visit: &Visit) -> Played {
        self.played += 1;
        let mut played = Played::default();
        let ended = self.play_through(stage, visit, &mut played);
        played.trouble = ended.err().map(|error| format!("{error:#}"));
        // What came about after a step failed is as true as what came before.
        if let Some(Ok(Some(facts))) = played.ticket.as_deref().map(|ticket| stage.terminal.facts(ticket)) {
            played.printed = printed(&facts.paper);
            played.delivered = facts.delivered;
        }
        played
    }

    fn play_through(&mut self, stage: &mut Stage, visit: &Visit, played: &mut Played) -> Result<()> {
        let given = stage.terminal.tickets()?;
        let spoken = self.speak(stage, visit, played).context("at the terminal");
        played.ticket = stage.terminal.tickets()?.into_iter().find(|ticket| !given.contains(ticket));
        spoken?;
        let ticket = played.ticket.clone().context("the terminal gave no number")?;
        played.query_code = stage.terminal.query_code(&ticket)?;
        let paper = self.paper(stage, &ticket).context("the receipt")?;
        let receipt = self.receipt(stage, &ticket, &paper).context("the receipt")?;
        if let Some(receipt) = &receipt {
            played.query_code = Some(receipt.query_code()?);
        }
        self.leave_contact(stage, visit, &paper).context("name and telephone")?;

        until("the county's acknowledgement on the terminal's disk", DELIVERY, || {
            stage.terminal.check()?;
            stage.machine.check()?;
            Ok(stage.terminal.facts(&ticket)?.filter(|facts| facts.delivered))
        })?;
        let opened = self.county.case(&ticket).context("the case on the county's page")?;
        played.text_sha256 = Some(wire::hex(digest(&SHA256, opened.text.as_bytes()).as_ref()));
        played.category = Some(opened.category);
        played.place = Some(opened.landmark.map_or(opened.place.clone(), |near| format!("{} {near}", opened.place)));
        if visit.by == Some(By::Voice) {
            played.voice_seconds = Some(self.county.recording(&ticket).context("the recording on the county's page")?);
        }
        let answer = self.county.settle(&ticket).context("deputy and unit")?;
        let code = played.query_code.as_deref().context("no query code, neither on paper nor at the terminal")?;
        let proof = match &receipt {
            Some(receipt) => Proof::Qr(receipt.code()?),
            None => Proof::Digits(&ticket, code),
        };
        played.reply_shown = self.come_back(stage, &proof, &answer).context("coming back")?;
        // The first villager is not content: the case is taken up again.
        let rating = if self.played == 1 { "不满意" } else { "满意" };
        self.rate(stage, rating).context("rating")?;
        self.county.see_rating(&ticket, self.played == 1).context("the rating on the county's page")
    }

    /// Leaves the terminal alone until it invites the next; one that ended by itself is started again.
    fn clear_the_screen(&mut self, stage: &mut Stage) -> Result<()> {
        self.mirror.set_landmark("");
        self.mirror.set_writing(false);
        let cleared = until("the terminal to invite the next", LEFT_ALONE, || {
            stage.terminal.check()?;
            Ok(stage.terminal.status().filter(|status| status.page == "attract"))
        });
        if cleared.is_ok() {
            return Ok(());
        }
        drop((stage.terminal.take_kiosk(), stage.terminal.take_agent()));
        stage.printer.replug();
        stage.terminal.start_kiosk(&stage.programs, Some(self.screen.display()))?;
        stage.terminal.start_agent(&stage.programs)
    }

    /// From the invitation to the number in large digits.
    fn speak(&mut self, stage: &mut Stage, visit: &Visit, played: &mut Played) -> Result<()> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        let (screens, n) = (self.out.join("screens"), self.played);
        let keep = |hands: &Hands<'_>, name: &str| hands.keep(&screens, &format!("{n:03}-{name}"));
        hands.see(Page::Attract)?;
        keep(&hands, "1-attract")?;
        hands.tap_to("摸一下，开始说", Page::Home)?;
        keep(&hands, "2-home")?;
        let touched = self.screen.taps();
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
        let pen = |by| Pen::new(hands.terminal.drive_socket(), &self.screen, &self.knowledge, by);
        match visit.by.map(|by| (by, pen(by))) {
            Some((By::Sentence, pen)) => pen.touch_sentence(&visit.text)?,
            Some((By::Voice, pen)) => {
                let (microphone, wav) = self.microphone.as_ref().zip(visit.spoken()).context("a microphone")?;
                pen.say(microphone, wav)?;
                keep(&hands, "6-speaking")?;
                pen.tap("说完了，交给代表")?;
                hands.see(Page::Done)?;
                played.taps = Some(self.screen.taps() - touched);
                return Ok(());
            }
            pen => {
                hands.tap("自己写")?;
                self.mirror.set_writing(true);
                match pen {
                    Some((_, pen)) => pen.write(&visit.text)?,
                    None => hands.type_text(&visit.text)?,
                }
                keep(&hands, "6-writing")?;
                hands.tap("写好了")?;
                self.mirror.set_writing(false);
            }
        }
        keep(&hands, "7-read-back")?;
        hands.tap_to("交给代表", Page::Done)?;
        played.taps = visit.by.map(|_| self.screen.taps() - touched);
        Ok(())
    }

    /// What became of the receipt, as far as the terminal comes to know. One that is still prepared when the page with
    /// the number is there waits for paper or a printer.
    fn paper(&self, stage: &mut Stage, ticket: &str) -> Result<PrintState> {
        let settled = until("the terminal to know what became of the receipt", RECEIPT, || {
            stage.terminal.check()?;
            let facts = stage.terminal.facts(ticket)?;
            Ok(facts.filter(|facts| !matches!(facts.paper, PrintState::Sending { .. })))
        });
        self.screen.keep(&self.out.join("screens").join(format!("{:03}-8-done.png", self.played)))?;
        Ok(settled?.paper)
    }

    /// The paper of this visit, kept and read; none where none came out.
    fn receipt(&self, stage: &mut Stage, ticket: &str, paper: &PrintState) -> Result<Option<Receipt>> {
        if printed(paper) == Printed::Failed {
            return Ok(None);
        }
        // A printer that held an older job may have let it out before this one, or behind it.
        let link = format!("/t#{ticket}.");
        let is_its_own = |bytes: &[u8]| bytes.windows(link.len()).any(|part| part == link.as_bytes());
        let Some(receipt) = stage.printer.receipts().into_iter().rfind(|receipt| is_its_own(&receipt.bytes)) else {
            return Ok(None);
        };
        let name = format!("{:03}", self.played);
        let read = self.reader.read(&self.out.join("receipts"), &name, &receipt.bytes, stage.paper.dots().into())?;
        if read.ticket()? != ticket {
            bail!("the barcode and the QR code of {name}.png name two tickets");
        }
        Ok(Some(read))
    }

    fn leave_contact(&self, stage: &mut Stage, visit: &Visit, paper: &PrintState) -> Result<()> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        if matches!(paper, PrintState::Unknown { .. }) {
            self.mirror.set_paper(kiosk::pages::Paper::Unsure);
            hands.tap("拿到了")?;
            self.mirror.set_paper(kiosk::pages::Paper::Printed);
        } else if printed(paper) == Printed::Failed {
            self.mirror.set_paper(kiosk::pages::Paper::Waiting);
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

    /// Another day: the receipt under the scanner, or its digits; whether the reply stands on the screen.
    fn come_back(&self, stage: &mut Stage, proof: &Proof<'_>, answer: &Answer) -> Result<bool> {
        let mut hands = Hands { terminal: &mut stage.terminal, screen: &self.screen, mirror: &self.mirror };
        hands.tap_to("摸一下，开始说", Page::Home)?;
        hands.tap_to("查我的事", Page::Find)?;
        hands.keep(&self.out.join("screens"), &format!("{:03}-a-find", self.played))?;
        match proof {
            // The two kinds of scanner take turns.
            Proof::Qr(code) if self.played % 2 == 1 => stage.scanner.read(code)?,
            Proof::Qr(code) => self.screen.strike(&format!("{code}\n"))?,
            Proof::Digits(ticket, code) => {
                // After the last digit of the number the keypad fills the code in.
                for digit in ticket.chars().chain(code.chars()) {
                    hands.tap(&digit.to_string())?;
                }
                hands.tap("查一查")?;
            }
        }
        if let Err(other) = hands.see(Page::Found) {
            let eyes = Villager { socket: hands.terminal.drive_socket() };
            return Err(other.context(eyes.look().map_or_else(|_| "a dark screen".to_owned(), |seen| seen.read_out())));
        }
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

/// What shows that a ticket is one's own.
enum Proof<'a> {
    /// What the receipt's QR holds.
    Qr(&'a str),
    /// Number and query code, for who has no receipt.
    Digits(&'a str, &'a str),
}

fn printed(paper: &PrintState) -> Printed {
    match paper {
        PrintState::Confirmed { .. } | PrintState::Taken { .. } | PrintState::Retracted { .. } => Printed::Confirmed,
        // What is still prepared waits for paper or a printer, and its villager has left without it.
        PrintState::Failed { .. } | PrintState::Prepared { .. } => Printed::Failed,
        PrintState::Sending { .. } | PrintState::Unknown { .. } => Printed::Unknown,
    }
}
