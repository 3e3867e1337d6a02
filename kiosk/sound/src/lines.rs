//! Lines from the terminal.
//!
//! Invariant: a line takes bounded memory; one that nobody can read is told, and the next one read; no complaint holds any
//! of its text.

use std::io::{self, Read};

use sound_line::Ask;

/// Longest line that is read: three times what the longest recording takes. The rest of a longer one is passed over.
pub const LONGEST: usize = 1 << 20;

/// Bytes read at a time.
const AT_A_TIME: usize = 64 << 10;

/// What stood on a line.
pub type Line = Result<Ask, String>;

/// Gives out line by line until the pipe ends.
///
/// # Errors
/// Where the pipe fails.
pub fn each(mut pipe: impl Read, mut take: impl FnMut(Line)) -> io::Result<()> {
    let mut held: Vec<u8> = Vec::new();
    // Whether the rest of a line is passed over that was too long.
    let mut passing = false;
    loop {
        let before = held.len();
        held.resize(before + AT_A_TIME, 0);
        let read = match pipe.read(&mut held[before..]) {
            Err(problem) if problem.kind() == io::ErrorKind::Interrupted => 0,
            Ok(0) => return Ok(()),
            read => read?,
        };
        held.truncate(before + read);
        while let Some(end) = held.iter().position(|byte| *byte == b'\n') {
            let rest = held.split_off(end + 1);
            let line = std::mem::replace(&mut held, rest);
            if !std::mem::take(&mut passing) && !line.trim_ascii().is_empty() {
                take(parse(&line));
            }
        }
        if held.len() > LONGEST {
            held = Vec::new();
            if !std::mem::replace(&mut passing, true) {
                take(Err(format!("longer than {LONGEST} bytes")));
            }
        }
    }
}

fn parse(line: &[u8]) -> Line {
    serde_json::from_slice(line)
        .map_err(|problem| format!("no question: {} at column {}", kind(&problem), problem.column()))
}

/// What is wrong with a line, without its words: serde's own text may hold some of them.
fn kind(problem: &serde_json::Error) -> &'static str {
    match problem.classify() {
        serde_json::error::Category::Io => "unreadable",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "not one of the questions known here",
        serde_json::error::Category::Eof => "ends early",
    }
}

#[cfg(test)]
mod tests {
    use sound_line::Turn;

    use super::*;

    /// A pipe that gives at most so many bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(into.len());
            self.0.read(&mut into[..size])
        }
    }

    fn read(bytes: &[u8], at_a_time: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        each(Drops(bytes, at_a_time), |line| lines.push(line)).unwrap();
        lines
    }

    #[test]
    fn lines_are_read_however_they_arrive() {
        let bytes = b"\"look\"\n\n{\"stop\":{\"turn\":3}}\r\n  \n\"look\"\n\"lo";
        for at_a_time in [1, 2, 7, 1000] {
            let stop = Ask::Stop { turn: Turn(3) };
            assert_eq!(read(bytes, at_a_time), [Ok(Ask::Look), Ok(stop), Ok(Ask::Look)], "{at_a_time}");
        }
    }

    #[test]
    fn an_unreadable_line_is_told_without_its_words_and_the_next_one_read() {
        let lines = read(
            "{\"play\":{\"turn\":1,\"ogg\":\"秘密\"}}\n\"secret\"\n\u{ff}\n{\"record\":\n\"look\"\n".as_bytes(),
            64,
        );
        let (last, complaints) = lines.split_last().unwrap();
        assert_eq!(last, &Ok(Ask::Look));
        assert_eq!(complaints.len(), 4);
        for complaint in complaints {
            let text = complaint.as_ref().unwrap_err();
            assert!(text.starts_with("no question: "), "{text}");
            assert!(!text.contains("secret") && !text.contains("秘密"), "{text}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_told_once_and_passed_over() {
        let mut bytes = vec![b'1'; 3 * LONGEST + 5];
        bytes.extend(b"\n\"look\"\n");
        for at_a_time in [4096, 1 << 30] {
            let lines = read(&bytes, at_a_time);
            assert_eq!(lines.len(), 2);
            assert!(lines[0].as_ref().unwrap_err().contains("longer"), "{lines:?}");
            assert_eq!(lines[1], Ok(Ask::Look));
        }
    }

    #[test]
    fn the_longest_recording_fits_on_a_line() {
        let ask = Ask::Play { turn: Turn(1), ogg: vec![0xA5; 300 << 10].into(), volume: sound_line::Volume::FULL };
        let mut line = serde_json::to_vec(&ask).unwrap();
        line.push(b'\n');
        assert!(line.len() < LONGEST / 2);
        assert_eq!(read(&line, 4096), [Ok(ask)]);
    }
}
