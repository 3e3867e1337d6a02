//! What is written by hand is read, and what can't be read is answered all the same.

mod support;

use ime::{
    engines::{Engines, Places},
    gb2312,
    handwriting::Handwriting,
};
use rustix::time::{ClockId, clock_gettime};
use support::writer::{
    Chance, Hand, Stroke,
    inks::{self, KINDS},
};

/// Height and width of a square pad.
const PAD: [f32; 2] = [300.0, 300.0];

/// What the answer to any ink may take of the processor, in seconds: ten times what a full line does.
const BOUND_S: i64 = 2;

/// Reads ink that is no character; whatever it is taken for, the answer is short and comes soon. `None` without a model.
fn read(strokes: &[Stroke], pad: Option<[f32; 2]>) -> Option<Vec<String>> {
    let mut handwriting = support::handwriting()?;
    let before = clock_gettime(ClockId::ThreadCPUTime).tv_sec;
    let candidates = handwriting.recognise(strokes, "", pad, false).expect("an answer").candidates;
    assert!(clock_gettime(ClockId::ThreadCPUTime).tv_sec - before <= BOUND_S);
    assert!(candidates.len() <= 10, "{candidates:?}");
    assert!(candidates.iter().all(|candidate| !candidate.is_empty()), "{candidates:?}");
    Some(candidates)
}

/// The strokes of 王 in a square of a hundred.
fn king() -> Vec<Stroke> {
    vec![
        vec![[10.0, 10.0], [90.0, 10.0]],
        vec![[15.0, 50.0], [85.0, 50.0]],
        vec![[50.0, 10.0], [50.0, 90.0]],
        vec![[5.0, 90.0], [95.0, 90.0]],
    ]
}

/// A stroke of so many points that goes anywhere on the pad.
fn scribble(points: usize, chance: &mut Chance) -> Stroke {
    let mut at = || f32::from(u16::try_from(chance.below(300)).expect("below 300"));
    (0..points).map(|_| [at(), at()]).collect()
}

fn circle([x, y]: [f32; 2], radius: f32) -> Stroke {
    (0_u8..=20)
        .map(|step| f32::from(step) * 0.32)
        .map(|turn| [x - radius * turn.sin(), y - radius * turn.cos()])
        .collect()
}

#[test]
fn no_strokes_are_no_candidates() {
    for strokes in [vec![], vec![vec![]], vec![vec![[f32::NAN, 1.0]], vec![[f32::INFINITY, f32::NEG_INFINITY]]]] {
        let Some(candidates) = read(&strokes, None) else { return };
        assert_eq!(candidates, Vec::<String>::new());
    }
}

#[test]
fn a_single_dot_is_a_mark_of_punctuation() {
    for (dot, pad) in [
        (vec![[7.0, 7.0]], None),
        (vec![[7.0, 7.0], [7.0, 7.0]], None),
        (vec![[150.0, 150.0], [152.0, 151.0], [151.0, 152.0]], Some(PAD)),
    ] {
        let Some(candidates) = read(&[dot], pad) else { return };
        assert_eq!(candidates[..3], ["。", "，", "、"]);
    }
}

#[test]
fn a_scribble_over_the_whole_pad_is_answered_in_bounded_time() {
    let mut chance = Chance::new(1);
    for strokes in [vec![scribble(9000, &mut chance)], vec![scribble(400, &mut chance); 20]] {
        read(&strokes, Some(PAD));
        let wide: Vec<Stroke> = strokes.iter().map(|s| s.iter().map(|[x, y]| [x * 4.0, *y]).collect()).collect();
        read(&wide, None);
    }
}

#[test]
fn two_hundred_strokes_are_answered_in_bounded_time() {
    let mut chance = Chance::new(2);
    let strokes: Vec<Stroke> = (0..200).map(|_| scribble(5, &mut chance)).collect();
    read(&strokes, Some(PAD));
}

#[test]
fn ink_that_is_no_character_is_never_sure() {
    let Some(mut handwriting) = support::handwriting() else { return };
    for (kind, make) in KINDS {
        for seed in 0..20 {
            let ink = make(&mut Chance::new(seed));
            let written = handwriting.recognise(&ink, "", Some(inks::PAD), false).unwrap();
            assert!(!written.sure, "{kind}, {seed}: {written:?}");
        }
    }
}

#[test]
fn what_is_written_plainly_is_sure_on_a_pad_as_in_a_line() {
    let (Some(mut handwriting), Some(writer)) = (support::handwriting(), support::writer()) else { return };
    let mut is_sure = |strokes: &[Stroke], pad| handwriting.recognise(strokes, "", pad, false).unwrap().sure;
    assert!(is_sure(&king(), Some(PAD)));
    assert!(is_sure(&king(), None));
    for hand in Hand::ALL {
        assert!(is_sure(&writer.line("村口路灯坏了", hand, 5).unwrap(), None), "{hand:?}");
    }
    let king_beyond: Vec<Stroke> =
        king().into_iter().map(|stroke| stroke.into_iter().map(|[x, y]| [x + PAD[0], y]).collect()).collect();
    assert!(!is_sure(&king_beyond, Some(PAD)), "the pad did not show it");
}

#[test]
fn thousands_of_points_of_a_character_are_read_as_that_character() {
    let mut strokes = king();
    for stroke in &mut strokes {
        let ([x0, y0], [x1, y1]) = (stroke[0], stroke[1]);
        let part = |step: u16| f32::from(step) / 2000.0;
        *stroke = (0..=2000).map(|step| [x0 + (x1 - x0) * part(step), y0 + (y1 - y0) * part(step)]).collect();
    }
    let Some(candidates) = read(&strokes, None) else { return };
    assert_eq!(candidates[0], "王");
}

#[test]
fn strokes_off_the_pad_are_read_like_any_others() {
    let moved = |by: f32| -> Vec<Stroke> {
        king().into_iter().map(|stroke| stroke.into_iter().map(|[x, y]| [x + by, y - by]).collect()).collect()
    };
    for by in [-500.0, 0.0, 10_000.0] {
        let Some(candidates) = read(&moved(by), Some([100.0, 100.0])) else { return };
        assert_eq!(candidates[0], "王", "{by}");
    }
}

#[test]
fn the_unit_of_the_points_makes_no_difference() {
    for scale in [1e-6, 1e-2, 1e5, 1e30] {
        let strokes: Vec<Stroke> = king()
            .into_iter()
            .map(|stroke| stroke.into_iter().map(|[x, y]| [x * scale, y * scale]).collect())
            .collect();
        let Some(candidates) = read(&strokes, None) else { return };
        assert_eq!(candidates[0], "王", "{scale}");
    }
}

#[test]
fn points_that_are_no_numbers_do_not_spoil_the_others() {
    let mut strokes = king();
    strokes[1].insert(1, [f32::NAN, 50.0]);
    strokes[2].push([f32::INFINITY, f32::NEG_INFINITY]);
    let Some(candidates) = read(&strokes, None) else { return };
    assert_eq!(candidates[0], "王");
}

#[test]
fn the_widest_numbers_there_are_end_in_an_answer() {
    let ends = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, 0.0, -0.0];
    let strokes: Vec<Stroke> = ends.iter().map(|x| ends.iter().map(|y| [*x, *y]).collect()).collect();
    read(&strokes, None);
    read(&strokes, Some([f32::MAX, f32::MIN_POSITIVE]));
    read(&king(), Some([f32::NAN, f32::NAN]));
    read(&king(), Some([0.0, -1.0]));
}

#[test]
fn punctuation_is_told_by_its_size_and_place_on_the_pad() {
    let comma = vec![vec![[60.0, 235.0], [72.0, 240.0], [70.0, 258.0], [58.0, 275.0]]];
    let full_stop = vec![circle([65.0, 250.0], 20.0)];
    let exclamation = vec![vec![[150.0, 40.0], [149.0, 190.0]], vec![[150.0, 240.0], [152.0, 246.0]]];
    let question = vec![
        vec![
            [110.0, 90.0],
            [120.0, 55.0],
            [155.0, 45.0],
            [185.0, 70.0],
            [180.0, 105.0],
            [152.0, 135.0],
            [150.0, 185.0],
        ],
        vec![[150.0, 235.0], [152.0, 242.0]],
    ];
    for (mark, strokes) in [("，", comma), ("。", full_stop), ("！", exclamation), ("？", question)] {
        let Some(candidates) = read(&strokes, Some(PAD)) else { return };
        assert!(candidates[..5.min(candidates.len())].iter().any(|c| c == mark), "{mark}: {candidates:?}");
    }
}

#[test]
fn a_small_character_on_a_large_pad_is_no_punctuation() {
    let Some(writer) = support::writer() else { return };
    for character in ['人', '八', '二', '十', '口', '村'] {
        let strokes = writer.write(character, Hand::Neat, 1).unwrap();
        // A fifth of the pad's height.
        let small: Vec<Stroke> =
            strokes.into_iter().map(|s| s.iter().map(|[x, y]| [x / 16.0, y / 16.0]).collect()).collect();
        let Some(candidates) = read(&small, Some(PAD)) else { return };
        assert_eq!(candidates[0], character.to_string(), "{candidates:?}");
    }
}

#[test]
fn a_hundred_characters_in_every_hand_are_read() {
    let (Some(mut handwriting), Some(writer)) = (support::handwriting(), support::writer()) else { return };
    let common: Vec<char> = gb2312::level_one().collect();
    for hand in Hand::ALL {
        let (mut first, mut five) = (0, 0);
        for character in common.iter().step_by(38).take(100) {
            let strokes = writer.write(*character, hand, 38).unwrap();
            let candidates = handwriting.recognise(&strokes, "", None, false).unwrap().candidates;
            let place = candidates.iter().position(|candidate| candidate.starts_with(*character));
            first += u32::from(place == Some(0));
            five += u32::from(place.is_some_and(|place| place < 5));
        }
        // The bench `handwriting` says how many they are over all characters; this many must be in any hundred.
        assert!(first >= 92 && five >= 98, "{hand:?}: {first} first, {five} among five, of 100");
    }
}

#[test]
fn a_written_line_is_read_and_a_long_one_in_pieces() {
    let (Some(mut handwriting), Some(writer)) = (support::handwriting(), support::writer()) else { return };
    for text in ["修路", "村口路灯坏了", "请尽快派人来修一修村口到学校的水泥路"] {
        let strokes = writer.line(text, Hand::Neat, 5).unwrap();
        let candidates = handwriting.recognise(&strokes, "", None, false).unwrap().candidates;
        assert_eq!(candidates[0], text);
    }
}

#[test]
fn the_text_before_decides_between_what_looks_alike() {
    let (Some(mut handwriting), Some(writer)) = (support::handwriting(), support::writer()) else { return };
    for (before, character) in [("高", '粱'), ("桥", '梁'), ("辛", '苦'), ("自", '己'), ("已", '经')] {
        let strokes = writer.write(character, Hand::Distorted, 1).unwrap();
        let candidates = handwriting.recognise(&strokes, before, None, false).unwrap().candidates;
        assert_eq!(candidates[0], character.to_string(), "{before}: {candidates:?}");
    }
}

#[test]
fn rare_characters_are_for_those_who_ask_for_all() {
    let (Some(mut handwriting), Some(writer)) = (support::handwriting(), support::writer()) else { return };
    let strokes = writer.write('溫', Hand::Neat, 1).unwrap();
    let ordinary = handwriting.recognise(&strokes, "", None, false).unwrap().candidates;
    assert!(!ordinary.contains(&"溫".to_string()), "{ordinary:?}");
    assert!(ordinary.contains(&"温".to_string()), "{ordinary:?}");
    assert_eq!(handwriting.recognise(&strokes, "", None, true).unwrap().candidates[0], "溫");
}

#[test]
fn words_that_often_follow_are_offered() {
    let Some(handwriting) = support::handwriting() else { return };
    let next = handwriting.next("请派人来维");
    assert!(next.contains(&"修".to_string()), "{next:?}");
    assert_eq!(handwriting.next("").len(), 10);
    assert_eq!(handwriting.next("!!\u{10ffff}").len(), 10);
}

#[test]
fn a_model_that_is_missing_or_broken_is_said_with_its_file_and_what_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places { models: folder.path().to_owned(), rime_data: folder.path().to_owned(), ..support::places() };
    let why = |places: &Places| Handwriting::load(places).err().unwrap().to_string();
    let missing = why(&places);
    assert!(missing.contains("PP-OCRv6_rec_small.onnx") && missing.contains("kiosk/ime/fetch model"), "{missing}");
    std::fs::File::create(folder.path().join("PP-OCRv6_rec_small.onnx")).unwrap();
    let broken = why(&places);
    assert!(broken.contains("PP-OCRv6_rec_small.onnx"), "{broken}");
}

#[test]
fn without_the_list_of_words_characters_are_read_and_the_technician_is_told() {
    let mut places = support::places();
    places.rime_data = "/nowhere".into();
    if support::handwriting().is_none() {
        return;
    }
    let ready = Engines::load(&places).ready();
    assert_eq!(ready.handwriting, None);
    assert!(ready.handwriting_remark.unwrap().contains("/nowhere/pinyin_simp.dict.yaml"));
    let mut handwriting = Handwriting::load(&places).unwrap();
    assert!(handwriting.remark().unwrap().contains("/nowhere/pinyin_simp.dict.yaml"));
    assert_eq!(handwriting.recognise(&king(), "国", None, false).unwrap().candidates[0], "王");
    assert_eq!(handwriting.next("国"), Vec::<String>::new());
}
