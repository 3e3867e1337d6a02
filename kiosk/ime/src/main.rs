//! The input methods as a process: questions on standard input, answers on standard output, a line of JSON each. It says
//! first what it has, and ends with its input.

use std::{io, path::PathBuf, process::ExitCode};

use clap::Parser;
use ime::{
    engines::{Engines, Places},
    pinyin::Pinyin,
    serve,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, nice, set_dumpable_behavior, setrlimit};

#[derive(Parser)]
#[command(version, about = "Answers questions on standard input with candidates, a line of JSON each.")]
struct Arguments {
    #[command(flatten)]
    places: Places,
    /// Compiles the tables of pinyin into DIR, as an image ships them, and ends.
    #[arg(long, value_name = "DIR")]
    deploy: Option<PathBuf>,
}

/// How far behind the terminal's own work this process stands: the page is painted first.
const BEHIND: i32 = 5;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let places = arguments.places.or_cached();
    if let Some(folder) = &arguments.deploy {
        return match Pinyin::deploy(&places, folder) {
            Ok(remark) => {
                say(remark.as_deref());
                ExitCode::SUCCESS
            }
            Err(missing) => {
                eprintln!("kiosk-ime: {missing}");
                ExitCode::FAILURE
            }
        };
    }
    keep_to_itself();
    // Where the system refuses, everything works as well, only sooner.
    let _ = nice(BEHIND);
    let mut engines = Engines::load(&places);
    let ready = engines.ready();
    say(ready.remarks());
    let mut answers = io::stdout().lock();
    let talk =
        serve::say(&mut answers, &ready).and_then(|()| serve::serve(&mut engines, io::stdin().lock(), &mut answers));
    match talk {
        Ok(()) => ExitCode::SUCCESS,
        // The terminal has gone.
        Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("kiosk-ime: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Says to a technician what could be better.
fn say<'a>(remarks: impl IntoIterator<Item = &'a str>) {
    for remark in remarks {
        eprintln!("kiosk-ime: {remark}");
    }
}

/// A crash leaves no picture of memory, and says where it was but not with which words.
fn keep_to_itself() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(problem) = setrlimit(Resource::Core, none) {
        eprintln!("kiosk-ime: core dumps stay possible: {problem}");
    }
    if let Err(problem) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        eprintln!("kiosk-ime: core dumps stay possible: {problem}");
    }
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("kiosk-ime: broken at {}:{}", place.file(), place.line()),
        None => eprintln!("kiosk-ime: broken"),
    }));
}
