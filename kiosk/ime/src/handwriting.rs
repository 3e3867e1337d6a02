//! Handwriting.

use crate::engines::{Missing, Places};

/// The recogniser of what a finger wrote.
pub enum Handwriting {}

impl Handwriting {
    /// Loads the model.
    ///
    /// # Errors
    /// Says what is missing and what brings it.
    pub fn load(_: &Places) -> Result<Self, Missing> {
        Err(Missing("handwriting is not part of this build".into()))
    }

    /// What the strokes may say, likeliest first, given the text before them.
    ///
    /// # Errors
    /// Where the recogniser fails.
    pub fn recognise(&mut self, _: &[Vec<[f32; 2]>], _: &str, _: bool) -> Result<Vec<String>, Missing> {
        match *self {}
    }

    /// What often follows a text, likeliest first.
    pub fn next(&self, _: &str) -> Vec<String> {
        match *self {}
    }
}
