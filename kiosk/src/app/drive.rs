//! A socket that touches, types and looks: JSON lines `{"touch":[x,y]}` (logical pixels), `{"text":"…"}`, and `"see"`,
//! which is answered with the words and targets that a screen reader would speak. A touch is answered "ok" or, where it would
//! be taken for the second half of a double tap, "soon", and then nothing was touched.
//!
//! Only with the feature `drive`, for the demo and its tests; images are built without it.

use std::{
    io::{BufRead, BufReader, Write},
    ops::ControlFlow,
    os::unix::net::UnixListener,
    path::Path,
    thread,
};

use i_slint_core::{
    accessibility::AccessibleStringProperty,
    item_tree::ItemRc,
    items::AccessibleRole,
    lengths::{LogicalPoint, LogicalRect},
    window::WindowInner,
};
use serde::{Deserialize, Serialize};
use slint::{
    ComponentHandle, LogicalPosition, SharedString, Weak,
    platform::{PointerEventButton, WindowEvent},
};

use super::{dispatch, with};
use crate::{pages, session::Event};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Touch([f32; 2]),
    Text(String),
    See,
}

/// What stands on the screen.
#[derive(Default, Serialize)]
struct Seen {
    /// In the order of the page.
    words: Vec<String>,
    /// What can be touched and is not greyed out: its label, and its middle in logical pixels.
    targets: Vec<(String, [f32; 2])>,
}

/// Serves the socket at `path` on a thread of its own.
///
/// # Errors
/// Where the socket or the thread cannot be made.
pub fn drive(path: &Path, ui: &pages::App) -> std::io::Result<()> {
    std::fs::remove_file(path).or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    let listener = UnixListener::bind(path)?;
    let ui = ui.as_weak();
    thread::Builder::new().name("drive".into()).spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(reader) = stream.try_clone() else { continue };
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let done = serde_json::from_str(&line).ok().and_then(|line| perform(&ui, line));
                let answer = done.as_deref().unwrap_or(r#"expected {"touch":[x,y]}, {"text":""} or "see""#);
                if stream.write_all(format!("{answer}\n").as_bytes()).is_err() {
                    break;
                }
            }
        }
    })?;
    Ok(())
}

/// Carries the line out, on the UI thread and to its end; the answer.
fn perform(ui: &Weak<pages::App>, line: Line) -> Option<String> {
    let (done, wait) = std::sync::mpsc::channel();
    let queued = ui.upgrade_in_event_loop(move |ui| {
        let window = ui.window();
        let mut answer = Some("ok".to_owned());
        match line {
            Line::See => answer = serde_json::to_string(&see(&ui)).ok(),
            // A hand that touches within milliseconds is told to wait.
            Line::Touch(_) if !is_still() => answer = Some("soon".into()),
            Line::Touch([x, y]) => {
                let (position, button) = (LogicalPosition::new(x, y), PointerEventButton::Left);
                window.dispatch_event(WindowEvent::PointerPressed { position, button });
                window.dispatch_event(WindowEvent::PointerReleased { position, button });
            }
            Line::Text(text) => write(&ui, &text),
        }
        done.send(answer).ok();
    });
    queued.ok().and_then(|()| wait.recv().ok().flatten())
}

fn is_still() -> bool {
    with(|app| app.steady.is_still(app.parts.clock.monotonic())).unwrap_or(true)
}

/// Reads the page as the next frame will show it.
fn see(ui: &pages::App) -> Seen {
    let mut seen = Seen::default();
    let page = ItemRc::new_root(WindowInner::from_pub(ui.window()).component());
    page.visit_descendants(|item| {
        let speaks = |what| item.accessible_string_property(what).filter(|text| !text.is_empty());
        if let Some(label) = speaks(AccessibleStringProperty::Label).filter(|_| item.is_visible()) {
            match item.accessible_role() {
                AccessibleRole::Text => seen.words.push(label.into()),
                AccessibleRole::Button if speaks(AccessibleStringProperty::Enabled).is_none_or(|on| on != "false") => {
                    seen.targets.push((label.into(), middle(item)));
                }
                _ => {}
            }
        }
        ControlFlow::<()>::Continue(())
    });
    seen
}

fn middle(item: &ItemRc) -> [f32; 2] {
    let LogicalRect { origin, size, .. } = item.geometry();
    let middle = item.map_to_window(LogicalPoint::new(origin.x + size.width / 2.0, origin.y + size.height / 2.0));
    [middle.x, middle.y]
}

type Get = fn(&pages::Entry<'_>) -> SharedString;
type Set = fn(&pages::Entry<'_>, SharedString);

/// Where a person may type words.
const FIELDS: [(Get, Set); 4] = [
    (|entry| entry.get_text(), |_, text| dispatch(Event::TextEdited(text.into()))),
    (|entry| entry.get_landmark(), |entry, text| entry.set_landmark(text)),
    (|entry| entry.get_name(), |entry, text| entry.set_name(text)),
    (|entry| entry.get_phone(), |entry, text| entry.set_phone(text)),
];

/// Types into the field that has the focus.
///
/// Slint drops a key event that holds one of U+F700 to U+F7FF, which it keeps for its keys, and composes the others (NFC):
/// what is not known to pass unchanged is typed as a stand-in, which is exchanged in the field.
fn write(ui: &pages::App, text: &str) {
    let is_exchanged = |c: &char| !passes_unchanged(*c);
    let entry = ui.global::<pages::Entry>();
    let is_free = |c: &char| !text.contains(*c) && !FIELDS.iter().any(|(get, _)| get(&entry).contains(*c));
    // Four bytes long: a cursor behind stand-ins stands behind what they are exchanged for, too.
    let stand_in = ('\u{f0000}'..='\u{ffffd}').find(is_free).unwrap_or(char::REPLACEMENT_CHARACTER);
    let typed: SharedString =
        text.chars().map(|c| if is_exchanged(&c) { stand_in } else { c }).collect::<String>().into();
    ui.window().dispatch_event(WindowEvent::KeyPressed { text: typed.clone() });
    ui.window().dispatch_event(WindowEvent::KeyReleased { text: typed });

    let mut meant = text.chars().filter(is_exchanged).peekable();
    if meant.peek().is_none() {
        return;
    }
    for (get, set) in FIELDS {
        let field = get(&entry);
        if field.contains(stand_in) {
            let exchanged = field.chars().map(|c| if c == stand_in { meant.next().unwrap_or(c) } else { c });
            set(&entry, exchanged.collect::<String>().into());
        }
    }
    ui.global::<pages::Act>().invoke_text_edited();
}

/// Whether a character comes through a key event as it is, whatever stands beside it: none of these composes.
fn passes_unchanged(c: char) -> bool {
    const PASS: [std::ops::RangeInclusive<char>; 6] = [
        ' '..='~',
        // Dashes, quotation marks, the ellipsis.
        '\u{2010}'..='\u{2027}',
        // Chinese punctuation, Chinese, full width.
        '\u{3001}'..='\u{301f}',
        '\u{4e00}'..='\u{9fff}',
        '\u{ff01}'..='\u{ff5e}',
        // Pictures.
        '\u{1f300}'..='\u{1faff}',
    ];
    c == '\n' || PASS.iter().any(|range| range.contains(&c))
}
