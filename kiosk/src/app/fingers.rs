//! Fingers on the panel, before the pages hear of them: of several at once one counts, and the pages see it as a pointer.
//!
//! Slint takes two contacts for the beginning of a pinch. It releases the first one where it lies, which the page under it
//! takes for a touch, and when one of the two leaves it presses the other one anew.
//! Source: i-slint-core 1.18.1, `input.rs`, `TouchState::process_started` and `process_ended`.

mod contacts;

use contacts::{Contacts, Phase};
#[cfg(feature = "x11")]
use i_slint_backend_winit::{
    EventResult, WinitWindowAccessor as _,
    winit::event::{DeviceId, TouchPhase, WindowEvent},
};
use slint::Window;

use super::with;

/// Brings what became of one contact to the pages.
fn tell<Id: PartialEq>(window: &Window, contacts: &mut Contacts<Id>, id: Id, phase: Phase) {
    let known = with(|app| (app.session.is_held(), app.parts.clock.monotonic()));
    let Some((held, now)) = known else { return };
    for event in contacts.step(id, phase, held, now) {
        window.dispatch_event(event);
    }
}

/// Takes the contacts of a window on a display server.
#[cfg(feature = "x11")]
pub fn take_contacts(window: &Window) {
    let mut contacts = Contacts::default();
    window.on_winit_window_event(move |window, event| told_by_display_server(window, &mut contacts, event));
}

#[cfg(feature = "x11")]
fn told_by_display_server(
    window: &Window,
    contacts: &mut Contacts<(DeviceId, u64)>,
    event: &WindowEvent,
) -> EventResult {
    match event {
        WindowEvent::Touch(touch) => {
            let at = touch.location.to_logical(window.scale_factor().into());
            let at = slint::LogicalPosition::new(at.x, at.y);
            let phase = match touch.phase {
                TouchPhase::Started => Phase::Down(at),
                TouchPhase::Moved => Phase::Moved(at),
                TouchPhase::Ended => Phase::Up,
                TouchPhase::Cancelled => Phase::Lost,
            };
            tell(window, contacts, (touch.device_id, touch.id), phase);
            EventResult::PreventDefault
        }
        // The pointer goes where the first contact is, whichever of them counts.
        WindowEvent::CursorMoved { .. } if contacts.one_counts() => EventResult::PreventDefault,
        _ => EventResult::Propagate,
    }
}

/// Chooses the panel without a display server, and takes its contacts. To be called before the window is opened.
///
/// # Errors
/// Where there is no such panel.
#[cfg(feature = "kms")]
pub fn choose_panel() -> Result<(), slint::PlatformError> {
    use std::cell::RefCell;

    use input::{
        Event,
        event::touch::{TouchEvent, TouchEventPosition, TouchEventSlot as _},
    };
    use slint::{ComponentHandle as _, LogicalPosition, LogicalSize};

    #[expect(clippy::cast_possible_truncation, reason = "a panel has a few thousand pixels")]
    #[expect(clippy::cast_sign_loss, reason = "no panel is smaller than nothing")]
    fn place(event: &impl TouchEventPosition, panel: LogicalSize) -> LogicalPosition {
        LogicalPosition::new(
            event.x_transformed(panel.width as u32) as f32,
            event.y_transformed(panel.height as u32) as f32,
        )
    }

    let contacts = RefCell::new(Contacts::default());
    slint::BackendSelector::new()
        .with_libinput_event_hook(move |event| {
            let Event::Touch(event) = event else { return false };
            if let Some(ui) = with(|app| app.parts.ui.clone_strong()) {
                let window = ui.window();
                let panel = window.size().to_logical(window.scale_factor());
                let (slot, phase) = match event {
                    TouchEvent::Down(down) => (down.seat_slot(), Phase::Down(place(down, panel))),
                    TouchEvent::Motion(motion) => (motion.seat_slot(), Phase::Moved(place(motion, panel))),
                    TouchEvent::Up(up) => (up.seat_slot(), Phase::Up),
                    TouchEvent::Cancel(cancel) => (cancel.seat_slot(), Phase::Lost),
                    _ => return true,
                };
                tell(window, &mut contacts.borrow_mut(), slot, phase);
            }
            true
        })
        .select()
}

#[cfg(test)]
mod tests;
