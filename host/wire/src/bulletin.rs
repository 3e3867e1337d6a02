//! The bulletin: what a county tells its terminals, fetched with an `ETag` and kept for the days without a network.

use jiff::{Timestamp, civil};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that a terminal of one station shows and prints on the county's behalf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bulletin {
    /// Rises with every change; the `ETag`.
    pub revision: u64,
    /// When the county last changed or confirmed it.
    pub issued: Timestamp,
    /// IANA name of the county's time zone.
    #[serde(default = "default_zone")]
    pub zone: String,
    /// The station that the terminal stands in.
    pub station: Station,
    /// Whom 叫人帮忙 calls.
    #[serde(default)]
    pub officer: Option<Officer>,
    /// Where the QR of receipts leads: `https://…`, without a path.
    pub public_base: String,
    /// The county's promise in its own words (送到县里后 3 个工作日内答复); none, no promise.
    #[serde(default)]
    pub reply_period: Option<String>,
    /// What a suggestion may be about, in the order of the doors.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// The station's villages, in the order of the buttons.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Who is on duty, over the coming days.
    #[serde(default)]
    pub roster: Vec<Duty>,
    /// Who has checked in and not left.
    #[serde(default)]
    pub present: Vec<Presence>,
}

fn default_zone() -> String {
    "Asia/Shanghai".into()
}

/// A deputy home or liaison station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Station {
    /// 花桥镇人大代表联络站.
    pub name: String,
    /// The station's telephone, printed on receipts; may be empty.
    #[serde(default)]
    pub telephone: String,
    /// The address behind the station's code for phones.
    #[serde(default)]
    pub code: Option<String>,
    /// The id of the place that it stands in, chosen beforehand.
    #[serde(default)]
    pub place: Option<String>,
}

/// The liaison officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Officer {
    /// As people call them.
    pub name: String,
    /// May be empty.
    pub telephone: String,
}

/// What a suggestion may be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    /// Stable: `road`.
    pub id: String,
    /// 医疗.
    pub name: String,
    /// Two or three characters for the door: 看病.
    pub label: String,
    /// In English; falls back to the name.
    #[serde(default)]
    pub label_en: String,
    /// Name of a picture that terminals hold.
    pub picture: String,
    /// Ready sentences, each a whole one.
    #[serde(default)]
    pub sentences: Vec<String>,
}

/// A village or a street.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Stable.
    pub id: String,
    /// 花桥村.
    pub name: String,
}

/// One person's duty on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duty {
    /// Id of the person.
    pub person: String,
    /// As people call them.
    pub name: String,
    /// 县人大代表, 镇人大代表, 联络员.
    pub role: String,
    /// A PNG or JPEG, base64; small.
    #[serde(default)]
    pub portrait: Option<String>,
    /// The day, in the county's zone.
    pub day: civil::Date,
    /// From.
    pub from: civil::Time,
    /// To.
    pub to: civil::Time,
}

/// Somebody who checked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// Id of the person.
    pub person: String,
    /// When.
    pub since: Timestamp,
}

/// The categories that a terminal offers until the first bulletin, and a county starts with.
#[must_use]
pub fn built_in_categories() -> Vec<Category> {
    serde_json::from_str(include_str!("categories.json")).expect("invariant: tested")
}

/// The pictures that every terminal holds for categories, each with what it shows. Another name is drawn as the last.
pub const PICTURES: [(&str, &str); 13] = [
    ("motorway", "道路"),
    ("potable-water", "水龙头"),
    ("light-bulb", "灯泡"),
    ("broom", "扫帚"),
    ("sheaf-of-rice", "稻穗"),
    ("hospital", "医院"),
    ("school", "学校"),
    ("older-person", "老人"),
    ("handshake", "握手"),
    ("money-bag", "钱袋"),
    ("thumbs-up", "大拇指"),
    ("classical-building", "办事大厅"),
    ("speech-balloon", "说话"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_categories_are_twelve_with_short_labels_and_sentences() {
        let categories = built_in_categories();
        assert_eq!(categories.len(), 12);
        for category in categories {
            assert!((2..=3).contains(&category.label.chars().count()), "{}", category.label);
            assert!(PICTURES.iter().any(|(name, _)| *name == category.picture), "{}", category.picture);
            assert!(category.sentences.len() >= 4, "{}", category.id);
            assert!(category.sentences.iter().all(|s| s.ends_with('。')), "{}", category.id);
        }
    }
}
