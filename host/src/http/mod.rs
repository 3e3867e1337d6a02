//! The HTTP side.

pub mod county;
