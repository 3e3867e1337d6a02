//! Every file that the fuzzer kept goes through its target once more, and what it found has a name.

#[path = "fuzz/targets.rs"]
mod targets;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

/// A corpus with fewer was not kept.
const FEWEST: usize = 4;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name)
}

#[test]
fn whatever_the_fuzzer_kept_holds() {
    for (name, target) in targets::TARGETS {
        let mut files: Vec<PathBuf> = fs::read_dir(corpus(name)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= FEWEST, "{name}: {} files", files.len());
        for file in files {
            let bytes = fs::read(&file).unwrap();
            assert!(catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn every_corpus_has_its_target() {
    let mut folders: Vec<String> =
        fs::read_dir(corpus("")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(folders, targets::TARGETS.map(|(name, _)| name));
}
