//! Pinyin.

use crate::engines::{Missing, Places};

/// What makes words of typed letters.
pub enum Pinyin {}

impl Pinyin {
    /// Loads the library and its data.
    ///
    /// # Errors
    /// Says what is missing and what brings it.
    pub fn load(_: &Places) -> Result<Self, Missing> {
        Err(Missing("pinyin is not part of this build".into()))
    }

    /// The words that the letters may stand for, likeliest first, each with how many bytes of the letters it uses.
    ///
    /// # Errors
    /// Where the library fails.
    pub fn words(&mut self, _: &str, _: bool) -> Result<Vec<(String, usize)>, Missing> {
        match *self {}
    }
}
