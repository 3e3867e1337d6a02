//! Backup and restore, and databases moved from SQLite to PostgreSQL.
//!
//! A backup is a tar archive: consistent copies of both SQLite databases, the certificate authority, the county's public
//! keys, and `manifest.json` with a SHA-256 of each. Invariants: the county's working key is never in it; a restored
//! database takes its place only after it has a new ledger id, so that no terminal takes it for the former one; what
//! was there before is moved aside, never deleted.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::ticket::TerminalNumber;

use crate::{
    clock::SharedClock,
    config::{Config, Role},
    county::{self, County},
    durable::{self, Readers},
    fleet::{self, Fleet, RevokedFile},
    keys,
    serve::DataLock,
    setup,
    store::{Migration, Store, move_to, sqlite_url},
};

const FLEET: &str = "fleet.sqlite";
const COUNTY: &str = "county.sqlite";
const MANIFEST: &str = "manifest.json";

/// Files of the authority, as they are called in the archive and in its folder.
const AUTHORITY: [&str; 4] = ["root.pem", "issuing.pem", "issuing.key", "trusted.pem"];

/// What an archive says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    v: u32,
    made: Timestamp,
    sha256: BTreeMap<String, String>,
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// The county's new ledger id.
    pub ledger: Option<Uuid>,
    /// Where the former databases lie.
    pub aside: Option<PathBuf>,
}

/// A folder that goes when the work is done or failed.
struct Scratch(PathBuf);

impl Scratch {
    fn new(beside: &Path) -> Result<Self> {
        let folder = beside.join(format!("copying.{}", Uuid::new_v4().simple()));
        durable::private_folder(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Writes a backup to `out`; returns what it holds. The host may run.
///
/// # Errors
/// A database that isn't SQLite, a file that is there, or what the file system says.
pub async fn write(config: &Config, out: &Path, clock: &SharedClock) -> Result<Vec<String>> {
    ensure!(!out.exists(), "{}: there is a file of this name; a backup is never overwritten", out.display());
    let scratch = Scratch::new(folder_of(out))?;
    let mut files = Vec::new();
    for (role, name, url, key) in databases(config) {
        if config.plays(role) {
            let copy = scratch.0.join(name);
            let database = sqlite_file(url, key)?;
            ensure!(database.exists(), "{}: no database yet; start `host serve` first", database.display());
            copy_database(url, role, &copy).await.with_context(|| format!("copy {}", database.display()))?;
            files.push((name.to_owned(), copy));
        }
    }
    if config.plays(Role::Fleet) {
        let folder = setup::ca_folder(&config.data);
        files.extend(AUTHORITY.iter().map(|name| (format!("ca/{name}"), folder.join(name))));
    }
    if config.plays(Role::County) {
        files.push((keys::PUBLIC_KEYS.to_owned(), setup::keys_folder(&config.data).join(keys::PUBLIC_KEYS)));
    }
    let mut sha256 = BTreeMap::new();
    for (name, path) in &files {
        sha256.insert(name.clone(), hash(path)?);
    }
    let manifest = serde_json::to_vec_pretty(&Manifest { v: 1, made: clock.now(), sha256 })?;
    let archive = scratch.0.join("archive.tar");
    pack(&archive, &manifest, &files, clock)?;
    // A link fails where a file of that name came up meanwhile.
    fs::hard_link(&archive, out).with_context(|| out.display().to_string())?;
    File::open(folder_of(out))?.sync_all()?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// Brings a backup back. The host must be down.
///
/// # Errors
/// A host that runs, an archive that isn't whole, another host's authority, or a working key that doesn't fit.
pub async fn restore(config: &Config, archive: &Path, clock: &SharedClock) -> Result<Restored> {
    let data = &config.data;
    durable::private_folder(data).with_context(|| data.display().to_string())?;
    let _lock = DataLock::take(data).context("stop the host first: a restore replaces its databases")?;
    let scratch = Scratch::new(data)?;
    unpack(archive, &scratch.0).with_context(|| archive.display().to_string())?;
    let has = |name: &str| scratch.0.join(name).exists();

    let mut restored = Restored { ledger: None, aside: None };
    let mut databases_back = Vec::new();
    if config.plays(Role::Fleet) && has(FLEET) {
        let database = sqlite_file(&config.fleet_database, "fleet_database")?;
        place_authority(&scratch.0, data)?;
        prepare_fleet(&scratch.0, &database, data, clock).await?;
        databases_back.push((scratch.0.join(FLEET), database));
    }
    if config.plays(Role::County) && has(COUNTY) {
        let database = sqlite_file(&config.county_database, "county_database")?;
        let keyring = working_key(&scratch.0, data)?;
        restored.ledger = Some(new_ledger(&sqlite_url(&scratch.0.join(COUNTY)), keyring, config, clock).await?);
        databases_back.push((scratch.0.join(COUNTY), database));
    }
    ensure!(!databases_back.is_empty(), "{}: holds nothing of this host's roles", archive.display());

    let aside = data.join(format!("before-restore-{}", clock.now().strftime("%Y%m%dT%H%M%SZ")));
    for (new, place) in &databases_back {
        if place.exists() {
            durable::private_folder(&aside)?;
            move_aside(place, &aside)?;
            restored.aside = Some(aside.clone());
        }
        fs::rename(new, place).with_context(|| place.display().to_string())?;
        File::open(folder_of(place))?.sync_all()?;
    }
    Ok(restored)
}

/// What a restore does beyond copying, for databases that were brought back by their own tools. The host must be down.
///
/// # Errors
/// A host that runs, keys or databases that can't be used.
pub async fn begin_ledger(config: &Config, clock: &SharedClock) -> Result<Restored> {
    let data = &config.data;
    let _lock = DataLock::take(data).context("stop the host first: it remembers the former ledger")?;
    let mut restored = Restored { ledger: None, aside: None };
    if config.plays(Role::Fleet) {
        let store = Store::open(&config.fleet_database, fleet::MIGRATIONS).await?;
        Fleet::new(store.clone(), Arc::clone(clock)).after_restore(&[], &revoked(data)?).await?;
        store.close().await;
    }
    if config.plays(Role::County) {
        let keyring = keys::open(&setup::keys_folder(data))?;
        restored.ledger = Some(new_ledger(&config.county_database, keyring, config, clock).await?);
    }
    Ok(restored)
}

/// A database that was moved.
#[derive(Debug)]
pub struct Moved {
    /// Its key in `host.toml`.
    pub key: &'static str,
    /// Where it was.
    pub from: PathBuf,
    /// Its tables with their rows.
    pub tables: Vec<(String, u64)>,
}

/// Moves a role's database from SQLite to an empty PostgreSQL at `to`. The host must be down.
///
/// # Errors
/// A host that runs, a role that this host doesn't play, or a database that can't be moved.
pub async fn move_database(config: &Config, role: Role, to: &str) -> Result<Moved> {
    let _lock =
        DataLock::take(&config.data).context("stop the host first: it would write on to the former database")?;
    let played = databases(config).into_iter().find(|(each, ..)| *each == role && config.plays(role));
    let (_, _, url, key) = played.context("this host does not play that role")?;
    let from = sqlite_file(url, key)?;
    ensure!(from.exists(), "{}: no database yet; name the new one in host.toml and start `host serve`", from.display());
    Ok(Moved { key, tables: move_to(url, to, migrations(role)).await?, from })
}

/// Brings the databases up to this program; by their keys in `host.toml`, the migrations that were run.
///
/// # Errors
/// A database that can't be used.
pub async fn migrate(config: &Config) -> Result<Vec<(&'static str, Vec<String>)>> {
    let mut done = Vec::new();
    for (role, _, url, key) in databases(config).into_iter().filter(|(role, ..)| config.plays(*role)) {
        // One that isn't there is the first start's to make, after its keys.
        let is_there = sqlite_file(url, key).map_or(true, |file| file.exists());
        ensure!(is_there, "`{key}`: no database yet; start `host serve` first");
        let store = Store::open(url, migrations(role)).await?;
        done.push((key, store.migrated().to_vec()));
        store.close().await;
    }
    Ok(done)
}

fn migrations(role: Role) -> &'static [Migration] {
    if role == Role::Fleet { fleet::MIGRATIONS } else { county::MIGRATIONS }
}

fn databases(config: &Config) -> [(Role, &'static str, &str, &'static str); 2] {
    [
        (Role::Fleet, FLEET, &config.fleet_database, "fleet_database"),
        (Role::County, COUNTY, &config.county_database, "county_database"),
    ]
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file behind a SQLite URL.
fn sqlite_file(url: &str, key: &str) -> Result<PathBuf> {
    let Some(path) = url.strip_prefix("sqlite://") else {
        bail!(
            "`{key}` is PostgreSQL, which has its own tools: pg_dump --format=custom to back up, pg_restore to bring \
             back, then `host begin-ledger`, so that terminals offer again what came after the dump; copy fleet/ca, \
             fleet/revoked.json and county/keys/keys.json beside the dump"
        );
    };
    Ok(PathBuf::from(path.split('?').next().unwrap_or(path)))
}

async fn copy_database(url: &str, role: Role, copy: &Path) -> Result<()> {
    let store = Store::open(url, migrations(role)).await?;
    let target = copy.display().to_string();
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut *store.read().await?).await?;
    store.close().await;
    File::open(copy)?.sync_all()?;
    Ok(())
}

fn hash(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => context.update(&buffer[..n]),
        }
    }
    Ok(wire::hex(context.finish().as_ref()))
}

fn pack(archive: &Path, manifest: &[u8], files: &[(String, PathBuf)], clock: &SharedClock) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = File::options().write(true).create_new(true).mode(0o600).open(archive)?;
    let mut tar = tar::Builder::new(file);
    let mut append = |name: &str, size: u64, content: &mut dyn Read| -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(clock.now().as_second()).unwrap_or(0));
        tar.append_data(&mut header, name, content).with_context(|| name.to_owned())
    };
    append(MANIFEST, manifest.len() as u64, &mut &manifest[..])?;
    for (name, path) in files {
        let mut content = File::open(path)?;
        append(name, content.metadata()?.len(), &mut content)?;
    }
    tar.into_inner()?.sync_all()?;
    Ok(())
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let not_ours = "expected a file that `host backup` wrote";
    let mut tar = tar::Archive::new(File::open(archive)?);
    durable::private_folder(&folder.join("ca"))?;
    for entry in tar.entries().context(not_ours)? {
        let mut entry = entry.context(not_ours)?;
        let name = entry.path()?.display().to_string();
        let known = [MANIFEST, FLEET, COUNTY, keys::PUBLIC_KEYS].contains(&name.as_str())
            || name.strip_prefix("ca/").is_some_and(|file| AUTHORITY.contains(&file));
        ensure!(known && entry.header().entry_type().is_file(), "{not_ours}, found {name} in it");
        entry.unpack(folder.join(&name))?;
    }
    let text = fs::read(folder.join(MANIFEST)).context(not_ours)?;
    let manifest: Manifest = serde_json::from_slice(&text).context(not_ours)?;
    ensure!(manifest.v == 1, "written by a newer host (version {})", manifest.v);
    for (name, expected) in &manifest.sha256 {
        let path = folder.join(name);
        ensure!(path.exists() && hash(&path)? == *expected, "{name} in it is damaged; take another backup");
        File::open(&path)?.sync_all()?;
    }
    Ok(())
}

/// Puts the authority back where there is none; another one's backup is refused.
fn place_authority(scratch: &Path, data: &Path) -> Result<()> {
    let (from, to) = (scratch.join("ca"), setup::ca_folder(data));
    if to.join("root.pem").exists() {
        let same = fs::read(from.join("root.pem"))? == fs::read(to.join("root.pem"))?;
        ensure!(same, "the backup is another host's: its root certificate is not that of {}", to.display());
        return Ok(());
    }
    let parent = folder_of(&to);
    durable::private_folder(parent)?;
    fs::rename(&from, &to).with_context(|| to.display().to_string())?;
    File::open(parent)?.sync_all()?;
    Ok(())
}

/// Numbers given, cards replaced and terminals revoked since the backup are not forgotten.
async fn prepare_fleet(scratch: &Path, present: &Path, data: &Path, clock: &SharedClock) -> Result<()> {
    let mut known = Vec::new();
    if present.exists() {
        let store = Store::open(&sqlite_url(present), fleet::MIGRATIONS).await?;
        known = Fleet::new(store.clone(), Arc::clone(clock)).list().await?;
        store.close().await;
    }
    let store = Store::open(&sqlite_url(&scratch.join(FLEET)), fleet::MIGRATIONS).await?;
    Fleet::new(store.clone(), Arc::clone(clock)).after_restore(&known, &revoked(data)?).await?;
    store.close().await;
    Ok(())
}

/// Who is revoked, as the list beside the database says it.
fn revoked(data: &Path) -> Result<Vec<TerminalNumber>> {
    let list = setup::revoked_list(data);
    if list.exists() { Ok(RevokedFile::open(&list)?.all()?) } else { Ok(Vec::new()) }
}

/// The working key that fits the backup.
fn working_key(scratch: &Path, data: &Path) -> Result<keys::CountyKeyring> {
    let folder = setup::keys_folder(data);
    let (key, public) = (folder.join(keys::WORKING_KEY), folder.join(keys::PUBLIC_KEYS));
    ensure!(
        key.exists(),
        "{} is missing: a backup never holds the working key; bring it from where it was kept, then restore again",
        key.display()
    );
    if !public.exists() {
        durable::write(&public, &fs::read(scratch.join(keys::PUBLIC_KEYS))?, Readers::All)?;
    }
    let keyring = keys::open(&folder)?;
    let of_backup = keys::read_public(&scratch.join(keys::PUBLIC_KEYS))?;
    ensure!(keyring.public.working == of_backup.working, "{} is not the working key of this backup", key.display());
    Ok(keyring)
}

async fn new_ledger(
    database: &str,
    keyring: keys::CountyKeyring,
    config: &Config,
    clock: &SharedClock,
) -> Result<Uuid> {
    let store = Store::open(database, county::MIGRATIONS).await?;
    let identity = setup::identity(keyring);
    let settings = config.county_settings("https://localhost");
    let county = County::open(store.clone(), identity, Arc::clone(clock), settings).await?;
    let ledger = county.new_ledger().await?;
    drop(county);
    store.close().await;
    Ok(ledger)
}

fn move_aside(database: &Path, aside: &Path) -> Result<()> {
    let name = database.file_name().context("the database has no file name")?.to_os_string();
    for suffix in ["-wal", "-shm", ""] {
        let mut with_suffix = name.clone();
        with_suffix.push(suffix);
        match fs::rename(database.with_file_name(&with_suffix), aside.join(&with_suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
