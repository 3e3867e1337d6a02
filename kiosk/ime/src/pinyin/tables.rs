//! The tables that librime reads, compiled from the schemas beside this file, from the dictionary `pinyin_simp` and, where
//! it is there, from jieba's list of words.
//!
//! They are looked for where an image keeps them, in the user's cache, and in the folder for temporary files; where none
//! of them fits they are made in the cache or, on a system that only reads, among the temporary files. Invariant: a folder
//! counts only if its stamp names this version of librime, these schemas, the dictionary and the list (where they are there)
//! and the bytes of the tables themselves, and only if nobody else may write to it; it is there whole or not at all.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    process,
};

use super::{LONGEST_WORD, Problem, rime::Rime};
use crate::engines::Places;

/// What the tables are compiled from, beside the dictionary.
const SOURCES: [(&str, &str); 7] = [
    ("default.yaml", include_str!("schema/default.yaml")),
    ("lianxin.schema.yaml", include_str!("schema/lianxin.schema.yaml")),
    ("lianxin_south.schema.yaml", include_str!("schema/lianxin_south.schema.yaml")),
    ("lianxin.dict.yaml", include_str!("schema/lianxin.dict.yaml")),
    ("lianxin_more.schema.yaml", include_str!("schema/lianxin_more.schema.yaml")),
    ("lianxin_south_more.schema.yaml", include_str!("schema/lianxin_south_more.schema.yaml")),
    ("lianxin_more.dict.yaml", include_str!("schema/lianxin_more.dict.yaml")),
];
const SCHEMAS: [&str; 2] = ["lianxin", "lianxin_south"];
/// Those that the list of words makes possible, and what is there of them then.
const MORE_SCHEMAS: [&str; 2] = ["lianxin_more", "lianxin_south_more"];
const MORE_TABLE: &str = "build/lianxin_more.table.bin";

/// The dictionary, in the folder of librime's data.
const DICTIONARY: &str = "pinyin_simp.dict.yaml";
/// The list of words as librime reads it, beside the schemas while they are compiled.
const VOCABULARY: &str = "lianxin_more.txt";
/// What says from what tables were made.
const STAMP: &str = "made-from";

/// The folder of tables that fit, made where there is none.
pub(super) fn find_or_make(rime: &Rime, places: &Places) -> Result<PathBuf, Problem> {
    let own = own_folders();
    let wanted = Wanted::new(rime, places);
    if let Some(found) = [&places.tables].into_iter().chain(&own).find(|folder| wanted.fits(folder)) {
        return Ok(found.clone());
    }
    let mut first_problem = None;
    for folder in own {
        match make(rime, places, &folder) {
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

/// Whether the tables in `folder` were made without the list of words.
pub(super) fn lack_words(folder: &Path) -> bool {
    !folder.join(MORE_TABLE).is_file()
}

/// Compiles tables into `folder` and replaces those that are there.
pub(super) fn make(rime: &Rime, places: &Places, folder: &Path) -> Result<(), Problem> {
    let dictionary = places.rime_data.join(DICTIONARY);
    if !dictionary.is_file() {
        return Err(Problem::Data(dictionary));
    }
    let keep = |source| Problem::Keep { path: folder.to_owned(), source };
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(Problem::Path(folder.to_owned()));
    };
    fs::create_dir_all(parent).map_err(keep)?;
    let new = parent.join(format!(".{}.{}", name.to_string_lossy(), process::id()));
    DirBuilder::new().mode(0o755).create(&new).map_err(keep)?;
    let made = fill(rime, places, &new).and_then(|()| replace(&new, folder).map_err(keep));
    if made.is_err() {
        // What is left of it is in nobody's way: its name is never looked for.
        let _ = fs::remove_dir_all(&new);
    }
    // Another process may have been faster.
    if made.is_err() && Wanted::new(rime, places).fits(folder) { Ok(()) } else { made }
}

fn fill(rime: &Rime, places: &Places, new: &Path) -> Result<(), Problem> {
    let keep = |source| Problem::Keep { path: new.to_owned(), source };
    for (name, text) in SOURCES {
        write(&new.join(name), text.as_bytes()).map_err(keep)?;
    }
    rime.deploy(&places.rime_data, new, &SCHEMAS)?;
    if let Ok(words) = fs::read_to_string(&places.words) {
        let vocabulary = new.join(VOCABULARY);
        write(&vocabulary, in_rimes_form(&words).as_bytes()).map_err(keep)?;
        rime.deploy(&places.rime_data, new, &MORE_SCHEMAS)?;
        fs::remove_file(&vocabulary).map_err(keep)?;
    }
    let stamp = Wanted::new(rime, places).stamp() + &tables_line(new).map_err(keep)?;
    write(&new.join(STAMP), stamp.as_bytes()).map_err(keep)?;
    for folder in [new.join("build"), new.to_owned()] {
        for entry in fs::read_dir(&folder).map_err(keep)? {
            File::open(entry.map_err(keep)?.path()).and_then(|file| file.sync_all()).map_err(keep)?;
        }
        File::open(&folder).and_then(|file| file.sync_all()).map_err(keep)?;
    }
    Ok(())
}

/// jieba's list, a word and how often it was met on each line, without single characters and what is longer than a word.
fn in_rimes_form(jiebas: &str) -> String {
    let mut vocabulary = String::new();
    for line in jiebas.lines() {
        let mut columns = line.split(' ');
        if let (Some(word), Some(met)) = (columns.next(), columns.next())
            && (2..=LONGEST_WORD).contains(&word.chars().count())
            && met.parse::<u32>().is_ok()
        {
            vocabulary.extend([word, "\t", met, "\n"]);
        }
    }
    vocabulary
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

/// What tables must have been made from, each with its name in the stamp. What isn't here may have been anything.
struct Wanted([(&'static str, Option<String>); 4]);

impl Wanted {
    fn new(rime: &Rime, places: &Places) -> Self {
        let shown = |hash: u64| format!("{hash:016x}");
        let of_file = |path: &Path| fs::read_to_string(path).ok().map(|text| shown(hash([text.as_bytes()])));
        let sources = SOURCES.into_iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]);
        Self([
            ("librime", Some(rime.version.clone())),
            ("sources", Some(shown(hash(sources)))),
            ("dictionary", of_file(&places.rime_data.join(DICTIONARY))),
            ("words", of_file(&places.words)),
        ])
    }

    fn stamp(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name} {}\n", value.as_deref().unwrap_or("none"))).collect()
    }

    /// Whether the tables in `folder` are whole and made from this.
    fn fits(&self, folder: &Path) -> bool {
        let Ok(found) = fs::read_to_string(folder.join(STAMP)) else { return false };
        let mut lines = found.split_inclusive('\n');
        let made_from_this = self.0.iter().all(|(name, wanted)| {
            let line = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' ')?.strip_suffix('\n'));
            line.is_some_and(|value| wanted.as_deref().is_none_or(|wanted| wanted == value))
        });
        made_from_this
            && is_ours_alone(folder)
            && tables_line(folder).is_ok_and(|tables| lines.collect::<String>() == tables)
    }
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
    fn words_of_two_to_four_characters_are_taken_of_the_list() {
        let list = "路 27627 n\n修路 143 v\n党群服务中心 3 nt\n机耕道\n水塘 nan n\n三轮摩托 3 n\n\n";
        assert_eq!(in_rimes_form(list), "修路\t143\n三轮摩托\t3\n");
        assert_eq!(in_rimes_form(""), "");
    }

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
