//! A socket that touches and types: JSON lines `{"touch":[x,y]}` (logical pixels) and `{"text":"…"}`.
//!
//! Only with the feature `drive`, for the demo and its tests; images are built without it.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread,
};

use serde::Deserialize;
use slint::{
    ComponentHandle, LogicalPosition, SharedString, Weak,
    platform::{PointerEventButton, WindowEvent},
};

use crate::pages;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Touch([f32; 2]),
    Text(String),
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
                let done = serde_json::from_str(&line).is_ok_and(|line| perform(&ui, line));
                let answer: &[u8] = if done { b"ok\n" } else { b"expected {\"touch\":[x,y]} or {\"text\":\"\"}\n" };
                if stream.write_all(answer).is_err() {
                    break;
                }
            }
        }
    })?;
    Ok(())
}

/// Whether the line was carried out, on the UI thread and to its end.
fn perform(ui: &Weak<pages::App>, line: Line) -> bool {
    let (done, wait) = std::sync::mpsc::channel();
    let queued = ui.upgrade_in_event_loop(move |ui| {
        let window = ui.window();
        match line {
            Line::Touch([x, y]) => {
                let (position, button) = (LogicalPosition::new(x, y), PointerEventButton::Left);
                window.dispatch_event(WindowEvent::PointerPressed { position, button });
                window.dispatch_event(WindowEvent::PointerReleased { position, button });
            }
            Line::Text(text) => {
                let text = SharedString::from(text);
                window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
                window.dispatch_event(WindowEvent::KeyReleased { text });
            }
        }
        done.send(()).ok();
    });
    queued.is_ok() && wait.recv().is_ok()
}
