//! The engines with what was fetched for them; where that isn't there, a test says so and passes, but with CI=true it
//! fails.
#![allow(dead_code, reason = "each test uses its own part")]
#[path = "../../benches/writer/mod.rs"]
pub(crate) mod writer;

use std::{fmt::Display, path::PathBuf};

use clap::Parser;
use ime::{
    engines::{Places, cache},
    handwriting::Handwriting,
};
use writer::Writer;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    places: Places,
}

/// Where things are by default, and by the environment.
pub(crate) fn places() -> Places {
    Arguments::parse_from(["test"]).places.or_cached()
}

/// Handwriting, with the words, where they are there.
pub(crate) fn handwriting() -> Option<Handwriting> {
    let handwriting = or_left_out(Handwriting::load(&places()))?;
    match handwriting.remark().map(String::from) {
        Some(remark) => or_left_out(Err(remark)),
        None => Some(handwriting),
    }
}

/// Somebody who writes, where the strokes are there.
pub(crate) fn writer() -> Option<Writer> {
    let folder = std::env::var_os("LIANXIN_IME_STROKES").map_or_else(|| cache().join("strokes"), PathBuf::from);
    or_left_out(Writer::read(&folder).map_err(|problem| format!("strokes: {}: {problem}", folder.display())))
}

fn or_left_out<T>(result: Result<T, impl Display>) -> Option<T> {
    result
        .map_err(|reason| {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
            eprintln!("left out: {reason}");
        })
        .ok()
}
