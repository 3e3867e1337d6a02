//! A recorded voice on its way between two processes.
//!
//! Invariant: its bytes are wiped when it is dropped, and no text for people holds them. Inside a line they are base64.

use std::fmt;

use base64::{Engine as _, display::Base64Display, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Ogg Opus, as RFC 7845 has it; whether it is, is known when it is played.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Ogg(Vec<u8>);

impl Ogg {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Ogg {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Ogg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ogg({} bytes)", self.0.len())
    }
}

impl Serialize for Ogg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Written piece by piece: no second text of it lies in memory.
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Ogg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Ogg;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ogg, E> {
                // Without the text itself: what is wrong with it may say what it holds.
                STANDARD.decode(text).map(Ogg).map_err(|_| E::custom("not base64"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_text_for_people_holds_it() {
        let ogg = Ogg::from(b"secret".to_vec());
        assert_eq!(format!("{ogg:?}"), "Ogg(6 bytes)");
        let complaint = serde_json::from_str::<Ogg>(r#""secret!""#).unwrap_err().to_string();
        assert!(complaint.contains("not base64") && !complaint.contains("secret"), "{complaint}");
    }

    proptest! {
        #[test]
        fn it_comes_back_as_it_went(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let ogg = Ogg::from(bytes);
            let line = serde_json::to_string(&ogg).unwrap();
            prop_assert_eq!(serde_json::from_str::<Ogg>(&line).unwrap(), ogg);
        }
    }
}
