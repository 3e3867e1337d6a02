//! The program as the terminal starts it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use ime_line::{Answer, Ready};

/// Starts the program with its models in a folder that isn't there, asks, and closes the pipe.
fn ask(questions: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kiosk-ime"))
        .args(["--models", "/nowhere"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

#[test]
fn it_says_first_what_it_has_then_answers_in_order_and_ends_with_its_input() {
    let output = ask("{\"strokes\":[[[1,2],[3,4]]]}\nnonsense\n{\"after\":\"修\"}\n");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    let ready: Ready = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert!(ready.handwriting.unwrap().contains("handwriting"));
    let answers: Vec<Answer> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let errors: Vec<_> = answers.into_iter().map(|answer| answer.error.unwrap_or_default()).collect();
    assert_eq!(errors.len(), 3);
    assert!(errors[0].contains("handwriting"), "{errors:?}");
    assert!(errors[1].contains("not JSON"), "{errors:?}");
}

#[test]
fn it_ends_in_order_where_nothing_is_asked() {
    let output = ask("");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}
