//! Holds every file to the table in `src/lib.rs` that says who may import whom.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Not a module of the table: the generated pages, which only `ui` may show.
const GENERATED: &str = "pages";

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rows of the table: module, and what it may import; both as they stand there.
fn rows(text: &str) -> Vec<(Vec<String>, String)> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | ")).filter(|row| !row.starts_with("module"));
    rows.filter_map(|row| {
        let mut cells = row.trim_end_matches('|').split('|');
        let (modules, may) = (cells.next()?, cells.next()?);
        Some((names(modules), may.trim().to_owned()))
    })
    .filter(|(modules, _)| !modules.is_empty())
    .collect()
}

/// What stands in backticks.
fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// For each module of the table, everything that it may import.
fn table(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows(text);
    let ground: Vec<String> = rows.last().expect("the table has rows").0.clone();
    let mut table = BTreeMap::new();
    for (place, (modules, may)) in rows.iter().enumerate() {
        let mut allowed: BTreeSet<String> = names(may).into_iter().collect();
        if may.contains("everything below") {
            allowed.extend(rows[place + 1..].iter().flat_map(|(modules, _)| modules.clone()));
        }
        if may.contains("ground") {
            allowed.extend(ground.clone());
        }
        for module in modules {
            table.insert(module.clone(), allowed.clone());
        }
    }
    table
}

/// The modules that a file imports with `use crate::`, braces and all, or names by path.
fn imports(text: &str) -> BTreeSet<String> {
    // Tests come last in a file, and may use whatever helps them.
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.extend(Some(std::mem::take(&mut word))),
                    c if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            found.insert(word);
        } else {
            found.insert(rest.to_owned());
        }
    }
    let module = |path: &String| path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    found.iter().map(module).filter(|module: &String| !module.is_empty()).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `src/queue/store.rs` belongs to `queue`, `src/ui_glue.rs` to `ui_glue`; programs and `lib.rs` may import everything.
fn module_of(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(source()).unwrap();
    let first = relative.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!matches!(first.as_str(), "lib" | "bin")).then_some(first)
}

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let table = table(&fs::read_to_string(source().join("lib.rs")).unwrap());
    let mut all = Vec::new();
    files(&source(), &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let Some(module) = module_of(&path) else { continue };
        let Some(allowed) = table.get(&module) else {
            wrong.push(format!("{}: `{module}` has no row in the table", path.display()));
            continue;
        };
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            if import != module && import != GENERATED && !allowed.contains(&import) {
                wrong.push(format!("{}: `{module}` may not import `{import}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_has_no_circle() {
    let table = table(&fs::read_to_string(source().join("lib.rs")).unwrap());
    for (module, allowed) in &table {
        for import in allowed {
            assert!(
                !table.get(import).is_some_and(|back| back.contains(module)),
                "`{module}` and `{import}` may import each other"
            );
        }
    }
}

#[test]
fn imports_are_read_from_braces_and_paths() {
    let text = "use crate::{\n    clock::{Clock, X},\n    queue::Queue,\n};\nuse crate::seal::Sealer;\nlet x = crate::https::why(e);";
    let expected = ["clock", "https", "queue", "seal"].map(str::to_owned).into();
    assert_eq!(imports(text), expected);
}
