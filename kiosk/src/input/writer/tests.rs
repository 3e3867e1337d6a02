//! What becomes of touches, by tables.

use std::time::Duration;

use super::{
    touch::{LETTERS_MOST, POINTS_MOST, STROKES_MOST},
    *,
};

mod double_taps;
mod unread;

const NOW: Duration = Duration::ZERO;

/// A second touch of its own.
const LATER: Duration = crate::input::DOUBLE_TAP;

fn writer(handwriting: bool, pinyin: bool) -> Writer {
    let why = |is_there: bool| (!is_there).then(|| "not there".to_owned());
    let mut writer = Writer::default();
    writer.has(Ready { handwriting: why(handwriting), pinyin: why(pinyin), ..Ready::default() });
    writer
}

fn words(candidates: &[(&str, usize)]) -> Answer {
    Answer {
        candidates: candidates.iter().map(|(text, _)| (*text).to_owned()).collect(),
        uses: candidates.iter().map(|(_, uses)| *uses).collect(),
        ..Answer::default()
    }
}

fn characters(candidates: &[&str]) -> Answer {
    let candidates: Vec<_> = candidates.iter().map(|text| (*text).to_owned()).collect();
    Answer { sure: !candidates.is_empty(), candidates, ..Answer::default() }
}

fn type_in(writer: &mut Writer, letters: &str) {
    for letter in letters.chars() {
        assert_eq!(writer.press(&letter.to_string(), NOW), Outcome::default());
    }
}

/// Edits that insert these texts.
fn inserts(texts: &[&str]) -> Outcome {
    Outcome { edits: texts.iter().map(|text| Edit::Insert((*text).into())).collect(), leaves: false }
}

fn backspace() -> Outcome {
    Outcome { edits: vec![Edit::Backspace], leaves: false }
}

fn nothing() -> Outcome {
    Outcome::default()
}

fn left(outcome: Outcome) -> Outcome {
    Outcome { leaves: true, ..outcome }
}

fn stroke(writer: &mut Writer) {
    writer.stroke(vec![[0.0, 0.0], [10.0, 10.0]], [200.0, 100.0]);
}

/// Asks what is to be asked, and answers it.
fn answer(writer: &mut Writer, answer: Answer) -> Outcome {
    let (question, _) = writer.question("").unwrap();
    writer.answered(question, answer)
}

#[test]
fn a_key_of_the_nine_that_is_tapped_again_behind_a_chosen_word_begins_the_next_one() {
    let mut writer = writer(false, true);
    assert_eq!(writer.press("mno", NOW), nothing());
    answer(&mut writer, words(&[("们", 1)]));
    assert_eq!(writer.choose(0, NOW), inserts(&["们"]));
    assert_eq!(writer.press("mno", Duration::from_secs(1)), nothing(), "the word stays");
    assert_eq!(writer.composition(), "m");
    assert_eq!(writer.press("mno", Duration::from_secs(2)), nothing());
    assert_eq!(writer.composition(), "n", "a letter is still changed by tapping again");
}

#[test]
fn the_pad_comes_first_then_pinyin_then_letters_as_far_as_they_are_there() {
    assert_eq!(Writer::default().method(), Method::Letters, "nobody knows yet");
    for (handwriting, pinyin, method) in
        [(true, true, Method::Pad), (false, true, Method::Pinyin), (false, false, Method::Letters)]
    {
        assert_eq!(writer(handwriting, pinyin).method(), method);
    }
    let mut both = writer(true, true);
    both.change(Method::Letters);
    assert_eq!(both.method(), Method::Letters);
    both.forget();
    assert_eq!(both.method(), Method::Pad, "the next villager's choice is their own");
}

#[test]
fn letters_are_composed_and_a_word_takes_those_it_uses() {
    let mut writer = writer(false, true);
    type_in(&mut writer, "xiulude");
    let (question, ask) = writer.question("请").unwrap();
    assert_eq!(ask, Ask::Pinyin { pinyin: "xiulude".into(), fuzzy: true });
    assert_eq!(writer.answered(question, words(&[("修路的", 7), ("修路", 5), ("修", 3)])), nothing());
    assert_eq!(writer.choose(1, NOW), inserts(&["修路"]));
    assert_eq!(writer.composition(), "de");
    let (question, ask) = writer.question("请修路").unwrap();
    assert_eq!(ask, Ask::Pinyin { pinyin: "de".into(), fuzzy: true });
    writer.answered(question, words(&[("的", 2)]));
    assert_eq!(writer.press("space", NOW), inserts(&["的"]));
    assert_eq!(writer.question("请修路的"), Some((3, Ask::Next { after: "请修路的".into() })));
    assert_eq!(writer.question("请修路的"), None, "once");
}

#[test]
fn an_answer_that_was_overtaken_is_dropped() {
    let mut writer = writer(false, true);
    type_in(&mut writer, "xi");
    let (first, _) = writer.question("").unwrap();
    type_in(&mut writer, "u");
    writer.answered(first, words(&[("西", 2)]));
    assert_eq!(writer.candidates().count(), 0);
    let (second, _) = writer.question("").unwrap();
    writer.answered(first, words(&[("西", 2)]));
    assert_eq!(writer.candidates().count(), 0);
    writer.answered(second, words(&[("修", 3)]));
    assert_eq!(writer.candidates().collect::<Vec<_>>(), ["修"]);
}

#[test]
fn punctuation_and_another_method_take_the_best_word_first() {
    let mut writer = writer(true, true);
    writer.change(Method::Pinyin);
    type_in(&mut writer, "xiulu");
    answer(&mut writer, words(&[("修路", 5)]));
    assert_eq!(writer.press("，", NOW), inserts(&["修路", "，"]));
    assert_eq!((writer.composition(), writer.candidates().count()), ("", 0));

    type_in(&mut writer, "ba");
    answer(&mut writer, words(&[("把", 2)]));
    assert_eq!(writer.change(Method::Pad), inserts(&["把"]));
    stroke(&mut writer);
    answer(&mut writer, characters(&["一"]));
    assert_eq!(writer.press("。", NOW), inserts(&["一", "。"]));
}

#[test]
fn a_hand_that_is_faster_than_the_recogniser_loses_nothing() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    let (question, _) = writer.question("").unwrap();
    assert_eq!(writer.press("，", NOW), nothing(), "the character before it is not known yet");
    stroke(&mut writer);
    assert_eq!(writer.strokes().len(), 1, "the next character's");
    assert_eq!(writer.answered(question, characters(&["一"])), inserts(&["一", "，"]));
    assert_eq!(writer.strokes().len(), 1);
    let (question, ask) = writer.question("一，").unwrap();
    assert!(matches!(ask, Ask::Strokes { strokes, .. } if strokes.len() == 1));
    assert_eq!(writer.change(Method::Letters), nothing());
    assert_eq!((writer.press("a", NOW), writer.method()), (nothing(), Method::Pad));
    assert_eq!(writer.answered(question, characters(&["二"])), inserts(&["二", "a"]));
    assert_eq!(writer.method(), Method::Letters);
}

#[test]
fn a_candidate_touched_before_the_last_stroke_was_read_stands_for_all_if_it_is_still_one() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    stroke(&mut writer);
    answer(&mut writer, characters(&["十"]));
    stroke(&mut writer);
    assert_eq!(writer.choose(0, NOW), nothing());
    assert_eq!(answer(&mut writer, characters(&["土", "十"])), inserts(&["十"]));
    assert_eq!(writer.strokes().len(), 0);

    stroke(&mut writer);
    stroke(&mut writer);
    answer(&mut writer, characters(&["十"]));
    stroke(&mut writer);
    writer.choose(0, LATER);
    assert_eq!(answer(&mut writer, characters(&["土", "士"])), inserts(&["十"]));
    assert_eq!(writer.strokes().len(), 1, "the third is the next character's");
    assert!(matches!(writer.question("十"), Some((_, Ask::Strokes { strokes, .. })) if strokes.len() == 1));
}

#[test]
fn a_word_touched_before_its_last_letters_were_answered_takes_them_too() {
    let mut writer = writer(false, true);
    type_in(&mut writer, "cunk");
    answer(&mut writer, words(&[("村口", 4)]));
    type_in(&mut writer, "ou");
    assert_eq!(writer.choose(0, NOW), nothing());
    assert_eq!(answer(&mut writer, words(&[("村口", 6)])), inserts(&["村口"]));
    assert_eq!(writer.composition(), "");
}

#[test]
fn what_a_sign_takes_is_taken_word_by_word_to_the_last_letter() {
    let mut writer = writer(false, true);
    type_in(&mut writer, "xiuluba");
    assert_eq!(writer.press("。", NOW), nothing());
    assert_eq!(answer(&mut writer, words(&[("修路", 5), ("修", 3)])), inserts(&["修路"]));
    assert_eq!(answer(&mut writer, words(&[("吧", 2)])), inserts(&["吧", "。"]));
    type_in(&mut writer, "vv");
    assert_eq!(writer.press("newline", NOW), nothing());
    assert_eq!(answer(&mut writer, words(&[])), inserts(&["vv", "\n"]), "letters that are no word stay letters");
}

#[test]
fn backspace_takes_back_what_is_composed_before_it_takes_from_the_text() {
    let mut writer = writer(true, true);
    writer.change(Method::Pinyin);
    type_in(&mut writer, "a");
    assert_eq!(writer.press("backspace", NOW), nothing());
    assert_eq!(writer.question(""), None, "nothing is left to ask for");
    assert_eq!(writer.press("backspace", NOW), backspace());
    writer.change(Method::Pad);
    stroke(&mut writer);
    stroke(&mut writer);
    assert_eq!((writer.press("backspace", NOW), writer.strokes().len()), (nothing(), 1));
    assert!(writer.question("").is_some());
    assert_eq!((writer.press("clear", NOW), writer.strokes().len()), (nothing(), 0));
    assert_eq!(writer.press("backspace", LATER), backspace());
}

#[test]
fn more_shows_what_was_not_seen_yet_then_asks_for_rare_characters_once() {
    let mut writer = writer(true, false);
    stroke(&mut writer);
    answer(&mut writer, characters(&["一", "二", "三", "四", "五", "六"]));
    assert_eq!(writer.candidates().collect::<Vec<_>>(), ["一", "二", "三", "四", "五"]);
    assert!(writer.has_more());
    writer.more(4);
    assert_eq!(writer.candidates().collect::<Vec<_>>(), ["五", "六"]);
    assert_eq!(writer.choose(2, NOW), nothing(), "nothing is shown there");
    writer.more(2);
    let (question, ask) = writer.question("").unwrap();
    assert!(matches!(ask, Ask::Strokes { all: true, .. }));
    writer.answered(question, characters(&["㐀"]));
    assert!(!writer.has_more());
    assert_eq!(writer.choose(0, NOW), inserts(&["㐀"]));
    assert_eq!(writer.strokes().len(), 0);
    assert!(matches!(writer.question("㐀"), Some((_, Ask::Next { .. }))));
}

#[test]
fn leaving_waits_for_the_word_that_is_being_looked_for() {
    let mut writer = writer(true, false);
    assert_eq!(writer.leave(), left(nothing()));
    stroke(&mut writer);
    let (question, _) = writer.question("").unwrap();
    assert_eq!(writer.leave(), nothing());
    assert_eq!(writer.leave(), nothing(), "an impatient finger");
    assert_eq!(writer.answered(question, characters(&["一", "二"])), left(inserts(&["一"])));
    assert_eq!((writer.strokes().len(), writer.question("一")), (0, None));
}

#[test]
fn a_program_that_ended_is_asked_again_at_once_only_where_something_waits_for_it() {
    let mut writer = writer(true, true);
    stroke(&mut writer);
    writer.question("").unwrap();
    assert!(!writer.lost());
    assert_eq!(writer.strokes().len(), 1);
    stroke(&mut writer);
    let (_, ask) = writer.question("").unwrap();
    assert!(matches!(ask, Ask::Strokes { strokes, pad: Some([200.0, 100.0]), .. } if strokes.len() == 2));
    assert_eq!(writer.leave(), nothing());
    assert!(writer.lost());
    assert_eq!(answer(&mut writer, characters(&["二"])), left(inserts(&["二"])));
}

#[test]
fn nobody_is_kept_on_a_page_by_a_program_that_is_gone_for_good() {
    let mut writer = writer(true, true);
    writer.change(Method::Pinyin);
    type_in(&mut writer, "xiulu");
    writer.question("").unwrap();
    assert_eq!(writer.leave(), nothing());
    assert_eq!(writer.missing("it keeps ending"), left(inserts(&["xiulu"])), "letters stay letters");
    assert_eq!(writer.method(), Method::Letters);
}

#[test]
fn a_hand_that_never_lifts_and_one_that_never_stops_are_bounded() {
    let mut writer = writer(true, true);
    writer.stroke(vec![], [200.0, 100.0]);
    assert_eq!(writer.strokes().len(), 0);
    writer.stroke(vec![[1.0, 1.0]; 100_000], [200.0, 100.0]);
    assert_eq!(writer.strokes()[0].len(), POINTS_MOST);
    writer.press("clear", NOW);
    writer.change(Method::Pinyin);
    type_in(&mut writer, &"a".repeat(LETTERS_MOST + 20));
    assert_eq!(writer.composition().len(), LETTERS_MOST);
}

#[test]
fn a_candidate_never_takes_more_letters_than_there_are() {
    let mut writer = writer(false, true);
    type_in(&mut writer, "xi");
    answer(&mut writer, words(&[("西", 99)]));
    assert_eq!(writer.choose(0, NOW), inserts(&["西"]));
    assert_eq!(writer.composition(), "");
    type_in(&mut writer, "xi");
    answer(&mut writer, words(&[("西", 0)]));
    assert_eq!(writer.press("。", NOW), inserts(&["西"]), "one letter at least, or it would never end");
    assert_eq!(answer(&mut writer, words(&[])), inserts(&["i", "。"]));
}

#[test]
fn candidates_of_fewer_letters_are_known_to_be_about_to_change() {
    let mut writer = writer(true, true);
    writer.change(Method::Pinyin);
    type_in(&mut writer, "l");
    assert!(!writer.is_answered());
    answer(&mut writer, words(&[("路", 1)]));
    assert!(writer.is_answered());
    type_in(&mut writer, "u");
    assert!(!writer.is_answered() && writer.candidates().eq(["路"]), "they stay until others come");
    answer(&mut writer, words(&[("路", 2)]));
    assert!(writer.is_answered());
}
