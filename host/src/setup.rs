//! What the host finds on its machine, and what a first start makes.
//!
//! Invariants: nothing that is there is made anew; what an admin must take away lies in `take-away` before anything is
//! sealed to it or signed by it.
//!
//! | in the data folder | what |
//! |---|---|
//! | `fleet/ca/` | root and issuing certificate, the issuing key |
//! | `fleet/tls/` | the server's certificate and key |
//! | `fleet.sqlite`, `fleet/revoked.json` | terminals; the revoked ones for a county that runs apart |
//! | `fleet/artifacts/` | the bytes of artifacts, by their SHA-256 |
//! | `county.sqlite`, `county/keys/` | cases; the working key, former ones (`former-ID.key`) and the public keys |
//! | `take-away/` | recovery key, the root's key: to be moved off the machine |

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    ca::{Ca, RootKey},
    clock::SharedClock,
    config::{Config, Role},
    county::{self, County, CountyIdentity},
    durable::{self, Readers},
    fleet::{self, Fleet, Revocations, RevokedFile},
    keys::{self, CountyKeyring},
    store::Store,
    tls::{self, ServerCertificate},
};

/// A certificate with less than this left is issued anew.
const CERTIFICATE_LEFT: SignedDuration = SignedDuration::from_hours(30 * 24);

const TAKE_AWAY: &str = "\
Take these files off this machine, to two places under lock and key, then delete them here.
请把这些文件移出本机，分两处锁好，然后在本机删除。

recovery.key            opens every suggestion when the working key is lost: age -d -i recovery.key
                        工作密钥丢失时，用它打开群众意见。
ca-root.key.age         the key of the host's certificate authority; the host runs without it
                        本机证书机构的根密钥；日常运行不需要它。
ca-root.passphrase      opens ca-root.key.age: age -d ca-root.key.age; keep it apart from that file
                        打开上面那个文件的口令，请与它分开保存。
";

/// Where the host listens, as `addresses.json` in the data folder says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Consoles and public page; none as an older host wrote it for the fleet role alone.
    pub people: Option<SocketAddr>,
    /// Terminals.
    pub terminals: SocketAddr,
    /// Where the QR of receipts leads, and the console lies below.
    pub public_base: String,
    /// The fleet role, as terminals see it.
    pub fleet_url: String,
    /// The county role, as terminals see it.
    pub county_url: String,
    /// The certificate that both listeners can be checked against.
    pub ca: PathBuf,
}

/// Name of that file.
pub const ADDRESSES: &str = "addresses.json";

/// Something that a first start made and an admin should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What it is.
    pub what: &'static str,
    /// Where it lies.
    pub path: PathBuf,
}

/// What the roles of this host work with.
#[derive(Debug, Default)]
pub struct Machine {
    /// The certificate authority; the fleet role's.
    pub ca: Option<Arc<Ca>>,
    /// The fleet role.
    pub fleet: Option<Fleet>,
    /// What was made just now.
    pub made: Vec<Made>,
    /// The databases that are open, for whoever closes them.
    pub stores: Vec<Store>,
}

/// Where the certificate lies that terminals pin.
#[must_use]
pub fn root_certificate(data: &Path) -> PathBuf {
    ca_folder(data).join("root.pem")
}

/// Where the authority lies.
#[must_use]
pub fn ca_folder(data: &Path) -> PathBuf {
    data.join("fleet/ca")
}

/// Where the county's keys lie.
#[must_use]
pub fn keys_folder(data: &Path) -> PathBuf {
    data.join("county/keys")
}

/// Where the fleet role keeps the list of revoked terminals.
#[must_use]
pub fn revoked_list(data: &Path) -> PathBuf {
    data.join("fleet/revoked.json")
}

/// Where the fleet role keeps the bytes of artifacts.
#[must_use]
pub fn artifacts(data: &Path) -> PathBuf {
    data.join("fleet/artifacts")
}

/// What the settings and the ports come to.
#[must_use]
pub fn addresses(config: &Config, people: Option<SocketAddr>, terminals: SocketAddr) -> Addresses {
    let local = |port: u16| format!("https://localhost:{port}");
    let url = |configured: &Option<String>| configured.clone().unwrap_or_else(|| local(terminals.port()));
    Addresses {
        people,
        terminals,
        public_base: config
            .public_base
            .clone()
            .unwrap_or_else(|| local(people.map_or(config.listen.port(), |address| address.port()))),
        fleet_url: url(&config.fleet_url),
        county_url: url(&config.county_url),
        ca: config.ca.clone().unwrap_or_else(|| root_certificate(&config.data)),
    }
}

impl Machine {
    /// Opens what this host's roles need, and makes what a first start has not.
    ///
    /// # Errors
    /// A file or a database that can't be used.
    pub async fn prepare(config: &Config, clock: &SharedClock) -> Result<Self> {
        let data = &config.data;
        durable::private_folder(data).with_context(|| format!("make the data folder {}", data.display()))?;
        let mut machine = Self::default();
        if config.plays(Role::Fleet) {
            machine.ca = Some(Arc::new(machine.open_ca(config, clock)?));
            let store = Store::open(&config.fleet_database, fleet::MIGRATIONS).await?;
            machine.stores.push(store.clone());
            let fleet = Fleet::new(store, Arc::clone(clock)).telling(config.fleet_webhook.as_deref());
            write_revoked(data, &fleet).await?;
            machine.fleet = Some(fleet);
        }
        if config.plays(Role::County) {
            machine.open_keys(config)?;
        }
        Ok(machine)
    }

    /// Opens the authority, or makes it and leaves its root key to be taken away.
    ///
    /// # Errors
    /// Files that are missing in part, or can't be written.
    pub fn open_ca(&mut self, config: &Config, clock: &SharedClock) -> Result<Ca> {
        let (data, folder) = (&config.data, ca_folder(&config.data));
        if let Some(ca) = Ca::find(&folder)? {
            return Ok(ca);
        }
        refuse_orphan(&config.fleet_database, &folder)?;
        let drawn = Ca::draw(clock.now())?;
        let RootKey { sealed, passphrase } = &drawn.root_key;
        self.take_away(data, "ca-root.key.age", sealed, "the root's key, sealed")?;
        self.take_away(data, "ca-root.passphrase", format!("{passphrase}\n").as_bytes(), "what opens it")?;
        let ca = drawn.place(&folder)?;
        self.made.push(Made { what: "the certificate authority", path: folder });
        Ok(ca)
    }

    fn open_keys(&mut self, config: &Config) -> Result<CountyKeyring> {
        let (data, folder) = (&config.data, keys_folder(&config.data));
        if let Some(keyring) = keys::find(&folder)? {
            return Ok(keyring);
        }
        refuse_orphan(&config.county_database, &folder)?;
        let drawn = keys::draw();
        self.take_away(data, "recovery.key", drawn.recovery.as_bytes(), "the recovery key")?;
        let keyring = drawn.place(&folder)?;
        self.made.push(Made { what: "the county's working key", path: folder });
        Ok(keyring)
    }

    fn take_away(&mut self, data: &Path, name: &str, bytes: &[u8], what: &'static str) -> Result<()> {
        let folder = data.join("take-away");
        durable::private_folder(&folder)?;
        durable::write(&folder.join("README.txt"), TAKE_AWAY.as_bytes(), Readers::Owner)?;
        // What lies there from a start that was cut off, or from another authority, stays beside it.
        let again = (2..).map(|n| folder.join(format!("{n}-{name}")));
        let path = std::iter::once(folder.join(name)).chain(again).find(|path| !path.exists());
        let path = path.context("invariant: some number is free")?;
        durable::write_new(&path, bytes, Readers::Owner).with_context(|| path.display().to_string())?;
        self.made.push(Made { what, path });
        Ok(())
    }

    /// Opens the county role, where this host plays it.
    ///
    /// # Errors
    /// Keys or a database that can't be used.
    pub async fn county(&mut self, config: &Config, public_base: &str, clock: &SharedClock) -> Result<Option<County>> {
        if !config.plays(Role::County) {
            return Ok(None);
        }
        let keyring = self.open_keys(config)?;
        let identity = identity(keyring);
        let store = Store::open(&config.county_database, county::MIGRATIONS).await?;
        self.stores.push(store.clone());
        let county = County::open(store, identity, Arc::clone(clock), config.county_settings(public_base)).await?;
        Ok(Some(county))
    }

    /// Where it stands written who is revoked.
    ///
    /// # Errors
    /// A list that can't be read.
    pub fn revocations(&self, config: &Config) -> Result<Revocations> {
        match (&self.fleet, &config.revoked) {
            (Some(fleet), _) => Ok(Revocations::Fleet(fleet.clone())),
            (None, Some(path)) => Ok(Revocations::File(Arc::new(RevokedFile::open(path)?))),
            (None, None) => anyhow::bail!("`revoked` is missing"),
        }
    }

    /// What terminals' certificates are checked against, and the file that it comes from.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn trusted(&self, config: &Config) -> Result<(String, PathBuf)> {
        match (&self.ca, &config.ca) {
            (Some(ca), _) => Ok((ca.trusted_pem(), ca_folder(&config.data).join("trusted.pem"))),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                Ok((text, path.clone()))
            }
            (None, None) => anyhow::bail!("`ca` is missing"),
        }
    }

    /// The certificate that the listeners show: issued where this host has the authority, else the configured one.
    ///
    /// # Errors
    /// Files that can't be read or written.
    pub fn certificate(
        &self,
        config: &Config,
        addresses: &Addresses,
        clock: &SharedClock,
    ) -> Result<ServerCertificate> {
        if let Some(pair) = &config.terminals {
            return Ok(ServerCertificate::read(&pair.certificate, &pair.key)?);
        }
        let (chain, key) = self.issue_where_due(config, addresses, clock)?;
        Ok(ServerCertificate::read(&chain, &key)?)
    }

    /// Issues that certificate anew where it is due, and shows it from then on.
    ///
    /// # Errors
    /// Files that can't be read or written; the former certificate then stays.
    pub fn renew_certificate(
        &self,
        config: &Config,
        addresses: &Addresses,
        shown: &ServerCertificate,
        clock: &SharedClock,
    ) -> Result<()> {
        let (chain, key) = match &config.terminals {
            Some(pair) => (pair.certificate.clone(), pair.key.clone()),
            None => self.issue_where_due(config, addresses, clock)?,
        };
        Ok(shown.replace(&chain, &key)?)
    }

    fn issue_where_due(
        &self,
        config: &Config,
        addresses: &Addresses,
        clock: &SharedClock,
    ) -> Result<(PathBuf, PathBuf)> {
        let ca = self.ca.as_ref().context("without the fleet role a certificate for terminals must be configured")?;
        let folder = config.data.join("fleet/tls");
        let (chain, key) = (folder.join("server.pem"), folder.join("server.key"));
        let names = server_names(addresses);
        let due = match tls::validity(&chain) {
            Ok((until, for_names)) => {
                until.duration_since(clock.now()) < CERTIFICATE_LEFT || names.iter().any(|n| !for_names.contains(n))
            }
            Err(_) => true,
        };
        if due || !key.exists() {
            let issued = ca.issue_server(&names, clock.now())?;
            durable::private_folder(&folder)?;
            durable::write(&key, issued.key_pem.as_bytes(), Readers::Owner)?;
            durable::write(&chain, issued.chain_pem.as_bytes(), Readers::All)?;
            tracing::info!(?names, "issued the server's certificate");
        }
        Ok((chain, key))
    }
}

/// The county's keys, former ones included, as its role opens events with them.
#[must_use]
pub fn identity(keyring: CountyKeyring) -> CountyIdentity {
    let CountyKeyring { working, former, public } = keyring;
    let mut working = CountyIdentity::new(public.id, working);
    // It was read as one when the key ring was.
    if let Ok(recovery) = public.recovery.parse() {
        working = working.with_recovery(recovery);
    }
    former.into_iter().fold(working, |keys, (id, key)| keys.with_former(id, key))
}

/// A database without its keys is a loss to be mended, not a first start.
fn refuse_orphan(database: &str, folder: &Path) -> Result<()> {
    let file = database.strip_prefix("sqlite://").and_then(|path| path.split('?').next()).map(Path::new);
    anyhow::ensure!(
        !file.is_some_and(Path::exists),
        "{} is missing while the database of its role is there; bring it back from where it was kept, it is never made anew",
        folder.display()
    );
    Ok(())
}

/// Writes the list of revoked terminals for a county that runs apart.
///
/// # Errors
/// The database, or the file.
pub async fn write_revoked(data: &Path, fleet: &Fleet) -> Result<()> {
    Ok(fleet.write_revoked(&revoked_list(data)).await?)
}

/// Every name by which terminals and people may call this host.
fn server_names(addresses: &Addresses) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    if let Ok(name) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        names.push(name.trim().to_lowercase());
    }
    for url in [&addresses.public_base, &addresses.fleet_url, &addresses.county_url] {
        let url = reqwest::Url::parse(url).ok();
        names.extend(url.and_then(|url| Some(url.host_str()?.trim_matches(['[', ']']).to_owned())));
    }
    for address in [addresses.people, Some(addresses.terminals)].into_iter().flatten() {
        if !address.ip().is_unspecified() {
            names.push(address.ip().to_string());
        }
    }
    names.retain(|name| !name.is_empty() && name.is_ascii());
    names.sort();
    names.dedup();
    names
}
