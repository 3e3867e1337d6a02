//! A host on ports of its own, a clock to turn, and a terminal with a key of its own.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use host::{
    clock::{Clock, SharedClock, SystemClock},
    config::{Config, Options},
    fleet::{self, Admitted, Fleet},
    keys,
    serve::{self, Running},
    setup,
    store::Store,
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DnType, KeyPair};
use reqwest::{Certificate, Client, Identity, Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;
use wire::{
    enrol::{CountyKeys, Enrolled},
    event::{self, ClockQuality, Header, Kind, Suggestion, VOICE_MEDIA, Voice, WallTime},
    secret::{QueryCode, Secret},
    ticket::{TerminalNumber, TicketNumber},
};

/// Three seconds of a rising tone, Opus in Ogg: `opusenc --bitrate 16 --serial 1` of opus-tools 0.2.
pub(crate) const RECORDING: &[u8] = include_bytes!("../fixtures/voice.ogg");

/// A clock that starts at the machine's time and is turned by hand.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(SystemClock.now())))
    }

    pub(crate) fn turn(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A running host.
pub(crate) struct TestHost {
    pub(crate) data: TempDir,
    pub(crate) config: Config,
    pub(crate) clock: Arc<TestClock>,
    running: Option<Running>,
}

pub(crate) fn config(data: &Path) -> Config {
    let options = Options {
        data: data.into(),
        listen: Some("127.0.0.1:0".into()),
        listen_terminals: Some("127.0.0.1:0".into()),
        ..Options::default()
    };
    Config::load(&options).unwrap()
}

impl TestHost {
    pub(crate) async fn start() -> Self {
        let mut host = Self::down_at_first();
        host.up().await;
        host
    }

    pub(crate) fn down_at_first() -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { config: config(data.path()), data, clock: TestClock::new(), running: None }
    }

    pub(crate) fn clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }

    pub(crate) async fn up(&mut self) {
        self.running = Some(serve::start(&self.config, self.clock()).await.unwrap());
    }

    pub(crate) async fn down(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    /// The running host's databases answer nobody any more.
    pub(crate) async fn close_databases(&self) {
        for store in self.running.as_ref().unwrap().stores() {
            store.close().await;
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.running.as_ref().unwrap().addresses.terminals)
    }

    pub(crate) fn people_url(&self, path: &str) -> String {
        format!("https://{}{path}", self.running.as_ref().unwrap().addresses.people.unwrap())
    }

    pub(crate) fn root(&self) -> Certificate {
        let pem = fs::read(setup::root_certificate(self.data.path())).unwrap();
        Certificate::from_pem(&pem).unwrap()
    }

    pub(crate) fn keys(&self) -> CountyKeys {
        keys::read_public(&setup::keys_folder(self.data.path()).join(keys::PUBLIC_KEYS)).unwrap()
    }

    /// A client without a certificate.
    pub(crate) fn anybody(&self) -> Client {
        client(&self.root(), None)
    }

    /// The fleet as another process of the admin sees it: the same database.
    pub(crate) async fn fleet(&self) -> Fleet {
        let store = Store::open(&self.config.fleet_database, fleet::MIGRATIONS).await.unwrap();
        Fleet::new(store, self.clock())
    }

    pub(crate) async fn admit(&self) -> Admitted {
        self.fleet().await.add(None, "花桥镇人大代表联络站", "").await.unwrap()
    }

    pub(crate) async fn enrol(&self, admitted: &Admitted, key: &KeyPair) -> Response {
        let body = json!({ "terminal": admitted.terminal, "token": admitted.token, "csr": csr(key) });
        self.anybody().post(self.url("/enrol")).json(&body).send().await.unwrap()
    }

    /// A terminal with a certificate.
    pub(crate) async fn terminal(&self) -> Terminal {
        let (admitted, key) = (self.admit().await, KeyPair::generate().unwrap());
        let response = self.enrol(&admitted, &key).await;
        assert_eq!(response.status(), StatusCode::OK);
        let enrolled: Enrolled = response.json().await.unwrap();
        Terminal::new(self, admitted.terminal, key, &enrolled.certificate)
    }
}

/// A terminal's side.
pub(crate) struct Terminal {
    pub(crate) number: TerminalNumber,
    pub(crate) key: KeyPair,
    pub(crate) certificate: String,
    pub(crate) client: Client,
    keys: CountyKeys,
}

impl Terminal {
    pub(crate) fn new(host: &TestHost, number: TerminalNumber, key: KeyPair, certificate: &str) -> Self {
        Self::with(&host.root(), host.keys(), number, key, certificate)
    }

    /// A terminal of a fleet and a county that run apart.
    pub(crate) fn with(
        root: &Certificate,
        keys: CountyKeys,
        number: TerminalNumber,
        key: KeyPair,
        certificate: &str,
    ) -> Self {
        let client = client(root, Some((&key, certificate)));
        Self { number, key, certificate: certificate.to_owned(), client, keys }
    }

    /// The same terminal on a new connection.
    pub(crate) fn reconnect(&mut self, host: &TestHost) {
        self.client = client(&host.root(), Some((&self.key, &self.certificate)));
    }

    pub(crate) fn suggestion(&self, counter: u16) -> Said {
        Said::new(&self.keys, self.number, counter, "村口的路灯坏了。")
    }

    pub(crate) fn recording(&self, of: &Said) -> Said {
        Said::recording(&self.keys, of, RECORDING)
    }

    pub(crate) async fn put(&self, host: &TestHost, said: &Said) -> Response {
        self.put_as(host, said.id, &said.bytes, &event::content_digest(&said.bytes)).await
    }

    pub(crate) async fn put_as(&self, host: &TestHost, id: Uuid, bytes: &[u8], digest: &str) -> Response {
        self.client
            .put(host.url(&format!("/intake/v1/events/{id}")))
            .header(wire::intake::CONTENT_DIGEST, digest)
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap()
    }
}

/// A host, a terminal, and a recording whose suggestion the county has.
pub(crate) async fn spoken() -> (TestHost, Terminal, Said) {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED);
    let recording = terminal.recording(&said);
    (host, terminal, recording)
}

/// An event as a terminal keeps it, and what its receipt shows.
pub(crate) struct Said {
    pub(crate) id: Uuid,
    pub(crate) ticket: TicketNumber,
    pub(crate) secret: Secret,
    pub(crate) code: QueryCode,
    pub(crate) bytes: Vec<u8>,
}

impl Said {
    pub(crate) fn new(keys: &CountyKeys, terminal: TerminalNumber, counter: u16, text: &str) -> Self {
        Self::spoken(keys, terminal, counter, text, None)
    }

    /// A suggestion, which may say that it was spoken.
    pub(crate) fn spoken(
        keys: &CountyKeys,
        terminal: TerminalNumber,
        counter: u16,
        text: &str,
        spoken_s: Option<u32>,
    ) -> Self {
        let (id, ticket) = (Uuid::new_v4(), TicketNumber::new(terminal, 1, counter).unwrap());
        let (secret, code) = (Secret::draw(), QueryCode::draw());
        let body = Suggestion {
            id,
            ticket,
            text: text.to_owned(),
            landmark: None,
            on_behalf: false,
            spoken_s,
            secret: secret.clone(),
            code: code.clone(),
        };
        let bytes = sealed(keys, (id, ticket), Kind::Suggestion, &body);
        Self { id, ticket, secret, code, bytes }
    }

    /// A recording that belongs to a suggestion.
    pub(crate) fn recording(keys: &CountyKeys, of: &Self, audio: &[u8]) -> Self {
        let (id, ticket) = (Uuid::new_v4(), of.ticket);
        let body = Voice { id, ticket, media: VOICE_MEDIA.into(), seconds: 3, audio: audio.to_vec() };
        let bytes = sealed(keys, (id, ticket), Kind::Voice, &body);
        Self { id, ticket, secret: of.secret.clone(), code: of.code.clone(), bytes }
    }
}

/// An event as a terminal seals it.
fn sealed(keys: &CountyKeys, (id, ticket): (Uuid, TicketNumber), kind: Kind, body: &impl Serialize) -> Vec<u8> {
    let recipient: age::x25519::Recipient = keys.working.parse().unwrap();
    let sealed = age::encrypt(&recipient, &serde_json::to_vec(body).unwrap()).unwrap();
    let header = Header {
        v: event::VERSION,
        id,
        ticket,
        kind,
        category: (kind == Kind::Suggestion).then(|| "light".into()),
        place: None,
        terminal: ticket.terminal(),
        boot: Uuid::nil(),
        // As the tests count: by the ticket.
        seq: ticket.to_string()[7..11].parse().unwrap(),
        wall: WallTime { at: Timestamp::UNIX_EPOCH, quality: ClockQuality::Unset },
        key: keys.id.clone(),
    };
    event::assemble(&header, &sealed)
}

pub(crate) fn csr(key: &KeyPair) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "99999");
    params.serialize_request(key).unwrap().pem().unwrap()
}

pub(crate) fn client(root: &Certificate, identity: Option<(&KeyPair, &str)>) -> Client {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let mut builder = Client::builder().tls_certs_only([root.clone()]).no_proxy();
    if let Some((key, certificate)) = identity {
        let pem = format!("{}{certificate}", key.serialize_pem());
        builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn error_of(response: Response) -> String {
    let body: serde_json::Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}
