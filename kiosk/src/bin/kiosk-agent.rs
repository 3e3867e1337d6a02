//! The terminal's network: enrols, forwards what was submitted, brings back views and the bulletin.
//!
//! Reads from top to bottom as the parts are wired.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Parser;
use kiosk::{
    backoff::dice,
    clock::{Clock, SystemClock, TrustedClock},
    config::Config,
    control::{
        self, Contact, Sign, ToKiosk,
        message::{Changed, Signing},
    },
    cores,
    fleet::{
        self, Diagnostics, DiagnosticsParts, Fits, Fleet, IdentityStore, Reporter, ReporterParts, SettingsKeeper,
        Tamper, TimeKeeper,
    },
    forwarder::{self, First, Forwarding, Heartbeat, Store, county::County, event::Settings, state::Forwarder},
    https::{self, HostDate, Identity},
    logs, printer,
    queue::{Queue, QueueError},
    systemd,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Notify, broadcast, mpsc, watch},
    time,
};
use tracing::{error, info};

/// The terminal's network.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The settings file, the same as kiosk's.
    #[arg(long, default_value = "/etc/kiosk/kiosk.toml")]
    config: PathBuf,
}

/// Kiosk makes the queue file within its first seconds.
const QUEUE_LOOK: Duration = Duration::from_millis(500);

/// How often a queue file that can't be used is tried again: kiosk mends it, or somebody has to come.
const QUEUE_AGAIN: Duration = Duration::from_secs(5);

/// Kiosk sets a damaged queue file aside within this; its size is a few megabytes.
const STAY_AWAY: Duration = Duration::from_secs(5);

/// Kiosk answers within milliseconds; silence says that nobody knows.
const KIOSK_ANSWERS: Duration = Duration::from_secs(2);

/// Without a watchdog the loop still has a beat, so that both ways are one.
const BEAT: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    logs::start();
    cores::keep_none();
    let config = Config::load(&Arguments::parse().config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(async {
        let mut stay_away = Duration::ZERO;
        loop {
            stay_away = match run(&config, stay_away).await? {
                Ended::Stopped => return Ok(()),
                Ended::CaseOpened => Duration::ZERO,
                Ended::ForKiosk => {
                    info!("kiosk has the queue file for itself");
                    STAY_AWAY
                }
            };
        }
    })
}

/// Why the parts were taken down.
#[derive(PartialEq, Eq)]
enum Ended {
    /// The program ends.
    Stopped,
    /// They are wired anew once kiosk is done with the queue file.
    ForKiosk,
    /// They are wired anew without the key that they know.
    CaseOpened,
}

/// Wires the parts; the queue file is left alone for `stay_away` first.
async fn run(config: &Config, stay_away: Duration) -> Result<Ended> {
    let mut terminated = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let stop = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        info!("ending");
        systemd::stopping();
    };

    let trusted = Arc::new(TrustedClock::start(Arc::new(SystemClock::start()), &config.time_path()));
    let clock: Arc<dyn Clock> = Arc::clone(&trusted) as Arc<dyn Clock>;
    let host_date = Arc::new(HostDate::default());

    // The terminal as one of the fleet.
    let enrolment = config.load_enrolment()?;
    let (fleet_url, county_url) = (enrolment.fleet_url.clone(), enrolment.county_url.clone());
    let terminal = enrolment.terminal;
    let identities = IdentityStore::open(&config.data_dir, &enrolment)?;
    let tamper = Tamper::settle(config, &identities);
    let fleet =
        Fleet::new(&config.enrolment, enrolment, identities, Arc::clone(&clock), Arc::clone(&host_date), dice())?;
    let clients = fleet.clients();
    let unknown_to_county = Arc::new(Notify::new());
    let (identity, mut identities) = watch::channel(None);
    let enrolled = identities.clone();
    let enrolling = fleet.keep_enrolled(identity, Arc::clone(&unknown_to_county));

    // What time it is.
    let (changed, changes) = broadcast::channel(16);
    let tell = changed.clone();
    let time = TimeKeeper::new(clients.clone(), &fleet_url, trusted, dice());
    // Nobody listens while kiosk is away; it looks by itself when it comes back.
    let timing = time.keep(move || drop(tell.send(Changed::Time)));

    // How it is, and who opened its case, before anything else that the host hears of it.
    let health_of = config.control_path();
    let ask_kiosk = Arc::new(move || control::health(&health_of, KIOSK_ANSWERS).ok().flatten());
    let tell = changed.clone();
    let settings = SettingsKeeper::open(
        config.settings_path(),
        fitting(config.printer.profiles.clone()),
        Box::new(move || drop(tell.send(Changed::Settings))),
        Arc::clone(&clock),
    );
    let (asks, named) = watch::channel(None);
    let diagnostics = Diagnostics::open(
        DiagnosticsParts {
            clients: clients.clone(),
            fleet_url: fleet_url.clone(),
            terminal,
            identity: identities.clone(),
            named,
            control: config.control_path(),
            path: config.diagnostics_path(),
            reboot: config.reboot.clone(),
            clock: Arc::clone(&clock),
        },
        dice(),
    );
    let asked = diagnostics.keep();
    let reporter = Reporter::new(ReporterParts {
        clients: clients.clone(),
        fleet_url,
        terminal,
        identity: identities.clone(),
        ask_kiosk,
        tamper: tamper.clone(),
        settings,
        asks,
        clock: Arc::clone(&clock),
    });
    let reporting = reporter.clone().keep(dice());
    let first: First = Arc::new(move || {
        let reporter = reporter.clone();
        Box::pin(async move { reporter.tell_first().await })
    });

    // The county as this terminal is known to it.
    let (known, county) = watch::channel(None);
    let of_county = Arc::clone(&clock);
    let knowing = async move {
        while identities.changed().await.is_ok() {
            let identity = identities.borrow_and_update().clone();
            match clients.client(identity.as_ref()) {
                Ok(client) => {
                    let county = County::new(client, &county_url, Arc::clone(&of_county), Arc::clone(&host_date));
                    known.send_replace(identity.is_some().then_some(county));
                }
                Err(error) => error!(error = https::why(&error), "no way to the county"),
            }
        }
    };

    // Kiosk, over the control socket.
    let (contact, contacts) = watch::channel(Contact::NONE);
    let (to_forwarder, from_kiosk) = mpsc::channel(16);
    let control_path = config.control_path();
    let case_seen = Arc::new(Notify::new());
    let opened = tamper.until_unsettled(&case_seen);
    let to_kiosk =
        ToKiosk { contact: contacts, changed: changes, sign: signing(enrolled), case_seen: Arc::clone(&case_seen) };
    let talking = control::stay_connected(&control_path, to_kiosk, to_forwarder);

    // The queue file, which kiosk makes, and the forwarding.
    let queue_path = config.queue_path();
    let forwarding = async move {
        time::sleep(stay_away).await;
        let queue = attach(&queue_path, &clock, &changed).await;
        let forwarding = Forwarding {
            forwarder: Forwarder::new(Settings::default(), dice()),
            store: Store::start(queue, changed.clone()).context("start the queue's thread")?,
            county,
            from_kiosk,
            contact,
            changed,
            first,
            unknown_to_county,
            clock,
        };
        let heartbeat = Heartbeat { every: systemd::watchdog().unwrap_or(BEAT), beat: Box::new(systemd::turned) };
        let forwarder::LetGo = forwarder::run(forwarding, heartbeat).await;
        Ok(Ended::ForKiosk)
    };

    systemd::ready();
    tokio::select! {
        ended = forwarding => ended,
        () = enrolling => Ok(Ended::Stopped),
        () = knowing => Ok(Ended::Stopped),
        () = timing => Ok(Ended::Stopped),
        () = talking => Ok(Ended::Stopped),
        () = reporting => Ok(Ended::Stopped),
        () = asked => Ok(Ended::Stopped),
        () = opened => Ok(Ended::CaseOpened),
        () = stop => Ok(Ended::Stopped),
    }
}

/// A printer's profile is on the terminal, or it is none.
fn fitting(profiles: Option<PathBuf>) -> Fits {
    Box::new(move |settings| {
        let Some(name) = &settings.printer.profile else { return Ok(()) };
        let known = printer::profile(name, profiles.as_deref());
        known.map(drop).map_err(|error| format!("printer.profile: {}", https::why(&error)))
    })
}

/// Signs manifests of sticks with the key of whichever certificate the terminal has by then.
fn signing(enrolled: watch::Receiver<Option<Identity>>) -> Sign {
    Box::new(move |manifest_sha256| {
        let Some(identity) = enrolled.borrow().clone() else { return Signing::NotEnrolled };
        match fleet::sign_manifest(&identity, manifest_sha256) {
            Ok(signature) => Signing::Signed { certificate: identity.certificate, signature },
            Err(error) => {
                error!(error = https::why(&error), "a stick's manifest can't be signed");
                Signing::Failed
            }
        }
    })
}

/// Waits for kiosk to make the queue file, or to mend one that can't be used; feeds the watchdog meanwhile. All else that
/// the agent does goes on: the host hears what is wrong with the file.
async fn attach(path: &Path, clock: &Arc<dyn Clock>, tell: &broadcast::Sender<Changed>) -> Queue {
    let mut said = None;
    loop {
        systemd::turned();
        let wait = match Queue::attach(path, Arc::clone(clock)) {
            Ok(queue) => return queue,
            Err(QueueError::NotThere(_)) => QUEUE_LOOK,
            Err(problem) => {
                if problem.is_of_damage() {
                    // Nobody listens while kiosk is away; it looks at the file when it starts.
                    tell.send(Changed::QueueIll).ok();
                }
                let problem = https::why(&problem);
                if said.as_ref() != Some(&problem) {
                    error!(error = problem, path = %path.display(), "the queue can't be used; it is tried again");
                    said = Some(problem);
                }
                QUEUE_AGAIN
            }
        };
        time::sleep(wait).await;
    }
}
