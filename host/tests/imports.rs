//! Who may import whom: the table of the crate's documentation, held against its `use crate::` lines.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A module and what it may name with `use crate::`; the same as in `src/lib.rs`.
const TABLE: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "backup",
            "ca",
            "clock",
            "config",
            "county",
            "durable",
            "fleet",
            "http",
            "keys",
            "passphrase",
            "serve",
            "setup",
            "stick",
            "store",
            "tls",
        ],
    ),
    (
        "serve",
        &["ca", "clock", "config", "county", "durable", "fleet", "http", "keys", "outbox", "setup", "store", "tls"],
    ),
    ("setup", &["ca", "clock", "config", "county", "durable", "fleet", "keys", "store", "tls"]),
    ("backup", &["clock", "config", "county", "durable", "fleet", "keys", "serve", "setup", "store"]),
    ("stick", &["clock", "county", "fleet", "tls"]),
    ("http", &["account", "ca", "clock", "county", "fleet", "passphrase", "store", "table", "tls"]),
    ("config", &["county", "outbox", "store"]),
    ("county", &["account", "clock", "outbox", "passphrase", "store"]),
    ("fleet", &["account", "ca", "clock", "durable", "outbox", "passphrase", "store", "table"]),
    ("outbox", &["store"]),
    ("account", &["clock", "store"]),
    ("ca", &["durable", "keys", "passphrase"]),
    ("keys", &["durable"]),
    ("tls", &["clock"]),
    ("store", &[]),
    ("clock", &[]),
    ("durable", &[]),
    ("passphrase", &[]),
    ("table", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The first names behind `crate::` in a file: in `use crate::a::b`, in `use crate::{a, b::c}` and in plain paths.
fn imported(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut name) = (0, String::new());
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            names.push(name);
        } else {
            names.push(rest.to_owned());
        }
    }
    let first = |name: &String| name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    names.iter().filter_map(first).filter(|name| !name.is_empty()).collect()
}

#[test]
fn no_module_imports_more_than_the_table_says() {
    let table: BTreeMap<&str, &[&str]> = TABLE.iter().copied().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let allowed = table.get(module).unwrap_or_else(|| panic!("{module} is not in the table"));
        for name in imported(&fs::read_to_string(&file).unwrap()) {
            if name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} imports {name}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_of_the_documentation_names_every_module() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in lib.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let module = line.trim_end_matches(';');
        assert!(TABLE.iter().any(|(name, _)| *name == module), "{module} is not in the test's table");
        let named = lib.lines().any(|line| {
            let first = line.strip_prefix("//! | ").and_then(|line| line.split(" | ").next());
            first.is_some_and(|first| first.contains(&format!("`{module}`")))
        });
        assert!(named, "{module} is not in the table of lib.rs");
    }
}
