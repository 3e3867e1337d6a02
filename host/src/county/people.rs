//! People.

use wire::case::Role;

use super::{County, Error};

/// Somebody who is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// What they type to sign in.
    pub login: String,
    /// As people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The unit's name, for [`Role::Unit`]; made where it isn't there.
    pub unit: Option<String>,
    /// At least ten characters.
    pub password: String,
}

impl County {
    /// Adds somebody from the command line; returns their id.
    ///
    /// # Errors
    /// [`Error::Input`] for a login that is taken or a password that is too short, or the database.
    pub async fn add_person(&self, person: &NewPerson) -> Result<String, Error> {
        let _ = person;
        todo!()
    }
}
