//! What goes between terminals and their host, by network, by stick and by hand.

use std::{fmt::Debug, sync::OnceLock, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kiosk::{
    fleet,
    session::{Event, Page, Session},
};
use serde::{Serialize, de::DeserializeOwned};
use wire::{
    bulletin::Bulletin,
    enrol, event, health, intake,
    secret::{QueryCode, Secret},
    stick::{BYTES_MAX, EVENTS_MAX, SignedManifest, VERSION, parcel_name, parcel_of, to_be_signed},
    ticket::{TerminalNumber, TicketNumber},
    time,
    view::{SealedView, View, ViewKey},
};

/// ISO 7064 MOD 97-10, reckoned here once more.
pub fn checks_out(ticket: TicketNumber) {
    let digits = ticket.to_string();
    assert!(digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
    let rest = digits.bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    assert_eq!(rest, 1, "{digits}");
}

/// Numbers, codes and names as people type them and sticks carry them.
pub fn ticket(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(ticket) = text.parse::<TicketNumber>() {
        checks_out(ticket);
        let digits = ticket.to_string();
        assert_eq!(digits.parse(), Ok(ticket));
        assert_eq!(ticket.grouped().parse(), Ok(ticket));
        let typed: String = text.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(typed, digits, "what is accepted was typed");
        for place in 0..digits.len() {
            let mut wrong = digits.clone().into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            assert!(wrong.parse::<TicketNumber>().is_err(), "{wrong}");
        }
    }
    if let Ok(terminal) = text.parse::<TerminalNumber>() {
        assert_eq!(terminal.to_string().parse(), Ok(terminal));
    }
    if let Ok(code) = text.parse::<QueryCode>() {
        assert!(code.digits().len() == 6 && code.digits().bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(code.grouped().parse(), Ok(code));
    }
    if let Ok(secret) = text.parse::<Secret>() {
        assert_eq!(secret.text(), text, "one secret has one name");
    }
    if let Some((terminal, number)) = parcel_of(text) {
        assert_eq!(parcel_name(terminal, number), text);
        assert!(!text.contains(['/', '\\', '\0']) && text != "..");
    }
}

/// An event as a host takes it in and a damaged queue gives it back.
pub fn event(bytes: &[u8]) {
    let Ok((header, body)) = event::split(bytes) else { return };
    assert!(bytes.len() <= header.kind.max_bytes() && !body.is_empty() && bytes.ends_with(body));
    checks_out(header.ticket);
    let again = event::assemble(&header, body);
    if again.len() <= header.kind.max_bytes() {
        let (read, sealed) = event::split(&again).unwrap();
        assert_eq!((&read, sealed), (&header, body));
        assert_eq!(event::assemble(&read, sealed), again, "written once, it stays as it is");
    }
    assert_eq!(event::content_digest(bytes) == event::content_digest(&again), bytes == again);
}

/// Reads as `T`; what can be read is written and read again as it was.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&read).unwrap();
    assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), read);
    Some(read)
}

/// Everything that a host answers and is asked.
pub fn answers(bytes: &[u8]) {
    holds::<intake::Accepted>(bytes);
    holds::<intake::Tracked>(bytes);
    holds::<intake::LookupAnswer>(bytes);
    holds::<intake::Reissued>(bytes);
    holds::<intake::HelpState>(bytes);
    holds::<intake::Track>(bytes);
    holds::<intake::HelpCall>(bytes);
    holds::<intake::CheckIn>(bytes);
    holds::<intake::Lookup>(bytes);
    holds::<intake::Reissue>(bytes);
    holds::<enrol::EnrolRequest>(bytes);
    holds::<enrol::RenewRequest>(bytes);
    holds::<enrol::Enrolled>(bytes);
    holds::<enrol::Enrolment>(bytes);
    holds::<health::Report>(bytes);
    holds::<health::Taken>(bytes);
    holds::<View>(bytes);
    let views = holds::<intake::Views>(bytes).map(|views| views.views).unwrap_or_default();
    for sealed in views.into_iter().chain(holds::<SealedView>(bytes)) {
        assert!(sealed.open(&ViewKey::from_bytes([7; 32])).is_err(), "nobody sealed it with this key");
    }
    if let Some(answer) = holds::<time::TimeAnswer>(bytes) {
        let took = Duration::from_millis(10);
        assert!(fleet::accept(authority(), answer.nonce, &answer, took).is_err(), "this authority signed nothing");
    }
}

/// An authority that certifies nothing.
fn authority() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(vec![]).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        authority.self_signed(&key).unwrap().pem()
    })
}

/// A bulletin: read and written again, and a visit through what it offers.
pub fn bulletin(bytes: &[u8]) {
    let Some(bulletin) = holds::<Bulletin>(bytes) else { return };
    let category = bulletin.categories.first().map(|category| category.id.clone());
    let (place, sentence) = (
        bulletin.places.last().map(|place| place.id.clone()),
        bulletin.categories.first().and_then(|category| category.sentences.first().cloned()),
    );
    let mut session = Session::default();
    let mut step = |event| session.step(event, Duration::ZERO);
    step(Event::Bulletin(Box::new(bulletin), None));
    step(Event::OpenHome);
    step(Event::OpenSpeak);
    category.map(|id| step(Event::ChooseCategory(id)));
    place.map(|id| step(Event::ChoosePlace(id)));
    sentence.map(|words| step(Event::ToggleSentence(words)));
    step(Event::Submit);
    step(Event::Back);
    assert!(session.speak.length() <= wire::TEXT_MAX);
    assert!(session.page != Page::Printing || session.speak.can_submit(), "nothing is sent that can't be taken");
}

/// A stick's manifest: believed only where it is signed, and then within every bound.
pub fn manifest(bytes: &[u8]) {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    let key = KEY.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap());
    let public = key.public_key().as_ref();
    if let Ok(signed) = SignedManifest::read(bytes) {
        assert_eq!(signed.v, VERSION);
        assert!(signed.open(public).is_err(), "this key did not sign it");
        assert!(signed.open(bytes).is_err());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let message = to_be_signed(&event::hash(bytes));
    let signature = STANDARD.encode(key.sign(&SystemRandom::new(), &message).unwrap());
    let signed = SignedManifest { v: VERSION, manifest: text.to_owned(), certificate: String::new(), signature };
    let Ok(manifest) = signed.open(public) else { return };
    assert!(manifest.events.len() <= EVENTS_MAX);
    let mut sum = 0_u64;
    for (place, listed) in manifest.events.iter().enumerate() {
        sum += listed.length;
        assert!(manifest.events[..place].iter().all(|other| other.id != listed.id), "{} twice", listed.id);
        let name = listed.file_name();
        assert!(!name.contains(['/', '\\']) && !name.starts_with('.') && name.starts_with(&listed.id.to_string()));
    }
    assert!(sum <= BYTES_MAX);
    holds::<wire::stick::Manifest>(bytes);
}
