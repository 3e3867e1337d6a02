//! Pinyin through the real librime and its real dictionary: what is offered, in which order, and what nonsense comes to.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../benches/pinyin/corpus.rs"]
mod corpus;
#[path = "../benches/pinyin/south.rs"]
mod south;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use clap::Parser;
use corpus::Word;
use ime::{
    engines::Places,
    pinyin::{MOST, Pinyin},
};
use south::{Dice, PAIRS, swapped};

/// Where things lie on this system, and tables that only this test has.
#[derive(Parser)]
struct Here {
    #[command(flatten)]
    places: Places,
}

fn places() -> Places {
    Here::parse_from(["test"]).places
}

fn pinyin() -> Pinyin {
    pinyin_of(places())
}

fn pinyin_of(places: Places) -> Pinyin {
    let fresh = tempfile::tempdir().unwrap();
    let places = Places { tables: fresh.path().join("tables"), ..places };
    Pinyin::deploy(&places, &places.tables).unwrap();
    // The tables stay mapped.
    Pinyin::load(&places).unwrap()
}

fn texts(words: &[(String, usize)]) -> Vec<&str> {
    words.iter().map(|(word, _)| word.as_str()).collect()
}

/// Whether a word is among the first five for its letters.
fn in_bar(pinyin: &mut Pinyin, word: &str, letters: &str, fuzzy: bool) -> bool {
    let words = pinyin.words(letters, fuzzy).unwrap();
    words.iter().take(5).any(|(candidate, uses)| candidate == word && *uses == letters.len())
}

#[test]
fn letters_become_words_that_say_how_many_letters_they_use() {
    let mut pinyin = pinyin();
    let words = pinyin.words("xiulu", false).unwrap();
    assert_eq!(words[0], ("修路".to_owned(), 5));
    assert!(words.contains(&("修".to_owned(), 3)), "{words:?}");
    let words = pinyin.words("xi'an'de", false).unwrap();
    assert!(words.contains(&("西安".to_owned(), 6)), "with the apostrophe behind it: {words:?}");
    // A syllable that has only begun.
    assert!(texts(&pinyin.words("lud", false).unwrap()).contains(&"路灯"));
}

#[test]
fn a_sentence_is_chosen_word_by_word_until_no_letter_is_left() {
    let mut pinyin = pinyin();
    let mut rest = "wojiamenkoudeludenghuaileliangge";
    for wanted in ["我家", "门口", "的", "路灯", "坏", "了", "两个"] {
        let words = pinyin.words(rest, true).unwrap();
        let (_, uses) = words.iter().find(|(word, _)| word == wanted).unwrap_or_else(|| panic!("{wanted}: {words:?}"));
        rest = &rest[*uses..];
    }
    assert_eq!(rest, "");
}

#[test]
fn southern_sounds_find_what_was_meant_both_ways_and_only_where_asked_for() {
    let mut pinyin = pinyin();
    let pairs = [
        ("zh/z", "zongguo", "中国", "zhaoshang", "早上"),
        ("ch/c", "cifan", "吃饭", "chaiyuan", "菜园"),
        ("sh/s", "saozi", "勺子", "shushe", "宿舍"),
        ("n/l", "lainai", "奶奶", "nudeng", "路灯"),
        ("r/l", "luguo", "如果", "rajiao", "辣椒"),
        ("f/h", "feijia", "回家", "huiji", "飞机"),
        ("an/ang", "fangdian", "饭店", "fanzi", "房子"),
        ("en/eng", "fengkai", "分开", "lendan", "冷淡"),
        ("in/ing", "dianyin", "电影", "yinghang", "银行"),
        ("ian/iang", "liangxi", "联系", "lianshi", "粮食"),
        ("uan/uang", "zhuangche", "转车", "chuanhu", "窗户"),
    ];
    for (pair, letters, word, other_letters, other_word) in pairs {
        for (letters, word) in [(letters, word), (other_letters, other_word)] {
            let with = pinyin.words(letters, true).unwrap();
            assert!(texts(&with).contains(&word), "{pair}: {letters} is {word}: {with:?}");
            let without = pinyin.words(letters, false).unwrap();
            assert!(!texts(&without).contains(&word), "{pair}: {without:?}");
        }
    }
}

#[test]
fn with_southern_sounds_the_word_that_was_spelt_stands_first() {
    let mut pinyin = pinyin();
    for letters in ["si", "lan", "fei", "xiulu", "ludeng", "lin", "zao"] {
        let exact = pinyin.words(letters, false).unwrap();
        let south = pinyin.words(letters, true).unwrap();
        assert_eq!(south[0], exact[0], "{letters}");
        let words: BTreeSet<_> = texts(&south).into_iter().collect();
        assert_eq!(words.len(), south.len(), "each once: {south:?}");
    }
}

/// Words in neither pinyin_simp nor our own list: a word of jieba's is read as its characters commonly are.
#[test]
fn words_of_jiebas_list_are_offered_and_do_not_push_away_commoner_ones() {
    let mut pinyin = pinyin();
    assert_eq!(pinyin.remark(), None);
    for (word, letters) in [("榨油", "zhayou"), ("灌浆", "guanjiang"), ("播种机", "bozhongji"), ("茶厂", "chachang")]
    {
        assert!(in_bar(&mut pinyin, word, letters, false), "{word}: {:?}", pinyin.words(letters, false));
    }
    for (word, letters) in [("我们", "women"), ("银行", "yinhang"), ("重新", "chongxin"), ("医生", "yisheng")] {
        assert_eq!(pinyin.words(letters, false).unwrap()[0].0, word);
    }
}

#[test]
fn jiebas_words_come_between_no_words_of_a_sentence() {
    let typed = ["womencunkoudelu", "xiuludezhang", "qingpairenlaixiuxiushuigou", "xi'andeludenghuaile"];
    // Words that leave letters for the next ones.
    let parts = |pinyin: &mut Pinyin, letters: &str| {
        let mut words = pinyin.words(letters, false).unwrap();
        words.retain(|(_, uses)| *uses < letters.len());
        words.truncate(8);
        words
    };
    let mut without = pinyin_of(Places { words: "/nowhere".into(), ..places() });
    assert!(without.remark().unwrap().contains("/nowhere"));
    let expected = typed.map(|letters| parts(&mut without, letters));
    assert!(expected.iter().all(|words| words.len() == 8));
    drop(without);
    let mut with = pinyin();
    assert_eq!(typed.map(|letters| parts(&mut with, letters)), expected);
}

#[test]
fn nonsense_is_answered_soon_and_with_little() {
    let mut pinyin = pinyin();
    let many = ["a", "n", "xi'", "zhuang", "v", "'", "xian", "lnlnrl"].map(|piece| piece.repeat(5_000));
    let few =
        ["", "'", "''''''", "123", "修路", "\u{0}", " xiulu", "😀", "！", "vvv", "iii", "`|;$(rm)"].map(String::from);
    for typed in few.iter().chain(&many) {
        for fuzzy in [false, true] {
            let words = pinyin.words(typed, fuzzy).unwrap();
            assert!(words.len() <= MOST);
            assert!(words.iter().all(|(word, uses)| !word.is_empty() && (1..=typed.len()).contains(uses)), "{words:?}");
        }
    }
    for none in few {
        assert_eq!(pinyin.words(&none, true).unwrap(), [], "{none:?}");
    }
    // Afterwards it answers as it did before.
    assert_eq!(pinyin.words("XiuLu8", false).unwrap()[0], ("修路".to_owned(), 5));
}

#[test]
fn what_was_asked_before_changes_no_answer() {
    let mut pinyin = pinyin();
    let first = pinyin.words("nihao", false).unwrap();
    for other in ["zhegeludenghuaile", "xi'an", "lud", "vvv", "nihaoma"] {
        pinyin.words(other, true).unwrap();
        assert_eq!(pinyin.words("nihao", false).unwrap(), first, "after {other}");
    }
}

#[test]
fn the_sentences_are_many_all_different_and_spelt_as_the_dictionary_spells() {
    let dictionary = fs::read_to_string(places().rime_data.join("pinyin_simp.dict.yaml")).unwrap();
    let mut readings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in dictionary.lines() {
        let mut columns = line.split('\t');
        if let (Some(text), Some(pinyin)) = (columns.next(), columns.next()) {
            readings.entry(text).or_default().insert(pinyin);
        }
    }
    let villagers = corpus::sentences(corpus::VILLAGERS);
    assert!(villagers.len() >= 400);
    let later = [corpus::AFTERWARDS, corpus::ELSEWHERE].map(corpus::sentences);
    let all: Vec<Vec<Word>> = villagers.into_iter().chain(later.into_iter().flatten()).collect();
    let texts: BTreeSet<String> =
        all.iter().map(|words| words.iter().map(|word| word.text.as_str()).collect()).collect();
    assert_eq!(texts.len(), all.len(), "no sentence twice");
    for word in all.iter().flatten() {
        assert_eq!(word.text.chars().count(), word.syllables.len(), "{word:?}");
        if let Some(known) = readings.get(word.text.as_str()) {
            assert!(known.contains(word.syllables.join(" ").as_str()), "{word:?} is read {known:?}");
        }
        for (character, syllable) in word.text.chars().zip(&word.syllables) {
            let known = &readings[character.to_string().as_str()];
            assert!(known.contains(syllable.as_str()), "{character} of {word:?} is read {known:?}");
        }
    }
}

#[test]
fn swapping_reaches_every_pair_and_leaves_other_sounds_alone() {
    let mut dice = Dice(1);
    let mut met = BTreeSet::new();
    for word in corpus::sentences(corpus::VILLAGERS).iter().flatten() {
        for syllable in &word.syllables {
            let (spelt, pairs) = swapped(syllable, &mut dice);
            assert_eq!(spelt == *syllable, pairs.is_empty(), "{syllable} became {spelt} by {pairs:?}");
            met.extend(pairs);
        }
    }
    assert_eq!(met, PAIRS.into_iter().collect());
    for alone in ["wo", "ma", "ji", "xue", "tu", "ke", "dou", "dian", "bian", "juan", "yuan", "den"] {
        for _ in 0..20 {
            assert_eq!(swapped(alone, &mut dice), (alone.to_owned(), vec![]));
        }
    }
}

/// The bench measures all of them; this holds the floor, a little below what it measured.
#[test]
fn most_words_of_every_fifth_sentence_are_among_the_first_five() {
    let mut pinyin = pinyin();
    let mut dice = Dice(7);
    let all = [corpus::VILLAGERS, corpus::AFTERWARDS, corpus::ELSEWHERE].map(corpus::sentences).into_iter().flatten();
    let (mut words, mut spelt, mut southern) = (0, 0, 0);
    for word in all.step_by(5).flatten() {
        let swapped: String = word.syllables.iter().map(|syllable| swapped(syllable, &mut dice).0).collect();
        words += 1;
        spelt += usize::from(in_bar(&mut pinyin, &word.text, &word.syllables.concat(), false));
        southern += usize::from(in_bar(&mut pinyin, &word.text, &swapped, true));
    }
    assert!(words > 1_000);
    assert!(spelt * 100 >= words * 96, "{spelt} of {words} as they are spelt");
    assert!(southern * 100 >= words * 93, "{southern} of {words} with southern sounds");
}
