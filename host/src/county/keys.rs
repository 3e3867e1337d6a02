//! The county's working key, and what is derived from it.
//!
//! Events open with it. The same key gives the county's pepper: query codes, telephone numbers and addresses lie in
//! the database only as HMACs under it, so that a copy of the database alone tells nothing about them. Invariant:
//! nothing here writes or logs a key.

use std::{fmt, io::Write, sync::Arc};

use age::{secrecy::ExposeSecret, x25519};
use aws_lc_rs::{constant_time, hkdf, hmac};
use wire::{secret::QueryCode, ticket::TicketNumber};
use zeroize::Zeroizing;

/// The keys that events may be sealed to, the working one first.
#[derive(Clone)]
pub struct CountyIdentity {
    keys: Arc<Vec<Key>>,
    /// What is sealed here opens with the off-line key as well.
    recovery: Option<x25519::Recipient>,
}

struct Key {
    id: String,
    identity: x25519::Identity,
    pepper: hmac::Key,
}

/// What an HMAC is taken of; the same digits under two uses are two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Code,
    Phone,
    Address,
}

impl CountyIdentity {
    /// Takes the working key; `id` is what headers call it.
    #[must_use]
    pub fn new(id: impl Into<String>, working: x25519::Identity) -> Self {
        Self { keys: Arc::new(vec![Key::new(id.into(), working)]), recovery: None }
    }

    /// Adds a key that terminals used before, or may still use.
    #[must_use]
    pub fn with_former(self, id: impl Into<String>, former: x25519::Identity) -> Self {
        let mut keys: Vec<Key> = self.keys.iter().map(|k| Key::new(k.id.clone(), k.identity.clone())).collect();
        keys.push(Key::new(id.into(), former));
        Self { keys: Arc::new(keys), ..self }
    }

    /// Seals what is written here to the off-line recovery key as well.
    #[must_use]
    pub fn with_recovery(self, recovery: x25519::Recipient) -> Self {
        Self { recovery: Some(recovery), ..self }
    }

    /// What headers call the working key.
    pub(crate) fn working_id(&self) -> &str {
        &self.keys[0].id
    }

    /// Seals as terminals do: to the working key and to the recovery key.
    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let working = self.keys[0].identity.to_public();
        let recipients = [Some(&working), self.recovery.as_ref()];
        let recipients = recipients.into_iter().flatten().map(|r| -> &dyn age::Recipient { r });
        let encryptor = age::Encryptor::with_recipients(recipients).expect("invariant: there is the working key");
        let mut sealed = Vec::with_capacity(plain.len() + 512);
        let written = encryptor.wrap_output(&mut sealed).and_then(|mut writer| {
            writer.write_all(plain)?;
            writer.finish()
        });
        written.expect("invariant: memory takes what is written");
        sealed
    }

    /// Opens a sealed body with the key that the header names, else with any.
    pub(crate) fn open(&self, key: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let named = self.keys.iter().filter(|k| k.id == key);
        let others = self.keys.iter().filter(|k| k.id != key);
        named.chain(others).find_map(|k| age::decrypt(&k.identity, sealed).ok()).map(Zeroizing::new)
    }

    /// Whether it has the key of this name.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|k| k.id == key)
    }

    /// The HMAC to store.
    pub(crate) fn tag(&self, what: Use, text: &str) -> Vec<u8> {
        self.keys[0].tag(what, text)
    }

    /// The HMACs that may have been stored, under the working and all former keys.
    pub(crate) fn tags(&self, what: Use, text: &str) -> Vec<Vec<u8>> {
        self.keys.iter().map(|k| k.tag(what, text)).collect()
    }

    /// The HMAC of a ticket's query code.
    pub(crate) fn code_tag(&self, ticket: TicketNumber, code: &QueryCode) -> Vec<u8> {
        self.tag(Use::Code, &code_text(ticket, code))
    }

    /// Whether the stored HMAC is that of the code; takes the same time for every answer.
    pub(crate) fn code_fits(&self, stored: &[u8], ticket: TicketNumber, code: &QueryCode) -> bool {
        let text = code_text(ticket, code);
        self.keys.iter().fold(false, |fits, k| {
            fits | constant_time::verify_slices_are_equal(&k.tag(Use::Code, &text), stored).is_ok()
        })
    }
}

fn code_text(ticket: TicketNumber, code: &QueryCode) -> Zeroizing<String> {
    Zeroizing::new(format!("{ticket} {}", code.digits()))
}

impl Key {
    fn new(id: String, identity: x25519::Identity) -> Self {
        let secret = identity.to_string();
        let mut pepper = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"lianxin")
            .extract(secret.expose_secret().as_bytes())
            .expand(&[b"county pepper v1"], hmac::HMAC_SHA256)
            .and_then(|okm| okm.fill(&mut pepper[..]))
            .expect("invariant: 32 bytes are within HKDF's limit");
        Self { id, identity, pepper: hmac::Key::new(hmac::HMAC_SHA256, &pepper[..]) }
    }

    fn tag(&self, what: Use, text: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.pepper);
        context.update(match what {
            Use::Code => b"code\0",
            Use::Phone => b"tele\0",
            Use::Address => b"addr\0",
        });
        context.update(text.as_bytes());
        context.sign().as_ref().to_vec()
    }
}

impl fmt::Debug for CountyIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|k| &k.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::ticket::TerminalNumber;

    #[test]
    fn a_former_key_still_opens_and_its_codes_still_fit() {
        let (old, new) = (x25519::Identity::generate(), x25519::Identity::generate());
        let sealed = age::encrypt(&old.to_public(), b"words").unwrap();
        let before = CountyIdentity::new("k1", old.clone());
        let after = CountyIdentity::new("k2", new).with_former("k1", old);
        assert_eq!(after.open("k1", &sealed).unwrap().as_slice(), b"words");
        let ticket = TicketNumber::new(TerminalNumber::new(1).unwrap(), 1, 1).unwrap();
        let (code, other) = ("123456".parse().unwrap(), "123457".parse().unwrap());
        let stored = before.code_tag(ticket, &code);
        assert!(after.code_fits(&stored, ticket, &code));
        assert!(!after.code_fits(&stored, ticket, &other));
        assert!(CountyIdentity::new("k2", x25519::Identity::generate()).open("k1", &sealed).is_none());
    }

    #[test]
    fn what_is_written_here_opens_with_the_working_and_with_the_recovery_key_alone() {
        let (working, recovery) = (x25519::Identity::generate(), x25519::Identity::generate());
        let keys = CountyIdentity::new("k1", working).with_recovery(recovery.to_public());
        let sealed = keys.seal("路灯坏了".as_bytes());
        assert_eq!(keys.open("k1", &sealed).unwrap().as_slice(), "路灯坏了".as_bytes());
        assert_eq!(age::decrypt(&recovery, &sealed).unwrap(), "路灯坏了".as_bytes());
        assert!(age::decrypt(&x25519::Identity::generate(), &sealed).is_err());
    }

    #[test]
    fn the_debug_form_names_keys_and_holds_none() {
        let keys = CountyIdentity::new("k1", x25519::Identity::generate());
        assert_eq!(format!("{keys:?}"), "[\"k1\"]");
    }
}
