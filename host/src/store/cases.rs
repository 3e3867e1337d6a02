//! SQL of cases.
