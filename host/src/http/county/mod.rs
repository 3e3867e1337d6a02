//! The county's console.

use axum::Router;

use crate::county::County;

/// The console's pages below `/county`, and `/static`.
pub fn routes(county: County) -> Router {
    let _ = county;
    Router::new()
}
