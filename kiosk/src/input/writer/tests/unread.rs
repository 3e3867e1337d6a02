//! What becomes of strokes in which nothing is recognised, by tables.

use super::*;

/// A pad with ink in which nothing is recognised, neither a common character nor a rare one.
fn unread(ink: &[Vec<[f32; 2]>]) -> Writer {
    let mut writer = writer(true, true);
    for stroke in ink {
        writer.stroke(stroke.clone(), [200.0, 100.0]);
    }
    answer(&mut writer, characters(&[]));
    assert_eq!(writer.unread(), None, "rare characters are tried before anything is said");
    let (question, ask) = writer.question("").unwrap();
    assert!(matches!(ask, Ask::Strokes { all: true, .. }));
    assert_eq!(writer.answered(question, characters(&[])), nothing());
    writer
}

fn a_stroke() -> Vec<Vec<[f32; 2]>> {
    vec![vec![[0.0, 0.0], [10.0, 10.0]]]
}

/// Ink of each kind that is known to be read badly.
fn inks() -> [(&'static str, Vec<Vec<[f32; 2]>>); 4] {
    let anywhere = |at: u16| [f32::from(at % 199), f32::from(at % 97)];
    [
        ("a single dot", vec![vec![[100.0, 50.0]]]),
        ("a scribble over the whole pad", vec![(0..1500).map(anywhere).collect()]),
        ("two hundred strokes", (0..200).map(|at| vec![anywhere(at), anywhere(at + 1)]).collect()),
        ("strokes off the pad", vec![vec![[-500.0, -20.0], [900.0, 400.0]], vec![[f32::MAX, 0.0]]]),
    ]
}

#[test]
fn ink_of_every_kind_in_which_nothing_is_recognised_is_said_to_be_unread_and_dropped_by_a_second_touch_only() {
    for (kind, ink) in inks() {
        let mut writer = unread(&ink);
        assert_eq!(writer.unread(), Some(Unread::Unknown), "{kind}");
        assert_eq!(writer.leave(), nothing(), "{kind}");
        assert_eq!((writer.unread(), writer.strokes()), (Some(Unread::Dropping), &ink[..]), "{kind}");
        assert_eq!(writer.leave(), left(nothing()), "{kind}");
        assert_eq!((writer.unread(), writer.strokes().len()), (None, 0), "{kind}");
    }
}

#[test]
fn whatever_would_drop_what_is_unread_is_held_up_once() {
    type Touched = fn(&mut Writer) -> Outcome;
    let touches: [(&str, Touched, Outcome); 4] = [
        ("the page is left", |writer| writer.leave(), left(nothing())),
        ("another method", |writer| writer.change(Method::Pinyin), nothing()),
        ("a sign", |writer| writer.press("。", NOW), inserts(&["。"])),
        ("a new line", |writer| writer.press("newline", NOW), inserts(&["\n"])),
    ];
    for (what, touch, goes_on) in touches {
        let mut writer = unread(&a_stroke());
        assert_eq!(touch(&mut writer), nothing(), "{what}");
        assert_eq!((writer.unread(), writer.method()), (Some(Unread::Dropping), Method::Pad), "{what}");
        assert_eq!(touch(&mut writer), goes_on, "{what}");
        assert_eq!((writer.unread(), writer.strokes().len()), (None, 0), "{what}");
    }
}

#[test]
fn what_is_written_anew_or_further_is_read_like_anything_else() {
    let mut writer = unread(&a_stroke());
    writer.leave();
    stroke(&mut writer);
    assert_eq!(writer.unread(), None, "nobody knows yet");
    let (question, ask) = writer.question("").unwrap();
    assert!(matches!(ask, Ask::Strokes { all: false, strokes, .. } if strokes.len() == 2), "a common character first");
    writer.answered(question, characters(&["二"]));
    assert_eq!((writer.unread(), writer.leave()), (None, left(inserts(&["二"]))));

    let mut writer = unread(&a_stroke());
    writer.leave();
    writer.press("backspace", NOW);
    assert_eq!((writer.unread(), writer.leave()), (None, left(nothing())));

    let mut writer = unread(&a_stroke());
    writer.press("clear", NOW);
    stroke(&mut writer);
    assert!(matches!(writer.question(""), Some((_, Ask::Strokes { all: false, .. }))));
}

#[test]
fn an_impatient_finger_is_told_before_anything_is_dropped() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    let (question, _) = writer.question("").unwrap();
    for _ in 0..3 {
        assert_eq!(writer.leave(), nothing());
    }
    assert_eq!(writer.press("。", NOW), nothing());
    stroke(&mut writer);
    assert_eq!(writer.answered(question, characters(&[])), nothing());
    assert_eq!(answer(&mut writer, characters(&[])), nothing());
    assert_eq!(writer.strokes().len(), 2, "what was written meanwhile stands beside it");
    answer(&mut writer, characters(&[]));
    answer(&mut writer, characters(&[]));
    assert_eq!(writer.unread(), Some(Unread::Unknown));
    assert_eq!(writer.leave(), nothing());
    assert_eq!(writer.leave(), left(nothing()));
}

#[test]
fn a_full_pad_is_taken_by_the_next_stroke_and_kept_where_nothing_is_recognised() {
    let mut writer = writer(true, false);
    for _ in 0..STROKES_MOST + 2 {
        stroke(&mut writer);
    }
    assert_eq!(writer.strokes().len(), STROKES_MOST, "the others wait");
    assert_eq!(answer(&mut writer, characters(&["鑫鑫", "金"])), inserts(&["鑫鑫"]));
    assert_eq!(writer.strokes().len(), 2, "nothing of what was written is lost");

    let [.., (_, full), _] = inks();
    let mut writer = unread(&full);
    for _ in 0..3 {
        stroke(&mut writer);
        assert_eq!((writer.strokes(), writer.unread()), (&full[..], Some(Unread::Unknown)));
    }
}

#[test]
fn strokes_that_nobody_can_read_any_more_stay_on_their_pad_until_they_are_given_up() {
    let mut writer = writer(true, true);
    stroke(&mut writer);
    writer.question("").unwrap();
    assert_eq!(writer.leave(), nothing());
    assert_eq!(writer.missing("it keeps ending"), nothing());
    assert_eq!((writer.unread(), writer.method()), (Some(Unread::Dropping), Method::Pad));
    assert_eq!(writer.leave(), left(nothing()));
    assert_eq!(writer.method(), Method::Letters);

    let mut writer = self::writer(true, true);
    stroke(&mut writer);
    writer.question("").unwrap();
    assert_eq!(writer.missing("it keeps ending"), nothing());
    assert_eq!((writer.unread(), writer.method()), (Some(Unread::Unreadable), Method::Pad));
    writer.press("clear", NOW);
    assert_eq!((writer.unread(), writer.method()), (None, Method::Letters));
}

#[test]
fn what_is_not_answered_yet_and_what_is_no_ink_is_never_called_unread() {
    let mut writer = writer(true, true);
    assert_eq!(writer.unread(), None);
    stroke(&mut writer);
    assert_eq!(writer.unread(), None);
    let (question, _) = writer.question("").unwrap();
    assert_eq!(writer.unread(), None);
    writer.lost();
    assert_eq!(writer.unread(), None, "it is asked anew");
    writer.answered(question, characters(&[]));
    assert_eq!(writer.unread(), None, "the answer of a program that has ended");
    answer(&mut writer, characters(&["一"]));
    assert_eq!(writer.unread(), None);
    assert_eq!(writer.press("shift", NOW), inserts(&["一"]), "a key that the pad does not have takes like a sign");

    let mut writer = self::writer(true, true);
    writer.change(Method::Pinyin);
    type_in(&mut writer, "vv");
    answer(&mut writer, characters(&[]));
    assert_eq!((writer.unread(), writer.leave()), (None, left(inserts(&["vv"]))), "letters stay letters");
}

/// What may be candidates, none of them sure.
fn unsure(candidates: &[&str]) -> Answer {
    Answer { sure: false, ..characters(candidates) }
}

#[test]
fn a_candidate_that_is_not_sure_is_offered_and_never_taken_by_itself() {
    let mut writer = writer(true, true);
    stroke(&mut writer);
    answer(&mut writer, unsure(&["雅", "藤"]));
    assert_eq!(writer.unread(), None, "it may be chosen");
    for held_up in [writer.leave(), writer.leave()] {
        assert_eq!(held_up.edits, []);
    }
    assert_eq!(writer.strokes().len(), 0, "twice is meant");

    stroke(&mut writer);
    answer(&mut writer, unsure(&["雅", "藤"]));
    assert_eq!(writer.press("，", NOW), nothing());
    assert_eq!((writer.unread(), writer.strokes().len()), (Some(Unread::Unsure), 1));
    assert!(writer.candidates().eq(["雅", "藤"]), "they stand as they stood");
    assert_eq!(writer.choose(1, NOW), inserts(&["藤"]));
    assert_eq!((writer.unread(), writer.leave()), (None, left(nothing())));
}

#[test]
fn more_strokes_make_sure_what_was_not() {
    let mut writer = writer(true, true);
    stroke(&mut writer);
    answer(&mut writer, unsure(&["一"]));
    writer.leave();
    stroke(&mut writer);
    assert_eq!(writer.unread(), None);
    assert_eq!(answer(&mut writer, characters(&["二"])), nothing());
    assert_eq!(writer.leave(), left(inserts(&["二"])));
}

#[test]
fn a_full_pad_that_is_not_sure_says_why_it_takes_no_more() {
    let mut writer = writer(true, true);
    for _ in 0..STROKES_MOST {
        stroke(&mut writer);
    }
    answer(&mut writer, unsure(&["雅"]));
    assert_eq!(writer.unread(), Some(Unread::Unknown));
    stroke(&mut writer);
    assert_eq!(writer.strokes().len(), STROKES_MOST);
}
