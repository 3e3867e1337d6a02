//! Questions in, answers out: a line each, in order.
//!
//! Invariant: every line is answered by one line, also one that nobody can read; a line takes bounded memory; nothing of
//! what stood on it is kept.

use std::io::{self, BufRead, Read, Write};

use ime_line::{Answer, Ask};
use serde::Serialize;

use crate::engines::Engines;

/// Longest line that is read as a question: a hundred thousand points take less. The rest of a longer one is passed over.
pub const LONGEST: usize = 4 << 20;

/// Answers until the questions end.
///
/// # Errors
/// Only where one of the pipes fails.
pub fn serve(engines: &mut Engines, mut questions: impl BufRead, mut answers: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    while let Some(read) = next_line(&mut questions, &mut line)? {
        let answer = match read {
            Line::TooLong => refusal(format!("a question is longer than {LONGEST} bytes")),
            Line::Read => match serde_json::from_slice::<Ask>(&line) {
                Ok(ask) => engines.answer(&ask),
                Err(problem) => refusal(format!("no question: {} at column {}", kind(&problem), problem.column())),
            },
        };
        say(&mut answers, &answer)?;
    }
    Ok(())
}

/// Writes one line and sees it off.
///
/// # Errors
/// Only where the pipe fails.
pub fn say(answers: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    answers.write_all(&line)?;
    answers.flush()
}

fn refusal(error: String) -> Answer {
    Answer { error: Some(error), ..Answer::default() }
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

enum Line {
    Read,
    TooLong,
}

/// Reads the next line that is not blank; `None` at the end.
fn next_line(questions: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Line>> {
    loop {
        line.clear();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        if questions.by_ref().take(limit).read_until(b'\n', line)? == 0 {
            return Ok(None);
        }
        if line.len() == LONGEST && !line.ends_with(b"\n") {
            questions.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Line::Read));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Places;

    /// Engines that are all missing answer every line all the same.
    fn answers_to(questions: &[u8]) -> Vec<Answer> {
        let mut engines = Engines::load(&Places {
            models: "/nowhere".into(),
            librime: "/nowhere".into(),
            rime_data: "/nowhere".into(),
            words: "/nowhere".into(),
            tables: "/nowhere".into(),
        });
        let mut said = Vec::new();
        serve(&mut engines, questions, &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn errors(questions: &[u8]) -> Vec<String> {
        answers_to(questions).into_iter().map(|answer| answer.error.unwrap()).collect()
    }

    #[test]
    fn an_unreadable_line_is_answered_and_the_next_one_too() {
        let errors = errors(b"{\"pinyin\":\n\xff\xfe\n[]\n\n{\"strokes\":[[[1e99999,1]]]}\n{\"pinyin\":\"lu\"}");
        assert_eq!(errors.len(), 5, "{errors:?}");
        assert!(errors[0].contains("ends early"), "{errors:?}");
        assert!(errors[1].contains("not JSON"), "{errors:?}");
        assert!(errors[2].contains("not one of the questions"), "{errors:?}");
        assert!(errors[3].starts_with("no question"), "{errors:?}");
        assert!(errors[4].contains("pinyin"), "{errors:?}");
    }

    #[test]
    fn what_was_written_is_not_repeated_in_a_complaint() {
        let errors = errors("{\"pinyin\":\"secret\",\"fuzzy\":\"秘密\"}\n\"secret\"\n".as_bytes());
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|error| !error.contains("secret") && !error.contains("秘密")), "{errors:?}");
    }

    #[test]
    fn a_line_without_an_end_is_passed_over_and_the_next_one_answered() {
        let mut questions = vec![b'1'; LONGEST * 2 + 7];
        questions.extend_from_slice(b"\n{\"pinyin\":\"lu\"}\n");
        let errors = errors(&questions);
        assert_eq!(errors.len(), 2);
        assert!(errors[0].contains("longer"), "{errors:?}");
        assert!(errors[1].contains("pinyin"), "{errors:?}");
    }
}
