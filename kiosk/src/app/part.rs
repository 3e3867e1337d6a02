//! The part of a long text that stands in the field while somebody writes.
//!
//! Slint shapes a field's text whole at each key. Invariant: the field holds the text's end, from a place that only moves
//! while the cursor stands behind it, so that nobody sees it move: a key costs the same whatever stands before.

/// Characters in the field at the most while the cursor stands at the end.
const MOST: usize = 300;

/// Characters in the field once more would be too many, or too few are left.
const KEPT: usize = 150;

/// Characters before the cursor at the least, where there are any before.
const LEAST: usize = 50;

/// Where in `text` the field's part begins, a byte offset, and where behind that the cursor stands; so far it began at
/// `began`, and the cursor stood at `cursor` behind that.
pub(super) fn fit(text: &str, began: usize, cursor: usize) -> (usize, usize) {
    let Some(part) = text.get(began..) else { return fit(text, 0, text.len()) };
    let at = began + part.floor_char_boundary(cursor);
    let (before, behind) = text.split_at(at);
    let kept = before.char_indices().rev().nth(KEPT - 1).map_or(0, |(at, _)| at);
    let is_long = kept > began && before[began..].chars().count() + behind.chars().count() > MOST;
    let is_short = before[began..].chars().count() < LEAST;
    let begins = if is_long || is_short { kept } else { began };
    (begins, at - begins)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_grows_at_its_end_is_cut_before_it_gets_long_and_comes_back_as_it_is_taken_away() {
        let whole = "路".repeat(2000);
        let (mut began, mut cursor) = (0, 0);
        for length in 1..=2000 {
            let text = &whole[..3 * length];
            (began, cursor) = fit(text, began, cursor + 3);
            assert!(cursor / 3 <= MOST && began + cursor == text.len());
        }
        for length in (0..2000).rev() {
            let text = &whole[..3 * length];
            (began, cursor) = fit(text, began, cursor - 3);
            assert!(cursor / 3 >= LEAST.min(length) && began + cursor == text.len(), "{length} {began}");
        }
        assert_eq!(began, 0);
    }

    #[test]
    fn a_cursor_in_the_middle_keeps_its_place_in_the_field() {
        let text = "路".repeat(400);
        assert_eq!(fit(&text, 0, 3 * 100), (0, 3 * 100));
        assert_eq!(fit(&text, 0, usize::MAX), (3 * 250, 3 * 150));
    }

    proptest! {
        #[test]
        fn the_part_begins_at_a_character_and_not_behind_the_cursor(
            text in "[路a\u{1f4a9}\n]{0,700}", began in 0_usize..3000, cursor in 0_usize..3000
        ) {
            let began = text.floor_char_boundary(began);
            let cursor = text[began..].floor_char_boundary(cursor);
            let (begins, behind) = fit(&text, began, cursor);
            prop_assert!(text.is_char_boundary(begins) && begins + behind == began + cursor);
            // What fits stays.
            prop_assert_eq!(fit(&text, begins, behind), (begins, behind));
        }
    }
}
