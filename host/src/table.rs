//! Tables for people: CSV that spreadsheets open as it is meant, and CSV as spreadsheets save it.
//!
//! Invariants: no cell that is written begins a formula; what was written reads back as it was.

use std::borrow::Cow;

/// Neither UTF-8 nor what Chinese spreadsheets save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no text; save it as CSV UTF-8")]
pub struct NotText;

/// A file with its mark, a head and rows.
///
/// # Errors
/// Never in memory; the writer's.
pub fn write<'a>(
    head: &[&str],
    rows: impl IntoIterator<Item = impl IntoIterator<Item = &'a String>>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| defused(cell).into_owned()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The text of a file that a spreadsheet saved: UTF-8, or GB 18030 as Chinese ones do.
///
/// # Errors
/// [`NotText`].
pub fn text(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(NotText)?,
    };
    if text.contains('\0') { Err(NotText) } else { Ok(text) }
}

/// Whether a spreadsheet would read a formula, if it weren't for apostrophes before it.
fn is_formula(cell: &str) -> bool {
    let cell = cell.trim_start_matches('\'');
    // Spaces before the sign don't keep it from that.
    let first = cell.trim_start_matches(|c: char| c.is_whitespace() && c != '\t' && c != '\r').chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'))
}

fn defused(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A cell as it was before it was written.
#[must_use]
pub fn restored(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_reads_back_as_it_was() {
        for hostile in ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", " =1", "\n=1", "＝1"] {
            assert!(defused(hostile).starts_with('\''), "{hostile:?}");
            assert_eq!(restored(&defused(hostile)), hostile);
        }
        assert_eq!(restored(&defused("'=1")), "'=1");
        for plain in ["三天内修好。", "", "'quoted'", "1-2"] {
            assert_eq!((defused(plain).as_ref(), restored(plain)), (plain, plain));
        }
    }

    #[test]
    fn a_file_begins_with_its_mark_and_ends_its_lines_as_spreadsheets_do() {
        let row = ["=1+1".to_owned(), "a\"b\nc".to_owned()];
        let bytes = write(&["甲", "乙"], [&row]).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}甲,乙\r\n'=1+1,\"a\"\"b\nc\"\r\n");
    }

    #[test]
    fn what_chinese_spreadsheets_save_is_text_and_a_picture_is_not() {
        assert_eq!(text("\u{feff}花桥".as_bytes()).unwrap(), "花桥");
        assert_eq!(text(b"\xbb\xa8\xc7\xc5").unwrap(), "花桥");
        assert_eq!(text(b"\x89PNG\r\n\x1a\n\0\0\xff\xff"), Err(NotText));
        assert_eq!(text(b"PK\x03\x04\x14\0\0\0"), Err(NotText));
    }
}
