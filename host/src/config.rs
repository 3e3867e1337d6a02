//! Where the host's settings come from: the command line, then `host.toml`, then what works on one machine.
//!
//! Invariant: a setting that can't be used ends the program with a sentence that names the file, the key and what is
//! expected; nothing is guessed and no unknown key is passed over.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::{county::Settings, outbox::is_usable, store::sqlite_url};

/// A part that the host plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Enrols terminals and knows which are ours.
    Fleet,
    /// The county platform.
    County,
}

/// Every setting, once: as the command line and as `host.toml` give it. What is skipped by one stands in the other only.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The folder that everything lies in.
    #[arg(long, global = true, env = "LIANXIN_DATA", default_value = "lianxin-data")]
    #[serde(skip)]
    pub data: PathBuf,
    /// The settings' file [default: host.toml in the data folder, where there is one].
    #[arg(long, global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Play this role only; an option of `serve`, so that it doesn't hide a person's role.
    #[arg(skip)]
    pub role: Option<Role>,
    /// Where the console and the public page listen [default: 0.0.0.0:8443].
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where terminals are listened to [default: 0.0.0.0:8444].
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub listen_terminals: Option<String>,
    /// Where the QR of receipts leads, as phones see it [default: <https://localhost> and the port].
    #[arg(long, global = true, value_name = "URL")]
    pub public_base: Option<String>,
    /// The fleet role, as terminals see it [default: <https://localhost> and the port].
    #[arg(long, global = true, value_name = "URL")]
    pub fleet_url: Option<String>,
    /// The county role, as terminals see it [default: <https://localhost> and the port].
    #[arg(long, global = true, value_name = "URL")]
    pub county_url: Option<String>,
    /// The fleet's database, sqlite://… or postgres://… [default: fleet.sqlite in the data folder].
    #[arg(long, global = true, value_name = "URL", visible_alias = "database")]
    pub fleet_database: Option<String>,
    /// The county's database, sqlite://… or postgres://… [default: county.sqlite in the data folder].
    #[arg(long, global = true, value_name = "URL")]
    pub county_database: Option<String>,
    /// IANA name of the county's time zone.
    #[arg(skip)]
    pub zone: Option<String>,
    /// Where the county is told of new cases, until the console sets another address.
    #[arg(skip)]
    pub webhook: Option<String>,
    /// Where the fleet tells of alarms.
    #[arg(skip)]
    pub fleet_webhook: Option<String>,
    /// For people, with `people_key`.
    #[arg(skip)]
    pub people_certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(skip)]
    pub people_key: Option<PathBuf>,
    /// For terminals, with `terminals_key`.
    #[arg(skip)]
    pub terminals_certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(skip)]
    pub terminals_key: Option<PathBuf>,
    /// What terminals' certificates are checked against.
    #[arg(skip)]
    pub ca: Option<PathBuf>,
    /// The list of revoked terminals.
    #[arg(skip)]
    pub revoked: Option<PathBuf>,
    /// The county's public keys.
    #[arg(skip)]
    pub county_keys: Option<PathBuf>,
    /// Who may sign RAUC bundles.
    #[arg(skip)]
    pub rauc_keyring: Option<PathBuf>,
}

/// A certificate chain and its key, PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Settings that can be used.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that everything lies in.
    pub data: PathBuf,
    /// None, both.
    pub role: Option<Role>,
    /// The console and the public page.
    pub listen: SocketAddr,
    /// Terminals.
    pub listen_terminals: SocketAddr,
    /// Where the QR of receipts leads.
    pub public_base: Option<String>,
    /// The fleet role, as terminals see it.
    pub fleet_url: Option<String>,
    /// The county role, as terminals see it.
    pub county_url: Option<String>,
    /// The fleet's database.
    pub fleet_database: String,
    /// The county's database.
    pub county_database: String,
    /// IANA name of the county's time zone.
    pub zone: String,
    /// Where new cases are announced.
    pub webhook: Option<String>,
    /// Where the fleet tells of alarms.
    pub fleet_webhook: Option<String>,
    /// For people, in place of one of our own authority: phones don't know that one.
    pub people: Option<Pair>,
    /// For terminals, of our own authority, where the county runs apart.
    pub terminals: Option<Pair>,
    /// What terminals' certificates are checked against, where the county runs apart.
    pub ca: Option<PathBuf>,
    /// The list of revoked terminals, where the county runs apart.
    pub revoked: Option<PathBuf>,
    /// The county's public keys, where the fleet runs apart.
    pub county_keys: Option<PathBuf>,
    /// Who may sign RAUC bundles; without it none is released.
    pub rauc_keyring: Option<PathBuf>,
}

/// Which setting can't be used, where it stands, and what is expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{path}: expected a settings' file that can be read")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file isn't TOML, or a key in it is unknown or of the wrong type.
    #[error("{path}: line {line}, `{key}`: {what}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// As it stands there.
        key: String,
        /// What is wrong, and what is expected.
        what: String,
    },
    /// A value that can't be used.
    #[error("{origin}: `{key}`: expected {expected}, found {found:?}")]
    Value {
        /// The file, or the command line.
        origin: String,
        /// The key.
        key: &'static str,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A key that the role needs.
    #[error("{path}: `{key}` is missing: expected {expected}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}

impl Config {
    /// Puts the settings together.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn load(options: &Options) -> Result<Self, ConfigError> {
        let path = options.config.clone().unwrap_or_else(|| options.data.join("host.toml"));
        let file = match fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && options.config.is_none() => Options::default(),
            Err(source) => return Err(ConfigError::File { path, source }),
        };
        resolve(&Given { options, file: &file, path: &path })
    }

    /// Whether this host plays the role.
    #[must_use]
    pub fn plays(&self, role: Role) -> bool {
        self.role.is_none_or(|only| only == role)
    }

    /// The county's settings; `public_base` where none is configured.
    #[must_use]
    pub fn county_settings(&self, public_base: &str) -> Settings {
        Settings {
            public_base: self.public_base.clone().unwrap_or_else(|| public_base.to_owned()),
            zone: self.zone.clone(),
            webhook: self.webhook.clone(),
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Options, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text[..at].matches('\n').count();
        let key = text.lines().nth(line).unwrap_or_default();
        let key = key.split('=').next().unwrap_or_default().trim().to_owned();
        ConfigError::Toml { path: path.into(), line: line + 1, key, what: error.message().to_owned() }
    })
}

fn resolve(given: &Given<'_>) -> Result<Config, ConfigError> {
    let data = &given.options.data;
    let database = |name: &str| sqlite_url(&data.join(name));
    let config = Config {
        data: data.clone(),
        role: given.options.role.or(given.file.role),
        listen: given.address("listen", |o| &o.listen, 8443)?,
        listen_terminals: given.address("listen_terminals", |o| &o.listen_terminals, 8444)?,
        public_base: given.url("public_base", |o| &o.public_base)?,
        fleet_url: given.url("fleet_url", |o| &o.fleet_url)?,
        county_url: given.url("county_url", |o| &o.county_url)?,
        fleet_database: given
            .database("fleet_database", |o| &o.fleet_database)?
            .unwrap_or_else(|| database("fleet.sqlite")),
        county_database: given
            .database("county_database", |o| &o.county_database)?
            .unwrap_or_else(|| database("county.sqlite")),
        zone: given.zone()?,
        webhook: given.webhook()?,
        fleet_webhook: given.fleet_webhook()?,
        people: given.pair(("people_certificate", |o| &o.people_certificate), ("people_key", |o| &o.people_key))?,
        terminals: given
            .pair(("terminals_certificate", |o| &o.terminals_certificate), ("terminals_key", |o| &o.terminals_key))?,
        ca: given.file("ca", |o| &o.ca)?,
        revoked: given.file("revoked", |o| &o.revoked)?,
        county_keys: given.file("county_keys", |o| &o.county_keys)?,
        rauc_keyring: given.file("rauc_keyring", |o| &o.rauc_keyring)?,
    };
    let missing = |key, expected| ConfigError::Missing { path: given.path.into(), key, expected };
    if config.role == Some(Role::County) {
        if config.ca.is_none() {
            return Err(missing("ca", "the file trusted.pem that `host ca show` of the fleet role names"));
        }
        if config.revoked.is_none() {
            return Err(missing("revoked", "a copy of the file revoked.json that the fleet role keeps up to date"));
        }
        if config.terminals.is_none() {
            return Err(missing("terminals_certificate", "the files that `host ca server` of the fleet role writes"));
        }
    }
    Ok(config)
}

/// Both places that settings come from; the command line goes before the file.
struct Given<'a> {
    options: &'a Options,
    file: &'a Options,
    path: &'a Path,
}

/// One setting of [`Options`].
type Field<T> = fn(&Options) -> &Option<T>;

impl Given<'_> {
    /// A value, and where it comes from.
    fn value<T: Clone>(&self, field: Field<T>) -> Option<(T, String)> {
        let from = |of: &Options, origin: String| field(of).clone().map(|value| (value, origin));
        from(self.options, "the command line".to_owned()).or_else(|| from(self.file, self.path.display().to_string()))
    }

    fn address(&self, key: &'static str, field: Field<String>, port: u16) -> Result<SocketAddr, ConfigError> {
        let Some((found, origin)) = self.value(field) else {
            return Ok(SocketAddr::from(([0, 0, 0, 0], port)));
        };
        let expected = "an address and a port, such as 0.0.0.0:8443";
        found.parse().map_err(|_| ConfigError::Value { origin, key, expected, found })
    }

    fn url(&self, key: &'static str, field: Field<String>) -> Result<Option<String>, ConfigError> {
        let Some((found, origin)) = self.value(field) else { return Ok(None) };
        let parsed = reqwest::Url::parse(&found).ok();
        let usable = parsed.is_some_and(|url| {
            url.scheme() == "https" && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
        });
        if usable {
            Ok(Some(found.trim_end_matches('/').to_owned()))
        } else {
            let expected = "an address without a path, such as https://lianxin.example:8443";
            Err(ConfigError::Value { origin, key, expected, found })
        }
    }

    fn database(&self, key: &'static str, field: Field<String>) -> Result<Option<String>, ConfigError> {
        let Some((found, origin)) = self.value(field) else { return Ok(None) };
        if ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| found.starts_with(scheme)) {
            return Ok(Some(found));
        }
        let expected = "sqlite:///path/to/file?mode=rwc or postgres://user@host/name";
        Err(ConfigError::Value { origin, key, expected, found })
    }

    fn zone(&self) -> Result<String, ConfigError> {
        let Some((found, origin)) = self.value(|o| &o.zone) else { return Ok("Asia/Shanghai".to_owned()) };
        match jiff::tz::TimeZone::get(&found) {
            Ok(_) => Ok(found),
            Err(_) => {
                Err(ConfigError::Value { origin, key: "zone", expected: "a time zone such as Asia/Shanghai", found })
            }
        }
    }

    fn webhook(&self) -> Result<Option<String>, ConfigError> {
        let Some((found, origin)) = self.value(|o| &o.webhook) else { return Ok(None) };
        if reqwest::Url::parse(&found).is_ok() {
            return Ok(Some(found));
        }
        let expected = "an address such as https://chat.example/hook";
        Err(ConfigError::Value { origin, key: "webhook", expected, found })
    }

    fn fleet_webhook(&self) -> Result<Option<String>, ConfigError> {
        let Some((found, origin)) = self.value(|o| &o.fleet_webhook) else { return Ok(None) };
        if is_usable(&found) && reqwest::Url::parse(&found).is_ok() {
            return Ok(Some(found));
        }
        let expected = "an address such as https://chat.example/hook";
        Err(ConfigError::Value { origin, key: "fleet_webhook", expected, found })
    }

    fn file(&self, key: &'static str, field: Field<PathBuf>) -> Result<Option<PathBuf>, ConfigError> {
        let Some((found, origin)) = self.value(field) else { return Ok(None) };
        // Relative to the settings' file, wherever the program was started.
        let found = self.path.parent().map_or_else(|| found.clone(), |folder| folder.join(&found));
        if found.is_file() {
            return Ok(Some(found));
        }
        Err(ConfigError::Value { origin, key, expected: "a file that is there", found: found.display().to_string() })
    }

    fn pair(
        &self,
        (certificate, certificate_field): (&'static str, Field<PathBuf>),
        (key, key_field): (&'static str, Field<PathBuf>),
    ) -> Result<Option<Pair>, ConfigError> {
        let missing = |key| ConfigError::Missing {
            path: self.path.into(),
            key,
            expected: "a PEM file; a certificate and its key go together",
        };
        match (self.file(certificate, certificate_field)?, self.file(key, key_field)?) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Pair { certificate, key })),
            (None, Some(_)) => Err(missing(certificate)),
            (Some(_), None) => Err(missing(key)),
        }
    }
}
