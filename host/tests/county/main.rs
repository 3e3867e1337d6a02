//! The county's service and its console, the service on each database.

mod console;
mod desk;
mod events;
mod outbox;
mod support;
mod tracking;
