//! What an enrolment file is made of.
//!
//! Invariant: the token and the two PINs leave this module once, towards the file and the admin; what is kept of them
//! are hashes.

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use wire::{
    bulletin::Bulletin,
    enrol::{CountyKeys, Enrolment},
    pin::PinHash,
};

use super::Admitted;

/// Where a terminal finds its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// `https://…` of the fleet role's listener for terminals.
    pub fleet_url: String,
    /// `https://…` of the county role's listener for terminals.
    pub county_url: String,
}

/// The PINs of the two staff doors, for the admin's eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The liaison officer's.
    pub officer: String,
    /// The technician's.
    pub technician: String,
}

impl Staff {
    /// Draws two different PINs of six digits.
    #[must_use]
    pub fn draw() -> Self {
        let officer = draw_pin();
        loop {
            let technician = draw_pin();
            if technician != officer {
                return Self { officer, technician };
            }
        }
    }
}

fn draw_pin() -> String {
    // Below the largest multiple of a million, so that every PIN is as likely as any other.
    loop {
        let mut bytes = [0; 4];
        rand::fill(&mut bytes).expect("invariant: the system has random numbers");
        let drawn = u32::from_le_bytes(bytes);
        if drawn < 4_294_000_000 {
            return format!("{:06}", drawn % 1_000_000);
        }
    }
}

/// Draws a token of 256 bits; returns it and its hash.
#[must_use]
pub fn draw_token() -> (String, [u8; 32]) {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = wire::event::hash(token.as_bytes());
    (token, hash)
}

/// Puts the file together.
#[must_use]
pub fn enrolment_file(
    admitted: Admitted,
    ca: &str,
    addresses: Addresses,
    county_keys: CountyKeys,
    staff: &Staff,
    bulletin: Bulletin,
) -> Enrolment {
    Enrolment {
        v: 1,
        terminal: admitted.terminal,
        generation: admitted.generation,
        token: admitted.token,
        ca: ca.to_owned(),
        fleet_url: addresses.fleet_url,
        county_url: addresses.county_url,
        county_keys,
        officer_pin: PinHash::of(&staff.officer),
        technician_pin: PinHash::of(&staff.technician),
        bulletin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_six_digits_and_differ() {
        let staff = Staff::draw();
        assert_ne!(staff.officer, staff.technician);
        for pin in [staff.officer, staff.technician] {
            assert!(pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit()), "{pin}");
        }
    }
}
