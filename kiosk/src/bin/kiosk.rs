//! The terminal's screen.

fn main() {}
