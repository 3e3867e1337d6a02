//! `cargo run --release --example recognise`: answers lines of JSON, `{"strokes":[[[x,y],…],…]}` or
//! `{"pinyin":"xiulu"}`, in order, with `{"candidates":["…",…],"ms":…}`. It is what the terminal's own process does,
//! without the line in which that says what it has; what is missing is said on standard error. The model is looked for in
//! the folder that is given, then in the user's cache.

use std::{io, process::ExitCode};

use clap::Parser;
use ime::{
    engines::{Engines, Places},
    serve,
};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    places: Places,
}

fn main() -> ExitCode {
    let mut engines = Engines::load(&Arguments::parse().places.or_cached());
    let ready = engines.ready();
    let missing = [ready.handwriting.as_deref(), ready.pinyin.as_deref()];
    for missing in missing.into_iter().flatten().chain(ready.remarks()) {
        eprintln!("recognise: {missing}");
    }
    match serve::serve(&mut engines, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("recognise: {problem}");
            ExitCode::FAILURE
        }
    }
}
