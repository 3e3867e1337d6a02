//! The program as the terminal starts it.

mod support;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use ime_line::{Answer, Ready};

/// Starts the program, asks, and closes the pipe.
fn ask(models: &Path, questions: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kiosk-ime"))
        .arg("--models")
        .arg(models)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = program.stdin.take().expect("a pipe");
    pipe.write_all(questions.as_bytes()).expect("the program reads");
    drop(pipe);
    program.wait_with_output().expect("the program ends")
}

#[test]
fn it_says_first_what_it_has_then_answers_in_order_and_ends_with_its_input() {
    let output = ask(Path::new("/nowhere"), "{\"strokes\":[[[1,2],[3,4]]]}\nnonsense\n{\"after\":\"修\"}\n");
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
    let output = ask(Path::new("/nowhere"), "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

#[test]
fn it_reads_what_is_written() {
    if support::handwriting().is_none() {
        return;
    }
    let king = "[[[10,10],[90,10]],[[15,50],[85,50]],[[50,10],[50,90]],[[5,90],[95,90]]]";
    let output = ask(&support::places().models, &format!("{{\"strokes\":{king}}}\n{{\"strokes\":[]}}\n"));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    let ready: Ready = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(ready.handwriting, None);
    let answers: Vec<Answer> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].candidates[0], "王");
    assert!(answers[0].ms > 0.0 && answers[0].error.is_none());
    assert!(answers[1].candidates.is_empty() && answers[1].error.is_none());
}
