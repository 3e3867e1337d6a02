//! Passphrases that people read to one another. Invariant: no two letters of one look alike.

use aws_lc_rs::rand;

/// 32 letters and digits without those that look alike: five bits each.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Draws one of 100 bits, in five groups of four.
#[must_use]
pub fn draw() -> String {
    let mut bytes = [0_u8; 20];
    rand::fill(&mut bytes).expect("invariant: the system has random numbers");
    let letters: Vec<char> = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_one_has_five_groups_and_no_letter_that_looks_like_another() {
        let drawn = draw();
        assert_eq!(drawn.split('-').map(str::len).collect::<Vec<_>>(), [4; 5]);
        assert!(drawn.chars().all(|c| c == '-' || !"il1oO".contains(c)), "{drawn}");
        assert_ne!(drawn, draw());
    }
}
