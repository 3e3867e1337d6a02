//! Contrast of 4.5 : 1 (WCAG 2.2, 1.4.3), once on the colours that the theme pairs and once on the painted pixels.

use std::collections::HashMap;

use kiosk::pages::{App, Shell, Theme};
use slint::{Color, ComponentHandle as _, Rgba8Pixel, SharedPixelBuffer};

use crate::sizes::{cover_of, look};
use crate::{
    scenes,
    stage::{self, PANELS},
};

const LEAST: f64 = 4.5;

fn luminance(r: u8, g: u8, b: u8) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn ratio(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn of(colour: Color) -> f64 {
    luminance(colour.red(), colour.green(), colour.blue())
}

/// Every ink with every ground it is written on.
fn pairs(app: &App) -> Vec<(&'static str, Color, Color)> {
    let t = app.global::<Theme>();
    vec![
        ("ink on paper", t.get_ink(), t.get_paper()),
        ("ink on card", t.get_ink(), t.get_card()),
        ("ink on foot", t.get_ink(), t.get_footer()),
        ("ink on pressed", t.get_ink(), t.get_pressed()),
        ("ink on straw", t.get_ink(), t.get_people()),
        ("ink on pressed straw", t.get_ink(), t.get_people_pressed()),
        ("second ink on paper", t.get_ink2(), t.get_paper()),
        ("second ink on card", t.get_ink2(), t.get_card()),
        ("second ink on foot", t.get_ink2(), t.get_footer()),
        ("light on vermilion", t.get_on_dark(), t.get_speak()),
        ("light on pressed vermilion", t.get_on_dark(), t.get_speak_pressed()),
        ("light on pine", t.get_on_dark(), t.get_safe()),
        ("light on pressed pine", t.get_on_dark(), t.get_safe_pressed()),
        ("vermilion on paper", t.get_speak_ink(), t.get_paper()),
        ("vermilion on card", t.get_speak_ink(), t.get_card()),
        ("pine on paper", t.get_safe_ink(), t.get_paper()),
    ]
}

#[test]
fn every_pair_of_the_theme_has_contrast_in_both_looks() {
    let app = stage::open(PANELS[0], false);
    for high in [false, true] {
        app.global::<Shell>().set_high_contrast(high);
        for (name, ink, ground) in pairs(&app) {
            let found = ratio(of(ink), of(ground));
            assert!(found >= if high { 15.0 } else { LEAST }, "{name} has {found:.2} : 1 (high contrast {high})");
        }
    }
}

/// The ratio between the commonest colour of a place and the colour that stands out most from it.
fn painted_ratio(picture: &SharedPixelBuffer<Rgba8Pixel>, x: f32, y: f32, width: f32, height: f32) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the window")]
    let (x, y, right, bottom) = (x.max(0.0) as u32, y.max(0.0) as u32, (x + width) as u32, (y + height) as u32);
    let mut count: HashMap<(u8, u8, u8), u32> = HashMap::new();
    for row in y..bottom.min(picture.height()) {
        for column in x..right.min(picture.width()) {
            let p = picture.as_slice()[(row * picture.width() + column) as usize];
            *count.entry((p.r, p.g, p.b)).or_default() += 1;
        }
    }
    let ground = count.iter().max_by_key(|(_, n)| **n).map(|(c, _)| *c).unwrap_or_default();
    let ground = luminance(ground.0, ground.1, ground.2);
    count.keys().map(|c| ratio(ground, luminance(c.0, c.1, c.2))).fold(1.0, f64::max)
}

#[test]
fn every_word_stands_out_from_what_is_painted_behind_it() {
    for (panel, high) in PANELS.iter().flat_map(|panel| [(*panel, false), (*panel, true)]) {
        let app = stage::open(panel, false);
        app.global::<Shell>().set_high_contrast(high);
        for scene in scenes::all() {
            stage::show(&app, scene, false);
            let picture = stage::paint(&app);
            let seen = look(&app, cover_of(scene));
            for words in seen.free_words.iter().chain(seen.words_in_buttons.iter().map(|(words, _)| words)) {
                // Words of which only a part is out of the printer's mouth.
                if scene.name == "printing" && words.label.contains("小票") || words.height < 1.0 {
                    continue;
                }
                let found = painted_ratio(&picture, words.x, words.y, words.width, words.height);
                let look = (panel.name, if high { "high contrast" } else { "paper" });
                assert!(found >= LEAST, "{:?} on {} {look:?} has {found:.2} : 1", words.label, scene.name);
            }
        }
    }
}
