//! The terminal's network.

fn main() {}
