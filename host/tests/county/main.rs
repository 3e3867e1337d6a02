//! The county's service and its console, the service on each database.

mod desk;
mod events;
mod support;
mod tracking;
