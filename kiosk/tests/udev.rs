//! The device rules of `udev/`, read and played through as udev does, without udev: every line parses, every jump has
//! its label, and each described device gets exactly the name that it should.
//!
//! Source: udev(7) of systemd 252, "RULES FILES".

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::{collections::HashMap, path::Path};

/// One `KEY{attribute}OP"value"`.
#[derive(Debug)]
struct Pair {
    key: String,
    attribute: Option<String>,
    operator: String,
    value: String,
}

/// One rule, and the line that it stands on.
type Rule = (usize, Vec<Pair>);

/// Keys that a rule of ours may use: matches, then assignments.
const MATCHES: [&str; 4] = ["ACTION", "SUBSYSTEM", "ATTRS", "ENV"];
const ASSIGNMENTS: [&str; 7] = ["SYMLINK", "TAG", "GROUP", "MODE", "ENV", "GOTO", "LABEL"];

fn pair(text: &str) -> Option<(Pair, &str)> {
    let end = text.find(|c: char| !c.is_ascii_uppercase() && c != '_')?;
    let (key, rest) = text.split_at(end);
    let (attribute, rest) = match rest.strip_prefix('{') {
        Some(rest) => rest.split_once('}').map(|(name, rest)| (Some(name.to_owned()), rest))?,
        None => (None, rest),
    };
    let operator = ["==", "!=", "+=", "="].into_iter().find(|operator| rest.starts_with(operator))?;
    let (value, rest) = rest[operator.len()..].strip_prefix('"')?.split_once('"')?;
    let pair = Pair { key: key.into(), attribute, operator: operator.into(), value: value.into() };
    Some((pair, rest))
}

fn rule(line: &str) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut rest = line.trim();
    loop {
        let (pair, behind) = pair(rest)?;
        let comparing = matches!(pair.operator.as_str(), "==" | "!=");
        let known = if comparing { MATCHES.contains(&&*pair.key) } else { ASSIGNMENTS.contains(&&*pair.key) };
        if !known || pair.attribute.is_some() != matches!(pair.key.as_str(), "ATTRS" | "ENV") {
            return None;
        }
        pairs.push(pair);
        match behind.trim_start().strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if behind.trim().is_empty() => return Some(pairs),
            None => return None,
        }
    }
}

/// The rules of a file, or the line that is none.
fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let rules =
        lines.map(|(n, line)| rule(line).map(|pairs| (n + 1, pairs)).ok_or_else(|| format!("{}: {line}", n + 1)));
    let rules: Vec<Rule> = rules.collect::<Result<_, _>>()?;
    let lines_with = |key: &str, value: &str| -> Vec<usize> {
        let has = |pairs: &[Pair]| pairs.iter().any(|p| p.key == key && p.value == value);
        rules.iter().filter(|(_, pairs)| has(pairs)).map(|(line, _)| *line).collect()
    };
    for (line, pairs) in &rules {
        for goto in pairs.iter().filter(|p| p.key == "GOTO") {
            if lines_with("LABEL", &goto.value).iter().filter(|label| *label > line).count() != 1 {
                return Err(format!("{line}: no one label {} behind it", goto.value));
            }
        }
        for label in pairs.iter().filter(|p| p.key == "LABEL") {
            if lines_with("GOTO", &label.value).is_empty() {
                return Err(format!("{line}: nothing goes to {}", label.value));
            }
        }
    }
    Ok(rules)
}

/// A device with its properties; attributes are those of one of its parents.
#[derive(Default)]
struct Device<'a> {
    action: &'a str,
    subsystem: &'a str,
    attributes: &'a [(&'a str, &'a str)],
    environment: HashMap<String, String>,
}

impl Device<'_> {
    fn fits(&self, pair: &Pair) -> bool {
        let attribute = pair.attribute.as_deref().unwrap_or_default();
        let value = match pair.key.as_str() {
            "ACTION" => self.action,
            "SUBSYSTEM" => self.subsystem,
            "ATTRS" => self.attributes.iter().find(|(name, _)| *name == attribute).map_or("", |(_, value)| value),
            _ => self.environment.get(attribute).map_or("", String::as_str),
        };
        pair.value.split('|').any(|alternative| alternative == value) == (pair.operator == "==")
    }

    /// What the rules assign to it, by key.
    fn play(mut self, rules: &[Rule]) -> HashMap<String, Vec<String>> {
        let mut assigned: HashMap<String, Vec<String>> = HashMap::new();
        let mut to: Option<&str> = None;
        for (_, pairs) in rules {
            let is_label = |label: &str| pairs.iter().any(|p| p.key == "LABEL" && p.value == label);
            if to.is_some_and(|label| !is_label(label)) {
                continue;
            }
            to = None;
            let comparing = |p: &&Pair| matches!(p.operator.as_str(), "==" | "!=");
            if !pairs.iter().filter(comparing).all(|p| self.fits(p)) {
                continue;
            }
            for pair in pairs.iter().filter(|p| !comparing(p)) {
                match (pair.key.as_str(), &pair.attribute) {
                    ("GOTO", _) => to = Some(&pair.value),
                    ("ENV", Some(name)) => _ = self.environment.insert(name.clone(), pair.value.clone()),
                    (key, _) => assigned.entry(key.into()).or_default().push(pair.value.clone()),
                }
            }
        }
        for (name, value) in self.environment {
            assigned.entry(format!("ENV {name}")).or_default().push(value);
        }
        assigned
    }
}

fn rules() -> Vec<Rule> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../udev");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "rules"));
    assert!(!files.is_empty());
    files.sort();
    let parsed = files.iter().map(|path| {
        parse(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|wrong| panic!("{}:{wrong}", path.display()))
    });
    parsed.flatten().collect()
}

fn printer(vendor: &str, product: &str, action: &str, marked: bool) -> HashMap<String, Vec<String>> {
    let attributes = [("idVendor", vendor), ("idProduct", product)];
    let mark = marked.then(|| ("KIOSK_PORT".to_owned(), "printer".to_owned()));
    let environment = mark.into_iter().collect();
    Device { action, subsystem: "tty", attributes: &attributes, environment }.play(&rules())
}

fn is_the_printer(assigned: &HashMap<String, Vec<String>>) -> bool {
    assigned.get("SYMLINK").is_some_and(|links| *links == ["kiosk-printer"])
}

#[test]
fn printers_that_say_what_they_are_get_the_name_and_are_left_alone_by_modem_manager() {
    for (vendor, product) in [("04b8", "0202"), ("04b8", "0e03"), ("0dd4", "0237"), ("1504", "001f"), ("1d90", "20f0")]
    {
        let assigned = printer(vendor, product, "add", false);
        assert!(is_the_printer(&assigned), "{vendor}:{product}");
        assert_eq!((&assigned["GROUP"][0][..], &assigned["MODE"][0][..]), ("dialout", "0660"));
        for ignore in ["ENV ID_MM_DEVICE_IGNORE", "ENV ID_MM_PORT_IGNORE"] {
            assert_eq!(assigned[ignore], ["1"], "{vendor}:{product}");
        }
    }
}

#[test]
fn a_bridge_is_the_printer_at_the_marked_port_only() {
    for (vendor, product) in [("0403", "6001"), ("1a86", "7523"), ("10c4", "ea60"), ("067b", "2303")] {
        assert!(is_the_printer(&printer(vendor, product, "add", true)), "{vendor}:{product}");
        assert!(!is_the_printer(&printer(vendor, product, "add", false)), "{vendor}:{product}");
    }
}

#[test]
fn nothing_else_gets_the_name() {
    assert!(!is_the_printer(&printer("04b8", "0202", "remove", false)));
    assert!(!is_the_printer(&printer("04b8", "0204", "add", false)), "another product");
    assert!(!is_the_printer(&printer("abcd", "6001", "add", true)), "another vendor at the marked port");
    let attributes = [("idVendor", "04b8"), ("idProduct", "0202")];
    let scanner = Device { action: "add", subsystem: "input", attributes: &attributes, ..Device::default() };
    assert!(!is_the_printer(&scanner.play(&rules())));
}

#[test]
fn a_rule_that_udev_would_not_take_is_found() {
    let wrong = [
        "SUBSYTEM==\"tty\", SYMLINK+=\"x\"",
        "SUBSYSTEM==\"tty\" SYMLINK+=\"x\"",
        "SUBSYSTEM==\"tty, SYMLINK+=\"x\"",
        "ATTRS==\"04b8\", SYMLINK+=\"x\"",
        "SUBSYSTEM=\"tty\"",
        "SYMLINK==\"x\"",
        "GOTO=\"nowhere\"",
        "LABEL=\"from_nowhere\"",
        "LABEL=\"back\"\nGOTO=\"back\"",
    ];
    for text in wrong {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(parse("ATTRS{idVendor}==\"04b8\", GOTO=\"end\"\nLABEL=\"end\"").is_ok());
}
