//! What is set from afar, over the terminal's own.

use wire::settings::Settings;

use super::{Config, Loudness};

impl Config {
    /// The same with what is set from afar, which was checked before it was written down.
    #[must_use]
    pub fn with(mut self, afar: &Settings) -> Self {
        let Settings { volume, panel, printer } = afar;
        self.volume = volume.and_then(|level| Loudness::try_from(i64::from(level)).ok()).unwrap_or(self.volume);
        self.panel.plain = panel.plain.unwrap_or(self.panel.plain);
        self.panel.dark_after_s = match panel.dark_after_s {
            Some(seconds) => Some(seconds).filter(|seconds| *seconds > 0),
            None => self.panel.dark_after_s,
        };
        self.printer.profile = printer.profile.clone().unwrap_or(self.printer.profile);
        self.printer.baud = printer.baud.unwrap_or(self.printer.baud);
        self.printer.paper_mm = printer.paper_mm.unwrap_or(self.printer.paper_mm);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Printer;

    #[test]
    fn what_is_set_from_afar_lies_over_the_terminals_own_and_the_rest_stays() {
        let text = "volume = 2\n[panel]\ndark_after_s = 300\n[printer]\nprofile = \"escpos\"\n";
        let own = Config::parse(Path::new("kiosk.toml"), text).unwrap();
        assert_eq!(own.clone().with(&Settings::default()), own);
        let afar = serde_json::json!({
            "volume": 4, "panel": {"plain": true, "dark_after_s": 0}, "printer": {"baud": 19_200, "paper_mm": 80},
        });
        let set = own.clone().with(&serde_json::from_value(afar).unwrap());
        assert_eq!((set.volume.level(), set.panel.plain, set.panel.dark_after_s), (4, true, None));
        let printer = Printer { baud: 19_200, paper_mm: 80, ..own.printer.clone() };
        assert_eq!((own.printer.profile.as_str(), set.printer), ("escpos", printer));
    }
}
