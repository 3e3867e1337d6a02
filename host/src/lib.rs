//! The Lianxin host.
