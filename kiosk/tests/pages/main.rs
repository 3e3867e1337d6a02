//! Every page, on every panel, in both languages, both themes and three sizes of words, drawn by the software renderer and measured.
//!
//! `PAGES_OUT=dir cargo test -p kiosk --test pages gallery` leaves a picture of each; `PAGES_BLESS=1` takes the
//! pictures as they are for the reference of the snapshots.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod behaviour;
mod breaks;
mod characters;
mod contrast;
mod fingers;
mod foot;
mod phone;
mod props;
mod scenes;
mod sizes;
mod snapshots;
mod stage;
mod stick;
mod texts;
mod voice;
mod writing;
