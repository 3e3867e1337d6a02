//! Hands the fuzzer's bytes to the target that `LIANXIN_FUZZ_TARGET` names.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[path = "../targets.rs"]
mod targets;

fn target() -> targets::Target {
    static TARGET: OnceLock<targets::Target> = OnceLock::new();
    *TARGET.get_or_init(|| {
        let wanted = std::env::var("LIANXIN_FUZZ_TARGET").unwrap_or_default();
        let found = targets::TARGETS.iter().find(|(name, _)| *name == wanted);
        found.unwrap_or_else(|| panic!("LIANXIN_FUZZ_TARGET={wanted} names no target")).1
    })
}

fuzz_target!(|bytes: &[u8]| target()(bytes));
