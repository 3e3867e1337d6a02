//! The program with and without what pinyin needs: what it says then, what it writes, and that it goes on.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use ime_line::{Answer, Ready};
use tempfile::TempDir;

/// A user's folders that are empty at first.
struct User {
    folder: TempDir,
}

struct Said {
    ready: Ready,
    answers: Vec<Answer>,
    errors: String,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_kiosk-ime"));
        program
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("TMPDIR", self.path("tmp"))
            .env("LIANXIN_IME_TABLES", "/nowhere")
            .env("LIANXIN_IME_WORDS", "/nowhere")
            .args(["--models", "/nowhere"]);
        program
    }

    /// All files below the user's folders.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        files
    }
}

fn run(program: &mut Command, questions: &str) -> Output {
    let mut running = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    running.wait_with_output().unwrap()
}

fn ask(program: &mut Command, questions: &str) -> Said {
    let output = run(program, questions);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    let ready = serde_json::from_str(lines.next().unwrap()).unwrap();
    let answers = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    Said { ready, answers, errors: String::from_utf8(output.stderr).unwrap() }
}

/// What is said where jieba's list was not there when the tables were made.
const FEWER_WORDS: &str = "kiosk-ime: pinyin knows fewer words: no list /nowhere (Debian package python3-jieba)\n";

const XIULU: &str = "{\"pinyin\":\"xiulu\"}\n";

fn first(said: &Said) -> &str {
    assert_eq!(said.ready.pinyin, None);
    &said.answers[0].candidates[0]
}

/// Why there is no pinyin; everything else goes on, and each question is answered with the reason.
fn missing(said: &Said) -> &str {
    let reason = said.ready.pinyin.as_deref().expect("no pinyin");
    assert_eq!(said.answers[0].error.as_deref(), Some(reason));
    assert_eq!(said.answers[0].candidates, [""; 0]);
    assert!(said.answers[1].error.as_ref().unwrap().contains("handwriting"), "{:?}", said.answers[1]);
    reason
}

const BOTH: &str = "{\"pinyin\":\"xiulu\"}\n{\"strokes\":[[[1,2],[3,4]]]}\n";

#[test]
fn without_the_library_it_says_so_and_goes_on() {
    let user = User::new();
    let said = ask(user.program().args(["--librime", "librime-of-nobody.so.1"]), BOTH);
    assert!(missing(&said).contains("librime-of-nobody.so.1"), "{:?}", said.ready);
    assert!(missing(&said).contains("librime1t64"), "the package is named: {:?}", said.ready);
    assert_eq!(user.files(), BTreeMap::new());
}

#[test]
fn without_the_dictionary_it_says_so_and_goes_on() {
    let user = User::new();
    let said = ask(user.program().args(["--rime-data", "/nowhere"]), BOTH);
    assert!(missing(&said).contains("rime-data-pinyin-simp"), "{:?}", said.ready);
    assert_eq!(user.files(), BTreeMap::new());
}

#[test]
fn a_library_that_is_too_old_or_another_one_is_refused() {
    let user = User::new();
    let source = user.path("old.c");
    // A table of functions that ends before the first.
    let text = "static struct { int size; } api = { 0 }; void *rime_get_api(void) { return &api; }";
    fs::File::create(&source).unwrap().write_all(text.as_bytes()).unwrap();
    let library = user.path("old.so");
    let gcc = Command::new("gcc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(gcc.success());
    let said = ask(user.program().arg("--librime").arg(&library), BOTH);
    assert!(missing(&said).contains("older than 1.8"), "{:?}", said.ready);
    let said = ask(user.program().args(["--librime", "libc.so.6"]), BOTH);
    assert!(missing(&said).contains("rime_get_api"), "{:?}", said.ready);
}

#[test]
fn nothing_that_was_typed_is_written_anywhere() {
    let user = User::new();
    let mut questions = String::new();
    for letters in ["qiangzhuangzhende", "xiuluxiuluxiulu", "womencunkou"] {
        for fuzzy in [true, false] {
            for end in 1..=letters.len() {
                questions += &format!("{{\"pinyin\":\"{}\",\"fuzzy\":{fuzzy}}}\n", &letters[..end]);
            }
        }
    }
    // The first run makes the tables; what the second one leaves must be the same.
    assert_eq!(first(&ask(&mut user.program(), XIULU)), "修路");
    let before = user.files();
    let said = ask(&mut user.program(), &questions);
    assert_eq!(said.answers.len(), questions.lines().count());
    assert!(said.answers.iter().all(|answer| !answer.candidates.is_empty()));
    assert_eq!(said.errors, FEWER_WORDS);
    let after = user.files();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(after, before);
    assert!(after.keys().all(|path| path.starts_with(user.path("cache/lianxin/pinyin"))), "{:?}", after.keys());
    for (path, bytes) in after {
        for typed in ["qiangzhuangzhen", "xiuluxiulu", "womencunkou"] {
            assert!(!bytes.windows(typed.len()).any(|part| part == typed.as_bytes()), "{typed} in {}", path.display());
        }
    }
}

#[test]
fn where_no_cache_can_be_kept_the_tables_lie_among_the_temporary_files_and_serve_again() {
    let user = User::new();
    for _ in 0..2 {
        let said = ask(user.program().env("XDG_CACHE_HOME", "/proc/nowhere"), XIULU);
        assert_eq!(first(&said), "修路");
    }
    let folders: Vec<_> = fs::read_dir(user.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    let made = fs::metadata(folders[0].join("made-from")).unwrap().modified().unwrap();
    ask(user.program().env("XDG_CACHE_HOME", "/proc/nowhere"), XIULU);
    assert_eq!(fs::metadata(folders[0].join("made-from")).unwrap().modified().unwrap(), made, "made once");
}

#[test]
fn where_nothing_can_be_kept_at_all_it_says_where_it_tried() {
    let user = User::new();
    let said = ask(user.program().env("XDG_CACHE_HOME", "/proc/nowhere").env("TMPDIR", "/proc/nowhere"), BOTH);
    assert!(missing(&said).contains("/proc/nowhere"), "{:?}", said.ready);
}

fn deploy(user: &User, folder: &Path) {
    let output = run(user.program().arg("--deploy").arg(folder), "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn tables_made_beforehand_need_no_dictionary_and_nothing_else_is_written() {
    let user = User::new();
    let tables = user.path("image/pinyin");
    deploy(&user, &tables);
    let before = user.files();
    let said = ask(user.program().args(["--rime-data", "/nowhere", "--tables"]).arg(&tables), XIULU);
    assert_eq!(first(&said), "修路");
    assert_eq!(user.files(), before);
    assert!(before.keys().all(|path| path.starts_with(&tables)));
}

#[test]
fn jiebas_list_is_taken_up_when_it_comes_and_missed_by_nobody_when_it_goes() {
    const ZHAYOU: &str = "{\"pinyin\":\"zhayou\"}\n";
    let user = User::new();
    let without = ask(&mut user.program(), ZHAYOU);
    assert_ne!(first(&without), "榨油");
    assert_eq!(without.errors, FEWER_WORDS);
    let list = user.path("dict.txt");
    fs::File::create(&list).unwrap().write_all(b"\xe6\xa6\xa8\xff 30 v\n").unwrap();
    let broken = ask(user.program().arg("--words").arg(&list), ZHAYOU);
    assert_eq!(first(&broken), first(&without));
    assert!(broken.errors.contains("dict.txt"), "{}", broken.errors);
    fs::File::create(&list).unwrap().write_all("榨油 30 v\n".as_bytes()).unwrap();
    let with = ask(user.program().arg("--words").arg(&list), ZHAYOU);
    assert_eq!((first(&with), with.errors.as_str()), ("榨油", ""));
    fs::remove_file(&list).unwrap();
    let before = user.files();
    let gone = ask(user.program().arg("--words").arg(&list), ZHAYOU);
    assert_eq!((first(&gone), gone.errors.as_str()), ("榨油", ""));
    assert_eq!(user.files(), before);
}

#[test]
fn tables_that_are_torn_or_of_something_else_are_made_again() {
    let user = User::new();
    assert_eq!(first(&ask(&mut user.program(), XIULU)), "修路");
    let good = user.files();
    let tables = user.path("cache/lianxin/pinyin");
    fs::File::options().write(true).open(tables.join("build/lianxin.table.bin")).unwrap().set_len(4096).unwrap();
    assert_eq!(first(&ask(&mut user.program(), XIULU)), "修路");
    assert_eq!(user.files().len(), good.len());
    let stamp = fs::read_to_string(tables.join("made-from")).unwrap();
    let other = stamp.replacen("librime 1.", "librime 0.", 1);
    assert_ne!(other, stamp);
    fs::File::create(tables.join("made-from")).unwrap().write_all(other.as_bytes()).unwrap();
    assert_eq!(first(&ask(&mut user.program(), XIULU)), "修路");
    let made_again = fs::read_to_string(tables.join("made-from")).unwrap();
    assert_eq!(made_again.lines().next(), stamp.lines().next());
}
