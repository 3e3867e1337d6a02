//! Pictures of the pages: all painted, and of a few what they looked like when somebody last looked at them.
//!
//! Kept is one picture of each page (with each cover, way of writing and state of the paper that a page can have) and one of
//! each panel, size of words, theme and language. What else there is to say of a page the rules say, of all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiosk::pages::{App, Done, Entry, Keys, Method, Page, Paper, Shell, Speak};
use slint::{ComponentHandle as _, Rgba8Pixel, SharedPixelBuffer};

use crate::{
    scenes,
    stage::{self, PANELS},
};

pub(crate) fn save(picture: &SharedPixelBuffer<Rgba8Pixel>, path: &Path) {
    image::save_buffer(path, picture.as_bytes(), picture.width(), picture.height(), image::ColorType::Rgba8).unwrap();
}

#[test]
fn gallery_of_every_page_on_every_panel_in_both_looks_is_painted() {
    let out = std::env::var_os("PAGES_OUT");
    let only = std::env::var("PAGES_ONLY").unwrap_or_default();
    for panel in PANELS {
        for worn in stage::LOOKS {
            let app = stage::open(panel, worn.english);
            stage::suit(&app, worn);
            for scene in scenes::all() {
                let name = format!("{}-{}-{}", scene.name, panel.name, worn.name());
                if !name.contains(&only) {
                    continue;
                }
                stage::show(&app, scene, worn.english);
                let picture = stage::paint(&app);
                let first = picture.as_slice()[0];
                let others = picture.as_slice().iter().filter(|p| **p != first).count();
                // White on white, a few words are little ink.
                let least = if worn.contrast { 50 } else { 20 };
                assert!(others * least > picture.as_slice().len(), "{name} is almost blank");
                if let Some(out) = &out {
                    std::fs::create_dir_all(out).unwrap();
                    save(&picture, &Path::new(out).join(format!("{name}.png")));
                }
            }
            app.hide().unwrap();
        }
    }
}

/// FNV-1a, 64 bits: a change of one pixel changes it.
fn fingerprint(picture: &SharedPixelBuffer<Rgba8Pixel>) -> u64 {
    picture
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/snapshots.txt")
}

/// What two scenes have in common of which one picture is kept.
#[derive(PartialEq)]
struct Kind {
    /// Of the page beneath a cover nothing is seen.
    page: Option<Page>,
    helped: bool,
    counting_down: bool,
    writing: Option<Method>,
    paper: Paper,
}

impl Kind {
    fn of(app: &App) -> Self {
        let (shell, method) = (app.global::<Shell>(), app.global::<Keys>().get_method());
        let writes = app.global::<Speak>().get_writing() || app.global::<Entry>().get_describing();
        let (page, helped, counting_down) = (shell.get_page(), shell.get_help_open(), shell.get_countdown() >= 0);
        Self {
            page: (!helped && !counting_down).then_some(page),
            helped,
            counting_down,
            writing: (writes || page == Page::Contact).then_some(method),
            paper: if page == Page::Done { app.global::<Done>().get_paper() } else { Paper::None },
        }
    }
}

#[test]
fn every_page_is_painted_as_it_was_when_it_was_last_looked_at() {
    let (mut painted, mut kinds) = (BTreeMap::new(), Vec::new());
    let app = stage::open(PANELS[2], false);
    for scene in scenes::all() {
        stage::show(&app, scene, false);
        let kind = Kind::of(&app);
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        painted.insert(scene.name.to_owned(), format!("{:016x}", fingerprint(&stage::paint(&app))));
    }
    app.hide().unwrap();
    // Each axis once: the other panels, and each look on one of them.
    let say = scenes::all().into_iter().find(|s| s.name == "say").unwrap();
    let on_other_panels = PANELS[..2].iter().map(|panel| (*panel, stage::LOOKS[0]));
    let in_other_looks = [1, 2, 4, 8].map(|look| (PANELS[2], stage::LOOKS[look]));
    for (panel, worn) in on_other_panels.chain(in_other_looks) {
        let app = stage::open(panel, worn.english);
        stage::suit(&app, worn);
        stage::show(&app, say, worn.english);
        let name = format!("say-{}-{}", panel.name, worn.name());
        painted.insert(name, format!("{:016x}", fingerprint(&stage::paint(&app))));
        app.hide().unwrap();
    }
    if std::env::var_os("PAGES_BLESS").is_some() {
        let lines: String = painted.iter().map(|(name, hash)| format!("{hash} {name}\n")).collect();
        std::io::Write::write_all(&mut std::fs::File::create(reference()).unwrap(), lines.as_bytes()).unwrap();
    }
    let kept: BTreeMap<String, String> = std::fs::read_to_string(reference())
        .unwrap()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
        .collect();
    let changed: Vec<_> = painted.iter().filter(|(name, hash)| kept.get(*name) != Some(hash)).map(|(n, _)| n).collect();
    assert!(
        changed.is_empty() && kept.len() == painted.len(),
        "changed: {changed:?}; look at them (PAGES_OUT=dir), then PAGES_BLESS=1"
    );
}
