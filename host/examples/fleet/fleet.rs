//! The terminals: added to the host's fleet, enrolled over its network, and kept for the next time.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use host::{
    clock::{SharedClock, SystemClock},
    config::{Config, Options},
    durable::{self, Readers},
    fleet,
    setup::{self, ADDRESSES, Addresses},
    store::Store,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use serde::{Deserialize, Serialize};
use wire::{
    ddi::TENANT,
    enrol::{EnrolRequest, Enrolled},
    ticket::TerminalNumber,
};

use crate::arguments::Arguments;

/// Where they stand, for whoever looks at the console meanwhile.
const STATION: &str = "模拟站";

/// What is kept of them beside the host's data.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The authority that they were enrolled by.
    root: String,
    certified: Vec<Identity>,
    /// Those that never enrolled.
    foreign: Vec<TerminalNumber>,
    token: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Identity {
    number: TerminalNumber,
    key: String,
    certificate: String,
}

/// A terminal that asks.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The address that it asks from.
    pub from: Ipv4Addr,
    pub tls: Arc<ClientConfig>,
    pub path: String,
    pub token: Option<String>,
}

/// All of them.
#[derive(Debug)]
pub struct Fleet {
    pub host: SocketAddr,
    pub name: ServerName<'static>,
    pub terminals: Vec<Arc<Asking>>,
}

impl Fleet {
    /// Has them ask somebody else.
    pub fn ask(&mut self, host: SocketAddr) {
        self.host = host;
    }

    /// As many terminals as are wanted: those of the last time, and new ones.
    pub async fn enrolled(arguments: &Arguments) -> Result<Self> {
        let file = arguments.data.join(ADDRESSES);
        let text = fs::read_to_string(&file).with_context(|| format!("{}: does the host run?", file.display()))?;
        let addresses: Addresses = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        let named: SocketAddr = arguments.host.parse().context("--host: expected ADDRESS:PORT")?;
        let host = if addresses.people.is_some_and(|people| people.port() == named.port()) {
            SocketAddr::new(named.ip(), addresses.terminals.port())
        } else {
            named
        };
        let root =
            fs::read_to_string(setup::root_certificate(&arguments.data)).context("the host's root certificate")?;
        let kept_in = arguments.data.join("simulated-terminals.json");
        let mut kept: Kept =
            fs::read(&kept_in).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if kept.root != root {
            kept = Kept { root: root.clone(), ..Kept::default() };
        }
        let wanted = arguments.terminals as usize;
        add(arguments, host, &mut kept, wanted).await?;
        durable::write(&kept_in, &serde_json::to_vec(&kept)?, Readers::Owner)?;
        let path = |number: TerminalNumber| format!("/{TENANT}/controller/v1/{number}");
        let mut terminals = Vec::with_capacity(wanted);
        if arguments.plain {
            let tls = Arc::new(client(&root, None)?);
            for (at, number) in kept.foreign.iter().take(wanted).enumerate() {
                let token = kept.token.as_ref().map(|token| format!("GatewayToken {token}"));
                terminals.push(Arc::new(Asking {
                    from: address(at),
                    tls: Arc::clone(&tls),
                    path: path(*number),
                    token,
                }));
            }
        } else {
            for (at, identity) in kept.certified.iter().take(wanted).enumerate() {
                let tls = Arc::new(client(&root, Some(identity))?);
                terminals.push(Arc::new(Asking { from: address(at), tls, path: path(identity.number), token: None }));
            }
        }
        Ok(Self { host, name: ServerName::try_from("localhost")?, terminals })
    }
}

/// An address of 127.0.0.0/8 for each, so that no two of the first sixteen million share one.
fn address(at: usize) -> Ipv4Addr {
    let [_, b, c, d] = u32::try_from(at + 2).unwrap_or(2).to_be_bytes();
    Ipv4Addr::new(127, b, c, d)
}

async fn add(arguments: &Arguments, host: SocketAddr, kept: &mut Kept, wanted: usize) -> Result<()> {
    let there = if arguments.plain { kept.foreign.len() } else { kept.certified.len() };
    if there >= wanted && (!arguments.plain || kept.token.is_some()) {
        return Ok(());
    }
    let options =
        Options { data: arguments.data.clone(), fleet_database: arguments.database.clone(), ..Options::default() };
    let config = Config::load(&options)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let fleet = fleet::Fleet::new(Store::open(&config.fleet_database, fleet::MIGRATIONS).await?, clock);
    let enrols = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(kept.root.as_bytes())?])
        .resolve("localhost", host)
        .no_proxy()
        .build()?;
    for _ in there..wanted {
        let admitted = fleet.add(None, STATION, "").await?;
        let number = admitted.terminal;
        if arguments.plain {
            kept.foreign.push(number);
            continue;
        }
        let key = KeyPair::generate()?;
        let csr = CertificateParams::default().serialize_request(&key)?.pem()?;
        let request = EnrolRequest { terminal: number, token: admitted.token, csr };
        let url = format!("https://localhost:{}/enrol", host.port());
        let answer = enrols.post(url).json(&request).send().await?;
        ensure!(answer.status().is_success(), "terminal {number} was not enrolled: {}", answer.text().await?);
        let Enrolled { certificate } = answer.json().await?;
        kept.certified.push(Identity { number, key: key.serialize_pem(), certificate });
    }
    if arguments.plain && kept.token.is_none() {
        kept.token = Some(fleet.draw_device_token(None).await?.0);
    }
    Ok(())
}

fn client(root: &str, identity: Option<&Identity>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(root.as_bytes()) {
        roots.add(certificate?)?;
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let mut config = match identity {
        Some(identity) => {
            let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect::<Result<_, _>>()?;
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(identity.key.as_bytes())?)?
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}
