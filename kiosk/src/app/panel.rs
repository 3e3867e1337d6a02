//! Between the visit and what hangs on the pins.

use super::{App, post};
use crate::{
    panel::{Call, Event as AtPanel},
    session::{Event, Help, Page},
};

/// What the panel shows of the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    call: Call,
    dark: bool,
}

/// Takes what happened at the panel, on the panel's own thread.
pub fn happened_at_panel(event: AtPanel) {
    match event {
        // From any page, as the button on the screen does.
        AtPanel::HelpPressed => post(Event::CallHelp),
        AtPanel::CaseOpened => tracing::warn!("the case was opened"),
        AtPanel::CaseClosed => tracing::info!("the case was closed"),
        AtPanel::CaseStands { open } => tracing::info!(open, "the case as it stands at the start"),
    }
}

impl App {
    /// Lamp, buzzer and the screen's light follow the visit; `touched` says that somebody did something just now.
    pub(super) fn show_on_panel(&mut self, touched: bool) {
        let call = match self.session.help {
            Help::None => Call::None,
            Help::Calling | Help::Taken => Call::Calling,
            Help::Acknowledged => Call::Acknowledged,
        };
        let resting = self.session.page == Page::Attract && call == Call::None && !self.session.help_open;
        let shown = Shown { call, dark: self.dim.is_dark(resting, touched, self.parts.clock.monotonic()) };
        if self.on_panel.replace(shown) != Some(shown) {
            self.parts.panel.call(shown.call);
            self.parts.panel.dark(shown.dark);
        }
    }
}
