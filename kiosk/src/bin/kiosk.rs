//! The terminal's screen: pages, queue and printer in one process. Reads from top to bottom like a wiring diagram.

use std::{
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use kiosk::{
    app,
    clock::{Clock, SystemClock, TrustedClock},
    config::{Config, Pins},
    control::{Board, Control, ControlEvent, message::Changed},
    cores, durable,
    fleet::settings_in_force,
    input, logs, pages, panel, systemd,
    tamper::Watch,
    ui::fonts::with_fonts,
};
use slint::{ComponentHandle, PhysicalSize};
use wire::health::CaseSwitch;

/// The terminal's screen.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The settings file.
    #[arg(long, default_value = "/etc/kiosk/kiosk.toml")]
    config: PathBuf,
    /// A socket that touches and types, for tests.
    #[cfg(feature = "drive")]
    #[arg(long)]
    drive: Option<PathBuf>,
}

fn main() -> ExitCode {
    logs::start();
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!("{problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    cores::keep_none();
    let config = Config::load(&arguments.config)?;
    let afar = settings_in_force(&config.settings_path());
    let config = afar.iter().fold(config, |config, ordered| config.with(&ordered.settings));
    let window = with_fonts(|| {
        #[cfg(feature = "kms")]
        app::choose_panel()?;
        pages::App::new()
    })?
    .context("open the screen")?;
    #[cfg(feature = "x11")]
    app::take_contacts(window.window());
    end_with_any_thread();
    std::fs::create_dir_all(&config.data_dir).with_context(|| format!("make {}", config.data_dir.display()))?;
    // A folder above it that can't be read belongs to somebody else, who made this one.
    if let Err(problem) = durable::folder(&config.data_dir) {
        tracing::warn!(%problem, "the name of the data folder may not outlive a power cut");
    }
    std::fs::create_dir_all(&config.run_dir).with_context(|| format!("make {}", config.run_dir.display()))?;

    let trusted = Arc::new(TrustedClock::start(Arc::new(SystemClock::start()), &config.time_path()));
    let clock: Arc<dyn Clock> = Arc::clone(&trusted) as Arc<dyn Clock>;
    window.window().set_size(PhysicalSize::new(config.panel.width, config.panel.height));
    let shell = window.global::<pages::Shell>();
    shell.set_px_per_mm(config.panel.px_per_mm);
    shell.set_plain(config.panel.plain);

    let board = Arc::new(Board::new(clock.wall(), env!("CARGO_PKG_VERSION")));
    let (clerk, inbox) = app::Clerk::new();
    let told = clerk.clone();
    let control = Control::start(&config.control_path(), Arc::clone(&clock), Arc::clone(&board), move |event| {
        if event == ControlEvent::Changed(Changed::Time) {
            trusted.read_again();
        }
        told.send(app::Task::Control(event));
    })
    .with_context(|| format!("serve {}", config.control_path().display()))?;
    let control = Arc::new(control);
    let case = Arc::new(Watch::start(&config.case_journal_path(), Arc::clone(&clock)));
    let at_panel = app::at_panel(Arc::clone(&case), Arc::clone(&control));
    let (panel, panels_thread, case_switch) = start_panel(&config, &clock, at_panel)?;
    let office = app::Office {
        config: config.clone(),
        control: Arc::clone(&control),
        clock: Arc::clone(&clock),
        panel: panel.clone(),
        settings: afar.map(|ordered| ordered.version),
        case,
        case_switch,
    };
    let clerks_thread = app::start_clerk(&clerk, inbox, office).context("start the clerk's thread")?;
    if let Some(scanner) = config.scanner.clone() {
        thread::Builder::new()
            .name("scanner".into())
            .spawn(move || app::read_serial(&scanner.port, scanner.baud))
            .context("start the scanner's thread")?;
    }
    #[cfg(feature = "drive")]
    if let Some(socket) = &arguments.drive {
        app::drive(socket, &window).with_context(|| format!("serve {}", socket.display()))?;
    }

    let program = config.input_methods().context("find the input methods' program")?;
    let input = input::engine::start(program, Arc::clone(&clock), app::told_by_input)
        .context("start the input methods' thread")?;
    let program = config.sound_program().context("find the program that hears and speaks")?;
    let sound = input::sound::start(program, config.clips.clone(), Arc::clone(&clock), app::heard)
        .context("start the thread of sound")?;
    app::start(app::Parts {
        ui: window.clone_strong(),
        clerk: clerk.clone(),
        control,
        board,
        clock,
        panel,
        input,
        sound,
        loudness: config.volume,
        may_speak: config.may_speak(),
        dark_after: config.panel.dark_after_s.map(Duration::from_secs),
        has_scanner: config.scanner.is_some(),
        has_stick: config.stick_dir.is_some(),
    });
    let seconds = slint::Timer::default();
    seconds.start(slint::TimerMode::Repeated, Duration::from_secs(1), || {
        app::tick();
        systemd::turned();
    });
    stop_on_signals()?;
    systemd::ready();
    window.run().context("run the screen")?;

    let starts_anew = app::stop();
    if !starts_anew {
        systemd::stopping();
    }
    clerk.send(app::Task::Stop);
    clerks_thread.join().map_err(|_| anyhow::anyhow!("the clerk's thread ended with a panic"))?;
    // Nobody holds the panel any more: it comes to rest.
    panels_thread
        .map_or(Ok(()), JoinHandle::join)
        .map_err(|_| anyhow::anyhow!("the panel's thread ended with a panic"))?;
    if starts_anew { start_anew() } else { Ok(()) }
}

/// Becomes the same program with the same arguments, as the same process: for whoever supervises it nothing has ended.
fn start_anew() -> anyhow::Result<()> {
    tracing::info!("starting anew with other settings");
    let program = std::env::current_exe().context("find this program")?;
    let problem = Command::new(&program).args(std::env::args_os().skip(1)).exec();
    Err(problem).with_context(|| format!("start {} anew", program.display()))
}

/// What hangs on the pins; a terminal whose pins can't be had works without them, and says so of the case's switch.
fn start_panel(
    config: &Config,
    clock: &Arc<dyn Clock>,
    happened: impl FnMut(panel::Event) + Send + 'static,
) -> anyhow::Result<(panel::Handle, Option<JoinHandle<()>>, CaseSwitch)> {
    let unwatched = if config.pins.case_switch.is_some() { CaseSwitch::Failed } else { CaseSwitch::Absent };
    if config.pins == Pins::default() {
        return Ok((panel::Handle::default(), None, unwatched));
    }
    match panel::RaspberryPi::take(&config.pins) {
        Ok(pins) => {
            let case_switch = if pins.has_case_switch() { CaseSwitch::Watched } else { unwatched };
            let started = panel::start(pins, Arc::clone(clock), happened);
            let (panel, thread) = started.context("start the panel's thread")?;
            Ok((panel, Some(thread), case_switch))
        }
        Err(problem) => {
            tracing::error!(%problem, "lamps, buzzer and buttons stay off");
            Ok((panel::Handle::default(), None, unwatched))
        }
    }
}

/// A program of which a thread has died looks alive and takes nothing: it ends whole, and the supervisor starts it anew.
fn end_with_any_thread() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

/// SIGTERM and SIGINT end the event loop; what was submitted is on the disk by then.
fn stop_on_signals() -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT])
        .context("listen for signals")?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            slint::invoke_from_event_loop(|| {
                slint::quit_event_loop().ok();
            })
            .ok();
        }
    })?;
    Ok(())
}
