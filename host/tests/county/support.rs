//! What the county's tests share: a clock to turn, a county on each database, events as a terminal seals them.

use std::{
    io::Write,
    net::IpAddr,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use age::x25519;
use host::{
    clock::Clock,
    county::{
        County, CountyIdentity, Error, MIGRATIONS, Settings,
        case::{Unit, What},
        intake::Intake,
        people::{NewPerson, Official},
        tracking::Asker,
    },
    store::{Store, sqlite_url},
};
use jiff::{Timestamp, civil::date};
use serde::Serialize;
use tempfile::TempDir;
use uuid::Uuid;
use wire::{
    case::{Role, Satisfaction, State},
    event::{self, ClockQuality, Contact, Header, Kind, Rating, Suggestion, VOICE_MEDIA, Voice, WallTime, assemble},
    intake::{Track, Tracked},
    secret::{Proof, QueryCode, Secret},
    ticket::{TerminalNumber, TicketNumber},
    view::View,
};

/// A clock that stands until it is turned.
#[derive(Debug)]
pub(crate) struct Turned(Mutex<Timestamp>);

impl Turned {
    pub(crate) fn on(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A county on a database of its own.
pub(crate) struct Bench {
    pub(crate) county: County,
    pub(crate) clock: Arc<Turned>,
    pub(crate) key: x25519::Recipient,
    pub(crate) url: String,
    seq: Mutex<u64>,
    folder: TempDir,
}

/// Three seconds of a rising tone, Opus in Ogg: `opusenc --bitrate 16 --serial 1` of opus-tools 0.2.
pub(crate) const RECORDING: &[u8] = include_bytes!("../fixtures/voice.ogg");

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Runs a test on SQLite, and on PostgreSQL where `LIANXIN_TEST_POSTGRES` has a URL.
pub(crate) async fn on_each_database<F: AsyncFn(Bench)>(test: F) {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("county.db"));
    test(bench(url, folder).await).await;
    match std::env::var("LIANXIN_TEST_POSTGRES") {
        Ok(url) => test(bench(new_postgres(&url).await, tempfile::tempdir().unwrap()).await).await,
        Err(_) => LEFT_OUT.call_once(say_what_is_left_out),
    }
}

static LEFT_OUT: Once = Once::new();

/// Past the test harness, which keeps to itself what a test that passes prints.
fn say_what_is_left_out() {
    let line = "left out: PostgreSQL, because LIANXIN_TEST_POSTGRES has no URL\n";
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A county on SQLite.
pub(crate) async fn sqlite() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("county.db"));
    bench(url, folder).await
}

async fn new_postgres(server: &str) -> String {
    let name = format!("test_{}", Uuid::new_v4().simple());
    let store = Store::open(server, &[]).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(sql).execute(&mut *conn).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    format!("{host}/{name}?{query}")
}

async fn bench(url: String, folder: TempDir) -> Bench {
    let clock = Arc::new(Turned(Mutex::new("2026-03-02T01:00:00Z".parse().unwrap())));
    opened(url, folder, clock, "k1").await
}

/// A county with a key of this name that was just drawn.
async fn opened(url: String, folder: TempDir, clock: Arc<Turned>, id: &str) -> Bench {
    let identity = x25519::Identity::generate();
    let key = identity.to_public();
    let store = Store::open(&url, MIGRATIONS).await.unwrap();
    let settings = Settings {
        public_base: "https://lianxin.example".into(),
        zone: "Asia/Shanghai".into(),
        webhook: Some("https://hook.example/x".into()),
    };
    let keys = CountyIdentity::new(id, identity);
    let county = County::open(store, keys, clock.clone(), settings).await.unwrap();
    Bench { county, clock, key, url, seq: Mutex::new(0), folder }
}

/// What a villager has in hand.
pub(crate) struct Receipt {
    pub(crate) id: Uuid,
    pub(crate) ticket: TicketNumber,
    pub(crate) secret: Secret,
    pub(crate) code: QueryCode,
}

pub(crate) fn terminal(number: u32) -> TerminalNumber {
    TerminalNumber::new(number).unwrap()
}

pub(crate) fn ticket(number: u32, counter: u16) -> TicketNumber {
    TicketNumber::new(terminal(number), 1, counter).unwrap()
}

impl Bench {
    /// The same county with another key alone.
    pub(crate) async fn with_another_key(self) -> Self {
        opened(self.url, self.folder, self.clock, "k2").await
    }

    pub(crate) fn header(&self, id: Uuid, ticket: TicketNumber, kind: Kind, from: TerminalNumber) -> Header {
        let mut seq = self.seq.lock().unwrap();
        *seq += 1;
        Header {
            v: event::VERSION,
            id,
            ticket,
            kind,
            category: (kind == Kind::Suggestion).then(|| "road".into()),
            place: None,
            terminal: from,
            boot: Uuid::from_u128(1),
            seq: *seq,
            wall: WallTime { at: self.clock.now(), quality: ClockQuality::Ntp },
            key: "k1".into(),
        }
    }

    pub(crate) fn sealed(&self, header: &Header, body: &impl Serialize) -> Vec<u8> {
        let body = serde_json::to_vec(body).unwrap();
        assemble(header, &age::encrypt(&self.key, &body).unwrap())
    }

    pub(crate) fn suggestion(&self, ticket: TicketNumber, text: &str) -> (Receipt, Vec<u8>) {
        self.said(ticket, text, None)
    }

    /// A suggestion, which may say that it was spoken.
    pub(crate) fn said(&self, ticket: TicketNumber, text: &str, spoken_s: Option<u32>) -> (Receipt, Vec<u8>) {
        let receipt = Receipt { id: Uuid::new_v4(), ticket, secret: Secret::draw(), code: QueryCode::draw() };
        let body = Suggestion {
            id: receipt.id,
            ticket,
            text: text.into(),
            landmark: None,
            on_behalf: false,
            spoken_s,
            secret: receipt.secret.clone(),
            code: receipt.code.clone(),
        };
        let header = self.header(receipt.id, ticket, Kind::Suggestion, ticket.terminal());
        let bytes = self.sealed(&header, &body);
        (receipt, bytes)
    }

    pub(crate) fn voice(&self, ticket: TicketNumber, seconds: u32, audio: &[u8]) -> (Uuid, Vec<u8>) {
        let id = Uuid::new_v4();
        let body = Voice { id, ticket, media: VOICE_MEDIA.into(), seconds, audio: audio.to_vec() };
        (id, self.sealed(&self.header(id, ticket, Kind::Voice, ticket.terminal()), &body))
    }

    pub(crate) fn contact(&self, ticket: TicketNumber, name: &str, phone: &str) -> (Uuid, Vec<u8>) {
        let id = Uuid::new_v4();
        let body = Contact { id, ticket, name: name.into(), phone: phone.into() };
        (id, self.sealed(&self.header(id, ticket, Kind::Contact, ticket.terminal()), &body))
    }

    pub(crate) fn rating(
        &self,
        from: u32,
        ticket: TicketNumber,
        level: u8,
        revision: u64,
        proof: Proof,
    ) -> (Uuid, Vec<u8>) {
        let id = Uuid::new_v4();
        let satisfaction = Satisfaction::try_from(level).unwrap();
        let body = Rating { id, ticket, satisfaction, revision, proof };
        (id, self.sealed(&self.header(id, ticket, Kind::Rating, terminal(from)), &body))
    }

    pub(crate) async fn send(&self, from: u32, id: Uuid, bytes: &[u8]) -> Intake {
        let digest = event::content_digest(bytes);
        self.county.accept(terminal(from), id, Some(&digest), bytes).await.unwrap()
    }

    /// Says something at terminal 1.
    pub(crate) async fn say(&self, counter: u16, text: &str) -> Receipt {
        let (receipt, bytes) = self.suggestion(ticket(1, counter), text);
        assert_eq!(self.send(1, receipt.id, &bytes).await, Intake::New);
        receipt
    }

    pub(crate) async fn person(&self, login: &str, role: Role, unit: Option<&str>) -> Official {
        let person = NewPerson {
            login: login.into(),
            name: format!("{login}某"),
            role,
            unit: unit.map(str::to_owned),
            password: PASSWORD.into(),
        };
        self.county.add_person(&person).await.unwrap();
        let token = self.county.sign_in(login, PASSWORD, HERE).await.unwrap();
        self.county.session(&token).await.unwrap().unwrap()
    }
}

pub(crate) async fn page_text(bench: &Bench, county: &host::county::people::Official, id: Uuid) -> String {
    bench.county.case_page(county, &id.to_string()).await.unwrap().words.unwrap().text.clone()
}

pub(crate) async fn track(
    bench: &Bench,
    asker: Asker,
    ticket: TicketNumber,
    proof: Proof,
) -> Result<Option<View>, Error> {
    match bench.county.track(asker, &Track { ticket, proof }).await? {
        Tracked::Found(view) => Ok(Some(*view)),
        Tracked::NotFound => Ok(None),
    }
}

pub(crate) fn other_code(code: &QueryCode) -> QueryCode {
    let number: u32 = code.digits().parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000).parse().unwrap()
}

pub(crate) async fn close(bench: &Bench, receipt: &Receipt) {
    let deputy = bench.person("deputy", Role::Deputy, None).await;
    let clerk = bench.person("clerk", Role::Unit, Some("县交通运输局")).await;
    let (id, unit) = (receipt.id.to_string(), clerk.unit.clone().unwrap());
    let main = Unit { id: unit.id, name: unit.name };
    bench.county.act(&deputy, &id, What::Claim).await.unwrap();
    bench.county.act(&deputy, &id, What::Forward { main, joint: vec![], due: date(2026, 3, 9) }).await.unwrap();
    bench.county.act(&clerk, &id, What::Reply("三天内修好。".into())).await.unwrap();
    bench.county.act(&deputy, &id, What::Confirm).await.unwrap();
    assert_eq!(bench.county.act(&deputy, &id, What::Close).await.unwrap(), State::Closed);
}
