//! The sizes for elderly hands, measured on the real elements of every page: targets of 20 mm (candidates, and lying
//! letter keys, 12 × 14), words of 8 mm (6 in header and foot), nothing outside the window, nothing over another target,
//! words inside their buttons and cards, whole words at the ends of lines, a shape for each character; in every look.

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use kiosk::ui::fonts::missing_characters;

use crate::{
    breaks,
    scenes::{self, Scene},
    stage::{self, Look, PANELS, Panel},
};

/// Half a pixel: lengths in millimetres fall between pixels.
const SLACK_PX: f32 = 0.51;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) label: String,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) letter: bool,
    pub(crate) candidate: bool,
}

impl Found {
    fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        let is_key = |name: &str| matches!(name, "Key" | "MethodKey");
        let letter = element.bases().into_iter().flatten().any(|b| is_key(&b))
            || element.type_name().is_some_and(|t| is_key(&t));
        Self {
            label: element.accessible_label().unwrap_or_default().into(),
            x: at.x,
            y: at.y,
            width: size.width,
            height: size.height,
            letter,
            candidate: false,
        }
    }

    fn inside(&self, outer: &Self) -> bool {
        self.x >= outer.x - SLACK_PX
            && self.y >= outer.y - SLACK_PX
            && self.x + self.width <= outer.x + outer.width + SLACK_PX
            && self.y + self.height <= outer.y + outer.height + SLACK_PX
    }

    fn meets(&self, other: &Self) -> bool {
        self.x + self.width > other.x + SLACK_PX
            && other.x + other.width > self.x + SLACK_PX
            && self.y + self.height > other.y + SLACK_PX
            && other.y + other.height > self.y + SLACK_PX
    }
}

/// Everything that can be seen: buttons, and words with whether a button or a scrolled column holds them.
pub(crate) struct Seen {
    pub(crate) buttons: Vec<Found>,
    pub(crate) free_words: Vec<Found>,
    pub(crate) words_in_buttons: Vec<(Found, Found)>,
    pub(crate) scrolled: Vec<Found>,
    /// Header and foot.
    pub(crate) frame: Vec<Found>,
}

/// An element is found once for each component it inherits from.
fn once(found: impl IntoIterator<Item = Found>) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    for one in found {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

fn texts(query: ElementQuery) -> Vec<Found> {
    let found = query
        .match_inherits("Text")
        .find_all()
        .iter()
        .map(Found::of)
        .filter(|f| !f.label.is_empty() && f.width > 0.0 && f.height > 0.0)
        .collect::<Vec<_>>();
    once(found)
}

pub(crate) fn look(app: &kiosk::pages::App, covered: Option<&str>) -> Seen {
    let root = ElementQuery::from_root(app);
    let within: Vec<ElementHandle> = match covered {
        Some(cover) => root.match_descendants().match_type_name(cover).find_all(),
        None => vec![],
    };
    let all = |f: &dyn Fn(ElementQuery) -> Vec<ElementHandle>| -> Vec<ElementHandle> {
        match within.first() {
            Some(cover) => f(cover.query_descendants()),
            None => f(ElementQuery::from_root(app).match_descendants()),
        }
    };
    let scrollers = all(&|q| q.match_type_name("Scroller").find_all());
    let mut scrolled = Vec::new();
    for flick in scrollers.iter().flat_map(|s| s.query_descendants().match_type_name("Flickable").find_all()) {
        scrolled.extend(texts(flick.query_descendants()));
        let inner = flick.query_descendants().match_accessible_role(AccessibleRole::Button).find_all();
        scrolled.extend(inner.iter().map(Found::of));
    }
    let buttons = all(&|q| q.match_accessible_role(AccessibleRole::Button).find_all());
    let mut words_in_buttons = Vec::new();
    let cards = all(&|q| q.match_type_name("PersonCard").find_all());
    for button in buttons.iter().chain(&cards) {
        let outer = Found::of(button);
        words_in_buttons.extend(texts(button.query_descendants()).into_iter().map(|w| (w, outer.clone())));
    }
    let free_words = match within.first() {
        Some(cover) => texts(cover.query_descendants()),
        None => texts(ElementQuery::from_root(app).match_descendants()),
    };
    let free_words = free_words
        .into_iter()
        .filter(|w| !scrolled.contains(w) && !words_in_buttons.iter().any(|(inner, _)| inner == w))
        .collect();
    let bars = all(&|q| q.match_type_name("Candidates").find_all());
    let candidates: Vec<Found> = bars
        .iter()
        .flat_map(|b| b.query_descendants().match_accessible_role(AccessibleRole::Button).find_all())
        .map(|b| Found::of(&b))
        .collect();
    let mut buttons = once(buttons.iter().map(Found::of).filter(|b| !scrolled.contains(b)));
    for button in &mut buttons {
        button.candidate = candidates.contains(button);
    }
    let frame = ["Header", "Foot"].map(|part| all(&|q| q.match_type_name(part).find_all()));
    let frame = frame.iter().flatten().map(Found::of).collect();
    Seen { buttons, free_words, words_in_buttons, scrolled, frame }
}

pub(crate) fn cover_of(scene: Scene) -> Option<&'static str> {
    match scene.name {
        name if name.starts_with("help") => Some("HelpCover"),
        name if name.starts_with("idle") => Some("IdleCover"),
        _ => None,
    }
}

/// Of the scenes in which somebody who stands before a tall panel must touch something: what they would have to reach up for.
/// Larger words, Latin ones on the categories' doors, and a keyboard with what is written need more than half.
fn too_high(panel: Panel, scene: Scene, worn: Look, seen: &Seen) -> Vec<String> {
    const LOW: [&str; 9] =
        ["home", "category", "place", "say-empty", "say-aloud", "voice", "voice-recorded", "done-printed", "phone"];
    let is_wide = worn.text_size > 0 || (worn.english && scene.name == "category");
    if panel.width >= panel.height || is_wide || !LOW.contains(&scene.name) {
        return Vec::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "a panel has a few thousand pixels")]
    let middle = panel.height as f32 / 2.0;
    let high = seen.buttons.iter().filter(|button| button.y + button.height / 2.0 < middle - SLACK_PX);
    high.map(|button| format!("{:?} lies in the upper half", button.label)).collect()
}

pub(crate) fn troubles(panel: Panel, scene: Scene, seen: &Seen) -> Vec<String> {
    let mut troubles = Vec::new();
    let mm = panel.px_per_mm;
    let standing = panel.width < panel.height;
    #[expect(clippy::cast_precision_loss, reason = "a panel has a few thousand pixels")]
    let window = Found {
        label: "window".into(),
        x: 0.0,
        y: 0.0,
        width: panel.width as f32,
        height: panel.height as f32,
        letter: false,
        candidate: false,
    };
    for button in &seen.buttons {
        let small = button.candidate || button.letter && !standing;
        let (wide, high) = if small { (12.0, 14.0) } else { (20.0, 20.0) };
        if button.width < wide * mm - SLACK_PX || button.height < high * mm - SLACK_PX {
            troubles.push(format!(
                "{:?} is {:.1} × {:.1} mm, under {wide} × {high}",
                button.label,
                button.width / mm,
                button.height / mm
            ));
        }
        if !button.inside(&window) {
            troubles.push(format!("{:?} leaves the window", button.label));
        }
    }
    for (n, one) in seen.buttons.iter().enumerate() {
        // The attract page is one button, with others upon it.
        let upon = |other: &&Found| scene.name == "attract" && (one.inside(other) || other.inside(one));
        for other in seen.buttons.iter().skip(n + 1).filter(|other| one.meets(other) && !upon(other)) {
            troubles.push(format!("{:?} lies over {:?}", one.label, other.label));
        }
        // The attract page is one button with its words upon it.
        for words in seen.free_words.iter().filter(|w| scene.name != "attract" && one.meets(w)) {
            troubles.push(format!("the words {:?} lie over the button {:?}", words.label, one.label));
        }
    }
    for words in &seen.free_words {
        if !words.inside(&window) {
            troubles.push(format!("the words {:?} leave the window", words.label));
        }
    }
    for (n, one) in seen.free_words.iter().enumerate() {
        for other in seen.free_words.iter().skip(n + 1).filter(|other| one.meets(other)) {
            troubles.push(format!("the words {:?} lie over {:?}", one.label, other.label));
        }
    }
    for (words, button) in &seen.words_in_buttons {
        if !words.inside(button) {
            troubles.push(format!("the words {:?} stand out of {:?}", words.label, button.label));
        }
    }
    // The pinned fonts have lines of 1.2 em, so that a line's height tells the least size of its characters.
    let all = seen.free_words.iter().chain(seen.words_in_buttons.iter().map(|(w, _)| w)).chain(&seen.scrolled);
    for words in all {
        for c in missing_characters([words.label.as_str()]) {
            troubles.push(format!("no font holds {c:?} of the words {:?}", words.label));
        }
        let least = if seen.frame.iter().any(|part| words.inside(part)) { 6.0 } else { 8.0 };
        if words.height < least * 1.2 * mm - 1.0 {
            troubles.push(format!("the words {:?} are {:.1} mm high", words.label, words.height / 1.2 / mm));
        }
    }
    troubles
}

fn every_page_keeps_its_sizes_on(panel: Panel) {
    let mut all = Vec::new();
    for worn in stage::LOOKS {
        let app = stage::open(panel, worn.english);
        stage::suit(&app, worn);
        for scene in scenes::all() {
            stage::show(&app, scene, worn.english);
            let seen = look(&app, cover_of(scene));
            assert!(!seen.free_words.is_empty() || !seen.words_in_buttons.is_empty(), "{} has no words", scene.name);
            let shown = format!("{} {}", scene.name, worn.name());
            let troubles = troubles(panel, scene, &seen).into_iter().chain(breaks::troubles(&app));
            let troubles = troubles.chain(too_high(panel, scene, worn, &seen));
            all.extend(troubles.map(|t| format!("{shown}: {t}")));
        }
    }
    assert!(all.is_empty(), "{} troubles on {}:\n{}", all.len(), panel.name, all.join("\n"));
}

#[test]
fn every_target_is_large_enough_and_nothing_overlaps_lying_on_the_large_panel() {
    every_page_keeps_its_sizes_on(PANELS[0]);
}

#[test]
fn every_target_is_large_enough_and_nothing_overlaps_standing() {
    every_page_keeps_its_sizes_on(PANELS[1]);
}

#[test]
fn every_target_is_large_enough_and_nothing_overlaps_lying_on_the_small_panel() {
    every_page_keeps_its_sizes_on(PANELS[2]);
}
