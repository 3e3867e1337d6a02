//! What the recogniser's classes stand for, and which of them count.
//!
//! Ordinary are the characters of GB2312, digits and the punctuation of Chinese text; marks of other scripts that look the
//! same count as the Chinese ones. Everything else is for those who ask for all characters.

use tract_onnx::pb::ModelProto;

use crate::gb2312;

/// A class: one character, or nothing that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// What is offered for it.
    pub(super) character: char,
    /// Whether it counts where only ordinary characters do.
    pub(super) ordinary: bool,
}

/// All classes, by their number; the blank and the space are `None`.
pub(super) struct Classes(Vec<Option<Class>>);

/// Punctuation of Chinese text, and digits.
const ORDINARY: &str = "，。、？！：；（）《》“”‘’…—·%￥0123456789";

/// Marks that look like Chinese ones.
const SAME: [(char, char); 14] = [
    (',', '，'),
    ('､', '、'),
    ('?', '？'),
    ('!', '！'),
    (':', '：'),
    (';', '；'),
    ('(', '（'),
    (')', '）'),
    ('〈', '《'),
    ('〉', '》'),
    ('"', '“'),
    ('\'', '‘'),
    ('¥', '￥'),
    ('・', '·'),
];

impl Classes {
    /// Reads them from the model's own list; `None` where it has none.
    pub(super) fn new(proto: &ModelProto) -> Option<Self> {
        let list = &proto.metadata_props.iter().find(|entry| entry.key == "character")?.value;
        let mut classes = vec![None];
        for line in list.split('\n') {
            let written = line.chars().next()?;
            let character = SAME.iter().find(|(other, _)| *other == written).map_or(written, |(_, chinese)| *chinese);
            let ordinary = gb2312::holds(character) || ORDINARY.contains(character);
            classes.push(Some(Class { character, ordinary }));
        }
        // The space stands last and is not in the list.
        classes.push(None);
        Some(Self(classes))
    }

    /// What a class stands for, where that counts.
    pub(super) fn get(&self, class: usize, all: bool) -> Option<char> {
        let class = (*self.0.get(class)?)?;
        (all || class.ordinary).then_some(class.character)
    }
}
