//! SQL of events.
