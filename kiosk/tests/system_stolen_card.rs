//! A thief with the card and the network: all files, the terminal's key and certificate, and a real host to ask.
//!
//! No answer can be read but of tickets whose secret lies on the card, guesses are few, and behind the revocation
//! nothing is answered at all.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "the stage is shared with the demo")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../examples/demo/browser.rs"]
mod browser;
#[path = "../examples/demo/county.rs"]
mod county;
#[path = "../examples/demo/device.rs"]
mod device;
#[path = "../examples/demo/machine.rs"]
mod machine;
#[path = "../examples/demo/mirror.rs"]
mod mirror;
#[path = "../examples/demo/processes.rs"]
mod processes;
#[path = "../examples/demo/screen.rs"]
mod screen;
#[path = "../examples/demo/stage.rs"]
mod stage;
#[path = "../examples/demo/terminal.rs"]
mod terminal;
#[path = "support/virtual_printer/mod.rs"]
mod virtual_printer;
#[path = "../examples/demo/visits.rs"]
mod visits;
#[path = "../examples/demo/wait.rs"]
mod wait;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use county::County;
use jiff::Timestamp;
use kiosk::{
    clock::{Clock as _, SystemClock},
    config::Config,
    fleet::IdentityStore,
    https::{self, Identity},
    queue::{PrintState, Queue, QueueSettings, Submitted},
    seal::Sealer,
    ticket::{Draft, Named},
};
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use stage::{PrinterChoice, Stage};
use tokio::runtime::Runtime;
use wait::until;
use wire::{
    enrol::{Enrolment, RenewRequest},
    intake::{CheckIn, HelpCall, Lookup, LookupAnswer, Reissue, Track, Tracked, Views},
    secret::{Proof, QueryCode, Secret},
    ticket::TicketNumber,
    view::ViewKey,
};

/// The machine of a test may be slow.
const ARRIVES: Duration = Duration::from_secs(120);

const WRONG_TRIES_PER_TICKET: usize = 5;
const WRONG_TRIES_PER_TERMINAL: usize = 20;

/// A terminal whose two tickets were answered: of one the receipt came out, of the other it never did.
struct Scene {
    stage: Stage,
    config: Config,
    enrolment: Enrolment,
    printed: Submitted,
    waiting: Submitted,
    replies: [String; 2],
}

impl Scene {
    fn set(folder: &Path) -> Self {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let mut stage = Stage::set(folder, &PrinterChoice::default(), true).unwrap();
        let config = Config::load(&folder.join("terminal/kiosk.toml")).unwrap();
        let enrolment = config.load_enrolment().unwrap();
        let sealer = Sealer::new(&enrolment.county_keys).unwrap();
        let mut queue = open(&config, &enrolment);
        let [printed, waiting] =
            ["村口的路坏了。", "桥也坏了。"].map(|text| queue.submit(&draft(text), &sealer).unwrap());
        queue.journal(printed.job, PrintState::Sending { attempt: 1 }, None).unwrap();
        queue.journal(printed.job, PrintState::Confirmed { attempt: 1 }, None).unwrap();
        drop(queue);
        // The start of the next run forgets the codes of receipts that came out.
        drop(open(&config, &enrolment));

        stage.terminal.start_agent(&stage.programs).unwrap();
        let county = County::new(&stage.addresses, &stage.people).unwrap();
        let replies = [&printed, &waiting].map(|one| {
            let number = one.ticket.to_string();
            let delivered = || Ok(stage.terminal.facts(&number)?.filter(|facts| facts.delivered));
            until("the suggestion to arrive", ARRIVES, delivered).unwrap();
            let reply = county.settle(&number).unwrap().reply;
            until("the answer on the card", ARRIVES, || {
                let view = stage.terminal.queue()?.view(one.ticket)?;
                let opened = view.and_then(|view| view.open(&ViewKey::of(&one.secret)).ok());
                Ok(opened.and_then(|view| view.reply).filter(|answer| answer.text == reply).map(drop))
            })
            .unwrap();
            reply
        });
        stage.terminal.take_agent().unwrap().stop().unwrap();
        Self { stage, config, enrolment, printed, waiting, replies }
    }
}

fn open(config: &Config, enrolment: &Enrolment) -> Queue {
    let settings =
        QueueSettings { terminal: enrolment.terminal, first_generation: Some(enrolment.generation), witnesses: vec![] };
    Queue::open(&config.queue_path(), settings, Arc::new(SystemClock::start())).unwrap()
}

fn draft(text: &str) -> Draft {
    Draft {
        category: Named { id: "road".into(), name: "道路".into() },
        place: None,
        text: text.into(),
        landmark: None,
        on_behalf: false,
        text_on_receipt: false,
        voice: None,
    }
}

/// All bytes of the card.
fn card(folder: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(std::fs::read(entry.path()).unwrap()),
                _ => {}
            }
        }
    }
    files
}

/// Every key that sixteen bytes which lie together on the card could be the secret of.
fn keys_on(card: &[Vec<u8>]) -> Vec<ViewKey> {
    let all: BTreeSet<&[u8]> = card.iter().flat_map(|file| file.windows(16)).collect();
    let as_secret = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes).parse::<Secret>().unwrap();
    all.into_iter().map(|bytes| ViewKey::of(&as_secret(bytes))).collect()
}

/// A client whose day is right.
fn client(scene: &Scene, identity: Option<&Identity>) -> Client {
    let clock = Arc::new(SystemClock::start());
    let today = clock.wall().at;
    https::client(&scene.enrolment.ca, identity, clock, today).unwrap()
}

/// Somebody with the terminal's key and certificate.
struct Thief {
    runtime: Runtime,
    client: Client,
    intake: String,
    fleet: String,
    csr: String,
}

impl Thief {
    fn with_the_card_of(scene: &Scene) -> Self {
        let store = IdentityStore::open(&scene.config.data_dir, &scene.enrolment).unwrap();
        let identity = store.read().unwrap().unwrap();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            client: client(scene, Some(&identity)),
            intake: format!("{}/intake/v1", scene.enrolment.county_url),
            fleet: scene.enrolment.fleet_url.clone(),
            csr: store.request().unwrap(),
        }
    }

    fn send(&self, request: RequestBuilder) -> (u16, String) {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    fn post(&self, route: &str, body: &impl Serialize) -> (u16, String) {
        self.send(self.client.post(format!("{}/{route}", self.intake)).json(body))
    }

    fn get(&self, route: &str) -> (u16, String) {
        self.send(self.client.get(format!("{}/{route}", self.intake)))
    }

    fn tracks(&self, ticket: TicketNumber, proof: Proof) -> (u16, String) {
        self.post("track", &Track { ticket, proof })
    }

    /// Whether a code that is tried counts as wrong; otherwise it was not even looked at.
    fn is_wrong(&self, ticket: TicketNumber, code: &QueryCode) -> bool {
        let (status, body) = self.tracks(ticket, Proof::Code(code.clone()));
        match status {
            200 => serde_json::from_str::<Tracked>(&body).unwrap() == Tracked::NotFound || panic!("a guess was right"),
            429 => false,
            other => panic!("{other}: {body}"),
        }
    }
}

/// Codes that are not this one.
fn wrong_codes(right: &QueryCode) -> impl Iterator<Item = QueryCode> {
    let right = right.digits().to_owned();
    (0..).map(|n| format!("{n:06}")).filter(move |code| *code != right).map(|code| code.parse().unwrap())
}

#[test]
fn a_thief_reads_no_answer_but_of_receipts_that_never_came_out_and_none_once_the_terminal_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::set(folder.path());
    let (printed, waiting) = (&scene.printed, &scene.waiting);
    let thief = Thief::with_the_card_of(&scene);

    // What lies on the card, and what the host sends to its terminal, opens with a receipt alone.
    let card = card(&folder.path().join("terminal"));
    let keys = keys_on(&card);
    let (status, body) = thief.get("views?after=0");
    assert_eq!(status, 200, "{body}");
    let sent: Views = serde_json::from_str(&body).unwrap();
    let queue = scene.stage.terminal.queue().unwrap();
    for one in [printed, waiting] {
        let kept = queue.view(one.ticket).unwrap().unwrap();
        let sent = sent.views.iter().find(|view| view.ticket == one.ticket).unwrap();
        for view in [&kept, sent] {
            assert!(view.open(&ViewKey::of(&one.secret)).unwrap().reply.is_some());
            assert_eq!(keys.iter().any(|key| view.open(key).is_ok()), one.ticket == waiting.ticket, "{}", one.ticket);
        }
    }
    for reply in &scene.replies {
        assert!(!body.contains(reply.as_str()));
        assert!(!card.iter().any(|file| file.windows(reply.len()).any(|window| window == reply.as_bytes())));
    }

    // The receipt that is on the card answers; that is allowed.
    let own = || thief.tracks(waiting.ticket, Proof::Secret(waiting.secret.clone()));
    assert!(own().1.contains(&scene.replies[1]));
    guesses_are_few(&scene, &thief);
    assert!(own().1.contains(&scene.replies[1]), "whoever holds a receipt is not kept waiting by who guesses");

    let number = scene.enrolment.terminal.to_string();
    scene.stage.machine.run(&scene.stage.programs, &["terminal", "revoke", &number], "").unwrap();
    nothing_is_answered(&scene, &thief);
}

fn guesses_are_few(scene: &Scene, thief: &Thief) {
    let (printed, waiting) = (&scene.printed, &scene.waiting);
    let wrong: Vec<QueryCode> = wrong_codes(&printed.code).take(WRONG_TRIES_PER_TICKET + 1).collect();
    let looked_at = wrong.iter().filter(|code| thief.is_wrong(printed.ticket, code)).count();
    assert_eq!(looked_at, WRONG_TRIES_PER_TICKET);
    // Not even the right one is looked at, nor from elsewhere.
    assert_eq!(thief.tracks(printed.ticket, Proof::Code(printed.code.clone())).0, 429);
    let phone = client(scene, None);
    let url = format!("{}/t/view", scene.stage.addresses.public_base);
    let track = Track { ticket: printed.ticket, proof: Proof::Code(printed.code.clone()) };
    assert_eq!(thief.send(phone.post(url).json(&track)).0, 429);

    // Other numbers, until the terminal itself is blocked; a secret is no way round that.
    let others = (1_000..).map(|counter| TicketNumber::new(scene.enrolment.terminal, 9, counter).unwrap());
    let tried = others.take_while(|ticket| thief.is_wrong(*ticket, &printed.code)).count();
    assert_eq!(looked_at + tried, WRONG_TRIES_PER_TERMINAL);
    for secret in [Secret::draw(), waiting.secret.clone()] {
        assert_eq!(thief.tracks(printed.ticket, Proof::Secret(secret)).0, 429);
    }

    // Telephone numbers, for the officer's page.
    let phones = (0..).map(|n| format!("139{n:08}"));
    let tried = phones.take_while(|phone| match thief.post("lookup", &Lookup { phone: phone.clone() }) {
        (200, body) => serde_json::from_str::<LookupAnswer>(&body).unwrap().tickets.is_empty(),
        (status, _) => status != 429,
    });
    assert_eq!(tried.count(), WRONG_TRIES_PER_TERMINAL);
    let reissue = Reissue { ticket: printed.ticket, phone: "13900000000".into() };
    assert_eq!(thief.post("reissue", &reissue).0, 404);
}

fn nothing_is_answered(scene: &Scene, old: &Thief) {
    let fresh = Thief::with_the_card_of(scene);
    // Over the connection that was there before, and over a new one.
    for thief in [old, &fresh] {
        let waiting = Track { ticket: scene.waiting.ticket, proof: Proof::Secret(scene.waiting.secret.clone()) };
        let phone = String::from("13900000000");
        let event = thief.client.request(Method::PUT, format!("{}/events/{}", thief.intake, scene.waiting.event));
        let renew = RenewRequest { csr: thief.csr.clone() };
        let at = Timestamp::UNIX_EPOCH;
        let answers = [
            thief.get("views?after=0"),
            thief.get("bulletin"),
            thief.post("track", &waiting),
            thief.post("lookup", &Lookup { phone: phone.clone() }),
            thief.post("reissue", &Reissue { ticket: scene.waiting.ticket, phone }),
            thief.post("help", &HelpCall { id: scene.waiting.event }),
            thief.get(&format!("help/{}", scene.waiting.event)),
            thief.post("check-in", &CheckIn { person: "nobody".into(), present: true, at }),
            thief.send(event.body("anything")),
            thief.send(thief.client.post(format!("{}/renew", thief.fleet)).json(&renew)),
        ];
        for (route, (status, body)) in answers.iter().enumerate() {
            assert_eq!(*status, 403, "route {route}: {body}");
            assert!(!scene.replies.iter().any(|reply| body.contains(reply.as_str())), "route {route}: {body}");
        }
    }
}
