//! SQL of desk.
