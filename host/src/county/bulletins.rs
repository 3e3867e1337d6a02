//! Bulletins.

use wire::ticket::TerminalNumber;

use super::{County, Error};

impl County {
    /// Says which station a terminal stands in, by the station's name; the station is made where it isn't there.
    ///
    /// # Errors
    /// The database.
    pub async fn place_terminal(&self, terminal: TerminalNumber, station: &str) -> Result<(), Error> {
        let _ = (terminal, station);
        todo!()
    }
}
