//! The table of printers: the built-in one and what a county adds to it.
//!
//! Invariant: a key that is not known, a wrong type or a value out of its range is an error that names file, table and key
//! and says what is expected; a file that is named and missing is one too.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::profile::Profile;

const BUILT_IN: &str = include_str!("profiles.toml");

/// How the built-in table is called in errors.
const BUILT_IN_NAME: &str = "the built-in table of printers";

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not in the table.
    #[error("printer.profile: {name:?} is not known; expected one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The file can't be read.
    #[error("printer.profiles: expected a readable file at {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{file}: {problem}")]
    Table {
        /// The file.
        file: String,
        /// Table, key, expectation; or the line where it is no TOML.
        problem: String,
    },
}

/// A profile of the built-in table.
///
/// # Errors
/// [`ProfileError::Unknown`] names those there are.
pub fn built_in(name: &str) -> Result<Profile, ProfileError> {
    profile(name, None)
}

/// A profile of the built-in table and of the county's, which changes and adds.
///
/// # Errors
/// A file that is missing or not a table of printers, and a name that neither has.
pub fn profile(name: &str, added: Option<&Path>) -> Result<Profile, ProfileError> {
    let Some(path) = added else { return profile_in(name, BUILT_IN_NAME, "") };
    let text = fs::read_to_string(path).map_err(|source| ProfileError::Read { path: path.to_owned(), source })?;
    profile_in(name, &path.display().to_string(), &text)
}

/// As [`profile`], with the text of the county's file and its name for errors.
///
/// # Errors
/// As [`profile`].
pub fn profile_in(name: &str, file: &str, text: &str) -> Result<Profile, ProfileError> {
    let mut table = tables(BUILT_IN_NAME, BUILT_IN)?;
    for (name, keys) in tables(file, text)? {
        let toml::Value::Table(keys) = keys else {
            let problem = format!("{name}: expected a table [{name}] with the keys of a printer");
            return Err(ProfileError::Table { file: file.to_owned(), problem });
        };
        match table.get_mut(&name) {
            Some(toml::Value::Table(known)) => known.extend(keys),
            _ => drop(table.insert(name, keys.into())),
        }
    }
    // All of them: a mistake is said before the printer is changed for one that it concerns, and keeps no other away.
    let mut found = None;
    for (of, keys) in &table {
        match read(keys) {
            Ok(profile) if of == name => found = Some(profile),
            Ok(_) => {}
            Err(problem) if of == name => {
                return Err(ProfileError::Table { file: file.to_owned(), problem: format!("[{of}] {problem}") });
            }
            Err(problem) => tracing::error!("{file}: [{of}] {problem}"),
        }
    }
    found.ok_or_else(|| ProfileError::Unknown {
        name: name.to_owned(),
        known: table.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
    })
}

fn tables(file: &str, text: &str) -> Result<toml::Table, ProfileError> {
    let error = |e: toml::de::Error| ProfileError::Table { file: file.to_owned(), problem: e.to_string() };
    text.parse().map_err(error)
}

fn read(keys: &toml::Value) -> Result<Profile, String> {
    let profile: Profile = keys.clone().try_into().map_err(|e: toml::de::Error| e.to_string().replace('\n', " "))?;
    profile.problem().map_or(Ok(()), |problem| Err(problem.to_owned()))?;
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::profile::{Cut, FenceKind};

    fn with(text: &str, name: &str) -> Result<Profile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("printers.toml");
        crate::durable::write(&path, text.as_bytes(), 0o600).unwrap();
        profile(name, Some(&path)).map_err(|e| e.to_string())
    }

    const NEW: &str = "[village]\nfence = \"gs_r\"\nclear = false\nstatus = [1, 4]\ncut = \"gs_v\"\nflow = \"none\"\n\
                       characters = \"gbk\"\n";

    #[test]
    fn the_table_reads_and_an_unknown_name_says_which_there_are() {
        assert_eq!(built_in("epson-tm").unwrap().fence, FenceKind::GsParenH);
        let error = built_in("laser").unwrap_err().to_string();
        assert!(error.contains("laser") && error.contains("custom-presenter, epson-tm, escpos, generic-58"), "{error}");
    }

    #[test]
    fn a_county_adds_a_printer_and_changes_single_keys_of_another() {
        let added = with(&format!("{NEW}slowest_mm_s = 70\n"), "village").unwrap();
        assert_eq!((added.fence, added.cut, added.slowest_mm_s), (FenceKind::GsR, Cut::GsV, 70));
        let changed = with("[epson-tm]\nslowest_mm_s = 60\n", "epson-tm").unwrap();
        assert_eq!(changed, Profile { slowest_mm_s: 60, ..built_in("epson-tm").unwrap() });
        assert_eq!(with("", "escpos"), Ok(built_in("escpos").unwrap()), "an empty file adds nothing");
    }

    #[test]
    fn every_mistake_is_named_with_file_table_key_and_what_is_expected() {
        let new = |line: &str| format!("{NEW}slowest_mm_s = 70\n{line}\n");
        let presenter = |keys: &str| format!("[escpos]\nstatus = [20]\npresenter = {{ {keys} }}\n");
        let cases = [
            (new("speed = 9"), ["[village]", "speed", "slowest_mm_s"]),
            (NEW.to_owned(), ["[village]", "missing", "slowest_mm_s"]),
            ("[escpos]\nclear = \"yes\"\n".into(), ["[escpos]", "clear", "expected a boolean"]),
            ("[escpos]\nfence = \"gs\"\n".into(), ["[escpos]", "fence", "gs_paren_h"]),
            ("[escpos]\ncharacters = \"big5\"\n".into(), ["[escpos]", "characters", "gb2312"]),
            ("[escpos]\nstatus = [5]\n".into(), ["[escpos]", "status", "1 to 4 or 20"]),
            ("[escpos]\nstatus = []\n".into(), ["[escpos]", "status", "one or more"]),
            ("[escpos]\nslowest_mm_s = 5\n".into(), ["[escpos]", "slowest_mm_s", "10 to 1000"]),
            (presenter("steps = 0, takes_back_after_s = 0"), ["[escpos]", "presenter.steps", "1 to 50"]),
            (presenter("steps = 9, takes_back_after_s = 2"), ["[escpos]", "takes_back_after_s", "5 to 3600"]),
            (presenter("steps = 9"), ["[escpos]", "presenter", "takes_back_after_s"]),
            (
                "[generic-58]\nstatus = [20]\npresenter = { steps = 9, takes_back_after_s = 0 }\n".into(),
                ["[generic-58]", "presenter", "fence"],
            ),
            ("[escpos]\npresenter = { steps = 9, takes_back_after_s = 0 }\n".into(), ["[escpos]", "presenter", "20"]),
            ("escpos = 5\n".into(), ["escpos", "expected", "table"]),
            ("[escpos\n".into(), ["line 1", "escpos", "]"]),
        ];
        for (text, named) in cases {
            let error = with(&text, named[0].trim_matches(['[', ']'])).unwrap_err();
            for part in ["printers.toml"].into_iter().chain(named) {
                assert!(error.contains(part), "{part} is missing in: {error}");
            }
        }
    }

    #[test]
    fn a_mistake_in_a_table_keeps_no_other_printer_from_printing() {
        let text = format!("{NEW}speed = 9\n[epson-tm]\nslowest_mm_s = 60\n");
        assert_eq!(with(&text, "epson-tm").unwrap().slowest_mm_s, 60);
        assert!(with(&text, "village").is_err());
    }

    #[test]
    fn a_file_that_is_named_and_missing_is_an_error() {
        let error = profile("epson-tm", Some(Path::new("/nowhere/printers.toml"))).unwrap_err().to_string();
        assert!(error.contains("printer.profiles") && error.contains("/nowhere/printers.toml"), "{error}");
    }
}
