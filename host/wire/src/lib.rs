//! The contract between terminals and their host.
