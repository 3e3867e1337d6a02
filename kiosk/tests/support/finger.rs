//! A finger that rests and draws, a keyboard with its control key, and what other programs would get from the clipboards.

use anyhow::{Context as _, Result};
use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{
            AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, CreateWindowAux, KEY_PRESS_EVENT,
            KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

const CONTROL: u32 = 0xffe3;

/// A connection of its own to the display.
pub struct Finger {
    connection: RustConnection,
    root: u32,
    /// Who asks for what is in a clipboard.
    asking: u32,
}

impl Finger {
    pub fn on(display: &str) -> Result<Self> {
        let (connection, index) = x11rb::connect(Some(display))?;
        let (root, asking) = (connection.setup().roots[index].root, connection.generate_id()?);
        let class = WindowClass::INPUT_ONLY;
        connection.create_window(0, asking, root, 0, 0, 1, 1, 0, class, 0, &CreateWindowAux::new())?.check()?;
        Ok(Self { connection, root, asking })
    }

    fn input(&self, kind: u8, detail: u8, (x, y): (i16, i16)) -> Result<()> {
        self.connection.xtest_fake_input(kind, detail, 0, self.root, x, y, 0)?.check()?;
        Ok(())
    }

    pub fn press(&self, at: (i16, i16)) -> Result<()> {
        self.input(MOTION_NOTIFY_EVENT, 0, at)?;
        self.input(BUTTON_PRESS_EVENT, 1, at)
    }

    pub fn release(&self, at: (i16, i16)) -> Result<()> {
        self.input(BUTTON_RELEASE_EVENT, 1, at)
    }

    /// Draws from one place to another.
    pub fn drag(&self, from: (i16, i16), to: (i16, i16)) -> Result<()> {
        self.press(from)?;
        for step in 1..=10 {
            let between = |from: i16, to: i16| from + (to - from) / 10 * step;
            self.input(MOTION_NOTIFY_EVENT, 0, (between(from.0, to.0), between(from.1, to.1)))?;
        }
        self.release(to)
    }

    /// Strikes a letter while the control key is down.
    pub fn with_control(&self, letter: char) -> Result<()> {
        let (control, letter) = (self.key(CONTROL)?, self.key(u32::from(letter))?);
        for (kind, key) in [
            (KEY_PRESS_EVENT, control),
            (KEY_PRESS_EVENT, letter),
            (KEY_RELEASE_EVENT, letter),
            (KEY_RELEASE_EVENT, control),
        ] {
            self.input(kind, key, (0, 0))?;
        }
        Ok(())
    }

    /// The key that writes a symbol.
    fn key(&self, symbol: u32) -> Result<u8> {
        let (first, last) = (self.connection.setup().min_keycode, self.connection.setup().max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let mut keys = (first..=last).zip(map.keysyms.chunks(map.keysyms_per_keycode.into()));
        keys.find(|(_, symbols)| symbols.first() == Some(&symbol)).map(|(key, _)| key).context("no such key")
    }

    /// The text that another program would paste; none where there is none.
    pub fn text_of(&self, clipboard: &str) -> Result<Option<String>> {
        let atom =
            |name: &str| -> Result<u32> { Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom) };
        let (selection, utf8, place) = (atom(clipboard)?, atom("UTF8_STRING")?, atom("LIANXIN_TEST")?);
        self.connection.convert_selection(self.asking, selection, utf8, place, CURRENT_TIME)?.check()?;
        let given = loop {
            if let Event::SelectionNotify(answer) = self.connection.wait_for_event()? {
                break answer.property;
            }
        };
        if given == x11rb::NONE {
            return Ok(None);
        }
        let held = self.connection.get_property(true, self.asking, given, AtomEnum::ANY, 0, u32::MAX)?.reply()?;
        Ok(Some(String::from_utf8(held.value)?).filter(|text| !text.is_empty()))
    }
}
