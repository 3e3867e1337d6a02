//! CODE128 of a ticket number, without real-time commands in it.
//!
//! Code set C packs two digits into one byte of 0 to 99. Printers execute `10 04`, `10 05` and `10 14` wherever they
//! stand, in a barcode's data too, so a number with the pairs 16 and 04, 05 or 20 is packed in another way. Source:
//! Epson ESC/POS reference, "GS k" (m = 73) and "DLE EOT".

/// Packs 13 digits for `GS k 73`: mostly pairs, and the odd digit in code set B where no real-time command arises.
///
/// # Panics
/// Where `digits` holds anything but ASCII digits.
#[must_use]
pub fn encode(digits: &str) -> Vec<u8> {
    assert!(digits.bytes().all(|b| b.is_ascii_digit()), "invariant: a ticket number is digits");
    let digits = digits.as_bytes();
    let even = digits.len() / 2 * 2;
    let odd = digits.len() - even;
    let first_alone = [set_b(&digits[..odd]), set_c(&digits[odd..])].concat();
    let last_alone = [set_c(&digits[..even]), set_b(&digits[even..])].concat();
    [first_alone, last_alone].into_iter().find(|data| !executes(data)).unwrap_or_else(|| set_b(digits))
}

/// Whether a printer finds a real-time command in these bytes.
pub(super) fn executes(data: &[u8]) -> bool {
    data.windows(2).any(|pair| pair[0] == 0x10 && matches!(pair[1], 0x04 | 0x05 | 0x14))
}

fn set_b(digits: &[u8]) -> Vec<u8> {
    if digits.is_empty() { Vec::new() } else { [b"{B", digits].concat() }
}

fn set_c(digits: &[u8]) -> Vec<u8> {
    let pairs = digits.chunks_exact(2).map(|pair| (pair[0] - b'0') * 10 + (pair[1] - b'0'));
    b"{C".iter().copied().chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(data: &[u8]) -> String {
        let (mut digits, mut in_pairs, mut at) = (String::new(), false, 0);
        while at < data.len() {
            if data[at] == b'{' {
                in_pairs = data[at + 1] == b'C';
                at += 2;
            } else {
                digits += &if in_pairs { format!("{:02}", data[at]) } else { char::from(data[at]).to_string() };
                at += 1;
            }
        }
        digits
    }

    proptest! {
        #[test]
        fn every_number_reads_back_and_executes_nothing(number in 0_u64..10_000_000_000_000) {
            let digits = format!("{number:013}");
            let data = encode(&digits);
            prop_assert_eq!(decode(&data), digits);
            prop_assert!(!executes(&data));
        }
    }

    #[test]
    fn pairs_that_a_printer_would_execute_are_packed_otherwise() {
        assert_eq!(encode("0061301004212")[..3], *b"{B0");
        for digits in ["0160400000000", "1604000000000", "1620160401605", "0162016040516"] {
            assert!(!executes(&encode(digits)), "{digits}");
            assert_eq!(decode(&encode(digits)), digits);
        }
    }
}
