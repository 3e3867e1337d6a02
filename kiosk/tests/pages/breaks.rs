//! Where lines break: words stay whole. What the renderer would paint is broken into lines here by the same shaper, with the
//! same fonts and widths.
//!
//! Where a line ends that nobody ended: no word of Latin letters and no number goes over it, none begins with a sign that
//! belongs to what stands before, none ends with one that belongs to what follows. A short label of a key breaks nowhere
//! inside, for which no dictionary of Chinese words is needed, and no label of ours ends with one character alone.

use std::{collections::BTreeSet, ops::ControlFlow, pin::Pin};

use i_slint_core::{
    accessibility::AccessibleStringProperty,
    item_rendering::{PlainOrStyledText, RenderText},
    item_tree::{ItemRc, ParentItemTraversalMode},
    items::{AccessibleRole, ComplexText, SimpleText, TextWrap},
    lengths::RectLengths as _,
    window::WindowInner,
};
use kiosk::pages::{App, Entry, Keys, Speak};
use parley::{
    LayoutContext,
    fontique::GenericFamily,
    style::{FontFamily, FontFamilyName, FontWeight, OverflowWrap, StyleProperty, TextWrapMode},
};
use slint::{ComponentHandle as _, Model as _, SharedString};

use crate::{
    behaviour::scene,
    scenes,
    stage::{self, PANELS},
};

/// Han characters of a label that is read at a glance.
const SHORT: usize = 6;

/// A text as it is painted.
struct Laid {
    /// The lines of each part between two ends of line that somebody wrote.
    parts: Vec<Vec<String>>,
    /// What the key is called that it stands on.
    key: Option<String>,
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

/// Whether a word or a number is made of it, other than of Chinese.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

fn follows(c: char) -> bool {
    "，。、；：？！…）》〉」』】”’,.;:?!)%".contains(c)
}

fn leads(c: char) -> bool {
    "（《〈「『【“‘([¥".contains(c)
}

impl Laid {
    fn troubles(&self, is_ours: bool) -> Vec<String> {
        self.parts.iter().flat_map(|lines| self.troubles_of(lines, is_ours)).collect()
    }

    fn troubles_of(&self, lines: &[String], is_ours: bool) -> Vec<String> {
        let whole = lines.concat();
        let is_short = self.key.is_some() && whole.chars().filter(|c| is_han(*c)).count() <= SHORT;
        let mut troubles = Vec::new();
        for pair in lines.windows(2) {
            let (Some(last), Some(first)) = (pair[0].chars().next_back(), pair[1].chars().next()) else { continue };
            let before_last = pair[0].chars().rev().nth(1).unwrap_or(' ');
            let in_a_number = "-.:/".contains(last) && before_last.is_ascii_digit() && first.is_ascii_digit();
            let what = if is_of_a_word(last) && is_of_a_word(first) || in_a_number {
                "a word is broken"
            } else if follows(first) {
                "a line begins with a sign"
            } else if leads(last) {
                "a line ends with a sign"
            } else if is_short && is_han(last) && is_han(first) {
                "a short label is broken"
            } else {
                continue;
            };
            troubles.push(format!("{what}: {}", lines.join("|")));
        }
        let end = lines.last().filter(|_| lines.len() > 1 && is_ours && self.key.is_some());
        if end.is_some_and(|end| end.chars().filter(|c| is_han(*c)).count() == 1 && !end.chars().any(is_of_a_word)) {
            troubles.push(format!("one character is left alone: {}", lines.join("|")));
        }
        troubles
    }
}

/// Breaks a text as the renderer does. Source: `sharedparley` of `i-slint-core`.
fn lay<T: RenderText>(app: &App, item: &ItemRc, text: Pin<&T>) -> Option<Laid> {
    let PlainOrStyledText::Plain(words) = text.text() else { return None };
    let wrap = text.wrap();
    let (font, width) = (text.font_request(item), item.geometry().width());
    let mut families =
        vec![FontFamilyName::Generic(GenericFamily::SansSerif), FontFamilyName::Generic(GenericFamily::SystemUi)];
    if let Some(family) = &font.family {
        families.insert(0, FontFamilyName::named(family.as_str()));
    }
    let key = key_of(item);
    let window = WindowInner::from_pub(app.window());
    let mut fonts = window.context().font_context().borrow_mut();
    let mut layouts = LayoutContext::<[u8; 4]>::new();
    let parts = words.split('\n').map(|part| {
        let mut builder = layouts.ranged_builder(&mut fonts.inner, part, window.scale_factor(), false);
        builder.push_default(FontFamily::List(families.as_slice().into()));
        builder.push_default(StyleProperty::FontSize(font.pixel_size.map_or(12.0, |size| size.get())));
        #[expect(clippy::cast_precision_loss, reason = "a weight is at most 1000")]
        builder.push_default(StyleProperty::FontWeight(FontWeight::new(font.weight.unwrap_or(400) as f32)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        if wrap == TextWrap::NoWrap {
            builder.push_default(StyleProperty::TextWrapMode(TextWrapMode::NoWrap));
        }
        let mut layout = builder.build(part);
        layout.break_all_lines(Some(width * window.scale_factor()));
        layout.lines().map(|line| part.get(line.text_range()).unwrap_or_default().to_owned()).collect()
    });
    Some(Laid { parts: parts.collect(), key })
}

/// What the key is called that an item is part of.
fn key_of(item: &ItemRc) -> Option<String> {
    let mut parents =
        std::iter::successors(Some(item.clone()), |item| item.parent_item(ParentItemTraversalMode::StopAtPopups));
    let key = parents.find(|item| item.accessible_role() == AccessibleRole::Button)?;
    Some(key.accessible_string_property(AccessibleStringProperty::Label).unwrap_or_default().into())
}

/// Every text that is seen.
fn laid(app: &App) -> Vec<Laid> {
    let mut all = Vec::new();
    ItemRc::new_root(WindowInner::from_pub(app.window()).component()).visit_descendants(|item| {
        if item.is_visible() {
            let simple = item.downcast::<SimpleText>();
            let complex = item.downcast::<ComplexText>();
            all.extend(simple.and_then(|text| lay(app, item, text.as_pin_ref())));
            all.extend(complex.and_then(|text| lay(app, item, text.as_pin_ref())));
        }
        ControlFlow::<()>::Continue(())
    });
    all
}

/// Labels that others wrote, and that may end as they like.
fn others(app: &App) -> Vec<SharedString> {
    let (speak, keys) = (app.global::<Speak>(), app.global::<Keys>());
    let mut labels = vec![app.global::<Entry>().get_landmark()];
    for choices in [speak.get_sentences(), speak.get_places()] {
        labels.extend(choices.iter().map(|choice| choice.label));
    }
    labels.extend(keys.get_candidates().iter());
    labels
}

pub(crate) fn troubles(app: &App) -> Vec<String> {
    let others = others(app);
    let is_ours = |laid: &Laid| {
        let whole: String = laid.parts.iter().flatten().map(String::as_str).collect();
        !others.iter().any(|label| whole == label.as_str())
    };
    laid(app).iter().flat_map(|laid| laid.troubles(is_ours(laid))).collect()
}

fn of_lines(lines: &[&str], key: bool) -> Vec<String> {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Laid { parts: vec![lines], key: key.then(String::new) }.troubles(true)
}

#[test]
fn lines_that_break_badly_are_told_and_others_are_not() {
    for (lines, key, expected) in [
        (&["叫人", "帮忙"][..], true, "a short label is broken"),
        (&["去年修的路今年又", "坏了好几处"], true, ""),
        (&["叫人", "帮忙"], false, ""),
        (&["Call for he", "lp"], false, "a word is broken"),
        (&["Call for ", "help"], true, ""),
        (&["电话 0793-", "7512345"], false, "a word is broken"),
        (&["一共 12", "34 件"], false, "a word is broken"),
        (&["县里收到了", "，请等一等"], false, "a line begins with a sign"),
        (&["他说（", "请等一等）"], false, "a line ends with a sign"),
        (&["请对着小票再看一", "看。"], false, ""),
        (&["小票上印出我说的", "话"], true, "one character is left alone"),
        (&["小票上印出", "我说的话"], true, ""),
        (&["看"], true, ""),
    ] {
        let told = of_lines(lines, key);
        let kinds: Vec<_> = told.iter().filter_map(|trouble| trouble.split(':').next()).collect();
        assert_eq!(kinds.concat(), expected, "{lines:?}");
    }
}

#[test]
fn what_breaks_badly_on_a_page_is_found_there() {
    let app = stage::open(PANELS[2], false);
    for (words, expected) in [
        ("请写到 Huaqiaoxiangzhengfusuozaidishebeiguanlibangongshi", "a word is broken"),
        ("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十", ""),
        ("Please write to the office of the town of Huaqiao", ""),
    ] {
        scene(&app, "say");
        app.global::<Entry>().set_text(words.into());
        stage::settle();
        let told = troubles(&app);
        let kinds: BTreeSet<_> = told.iter().filter_map(|trouble| trouble.split(':').next()).collect();
        assert_eq!(kinds.into_iter().collect::<String>(), expected, "{words}");
    }
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "a text has a few lines")]
fn lines_are_broken_here_as_they_are_painted() {
    let app = stage::open(PANELS[1], false);
    let mut wrapped = 0;
    for shown in scenes::all() {
        stage::show(&app, shown, false);
        ItemRc::new_root(WindowInner::from_pub(app.window()).component()).visit_descendants(|item| {
            let Some(text) = item.downcast::<ComplexText>().filter(|_| item.is_visible()) else {
                return ControlFlow::<()>::Continue(());
            };
            let text = text.as_pin_ref();
            let Some(laid) = lay(&app, item, text) else { return ControlFlow::Continue(()) };
            let lines = laid.parts.iter().map(Vec::len).sum::<usize>();
            let window = WindowInner::from_pub(app.window()).window_adapter();
            let (width, wrap) = (item.geometry().width_length(), text.wrap());
            let renderer = window.renderer();
            let one = renderer.text_size(text, item, None, TextWrap::NoWrap);
            let painted = renderer.text_size(text, item, Some(width), wrap);
            let high = one.height / laid.parts.len() as f32;
            assert!((painted.height / high - lines as f32).abs() < 0.01, "{}: {:?}", shown.name, laid.parts);
            wrapped += usize::from(lines > laid.parts.len());
            ControlFlow::Continue(())
        });
    }
    assert!(wrapped >= 15, "{wrapped}");
}
