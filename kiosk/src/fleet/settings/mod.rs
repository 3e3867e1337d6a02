//! Settings from afar: fetched when the host names others, tried, kept or taken back.
//!
//! Invariants: what is in force is on the disk before kiosk hears of it, and before the host does; kiosk starts anew with
//! it when nobody is there. [`state`] decides, without I/O and without a clock.

mod state;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use state::{Heard, KioskSays, Now, Settings};
use tracing::{error, info, warn};
use wire::{
    health::{Kiosk, PrinterState},
    settings::{self as wire_settings, InForce, ORDER_MAX, Ordered, PATH},
};

use crate::{
    clock::Clock,
    durable,
    https::{self, why},
};

/// From the first byte out to the last byte in; an order has a few hundred bytes.
const FETCH_MOST: Duration = Duration::from_secs(10);

/// Both programs read it; no secret.
const READABLE: u32 = 0o644;

/// Whether this terminal can have settings; else the field and the rule.
pub type Fits = Box<dyn Fn(&wire_settings::Settings) -> Result<(), String> + Send + Sync>;

/// Tells kiosk that it works by other settings than those in force.
pub type TellKiosk = Box<dyn Fn() + Send + Sync>;

/// Why an order was not had.
#[derive(Debug, thiserror::Error)]
pub enum NoOrder {
    /// The host can't be reached, or broke off.
    #[error("the host did not answer: {0}")]
    NoAnswer(String),
    /// The host says no.
    #[error("the host answered {0}")]
    Status(u16),
    /// What came is no order.
    #[error("what came is no order")]
    NotAnOrder,
}

/// The settings that are in force by the file at `path`; none where there are none, or nobody can read them.
#[must_use]
pub fn settings_in_force(path: &Path) -> Option<Ordered> {
    read(path).in_force
}

fn read(path: &Path) -> Settings {
    match fs::read(path).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(settings)) => settings,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Settings::default(),
        spoilt => {
            warn!(?spoilt, path = %path.display(), "the settings from afar can't be read: the terminal's own count");
            Settings::default()
        }
    }
}

/// Keeps the settings from afar; the agent has one.
#[derive(Clone)]
pub struct SettingsKeeper(Arc<Inner>);

struct Inner {
    path: PathBuf,
    fits: Fits,
    tell_kiosk: TellKiosk,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

struct Kept {
    settings: Settings,
    /// Whether the printer answered when kiosk was last asked.
    printer_answers: bool,
}

/// An order whose settings may be those of a newer host.
#[derive(Deserialize)]
struct AnyOrder {
    v: u32,
    order: u64,
    version: u64,
    settings: serde_json::Value,
}

impl SettingsKeeper {
    /// Goes on from the file at `path`.
    #[must_use]
    pub fn open(path: PathBuf, fits: Fits, tell_kiosk: TellKiosk, clock: Arc<dyn Clock>) -> Self {
        let kept = Mutex::new(Kept { settings: read(&path), printer_answers: false });
        Self(Arc::new(Inner { path, fits, tell_kiosk, clock, kept }))
    }

    /// What the host is told.
    #[must_use]
    pub fn report(&self) -> Option<InForce> {
        self.with(|kept| kept.settings.report())
    }

    /// Kiosk was asked how it is.
    pub fn saw(&self, kiosk: Option<&Kiosk>) {
        let says =
            kiosk.map(|kiosk| KioskSays { settings: kiosk.settings, printer_answers: answers(&kiosk.printer.state) });
        let in_force = self.with(|kept| {
            kept.printer_answers = says.is_some_and(|says| says.printer_answers);
            self.hear(kept, Heard::Kiosk(says));
            kept.settings.version()
        });
        if says.is_some_and(|says| says.settings != in_force) {
            (self.0.tell_kiosk)();
        }
    }

    /// The host took a report, and names its newest order to this terminal; fetches it where it is news.
    pub async fn reached(&self, client: &reqwest::Client, fleet_url: &str, order: Option<u64>) {
        let is_news = self.with(|kept| {
            self.hear(kept, Heard::HostReached);
            order.is_some_and(|order| kept.settings.wants(order))
        });
        if !is_news {
            return;
        }
        match fetch(client, fleet_url).await {
            Ok(order) => self.take(order),
            Err(problem) => info!(error = why(&problem), "the order that the host names was not had"),
        }
    }

    fn take(&self, AnyOrder { v, order, version, settings }: AnyOrder) {
        let settings =
            serde_json::from_value::<wire_settings::Settings>(settings).map_err(|unknown| unknown.to_string());
        let fitting = settings.and_then(|settings| {
            settings.check().map_err(|bad| bad.to_string())?;
            (self.0.fits)(&settings)?;
            Ok(settings)
        });
        self.with(|kept| {
            let heard = match fitting {
                Ok(settings) => Heard::Ordered(Ordered { v, order, version, settings }, kept.printer_answers),
                Err(unfit) => Heard::Unfit(order, unfit),
            };
            self.hear(kept, heard);
        });
    }

    fn hear(&self, kept: &mut Kept, heard: Heard) {
        let now = Now { boot: self.0.clock.boot(), uptime: self.0.clock.uptime() };
        let next = kept.settings.clone().step(heard, now);
        if next == kept.settings {
            return;
        }
        let bytes = serde_json::to_vec(&next).unwrap_or_default();
        if let Err(problem) = durable::write(&self.0.path, &bytes, READABLE) {
            error!(error = why(&problem), "the settings from afar stay as they are");
            return;
        }
        if let (Some(told), before) = (next.report(), kept.settings.report())
            && before.as_ref() != Some(&told)
        {
            info!(order = told.order, state = ?told.state, why = told.why.map(String::from), "settings from afar");
        }
        kept.settings = next;
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A printer of a kind that never answers is as well as it can be known.
fn answers(state: &PrinterState) -> bool {
    !matches!(state, PrinterState::NoAnswer | PrinterState::NotDriven)
}

async fn fetch(client: &reqwest::Client, fleet_url: &str) -> Result<AnyOrder, NoOrder> {
    let no_answer = |error: reqwest::Error| NoOrder::NoAnswer(why(&error.without_url()));
    let url = format!("{}{PATH}", fleet_url.trim_end_matches('/'));
    let answer = client.get(url).timeout(FETCH_MOST).send().await.map_err(no_answer)?;
    if answer.status() != 200 {
        return Err(NoOrder::Status(answer.status().as_u16()));
    }
    let body = https::body(answer, ORDER_MAX).await.map_err(|error| NoOrder::NoAnswer(why(&error)))?;
    serde_json::from_slice(&body).map_err(|_| NoOrder::NotAnOrder)
}
