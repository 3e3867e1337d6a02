//! Between the visit and what hangs on the pins.

use std::sync::Arc;

use super::{App, post};
use crate::{
    control::Control,
    panel::{Call, Event as AtPanel},
    session::{Event, Help, Page},
    tamper::{Seen, Watch},
};

/// What the panel shows of the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    call: Call,
    dark: bool,
}

/// Takes what happens at the panel, on the panel's own thread: what was seen of the case is on the disk before anybody
/// hears of it.
pub fn at_panel(watch: Arc<Watch>, control: Arc<Control>) -> impl FnMut(AtPanel) + Send + 'static {
    move |event| {
        let seen = match event {
            // From any page, as the button on the screen does.
            AtPanel::HelpPressed => return post(Event::CallHelp),
            AtPanel::CaseStands { open } => Seen::Stands { open },
            AtPanel::CaseOpened => Seen::Opened,
            AtPanel::CaseClosed => Seen::Closed,
        };
        let is_written = watch.saw(seen);
        tracing::warn!(?seen, is_written, "saw the case");
        control.case_seen();
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
