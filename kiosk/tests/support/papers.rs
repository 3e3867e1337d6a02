//! What a county hands to a terminal, for tests and benches: a bulletin, keys, an enrolment.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "each test uses a part of it")]

use wire::{
    bulletin::{Bulletin, Officer, Place, Station, built_in_categories},
    enrol::{CountyKeys, Enrolment},
    pin::PinHash,
    ticket::TerminalNumber,
};

/// The liaison officer's.
pub const OFFICER_PIN: &str = "246810";

/// The technician's.
pub const TECHNICIAN_PIN: &str = "135790";

/// The bulletin of a station with three villages, the first of which is its own.
pub fn bulletin() -> Bulletin {
    Bulletin {
        revision: 1,
        issued: jiff::Timestamp::UNIX_EPOCH,
        zone: "Asia/Shanghai".into(),
        station: Station {
            name: "花桥镇人大代表联络站".into(),
            telephone: "0793-1234567".into(),
            code: Some("https://lianxin.example/s".into()),
            place: Some("huaqiao".into()),
        },
        officer: Some(Officer { name: "李站长".into(), telephone: "13900000000".into() }),
        public_base: "https://lianxin.example".into(),
        reply_period: None,
        categories: built_in_categories(),
        places: vec![place("huaqiao", "花桥村"), place("xinwu", "新屋村"), place("shikou", "石口村")],
        roster: vec![],
        present: vec![],
    }
}

fn place(id: &str, name: &str) -> Place {
    Place { id: id.into(), name: name.into() }
}

/// Keys of which nobody has the other half.
pub fn keys() -> CountyKeys {
    let key = || age::x25519::Identity::generate().to_public().to_string();
    CountyKeys { id: "k1".into(), working: key(), recovery: key() }
}

/// An enrolment at the authority `ca` (PEM), whose host is at `url`.
pub fn enrolment(ca: String, url: &str) -> Enrolment {
    Enrolment {
        v: 1,
        terminal: TerminalNumber::new(613).expect("in range"),
        generation: 1,
        token: "one-time".into(),
        ca,
        fleet_url: url.into(),
        county_url: url.into(),
        county_keys: keys(),
        officer_pin: PinHash::of(OFFICER_PIN),
        technician_pin: PinHash::of(TECHNICIAN_PIN),
        bulletin: bulletin(),
    }
}
