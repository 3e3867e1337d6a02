//! What a villager sees of a case, and how it travels and rests: sealed under the receipt's secret.
//!
//! A terminal caches only [`SealedView`]s; without the receipt nobody can read them. The key is HKDF-SHA-256 of the
//! secret, the cipher AES-256-GCM, with ticket and revision as associated data.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    constant_time, hkdf,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    case::{Satisfaction, State},
    secret::Secret,
    ticket::TicketNumber,
};

/// A case as its villager sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// The ticket.
    pub ticket: TicketNumber,
    /// Rises with every change of the case.
    pub revision: u64,
    /// The category's formal name.
    pub category: String,
    /// Where the case stands.
    pub state: State,
    /// What happened so far, oldest first.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The unit's reply; once there, it stays.
    #[serde(default)]
    pub reply: Option<Reply>,
    /// Why nothing can be done; with 暂时办不了 always there.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether a rating is asked for.
    #[serde(default)]
    pub can_rate: bool,
    /// The last rating.
    #[serde(default)]
    pub rating: Option<Satisfaction>,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What it came to.
    pub state: State,
    /// When, by the county's clock.
    pub at: Timestamp,
    /// The deputy or the units concerned.
    #[serde(default)]
    pub by: Option<String>,
    /// The day until which a unit is to answer.
    #[serde(default)]
    pub due: Option<civil::Date>,
}

/// A unit's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// The unit.
    pub by: String,
    /// Its words.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A view that only the receipt opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedView {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The view's revision.
    pub revision: u64,
    /// Nonce and cipher text, base64.
    pub sealed: String,
}

/// The key of one ticket's views; the county holds it in place of the secret.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ViewKey([u8; 32]);

/// A sealed view that doesn't open: another ticket's key, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the view does not open with this receipt")]
pub struct DoesNotOpen;

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl ViewKey {
    /// Derives the key from the receipt's secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        let mut key = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"lianxin")
            .extract(secret.bytes())
            .expand(&[b"view v1"], KeyLength)
            .and_then(|okm| okm.fill(&mut key))
            .expect("invariant: 32 bytes are within HKDF's limit");
        Self(key)
    }

    /// Takes a key that [`Self::bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for the county's store.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }

    fn cipher(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).expect("invariant: the key has 32 bytes")
    }
}

fn associated(ticket: TicketNumber, revision: u64) -> Aad<Vec<u8>> {
    Aad::from(format!("{ticket} {revision}").into_bytes())
}

impl SealedView {
    /// Seals a view.
    #[must_use]
    pub fn seal(view: &View, key: &ViewKey) -> Self {
        let mut text = serde_json::to_vec(view).expect("invariant: a view is always JSON");
        let nonce = key
            .cipher()
            .seal_in_place_append_tag(associated(view.ticket, view.revision), &mut text)
            .expect("invariant: a view is far below the cipher's limit");
        let sealed = [&nonce.as_ref()[..], &text].concat();
        Self { ticket: view.ticket, revision: view.revision, sealed: STANDARD.encode(sealed) }
    }

    /// Opens it with the key of a receipt.
    ///
    /// # Errors
    /// [`DoesNotOpen`] where the key is another ticket's or a byte has changed.
    pub fn open(&self, key: &ViewKey) -> Result<View, DoesNotOpen> {
        let bytes = STANDARD.decode(&self.sealed).map_err(|_| DoesNotOpen)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut text = text.to_vec();
        let plain = key
            .cipher()
            .open_in_place(nonce, associated(self.ticket, self.revision), &mut text)
            .map_err(|_| DoesNotOpen)?;
        serde_json::from_slice(plain).map_err(|_| DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::TerminalNumber;

    fn view() -> View {
        View {
            ticket: TicketNumber::new(TerminalNumber::new(1).unwrap(), 1, 1).unwrap(),
            revision: 3,
            category: "道路".into(),
            state: State::Closed,
            steps: vec![Step { state: State::Received, at: Timestamp::UNIX_EPOCH, by: None, due: None }],
            reply: Some(Reply { by: "交通局".into(), text: "已修好。".into(), at: Timestamp::UNIX_EPOCH }),
            reason: None,
            can_rate: true,
            rating: None,
        }
    }

    #[test]
    fn only_the_receipts_own_secret_opens_a_view() {
        let secret = Secret::draw();
        let sealed = SealedView::seal(&view(), &ViewKey::of(&secret));
        assert_eq!(sealed.open(&ViewKey::of(&secret)), Ok(view()));
        assert_eq!(sealed.open(&ViewKey::of(&Secret::draw())), Err(DoesNotOpen));
        assert!(!sealed.sealed.contains("已修好"));
    }

    #[test]
    fn a_view_under_another_number_or_revision_does_not_open() {
        let key = ViewKey::of(&Secret::draw());
        let sealed = SealedView::seal(&view(), &key);
        let older = SealedView { revision: 2, ..sealed.clone() };
        assert_eq!(older.open(&key), Err(DoesNotOpen));
        let cut = SealedView { sealed: sealed.sealed[..8].into(), ..sealed };
        assert_eq!(cut.open(&key), Err(DoesNotOpen));
    }
}
