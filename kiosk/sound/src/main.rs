//! The microphone and the loudspeaker as a process: questions on standard input, what happens on standard output, a line of
//! JSON each. It says first what it has, and ends with its input.

use std::{
    alloc::System,
    fs::File,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use rustix::{
    io::dup,
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
    stdio,
};
use sound::{
    clips::Clips,
    render::{self, Mute},
    serve::{Devices, serve},
};
use sound_line::Language;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is wiped: samples, packets, lines, and what libraries in Rust make of them.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

#[derive(Parser)]
#[command(version, about = "Records, plays and speaks as asked on standard input, a line of JSON each.")]
struct Arguments {
    /// The microphone's name in ALSA's configuration.
    #[arg(long, value_name = "NAME", default_value = "default", env = "LIANXIN_MICROPHONE")]
    microphone: String,
    /// The loudspeaker's name in ALSA's configuration.
    #[arg(long, value_name = "NAME", default_value = "default", env = "LIANXIN_LOUDSPEAKER")]
    loudspeaker: String,
    /// A folder of clips; of several, the first that has a clip wins.
    #[arg(long, value_name = "DIR", default_value = "/usr/share/lianxin/clips")]
    clips: Vec<PathBuf>,
    /// Has espeak-ng speak TEXT into the file OUT, and ends: for the names of villages and people.
    #[arg(long, value_names = ["TEXT", "OUT"], num_args = 2, allow_hyphen_values = true)]
    render: Option<Vec<String>>,
    /// The language of that text.
    #[arg(long, value_name = "CODE", default_value = "zh", value_parser = ["zh", "en"])]
    language: String,
    /// Has espeak-ng speak every clip into a folder, and ends.
    #[arg(long, value_name = "DIR", conflicts_with = "render")]
    render_all: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(rendered) = arguments.render() {
        return match rendered {
            Ok(()) => ExitCode::SUCCESS,
            Err(mute) => {
                eprintln!("kiosk-sound: {mute}");
                ExitCode::FAILURE
            }
        };
    }
    keep_to_itself();
    let devices = Devices {
        microphone: arguments.microphone,
        loudspeaker: arguments.loudspeaker,
        clips: Clips::new(arguments.clips),
    };
    match talk(devices) {
        Ok(()) => ExitCode::SUCCESS,
        // The terminal has gone.
        Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("kiosk-sound: {problem}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    /// Renders what is to be rendered; `None` where nothing is.
    fn render(&self) -> Option<Result<(), Mute>> {
        if let Some(folder) = &self.render_all {
            return Some(render::all(folder).map(|count| eprintln!("kiosk-sound: {count} clips")));
        }
        let [text, out] = self.render.as_deref()? else { return None };
        let language = Language::ALL.into_iter().find(|language| language.code() == self.language)?;
        Some(render::file(text, language, Path::new(out)))
    }
}

/// The pipes themselves: the library's own buffers before them would keep what went through.
fn talk(devices: Devices) -> io::Result<()> {
    let (input, output) = (File::from(dup(stdio::stdin())?), File::from(dup(stdio::stdout())?));
    serve(devices, input, output)
}

/// A crash leaves no picture of memory, says where it was but not with which sounds, and ends all of the process: the
/// terminal notices that, and would not notice a thread that is missing.
fn keep_to_itself() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(problem) = setrlimit(Resource::Core, none) {
        eprintln!("kiosk-sound: core dumps stay possible: {problem}");
    }
    if let Err(problem) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        eprintln!("kiosk-sound: core dumps stay possible: {problem}");
    }
    std::panic::set_hook(Box::new(|panic| {
        match panic.location() {
            Some(place) => eprintln!("kiosk-sound: broken at {}:{}", place.file(), place.line()),
            None => eprintln!("kiosk-sound: broken"),
        }
        std::process::exit(101);
    }));
}
