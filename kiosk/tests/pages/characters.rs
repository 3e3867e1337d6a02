//! Characters that the pinned fonts lack, painted by real pages: each has a shape of its own, which is neither nothing nor
//! the sign for a character without one. `PAGES_OUT=dir` leaves a picture of each page with all of them.

use std::collections::BTreeMap;

use kiosk::{
    pages::{App, Choice, Entry, Page, People, Person, Shell, Speak},
    ui,
};
use slint::{ComponentHandle as _, Rgba8Pixel, SharedPixelBuffer};

use crate::{
    props::page,
    snapshots,
    stage::{self, PANELS},
};

/// Names of people and places: of extensions A to F, beside GB 2312, and a Tibetan letter.
const NAMES: &str = "㛃㙍䶮喆龘𠙶𡥧𫖯𬭎𪚥𫝀𬍛𮯠ཀ";

/// Level 2 of GB 18030-2022: what the state's list of characters in common use has beyond GBK.
const LEVEL_2: &str = include_str!("../characters/level2.txt");

/// A code point that Unicode has given to nobody.
const NOBODYS: char = '\u{3fffd}';

/// A page with a word that somebody gave it.
type Shown = (&'static str, fn(&App, &str));

fn written(app: &App, word: &str) {
    app.global::<Entry>().set_text(word.into());
    app.global::<Entry>().set_part(word.into());
    page(app, Page::Say);
}

const PAGES: [Shown; 5] = [
    ("a villager's words", written),
    ("what is being written", |app, word| {
        app.global::<Speak>().set_writing(true);
        written(app, word);
    }),
    ("a village", |app, word| {
        let village = Choice { id: "1".into(), label: word.into(), chosen: false };
        app.global::<Speak>().set_places(ui::model([village]));
        page(app, Page::Place);
    }),
    ("a deputy", |app, word| {
        let mut person = Person { id: "1".into(), name: word.into(), present: true, ..Person::default() };
        person.role = "县人大代表".into();
        app.global::<People>().set_people(ui::model([person]));
        page(app, Page::People);
    }),
    ("a station", |app, word| {
        app.global::<Shell>().set_station(word.into());
        page(app, Page::Home);
    }),
];

fn painted(app: &App, show: fn(&App, &str), word: &str) -> SharedPixelBuffer<Rgba8Pixel> {
    app.global::<Shell>().set_page(Page::Attract);
    ui::wipe_visit(app);
    stage::settle();
    show(app, word);
    stage::settle();
    stage::paint(app)
}

/// Paints each character on a page, and says of which the picture is one that was there before.
fn alike(app: &App, (name, show): Shown, characters: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    for nothing in ["　".to_owned(), NOBODYS.to_string()] {
        seen.insert(painted(app, show, &nothing).as_bytes().to_vec(), nothing);
    }
    let mut alike = Vec::new();
    for word in characters.trim_end().chars().map(String::from) {
        let picture = painted(app, show, &word).as_bytes().to_vec();
        if let Some(other) = seen.insert(picture, word.clone()) {
            alike.push(format!("{name}: {word} looks like {other:?}"));
        }
    }
    alike
}

#[test]
fn rare_characters_of_names_and_places_have_their_shapes_on_every_page_that_shows_them() {
    let app = stage::open(PANELS[0], false);
    if let Some(out) = std::env::var_os("PAGES_OUT") {
        std::fs::create_dir_all(&out).unwrap();
        for (name, show) in PAGES {
            let path = std::path::Path::new(&out).join(format!("rare-{}.png", name.replace(' ', "-")));
            snapshots::save(&painted(&app, show, NAMES), &path);
        }
    }
    let alike: Vec<_> = PAGES.into_iter().flat_map(|shown| alike(&app, shown, NAMES)).collect();
    assert!(alike.is_empty(), "{alike:#?}");
}

#[test]
fn every_character_of_level_2_has_its_own_shape_in_a_villagers_words() {
    let app = stage::open(PANELS[2], false);
    let alike = alike(&app, PAGES[0], LEVEL_2);
    assert!(alike.is_empty(), "{alike:#?}");
}

#[test]
fn a_character_that_no_font_holds_is_found_by_its_picture() {
    let app = stage::open(PANELS[0], false);
    let other = '\u{2fe80}'.to_string();
    assert_eq!(alike(&app, PAGES[0], &other).len(), 1);
}
