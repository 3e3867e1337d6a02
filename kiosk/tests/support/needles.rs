//! A search through all bytes of all files of a folder, for something in every form in which a program could have
//! written it.
#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "each test uses a part of it")]

use std::{collections::BTreeSet, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// Something that somebody looks for.
pub struct Needle {
    name: &'static str,
    what: What,
}

enum What {
    Text(String),
    Number(String),
    Bytes(Vec<u8>),
}

impl Needle {
    /// The digits, where it is a number.
    pub fn digits(&self) -> Option<&str> {
        match &self.what {
            What::Number(digits) => Some(digits),
            What::Text(_) | What::Bytes(_) => None,
        }
    }

    pub fn text(name: &'static str, text: &str) -> Self {
        Self { name, what: What::Text(text.into()) }
    }

    /// Digits, which may also have been written as a number.
    pub fn number(name: &'static str, digits: &str) -> Self {
        Self { name, what: What::Number(digits.into()) }
    }

    pub fn bytes(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, what: What::Bytes(bytes.into()) }
    }
}

/// Every form in which it may have been written; forms that are the same bytes come once, under the first name.
pub fn forms_of(needle: &Needle) -> Vec<(String, Vec<u8>)> {
    let mut plain: Vec<(String, Vec<u8>)> = Vec::new();
    match &needle.what {
        What::Bytes(bytes) => plain.push(("it is".into(), bytes.clone())),
        What::Text(text) | What::Number(text) => {
            let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
            plain.push(("utf-8".into(), text.as_bytes().into()));
            plain.push(("gb18030".into(), encoding_rs::GB18030.encode(text).0.into_owned()));
            plain.push(("utf-16le".into(), wide(u16::to_le_bytes)));
            plain.push(("utf-16be".into(), wide(u16::to_be_bytes)));
        }
    }
    let mut forms = Vec::new();
    for (name, bytes) in plain {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push((format!("hex of {name}"), hex.to_uppercase().into_bytes()));
        forms.push((format!("hex of {name}"), hex.into_bytes()));
        forms.extend(base64_of(&bytes).into_iter().map(|text| (format!("base64 of {name}"), text)));
        let numbers = format!("{bytes:?}").trim_matches(['[', ']']).into();
        let escapes = bytes.escape_ascii().to_string().into_bytes();
        forms.push((name.clone(), bytes));
        // As `Debug` writes bytes.
        forms.push((format!("numbers of {name}"), numbers));
        forms.push((format!("escapes of {name}"), escapes));
    }
    // SQLite writes a number with as few bytes as hold it, of 1, 2, 3, 4, 6 and 8; below 6 any noise holds it.
    if let What::Number(digits) = &needle.what
        && let Ok(number) = digits.parse::<u64>()
        && number >= 1 << 32
    {
        let bytes = number.to_be_bytes();
        let used = if number < 1 << 47 { &bytes[2..] } else { &bytes[..] };
        forms.push(("integer".into(), used.to_vec()));
        forms.push(("integer, low byte first".into(), used.iter().rev().copied().collect()));
    }
    let mut seen = BTreeSet::new();
    forms.retain(|(_, bytes)| seen.insert(bytes.clone()));
    forms
}

/// Base64 within a longer text: at each of three offsets, without the characters at the ends that others take part in;
/// in both alphabets.
fn base64_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode([vec![0; before], bytes.to_vec()].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        forms.push(text.as_bytes()[from..to].to_vec());
        forms.push(text[from..to].replace('+', "-").replace('/', "_").into_bytes());
    }
    forms
}

/// Every file below a folder, by its path in it.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if kind.is_dir() {
            files.extend(self::files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else if kind.is_file() {
            files.push((name, std::fs::read(&path).unwrap()));
        }
    }
    files
}

/// Where and in which form it lies below a folder.
pub fn finds(folder: &Path, needle: &Needle) -> Vec<String> {
    search(&files(folder), needle)
}

pub fn search(files: &[(String, Vec<u8>)], needle: &Needle) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (form, bytes) in forms_of(needle) {
        for (file, content) in files.iter().filter(|(_, content)| holds(content, &bytes)) {
            assert!(!content.is_empty());
            // The file and its write-ahead log are one store.
            let place =
                if file.starts_with("queue.sqlite") && !file.ends_with("generation") { "the queue" } else { file };
            found.insert(format!("{} as {form} in {place}", needle.name));
        }
    }
    found.into_iter().collect()
}

/// Whether it is somewhere in these bytes; by its first byte, which most of them are not.
fn holds(bytes: &[u8], what: &[u8]) -> bool {
    let (first, rest) = what.split_first().expect("something to look for");
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if bytes[from..].starts_with(rest) {
            return true;
        }
    }
    false
}
