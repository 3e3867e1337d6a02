//! Input methods: what a finger wrote, or the letters it typed, becomes Chinese characters to choose from.
//!
//! They stand apart from the terminal in a process of their own, because they bring megabytes of models and a foreign
//! library: what they take is given back with that process, and what kills it costs the villager nothing but a bar of
//! candidates.
//!
//! Invariant: nothing of what was written or typed is kept beyond the answer, logged, or written to a disk.

pub mod engines;
pub mod gb2312;
pub mod handwriting;
mod memory;
pub mod pinyin;
pub mod serve;
