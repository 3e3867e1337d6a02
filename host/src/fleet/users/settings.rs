//! Settings from afar as far as somebody may see and draw them up. They go over the whole fleet.

use wire::settings::Settings;

use super::{
    super::{Difference, DrawnUp, Standing, differences},
    By, Error, Role, Users,
    orders::or_not_there,
};
use crate::store::afar::SettingsRow;

/// So many terminals are on a page.
const ROWS: usize = 100;

/// A page of terminals, each with what it works by.
#[derive(Debug, Clone)]
pub struct StandingPage {
    /// By number, each with the name of its station.
    pub rows: Vec<(Standing, String)>,
    /// Whether another page follows.
    pub more: bool,
}

impl Users {
    /// All settings, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn all_settings(&self, by: By<'_>) -> Result<Vec<DrawnUp>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.drawn_up().await?)
    }

    /// Those of a number; 0, the terminals' own.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn settings(&self, by: By<'_>, version: u64) -> Result<Settings, Error> {
        by.must_see_all()?;
        Ok(if version == 0 { Settings::default() } else { self.settings_of(by, version).await?.settings })
    }

    /// Draws settings up; their number.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, a field that no terminal takes, or the database.
    pub async fn draw_up(&self, by: By<'_>, settings: &Settings, why: &str) -> Result<u64, Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).draw_up(settings, why).await?)
    }

    /// What each terminal that is not revoked was ordered, and what it says that it works by; a page from 0.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn settings_standing(&self, by: By<'_>, page: usize) -> Result<StandingPage, Error> {
        by.must_see_all()?;
        let mut rows = self.fleet.settings_standing_page(page.saturating_mul(ROWS), ROWS + 1).await?;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        Ok(StandingPage { rows, more })
    }

    /// All settings that were drawn up, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn settings_list(&self, by: By<'_>) -> Result<Vec<SettingsRow>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.all_settings().await?)
    }

    /// Those of a number.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database.
    pub async fn settings_of(&self, by: By<'_>, version: u64) -> Result<SettingsRow, Error> {
        by.must_see_all()?;
        self.fleet.settings(version).await.map_err(or_not_there)
    }

    /// What differs between two; 0, the terminals' own.
    ///
    /// # Errors
    /// As [`Self::settings_of`].
    pub async fn settings_between(&self, by: By<'_>, before: u64, after: u64) -> Result<Vec<Difference>, Error> {
        Ok(differences(&self.settings(by, before).await?, &self.settings(by, after).await?))
    }

    /// What each terminal was ordered to take, and what it says came of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever sees a part of the fleet, or the database.
    pub async fn settings_standings(&self, by: By<'_>) -> Result<Vec<Standing>, Error> {
        by.must_see_all()?;
        Ok(self.fleet.settings_standing().await?)
    }

    /// Draws settings up; they themselves.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, a value that no terminal takes, or the database.
    pub async fn draw_up_settings(&self, by: By<'_>, settings: &Settings, why: &str) -> Result<SettingsRow, Error> {
        let version = self.draw_up(by, settings, why).await?;
        Ok(self.fleet.settings(version).await?)
    }
}
