//! Numbers and names, as names of clips.
//!
//! A number that is copied or compared (a ticket's, a telephone's) is spoken digit by digit in its groups; a number that
//! counts is spoken as one. Chinese counts by places, 一百零三; English by words up to twenty and by tens.
//!
//! Invariant: what is spoken is the number, or nothing: what has no clips has no names here either.

use crate::Language;

/// Stands for a pause among the names of clips.
pub const PAUSE: &str = "pause";

/// The largest number that is counted out.
pub const MOST: u16 = 9999;

/// The names of all clips that numbers may need in a language.
#[must_use]
pub fn vocabulary(language: Language) -> Vec<String> {
    let mut names: Vec<String> = (0..10).map(digit).collect();
    match language {
        Language::Zh => names.extend([LIANG, TEN, HUNDRED, THOUSAND].map(str::to_owned)),
        Language::En => {
            names.extend((10..20).map(word).chain((2..10).map(|tens| word(tens * 10))));
            names.extend([AND, HUNDRED, THOUSAND].map(str::to_owned));
        }
    }
    names
}

/// The digits of a text one by one, with a pause for each group of other characters between them.
#[must_use]
pub fn digits(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for character in text.chars() {
        match character.to_digit(10) {
            Some(value) => names.push(format!("{DIGIT}{value}")),
            None if names.last().is_some_and(|last| last != PAUSE) => names.push(PAUSE.into()),
            None => {}
        }
    }
    if names.last().is_some_and(|last| last == PAUSE) {
        names.pop();
    }
    names
}

/// Begins the clips of names, which sound alike in every language.
pub const NAMES: &str = "name-";

/// The clip of the name of a village or of somebody of the staff; `None` where no file can be called so.
#[must_use]
pub fn name(of: &str) -> Option<String> {
    let clip = format!("{NAMES}{of}");
    (!of.is_empty() && is_clip(&clip)).then_some(clip)
}

/// Whether a clip may be called so: a name of a file, and no way to somewhere else. File systems take 255 bytes.
#[must_use]
pub fn is_clip(name: &str) -> bool {
    !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && !name.contains(['/', '\0'])
}

/// How many there are of something, before the word for it; `None` above [`MOST`].
#[must_use]
pub fn count(number: u16, language: Language) -> Option<Vec<String>> {
    if number > MOST {
        return None;
    }
    Some(match language {
        Language::Zh => chinese(number),
        Language::En => english(number),
    })
}

const DIGIT: &str = "digit-";
/// Two of something: 两件, 两千, where 二 would be the second.
const LIANG: &str = "liang";
const TEN: &str = "unit-10";
const HUNDRED: &str = "unit-100";
const THOUSAND: &str = "unit-1000";
/// One hundred *and* three.
const AND: &str = "and";

fn digit(value: u16) -> String {
    format!("{DIGIT}{value}")
}

fn word(value: u16) -> String {
    format!("number-{value}")
}

/// Each place with its unit; zeros in between are one 零, those at the end none. 十 stands without 一 at the beginning.
fn chinese(number: u16) -> Vec<String> {
    match number {
        0 => return vec![digit(0)],
        2 => return vec![LIANG.into()],
        _ => {}
    }
    let mut names = Vec::new();
    let mut skipped = false;
    for (place, unit) in [(1000, Some(THOUSAND)), (100, Some(HUNDRED)), (10, Some(TEN)), (1, None)] {
        let value = number / place % 10;
        if value == 0 {
            skipped = !names.is_empty();
            continue;
        }
        if std::mem::take(&mut skipped) {
            names.push(digit(0));
        }
        match (value, place) {
            (1, 10) if names.is_empty() => {}
            (2, 1000) => names.push(LIANG.into()),
            _ => names.push(digit(value)),
        }
        names.extend(unit.map(str::to_owned));
    }
    names
}

fn english(number: u16) -> Vec<String> {
    let mut names = Vec::new();
    for (place, unit) in [(1000, THOUSAND), (100, HUNDRED)] {
        let value = number / place % 10;
        if value != 0 {
            names.extend([digit(value), unit.into()]);
        }
    }
    let rest = number % 100;
    if !names.is_empty() && rest != 0 {
        names.push(AND.into());
    }
    match rest {
        0 if !names.is_empty() => {}
        0..10 => names.push(digit(rest)),
        10..20 => names.push(word(rest)),
        20.. => {
            names.push(word(rest / 10 * 10));
            if !rest.is_multiple_of(10) {
                names.push(digit(rest % 10));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the names sound like, to read and to reckon with.
    fn text(names: &[String]) -> String {
        names
            .iter()
            .map(|name| match name.as_str() {
                LIANG => "两".to_owned(),
                TEN => "十".to_owned(),
                HUNDRED => "百".to_owned(),
                THOUSAND => "千".to_owned(),
                name => match name.strip_prefix(DIGIT) {
                    Some(value) => "零一二三四五六七八九".chars().nth(value.parse().unwrap()).unwrap().to_string(),
                    None => panic!("no Chinese numeral: {name}"),
                },
            })
            .collect()
    }

    /// Reads a Chinese numeral as people do: each unit multiplies what stood before it.
    fn value(text: &str) -> u16 {
        let (mut sum, mut held) = (0, None);
        for character in text.chars() {
            match character {
                '零' => held = None,
                '十' => sum += held.take().unwrap_or(1) * 10,
                '百' => sum += held.take().unwrap() * 100,
                '千' => sum += held.take().unwrap() * 1000,
                '两' => held = Some(2),
                digit => {
                    held = "零一二三四五六七八九".chars().position(|d| d == digit).map(|d| u16::try_from(d).unwrap())
                }
            }
        }
        sum + held.unwrap_or(0)
    }

    #[test]
    fn chinese_numerals_are_spoken_as_they_are_said() {
        for (number, said) in [
            (0, "零"),
            (1, "一"),
            (2, "两"),
            (9, "九"),
            (10, "十"),
            (11, "十一"),
            (12, "十二"),
            (20, "二十"),
            (22, "二十二"),
            (99, "九十九"),
            (100, "一百"),
            (101, "一百零一"),
            (103, "一百零三"),
            (110, "一百一十"),
            (111, "一百一十一"),
            (200, "二百"),
            (1000, "一千"),
            (1001, "一千零一"),
            (1010, "一千零一十"),
            (1100, "一千一百"),
            (2000, "两千"),
            (2002, "两千零二"),
            (2222, "两千二百二十二"),
            (9999, "九千九百九十九"),
        ] {
            assert_eq!(text(&count(number, Language::Zh).unwrap()), said, "{number}");
        }
    }

    #[test]
    fn every_chinese_numeral_is_heard_as_its_number_and_never_doubles_a_zero() {
        for number in 0..=MOST {
            let said = text(&count(number, Language::Zh).unwrap());
            assert_eq!(value(&said), number, "{said}");
            assert!(!said.contains("零零") && (number == 0 || !said.ends_with('零')), "{said}");
        }
    }

    #[test]
    fn english_numbers_are_spoken_as_they_are_said() {
        for (number, said) in [
            (0, "digit-0"),
            (7, "digit-7"),
            (10, "number-10"),
            (19, "number-19"),
            (20, "number-20"),
            (21, "number-20 digit-1"),
            (100, "digit-1 unit-100"),
            (103, "digit-1 unit-100 and digit-3"),
            (110, "digit-1 unit-100 and number-10"),
            (1000, "digit-1 unit-1000"),
            (1001, "digit-1 unit-1000 and digit-1"),
            (2345, "digit-2 unit-1000 digit-3 unit-100 and number-40 digit-5"),
        ] {
            assert_eq!(count(number, Language::En).unwrap().join(" "), said, "{number}");
        }
    }

    #[test]
    fn every_english_number_is_heard_as_its_number() {
        for number in 0..=MOST {
            let names = count(number, Language::En).unwrap();
            let (mut sum, mut held) = (0, 0);
            for name in &names {
                match name.split_once('-') {
                    Some(("unit", unit)) => sum += std::mem::take(&mut held) * unit.parse::<u16>().unwrap(),
                    Some((_, value)) => held += value.parse::<u16>().unwrap(),
                    None => assert_eq!(name, AND),
                }
            }
            assert_eq!(sum + held, number, "{names:?}");
        }
    }

    #[test]
    fn numbers_are_made_of_the_vocabulary_and_nothing_else() {
        for language in Language::ALL {
            let vocabulary = vocabulary(language);
            let mut used: Vec<String> = (0..=MOST).flat_map(|number| count(number, language).unwrap()).collect();
            used.sort();
            used.dedup();
            let mut known = vocabulary.clone();
            known.sort();
            assert_eq!(used, known, "{language:?}");
        }
    }

    #[test]
    fn what_is_too_large_to_count_is_not_spoken() {
        assert_eq!(count(MOST + 1, Language::Zh), None);
        assert_eq!(count(u16::MAX, Language::En), None);
    }

    #[test]
    fn a_ticket_is_spoken_digit_by_digit_in_its_groups() {
        let names = digits(" 30117 0100 – 4242. ").join(" ");
        let digit_names = |digits: &str| digits.chars().map(|d| format!("digit-{d}")).collect::<Vec<_>>().join(" ");
        let groups = ["30117", "0100", "4242"].map(digit_names).join(" pause ");
        assert_eq!(names, groups);
        assert!(digits("没有").is_empty());
    }

    #[test]
    fn a_name_has_its_own_clip_and_is_no_way_to_somewhere_else() {
        assert_eq!(name("王家村").as_deref(), Some("name-王家村"));
        for none in ["", "../etc", "a/b", "a\0b", &"长".repeat(70)] {
            assert_eq!(name(none), None, "{none}");
        }
        for none in ["", ".", "..", ".hidden", "/etc/passwd", "zh/digit-1"] {
            assert!(!is_clip(none), "{none}");
        }
    }

    proptest::proptest! {
        #[test]
        fn of_any_text_its_digits_are_spoken_in_their_order(text in "\\PC{0,40}") {
            let names = digits(&text);
            let heard: String = names.iter().filter_map(|name| name.strip_prefix(DIGIT)).collect();
            let there: String = text.chars().filter(char::is_ascii_digit).collect();
            proptest::prop_assert_eq!(heard, there);
            proptest::prop_assert!(!names.windows(2).any(|pair| pair[0] == PAUSE && pair[1] == PAUSE));
        }
    }
}
