//! Holds the import table of the library's documentation to the `use crate::` lines.

use std::{fs, path::Path};

/// What each module may import, as the table in `src/lib.rs` says.
const MAY: &[(&str, &[&str])] = &[
    ("intake", &["secret", "ticket", "view"]),
    (
        "schema",
        &["bulletin", "ddi", "diagnostics", "enrol", "event", "health", "intake", "settings", "stick", "time", "view"],
    ),
    ("stick", &["event", "ticket"]),
    ("health", &["event", "settings", "ticket"]),
    ("view", &["case", "secret", "ticket"]),
    ("event", &["case", "secret", "ticket"]),
    ("enrol", &["pin", "ticket", "bulletin"]),
    ("time", &["secret"]),
    ("diagnostics", &["ticket"]),
    ("secret", &["ticket"]),
    ("bulletin", &[]),
    ("case", &[]),
    ("ddi", &[]),
    ("pin", &[]),
    ("settings", &[]),
    ("ticket", &[]),
];

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut read = 0;
    for (module, allowed) in MAY {
        let text = fs::read_to_string(source.join(module).with_extension("rs")).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        read += 1;
        for statement in code.split("use crate::").skip(1) {
            let names = statement.split(';').next().unwrap();
            let mut words = names.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(other) = words.find(|w| MAY.iter().any(|(m, _)| m == w) && !allowed.contains(w)) {
                panic!("{module} imports {other}");
            }
        }
    }
    let files =
        fs::read_dir(&source).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "rs"));
    assert_eq!(files.count(), read + 1, "every module stands in the table");
}
