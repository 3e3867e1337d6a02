use super::*;

const ONE: Turn = Turn(11);
const TWO: Turn = Turn(12);

fn begin() -> Talk {
    Talk::begin(Seen::default()).0
}

fn trouble(why: Why) -> Trouble {
    Trouble { why, detail: "as told".into() }
}

fn record(talk: &mut Talk, turn: Turn) -> Work {
    match talk.step(Happening::Asked(Ask::Record { turn })).pop() {
        Some(Action::Listen(work)) => work,
        other => panic!("{other:?}"),
    }
}

fn play(talk: &mut Talk, turn: Turn) -> Work {
    let ask = Ask::Play { turn, ogg: Ogg::default(), volume: Volume::FULL };
    match talk.step(Happening::Asked(ask)).pop() {
        Some(Action::Play(work, What::Ogg(_), Volume::FULL)) => work,
        other => panic!("{other:?}"),
    }
}

fn asked(talk: &mut Talk, ask: Ask) -> Vec<Action> {
    talk.step(Happening::Asked(ask))
}

/// What is told of actions, without what is recorded.
fn told(actions: Vec<Action>) -> Vec<String> {
    let word = |action| match action {
        Action::Tell(Tell::Recorded { end, seconds, .. }) => format!("recorded {end:?} {seconds}"),
        Action::Tell(Tell::Played { end, .. }) => format!("played {end:?}"),
        Action::Tell(Tell::Failed { why, .. }) => format!("failed {why:?}"),
        Action::Tell(Tell::Level { seconds, .. }) => format!("level {seconds}"),
        Action::Tell(Tell::Progress { seconds, of, .. }) => format!("{seconds} of {of}"),
        Action::Tell(Tell::Cancelled { .. }) => "cancelled".into(),
        Action::Tell(Tell::Recording { .. }) => "recording".into(),
        Action::Tell(Tell::Ready { .. }) => "ready".into(),
        Action::Look => "look".into(),
        Action::Listen(_) => "listen".into(),
        Action::Play(..) => "play".into(),
        Action::End => "end".into(),
        Action::Volume(volume) => format!("volume {}", u8::from(volume)),
    };
    actions.into_iter().map(word).collect()
}

#[test]
fn a_recording_goes_from_its_beginning_to_its_end() {
    let mut talk = begin();
    let work = record(&mut talk, ONE);
    assert_eq!(told(talk.step(Happening::Listening(work))), ["recording"]);
    assert_eq!(told(talk.step(Happening::Heard(work, vec![0; 4800]))), ["level 0.1"]);
    assert_eq!(told(talk.step(Happening::Heard(work, vec![0; 960]))), Vec::<String>::new());
    assert_eq!(told(asked(&mut talk, Ask::Stop { turn: ONE })), ["end", "recorded Asked 0.12"]);
}

#[test]
fn what_comes_after_the_end_counts_no_more() {
    let mut talk = begin();
    let first = record(&mut talk, ONE);
    talk.step(Happening::Listening(first));
    asked(&mut talk, Ask::Stop { turn: ONE });
    // The same turn again: what the first device still gives is not of the second recording.
    let second = record(&mut talk, ONE);
    assert_eq!(talk.step(Happening::Heard(first, vec![0; 48_000])), []);
    assert_eq!(talk.step(Happening::Deaf(first, trouble(Why::Gone))), []);
    assert_eq!(told(talk.step(Happening::Listening(second))), ["recording"]);
    assert_eq!(told(asked(&mut talk, Ask::Cancel { turn: ONE })), ["end", "cancelled"]);
    assert_eq!(talk.step(Happening::Heard(second, vec![0; 48_000])), []);
    for ask in [Ask::Stop { turn: ONE }, Ask::Cancel { turn: ONE }, Ask::StopPlaying { turn: ONE }] {
        assert_eq!(asked(&mut talk, ask), []);
    }
}

#[test]
fn an_end_that_is_asked_for_another_turn_is_none_for_this() {
    let mut talk = begin();
    record(&mut talk, ONE);
    for ask in [Ask::Stop { turn: TWO }, Ask::Cancel { turn: TWO }, Ask::StopPlaying { turn: ONE }] {
        assert_eq!(asked(&mut talk, ask), []);
    }
    assert_eq!(told(asked(&mut talk, Ask::Stop { turn: ONE })), ["end", "recorded Asked 0"]);
    play(&mut talk, ONE);
    for ask in [Ask::StopPlaying { turn: TWO }, Ask::Stop { turn: ONE }, Ask::Cancel { turn: ONE }] {
        assert_eq!(asked(&mut talk, ask), []);
    }
    assert_eq!(told(asked(&mut talk, Ask::StopPlaying { turn: ONE })), ["end", "played Stopped"]);
}

#[test]
fn a_microphone_that_never_listened_has_failed_and_one_that_did_leaves_a_recording() {
    let mut talk = begin();
    let work = record(&mut talk, ONE);
    assert_eq!(told(talk.step(Happening::Deaf(work, trouble(Why::Missing)))), ["failed Missing"]);
    let work = record(&mut talk, ONE);
    talk.step(Happening::Listening(work));
    talk.step(Happening::Heard(work, vec![0; 24_000]));
    assert_eq!(told(talk.step(Happening::Deaf(work, trouble(Why::Gone)))), ["end", "recorded Gone 0.5"]);
}

#[test]
fn a_recording_that_is_full_ends_by_itself() {
    let mut talk = begin();
    let work = record(&mut talk, ONE);
    talk.step(Happening::Listening(work));
    let told = told(talk.step(Happening::Heard(work, vec![0; 121 * 48_000])));
    assert_eq!(told.len(), 1202);
    assert_eq!(told[1199..], ["level 120", "end", "recorded Full 120"]);
    assert_eq!(talk.step(Happening::Heard(work, vec![0; 960])), []);
}

#[test]
fn what_plays_gives_way_to_what_is_asked_for_and_a_recording_does_not() {
    let mut talk = begin();
    let first = play(&mut talk, ONE);
    let ask = Ask::PlayClips { turn: TWO, language: Language::Zh, phrases: vec![], volume: Volume::FULL };
    assert_eq!(told(asked(&mut talk, ask.clone())), ["end", "played Stopped", "play"]);
    assert_eq!(talk.step(Happening::Silent(first, Ok(()))), []);
    assert_eq!(told(asked(&mut talk, Ask::Record { turn: ONE })), ["end", "played Stopped", "listen"]);
    assert_eq!(told(asked(&mut talk, ask)), ["failed Busy"]);
    assert_eq!(told(asked(&mut talk, Ask::Record { turn: TWO })), ["failed Busy"]);
    assert_eq!(told(asked(&mut talk, Ask::Stop { turn: ONE })), ["end", "recorded Asked 0"]);
}

#[test]
fn playing_tells_how_far_it_is_what_was_left_out_and_its_end() {
    let mut talk = begin();
    let work = play(&mut talk, ONE);
    assert_eq!(talk.step(Happening::LeftOut(work, vec!["page-home".into()])), []);
    assert_eq!(told(talk.step(Happening::Played(work, 4800, 48_000))), ["0.1 of 1"]);
    let played = Tell::Played { turn: ONE, end: PlayingEnd::Whole, left_out: vec!["page-home".into()] };
    assert_eq!(talk.step(Happening::Silent(work, Ok(()))), [Action::Tell(played)]);
    let work = play(&mut talk, TWO);
    assert_eq!(told(talk.step(Happening::Silent(work, Err(trouble(Why::Rubbish))))), ["failed Rubbish"]);
    assert_eq!(talk.step(Happening::Played(work, 1, 1)), []);
}

#[test]
fn while_a_device_is_in_use_what_is_there_is_what_was_seen_last() {
    let seen = Seen { microphone: Some("none".into()), ..Seen::default() };
    let (mut talk, ready) = Talk::begin(seen.clone());
    let said = Tell::Ready { microphone: Some("none".into()), loudspeaker: None, clips: None, languages: vec![] };
    assert_eq!(ready, said);
    play(&mut talk, ONE);
    assert_eq!(asked(&mut talk, Ask::Look), [Action::Tell(ready)]);
    asked(&mut talk, Ask::StopPlaying { turn: ONE });
    assert_eq!(asked(&mut talk, Ask::Look), [Action::Look]);
    assert_eq!(told(talk.step(Happening::Seen(Seen::default()))), ["ready"]);
    record(&mut talk, ONE);
    let ready = Tell::Ready { microphone: None, loudspeaker: None, clips: None, languages: vec![] };
    assert_eq!(asked(&mut talk, Ask::Look), [Action::Tell(ready)]);
}

#[test]
fn what_nobody_can_read_is_told_and_disturbs_nothing() {
    let mut talk = begin();
    record(&mut talk, ONE);
    assert_eq!(told(talk.step(Happening::Unreadable("no question".into()))), ["failed Question"]);
    assert_eq!(told(asked(&mut talk, Ask::Stop { turn: ONE })), ["end", "recorded Asked 0"]);
}
