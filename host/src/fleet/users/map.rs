//! The map as far as somebody sees it.

use std::collections::BTreeMap;

use super::{
    super::{
        map::Boundary,
        sites::{Path, Site},
    },
    By, Error, Role, Standing, Users,
};
use crate::store::overview;

/// A site on the map, and how its own terminals stand; none where it has none.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Which.
    pub site: Site,
    /// Of its terminals, how that stands which needs somebody most.
    pub standing: Option<Standing>,
}

impl Users {
    /// The boundary, and the open sites that somebody sees.
    ///
    /// # Errors
    /// The database.
    pub async fn map(&self, by: By<'_>) -> Result<(Boundary, Vec<Pin>), Error> {
        let tree = self.fleet.sites().await?;
        let mut worst: BTreeMap<String, Standing> = BTreeMap::new();
        for (path, standing, _) in overview::at_sites(&mut *self.fleet.store.read().await?, &self.among(&by)).await? {
            let own = Path::stored(&path).codes().last().map(str::to_owned);
            if let Some((code, standing)) = own.zip(Standing::named(&standing))
                && standing != Standing::Revoked
            {
                let known = worst.entry(code).or_insert(standing);
                *known = (*known).min(standing);
            }
        }
        let seen = tree.sites().filter(|site| !site.retired && by.sees(&site.name, &tree.path_of(&site.code)));
        let pin = |site: &Site| Pin { standing: worst.get(site.code.as_str()).copied(), site: site.clone() };
        Ok((self.fleet.boundary().await?, seen.map(pin).collect()))
    }

    /// Puts a boundary in place of the one before; none, there is none any more.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but admins, or the database.
    pub async fn put_boundary(&self, by: By<'_>, boundary: Option<&Boundary>) -> Result<(), Error> {
        by.may(Role::Admin)?;
        Ok(self.fleet_for(by).put_boundary(boundary).await?)
    }
}
