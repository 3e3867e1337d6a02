//! The running host: both listeners, what a first start makes, and the way down.
//!
//! Invariant: `addresses.json` appears only once both listeners answer and goes with them; a killed host leaves it until
//! the next start. What an admin must take away is written before anything is sealed to it.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use axum::Router;
use jiff::{Timestamp, tz::TimeZone};
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    ca::Signs,
    clock::SharedClock,
    config::Config,
    county::County,
    durable::{self, Readers},
    fleet::{
        Fleet, RENEW_LATE, Signer, TimeSigner,
        artifacts::{Artifacts, Rauc},
        users::Users,
    },
    http::{
        self,
        ddi::Devices,
        fleet::{Console, Live, Releases},
        listener::{Limits, Peer, TlsListener},
        terminals::{Enrolments, Gate},
        time::Times,
        watch::Watch,
    },
    outbox::{self, Announces},
    setup::{self, ADDRESSES, Addresses, Machine},
    store::Store,
    tls,
};

/// How often rollouts are moved on: soon enough for whoever watches one, seldom beside the terminals' five minutes.
const ROLLOUTS: Duration = Duration::from_secs(5);

/// Whether a terminal fell silent, and whether people are to be told, is looked at this often.
const NOTICE: Duration = Duration::from_secs(10);

/// How long open requests may take when the host goes down.
const GOODBYE: Duration = Duration::from_secs(10);

/// Certificates are looked at this often.
const CERTIFICATES: Duration = Duration::from_secs(3600);

/// What is kept for a while is looked through this often.
const FORGET: Duration = Duration::from_secs(3600);

/// Held while a host works on a data folder; the system lets go of it with the process.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "the lock goes with the file")] fs::File);

impl DataLock {
    /// Takes the folder.
    ///
    /// # Errors
    /// Another host works on it.
    pub fn take(data: &Path) -> Result<Self> {
        let path = data.join("host.lock");
        let file = fs::File::options().create(true).append(true).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        file.try_lock().map_err(|_| anyhow::anyhow!("another host works on {}", data.display()))?;
        Ok(Self(file))
    }
}

/// A host that listens.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub addresses: Addresses,
    /// What a first start made.
    pub made: Vec<setup::Made>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Result<()>>,
    file: PathBuf,
    stores: Vec<Store>,
    _lock: DataLock,
}

/// Starts the host; it listens when this returns.
///
/// # Errors
/// A setting, a file, a database or a port that can't be used.
pub async fn start(config: &Config, clock: SharedClock) -> Result<Running> {
    // For the webhook's client; a second start in one process finds it there.
    rustls::crypto::CryptoProvider::install_default((*tls::provider()).clone()).ok();
    durable::private_folder(&config.data).with_context(|| config.data.display().to_string())?;
    let lock = DataLock::take(&config.data)?;
    let file = config.data.join(ADDRESSES);
    remove(&file)?;
    let mut machine = Machine::prepare(config, &clock).await?;
    let made = std::mem::take(&mut machine.made);

    let for_terminals = bind(config.listen_terminals, "listen_terminals").await?;
    let for_people = bind(config.listen, "listen").await?;
    let addresses = setup::addresses(config, Some(for_people.local_addr()?), for_terminals.local_addr()?);

    let fleet = machine.fleet.clone();
    let county = machine.county(config, &addresses.public_base, &clock).await?;
    let certificate = machine.certificate(config, &addresses, &clock)?;
    let people_certificate = match &config.people {
        Some(pair) => tls::ServerCertificate::read(&pair.certificate, &pair.key)?,
        None => certificate.clone(),
    };
    let (trusted, origin) = machine.trusted(config)?;
    let terminals_tls = tls::terminals(certificate.clone(), &trusted, &origin, RENEW_LATE, Arc::clone(&clock))?;

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let gate = Gate { revocations: machine.revocations(config)?, clock: Arc::clone(&clock) };
    let (mut devices, mut artifacts) = (None, None);
    if let Some(fleet) = fleet.clone() {
        let opened = Artifacts::open(fleet.clone(), &setup::artifacts(&config.data)).await?;
        let opened = opened.checked_by(Rauc::trusting(config.rauc_keyring.clone()));
        artifacts = Some(opened.clone());
        devices = Some(Devices { fleet: fleet.clone(), artifacts: opened, gate: gate.clone() });
        tasks.spawn(announce(fleet.clone(), stopped.clone()));
        tasks.spawn(notice(fleet.clone(), clock.now(), stopped.clone()));
        tasks.spawn(forget_diagnostics(fleet.clone(), stopped.clone()));
        tasks.spawn(move_rollouts(fleet, stopped.clone()));
    }
    let zone = TimeZone::get(&config.zone).with_context(|| format!("the time zone {}", config.zone))?;
    let console = fleet.clone().zip(machine.ca.as_deref()).zip(artifacts).map(|((fleet, ca), artifacts)| Console {
        users: Users::new(fleet, ca),
        zone: zone.clone(),
        public_base: addresses.public_base.clone(),
        revoked: setup::revoked_list(&config.data),
        artifacts,
        releases: Releases::default(),
        live: Live::until(stopped.clone()),
    });
    let enrolments = match fleet.zip(machine.ca.clone()) {
        Some((fleet, ca)) => {
            let asks = Arc::new(Signer::new(Arc::clone(&ca), Signs::Diagnostics)?);
            Some(Enrolments { fleet, ca, asks })
        }
        None => None,
    };
    let times = match &machine.ca {
        Some(ca) => Some(Times::new(TimeSigner::new(Arc::clone(ca), Arc::clone(&clock))?)),
        None => None,
    };
    let watch = Watch::new(machine.stores.clone(), machine.fleet.clone());
    let routes = http::for_terminals(&gate, enrolments, times, county.clone(), devices);
    let routes = watch.counting("terminals", routes);
    tasks.spawn(listen(for_terminals, terminals_tls, routes, stopped.clone()));
    if let Some(county) = county.clone() {
        tasks.spawn(announce(county.clone(), stopped.clone()));
        tasks.spawn(forget(county, stopped.clone()));
    }
    let people_tls = tls::people(people_certificate.clone(), Arc::clone(&clock))?;
    let routes = http::for_people(county, console, &config.zone).merge(watch.routes());
    tasks.spawn(listen(for_people, people_tls, watch.counting("people", routes), stopped.clone()));
    let stores = machine.stores.clone();
    let kept = Kept { machine, config: config.clone(), addresses: addresses.clone(), certificate, people_certificate };
    tasks.spawn(keep_certificates(kept, clock, stopped));

    let json = serde_json::to_string_pretty(&addresses).context("write the addresses")?;
    durable::write(&file, (json + "\n").as_bytes(), Readers::All).with_context(|| file.display().to_string())?;
    Ok(Running { addresses, made, stop, tasks, file, stores, _lock: lock })
}

impl Running {
    /// The databases that it works with.
    #[must_use]
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Serves until a part ends, which none does by itself.
    ///
    /// # Errors
    /// Whatever ended it.
    pub async fn failed(&mut self) -> Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => ended.context("a part of the host panicked")?,
            None => Ok(()),
        }
    }

    /// Ends: no new connections, open requests are answered, for ten seconds at most.
    ///
    /// # Errors
    /// `addresses.json` can't be removed.
    pub async fn stop(mut self) -> Result<()> {
        remove(&self.file)?;
        self.stop.send_replace(true);
        let goodbye = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            tracing::warn!("requests were still open after {GOODBYE:?}");
        }
        for store in &self.stores {
            store.close().await;
        }
        Ok(())
    }
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).context(file.display().to_string()),
        _ => Ok(()),
    }
}

async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{key}: can't listen on {address}; is another host running, or is the port below 1024?")
    })
}

async fn listen(
    listener: TcpListener,
    tls: ServerConfig,
    routes: Router,
    mut stopped: watch::Receiver<bool>,
) -> Result<()> {
    let listener = TlsListener::new(listener, tls, Limits::default())?;
    axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move {
            stopped.wait_for(|stop| *stop).await.ok();
        })
        .await?;
    Ok(())
}

/// Delivers what a role announces by webhook.
async fn announce(of: impl Announces, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    match client {
        Ok(client) => tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = outbox::deliver(of, client) => {}
        },
        Err(error) => {
            tracing::error!(%error, "webhooks can't be called from this machine; nobody is told of anything");
            stopped.wait_for(|stop| *stop).await.ok();
        }
    }
    Ok(())
}

/// Rests for this long; whether the host goes down meanwhile.
async fn ends_within(stopped: &mut watch::Receiver<bool>, rest: Duration) -> bool {
    tokio::time::timeout(rest, stopped.wait_for(|stop| *stop)).await.is_ok()
}

/// Raises an alarm for terminals that nothing was heard of for too long, and tells people of alarms.
async fn notice(fleet: Fleet, up: Timestamp, mut stopped: watch::Receiver<bool>) -> Result<()> {
    loop {
        if let Err(error) = fleet.notice_silence(up).await {
            tracing::warn!(%error, "nobody looked which terminals are silent");
        }
        if let Err(error) = fleet.tell().await {
            tracing::warn!(%error, "nobody looked what is to be told of alarms");
        }
        if ends_within(&mut stopped, NOTICE).await {
            return Ok(());
        }
    }
}

/// Moves rollouts on by what terminals report.
async fn move_rollouts(fleet: Fleet, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let mut since = Timestamp::MIN;
    loop {
        match fleet.move_rollouts(since).await {
            Ok(now) => since = now,
            Err(error) => tracing::warn!(%error, "rollouts were not moved on"),
        }
        if ends_within(&mut stopped, ROLLOUTS).await {
            return Ok(());
        }
    }
}

/// Forgets, now and once an hour, logs and pictures of terminals that were kept for long enough.
async fn forget_diagnostics(fleet: Fleet, mut stopped: watch::Receiver<bool>) -> Result<()> {
    loop {
        match fleet.forget_diagnostics().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot logs and pictures of terminals"),
            Err(error) => tracing::warn!(%error, "old logs and pictures of terminals were not forgotten"),
        }
        if ends_within(&mut stopped, FORGET).await {
            return Ok(());
        }
    }
}

/// Forgets, now and once an hour, the uploads that nothing more has come of, and the hand-overs of yesterday.
async fn forget(county: County, mut stopped: watch::Receiver<bool>) -> Result<()> {
    loop {
        match county.forget_uploads().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot uploads that were silent for a week"),
            Err(error) => tracing::warn!(%error, "silent uploads were not forgotten"),
        }
        if let Err(error) = county.forget_hand_overs().await {
            tracing::warn!(%error, "old hand-overs were not forgotten");
        }
        if ends_within(&mut stopped, FORGET).await {
            return Ok(());
        }
    }
}

/// What the keeper of certificates needs.
struct Kept {
    machine: Machine,
    config: Config,
    addresses: Addresses,
    certificate: tls::ServerCertificate,
    people_certificate: tls::ServerCertificate,
}

/// Issues the server's certificate anew before it expires, and reads a given one again after somebody replaced it.
async fn keep_certificates(kept: Kept, clock: SharedClock, mut stopped: watch::Receiver<bool>) -> Result<()> {
    loop {
        if ends_within(&mut stopped, CERTIFICATES).await {
            return Ok(());
        }
        let Kept { machine, config, addresses, certificate, people_certificate } = &kept;
        if let Err(error) = machine.renew_certificate(config, addresses, certificate, &clock) {
            tracing::error!(error = format!("{error:#}"), "the server's certificate can't be renewed");
        }
        if let Some(pair) = &config.people
            && let Err(error) = people_certificate.replace(&pair.certificate, &pair.key)
        {
            tracing::error!(%error, "the certificate for people can't be read again");
        }
    }
}
