//! The queue file that is damaged, breaks, or takes nothing.

use super::*;

#[test]
fn a_damaged_queue_is_set_aside_and_suggestions_are_taken_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    durable::write(&folder.path().join("queue.sqlite"), &[b'x'; 8192], 0o600).unwrap();
    let (mut counter, _inbox) = counter(folder.path());
    counter.open();
    counter.work(submission());
    let facts = counter.facts();
    assert_eq!(facts.problem, None);
    assert_eq!(facts.queue.map(|queue| (queue.waiting, queue.set_aside)), Some((1, 1)));
}

#[test]
fn a_file_that_breaks_while_it_is_open_is_looked_at_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = opened(folder.path());
    counter.work(submission());
    counter.desk.as_mut().unwrap().ill = true;
    counter.look_after_the_file();
    assert!(counter.desk.is_none());
    counter.open();
    assert_eq!(counter.facts().queue.map(|queue| queue.waiting), Some(1));
}

#[test]
fn a_file_that_the_agent_cannot_read_is_looked_at_anew_once_the_visit_is_over_and_not_at_every_word_of_the_agents() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = opened(folder.path());
    let is_closed_by = |counter: &mut Counter, task: Task| {
        counter.work(task);
        counter.look_after_the_file();
        counter.desk.is_none()
    };
    let ill = || Task::Control(ControlEvent::Changed(Changed::QueueIll));
    assert!(
        !is_closed_by(&mut counter, submission()) && !is_closed_by(&mut counter, ill()),
        "a receipt may be coming out"
    );
    assert!(is_closed_by(&mut counter, Task::Forget));
    counter.open();
    assert!(!is_closed_by(&mut counter, ill()), "it was looked at within this minute");
}

#[test]
fn a_disk_that_takes_no_reserve_is_named_and_the_terminal_is_back_by_itself_when_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let (mut counter, _inbox) = opened(folder.path());
    let reserve = folder.path().join("queue.sqlite.reserve");
    counter.look_after_the_file();
    fs::remove_file(&reserve).unwrap();
    fs::create_dir(&reserve).unwrap();
    counter.look_after_the_file();
    counter.open_when_due();
    let facts = counter.facts();
    let problem = facts.problem.unwrap();
    assert!(problem.contains("queue.sqlite.reserve") && problem.contains("directory"), "{problem}");
    assert_eq!(facts.queue, None);
    fs::remove_dir(&reserve).unwrap();
    counter.look_due = Duration::ZERO;
    counter.open_when_due();
    counter.work(submission());
    assert_eq!(counter.facts().queue.map(|queue| queue.waiting), Some(1));
}
