//! Every character of GB 18030-2022, shaped as the pages shape it and drawn as receipts draw it, with the fonts that
//! `kiosk/setup` installs. What none of them holds stands in `uncovered.txt`; a change of it fails.
//!
//! `LIANXIN_BLESS=1 cargo test --test characters` writes that list anew; look at it before committing.
#![expect(clippy::unwrap_used, reason = "tests")]

mod paper;
mod screen;
mod standard;

use std::{fmt::Write as _, fs, path::Path};

use kiosk::fonts::{FAMILIES, PACKAGES};
use paper::{Paper, Printed};
use screen::Screen;
use standard::{Part, parts};

/// Code points that Unicode has given to nobody.
const NOBODYS: [char; 2] = ['\u{3fffd}', '\u{2fe80}'];

/// How much of each part is shown and printed, then each character that is not, or not whole.
fn report() -> String {
    let (mut screen, paper) = (Screen::open(), Paper::of(kiosk::printer::Characters::Gb2312));
    let mut text = format!("# GB 18030-2022 on the screen and on paper, with {}.\n", FAMILIES.join(", "));
    writeln!(
        text,
        "# {:>10} {:>13} {:>12} {:>15}  part",
        "characters", "not on screen", "not on paper", "strokes missing"
    )
    .unwrap();
    let mut list = String::new();
    for Part { name, characters } in parts() {
        let unseen: Vec<char> = characters.iter().copied().filter(|c| !screen.shows(*c)).collect();
        let printed: Vec<(char, Printed)> = characters.iter().map(|c| (*c, paper.print(*c))).collect();
        let of = |what: Printed| printed.iter().filter(|(_, so)| *so == what).map(|(c, _)| *c).collect::<Vec<char>>();
        let (unprinted, lacking) = (of(Printed::Missing), of(Printed::LacksStrokes));
        let counts = [unseen.len(), unprinted.len(), lacking.len()];
        writeln!(text, "{:>12} {:>13} {:>12} {:>15}  {name}", characters.len(), counts[0], counts[1], counts[2])
            .unwrap();
        for (what, missing) in [("not on screen", unseen), ("not on paper", unprinted), ("strokes missing", lacking)] {
            for c in missing {
                writeln!(list, "U+{:04X} {c} {what}", u32::from(c)).unwrap();
            }
        }
    }
    text + &list
}

#[test]
fn what_no_font_of_the_terminal_holds_of_the_standard_is_what_the_kept_list_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/characters/uncovered.txt");
    let found = report();
    if std::env::var_os("LIANXIN_BLESS").is_some() {
        kiosk::durable::write(&path, found.as_bytes(), 0o644).unwrap();
    }
    assert!(found == fs::read_to_string(&path).unwrap(), "are {PACKAGES} installed? found:\n{found}");
}

#[test]
fn what_no_font_can_hold_is_found_missing_on_the_screen_and_on_paper() {
    let (mut screen, paper) = (Screen::open(), Paper::of(kiosk::printer::Characters::Gb2312));
    for c in NOBODYS {
        assert_eq!((screen.shows(c), paper.print(c)), (false, Printed::Missing), "{c:?}");
    }
    for c in ['路', '喆', '𬭎', '𡥧', '𫝀', 'ཀ'] {
        assert_eq!((screen.shows(c), paper.print(c)), (true, Printed::Whole), "{c:?}");
    }
}
