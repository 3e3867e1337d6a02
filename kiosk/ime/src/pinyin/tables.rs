//! The tables that librime reads, compiled from the schemas beside this file and from the dictionary `pinyin_simp`.
//!
//! They are looked for where an image keeps them, in the user's cache, and in the folder for temporary files; where none
//! of them fits they are made in the cache or, on a system that only reads, among the temporary files. Invariant: a folder
//! counts only if its stamp names this version of librime, these schemas, the dictionary (where it is there) and the bytes
//! of the tables themselves, and only if nobody else may write to it; it is there whole or not at all.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    process,
};

use super::{Problem, rime::Rime};
use crate::engines::Places;

/// What the tables are compiled from, beside the dictionary.
const SOURCES: [(&str, &str); 4] = [
    ("default.yaml", include_str!("schema/default.yaml")),
    ("lianxin.schema.yaml", include_str!("schema/lianxin.schema.yaml")),
    ("lianxin_south.schema.yaml", include_str!("schema/lianxin_south.schema.yaml")),
    ("lianxin.dict.yaml", include_str!("schema/lianxin.dict.yaml")),
];
const SCHEMAS: [&str; 2] = ["lianxin", "lianxin_south"];

/// The dictionary, in the folder of librime's data.
const DICTIONARY: &str = "pinyin_simp.dict.yaml";
/// What says from what tables were made.
const STAMP: &str = "made-from";

/// The folder of tables that fit, made where there is none.
pub(super) fn find_or_make(rime: &Rime, places: &Places) -> Result<PathBuf, Problem> {
    let own = own_folders();
    let wanted = Wanted::new(rime, &places.rime_data);
    if let Some(found) = [&places.tables].into_iter().chain(&own).find(|folder| wanted.fits(folder)) {
        return Ok(found.clone());
    }
    let mut first_problem = None;
    for folder in own {
        match make(rime, &places.rime_data, &folder) {
            Ok(()) => return Ok(folder),
            Err(problem @ Problem::Keep { .. }) => first_problem = first_problem.or(Some(problem)),
            Err(problem) => return Err(problem),
        }
    }
    Err(first_problem.expect("invariant: there is always a folder for temporary files, and it failed"))
}

/// Where this user's tables lie: in the cache, or where nothing else can be written.
fn own_folders() -> Vec<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    let user = rustix::process::geteuid().as_raw();
    let temporary = env::temp_dir().join(format!("lianxin-pinyin-{user}"));
    cache.map(|cache| cache.join("lianxin/pinyin")).into_iter().chain([temporary]).collect()
}

/// Compiles tables into `folder` and replaces those that are there.
pub(super) fn make(rime: &Rime, data: &Path, folder: &Path) -> Result<(), Problem> {
    if !data.join(DICTIONARY).is_file() {
        return Err(Problem::Data(data.join(DICTIONARY)));
    }
    let keep = |source| Problem::Keep { path: folder.to_owned(), source };
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(Problem::Path(folder.to_owned()));
    };
    fs::create_dir_all(parent).map_err(keep)?;
    let new = parent.join(format!(".{}.{}", name.to_string_lossy(), process::id()));
    DirBuilder::new().mode(0o755).create(&new).map_err(keep)?;
    let made = fill(rime, data, &new).and_then(|()| replace(&new, folder).map_err(keep));
    if made.is_err() {
        // What is left of it is in nobody's way: its name is never looked for.
        let _ = fs::remove_dir_all(&new);
    }
    // Another process may have been faster.
    if made.is_err() && Wanted::new(rime, data).fits(folder) { Ok(()) } else { made }
}

fn fill(rime: &Rime, data: &Path, new: &Path) -> Result<(), Problem> {
    let keep = |source| Problem::Keep { path: new.to_owned(), source };
    for (name, text) in SOURCES {
        write(&new.join(name), text.as_bytes()).map_err(keep)?;
    }
    rime.deploy(data, new, &SCHEMAS)?;
    let stamp = format!("{}{}", Wanted::new(rime, data).stamp, tables_line(new).map_err(keep)?);
    write(&new.join(STAMP), stamp.as_bytes()).map_err(keep)?;
    for folder in [new.join("build"), new.to_owned()] {
        for entry in fs::read_dir(&folder).map_err(keep)? {
            File::open(entry.map_err(keep)?.path()).and_then(|file| file.sync_all()).map_err(keep)?;
        }
        File::open(&folder).and_then(|file| file.sync_all()).map_err(keep)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}

/// Puts the new folder where the old one was.
fn replace(new: &Path, folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
        _ => fs::rename(new, folder)?,
    }
    File::open(folder.parent().unwrap_or(folder))?.sync_all()
}

/// What tables must have been made from.
struct Wanted {
    stamp: String,
    dictionary: Option<u64>,
}

impl Wanted {
    fn new(rime: &Rime, data: &Path) -> Self {
        let dictionary = fs::read(data.join(DICTIONARY)).ok().map(|bytes| hash([bytes.as_slice()]));
        let sources = hash(SOURCES.into_iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]));
        let mut stamp = format!("librime {}\nsources {sources:016x}\n", rime.version);
        if let Some(dictionary) = dictionary {
            stamp.push_str(&dictionary_line(dictionary));
        }
        Self { stamp, dictionary }
    }

    /// Whether the tables in `folder` are whole and made from this. Where the dictionary isn't there, any will do.
    fn fits(&self, folder: &Path) -> bool {
        let Ok(found) = fs::read_to_string(folder.join(STAMP)) else { return false };
        let made_from = match (self.dictionary, found.lines().nth(2)) {
            (None, Some(line)) if line.starts_with("dictionary ") => format!("{}{line}\n", self.stamp),
            (Some(_), _) => self.stamp.clone(),
            (None, _) => return false,
        };
        let Ok(tables) = tables_line(folder) else { return false };
        is_ours_alone(folder) && found == made_from + &tables
    }
}

fn dictionary_line(hash: u64) -> String {
    format!("dictionary {hash:016x}\n")
}

/// The line of the stamp that holds for the compiled tables.
fn tables_line(folder: &Path) -> io::Result<String> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder.join("build"))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let mut parts = Vec::new();
    for path in &paths {
        parts.push(path.file_name().unwrap_or_default().as_encoded_bytes().to_vec());
        parts.push(fs::read(path)?);
    }
    Ok(format!("tables {:016x}\n", hash(parts.iter().map(Vec::as_slice))))
}

/// Whether nobody but this user and root can have put something into `folder`. Anybody may make folders among the
/// temporary files, and librime trusts its tables.
fn is_ours_alone(folder: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    [folder, &folder.join("build")].into_iter().all(|folder| {
        fs::symlink_metadata(folder)
            .is_ok_and(|data| data.is_dir() && [0, user].contains(&data.uid()) && data.mode() & 0o022 == 0)
    })
}

/// FNV-1a: tells what has changed, and is no defence against somebody who may write here anyway.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // Each part ends, so that two parts are not one.
        for byte in part.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_content_and_parts_apart() {
        assert_eq!(hash([]), 0xcbf2_9ce4_8422_2325);
        assert_ne!(hash([b"a".as_slice(), b"b"]), hash([b"ab".as_slice()]));
        assert_ne!(hash([b"ab".as_slice()]), hash([b"ba".as_slice()]));
    }

    #[test]
    fn a_folder_that_others_may_write_to_or_that_is_a_link_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let tables = folder.path().join("tables");
        let build = tables.join("build");
        for path in [&tables, &build] {
            DirBuilder::new().mode(0o755).create(path).unwrap();
        }
        assert!(is_ours_alone(&tables));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&tables, &link).unwrap();
        assert!(!is_ours_alone(&link));
        fs::set_permissions(&build, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        assert!(!is_ours_alone(&tables));
    }
}
