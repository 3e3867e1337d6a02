//! SQL of bulletins.
