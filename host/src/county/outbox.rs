//! The outbox.

use super::County;

impl County {
    /// Delivers announcements for as long as the program runs; `client` has its TLS set up.
    pub async fn deliver(self, client: reqwest::Client) {
        let _ = client;
        todo!()
    }
}
