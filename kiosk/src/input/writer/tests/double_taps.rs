//! What a hand that taps twice, or rests where something changes, means, by tables.

use super::*;

const ALMOST: Duration = Duration::from_millis(499);

#[test]
fn what_follows_a_chosen_word_is_not_chosen_by_the_second_of_a_double_tap() {
    for (at, place, expected) in [
        (Duration::from_millis(200), 0, nothing()),
        (ALMOST, 0, nothing()),
        (LATER, 0, inserts(&["子"])),
        (Duration::from_millis(200), 1, inserts(&["国"])),
    ] {
        let mut writer = writer(true, false);
        stroke(&mut writer);
        answer(&mut writer, characters(&["王", "玉"]));
        assert_eq!(writer.choose(0, NOW), inserts(&["王"]));
        answer(&mut writer, characters(&["子", "国"]));
        writer.finger_on(place);
        assert_eq!(writer.choose(place, at), expected, "{at:?} at {place}");
    }
}

#[test]
fn a_third_tap_is_not_put_off_by_the_second() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    answer(&mut writer, characters(&["王"]));
    writer.choose(0, NOW);
    answer(&mut writer, characters(&["子"]));
    assert_eq!(writer.choose(0, ALMOST), nothing());
    assert_eq!(writer.choose(0, LATER), inserts(&["子"]));
}

#[test]
fn a_word_that_was_written_since_is_chosen_as_fast_as_anybody_likes() {
    let mut writer = writer(false, true);
    for word in ["修", "路"] {
        type_in(&mut writer, "xiu");
        answer(&mut writer, words(&[(word, 3)]));
        assert_eq!(writer.choose(0, NOW), inserts(&[word]));
    }
}

#[test]
fn a_key_whose_meaning_changed_under_the_finger_waits_for_a_touch_of_its_own() {
    for (empties, stands_there_then, later) in [
        ("clear", "？", inserts(&["？"])),
        ("backspace", "backspace", backspace()),
        ("clear", "backspace", backspace()),
    ] {
        let mut writer = writer(true, false);
        stroke(&mut writer);
        answer(&mut writer, characters(&["一"]));
        assert_eq!((writer.press(empties, NOW), writer.strokes().len()), (nothing(), 0));
        for at in [Duration::from_millis(200), ALMOST] {
            assert_eq!(writer.press(stands_there_then, at), nothing(), "{empties}, {at:?}");
        }
        assert_eq!(writer.press(stands_there_then, LATER), later, "{empties}");
    }
}

#[test]
fn strokes_are_taken_back_and_signs_written_as_fast_as_anybody_likes() {
    let mut writer = writer(true, false);
    for _ in 0..3 {
        stroke(&mut writer);
    }
    for left in [2, 1] {
        assert_eq!((writer.press("backspace", NOW), writer.strokes().len()), (nothing(), left));
    }
    answer(&mut writer, characters(&["一"]));
    assert_eq!(writer.press("？", NOW), inserts(&["一", "？"]));
    assert_eq!(writer.press("？", NOW), inserts(&["？"]));
    assert_eq!(writer.press("backspace", NOW), backspace());
    assert_eq!(writer.press("backspace", NOW), backspace());
}

#[test]
fn the_word_that_a_finger_came_down_on_is_the_one_that_it_chooses() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    answer(&mut writer, characters(&["十"]));
    stroke(&mut writer);
    let (question, _) = writer.question("").unwrap();
    writer.finger_on(0);
    writer.answered(question, characters(&["土", "十"]));
    assert_eq!(writer.choose(0, NOW), inserts(&["十"]));
    assert_eq!(writer.strokes().len(), 0, "all of them can be read as that");

    let mut writer = self::writer(false, true);
    type_in(&mut writer, "ba");
    answer(&mut writer, words(&[("把", 2)]));
    type_in(&mut writer, "n");
    let (question, _) = writer.question("").unwrap();
    writer.finger_on(0);
    writer.answered(question, words(&[("办", 3)]));
    assert_eq!((writer.choose(0, NOW), writer.composition()), (inserts(&["把"]), "n"));
}

#[test]
fn a_finger_that_slid_away_means_nothing_later() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    answer(&mut writer, characters(&["十"]));
    writer.finger_on(0);
    stroke(&mut writer);
    answer(&mut writer, characters(&["土"]));
    assert_eq!(writer.choose(0, NOW), inserts(&["土"]));
}
