//! A crash leaves no picture of memory, in which a villager's words, codes and telephone numbers may stand.
//!
//! Source: core(5), proc(5) "/proc/swaps", PR_SET_DUMPABLE(2const).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tracing::warn;

/// Switches core dumps off for this process, and warns where memory may reach the disk all the same.
pub fn keep_none() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(problem) = setrlimit(Resource::Core, none) {
        warn!(%problem, "core dumps stay possible");
    }
    if let Err(problem) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        warn!(%problem, "core dumps stay possible");
    }
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    if swaps.lines().count() > 1 {
        warn!("this machine swaps: memory may reach the disk; switch it off on a terminal");
    }
}
