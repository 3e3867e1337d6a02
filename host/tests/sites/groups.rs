//! What groups ask: by example, and that what is printed asks the same.

use host::fleet::{
    groups::{Facts, NotAQuery, Query},
    sites::{Level, Path, Tag},
};
use proptest::prelude::*;

fn asks(text: &str) -> Query {
    text.parse().unwrap()
}

fn facts() -> Facts {
    Facts {
        path: Path::stored("/DX/DX-03/DX-03-1/"),
        level: Some(Level::Village),
        tags: Some(["山区", "学校"].map(|tag| tag.parse::<Tag>().unwrap()).into()),
        version: Some("1.3.10".into()),
        printer: Some("epson-tm".into()),
    }
}

#[test]
fn a_terminal_is_in_a_group_if_every_term_holds() {
    for (text, holds) in [
        ("under=DX", true),
        ("under=DX-03-1", true),
        ("under=DX-04,DX-03", true),
        ("under=DX-0", false),
        ("under!=DX-04", true),
        ("under!=DX", false),
        ("level=village", true),
        ("level=township,village", true),
        ("level!=village", false),
        ("tag=山区", true),
        ("tag=太阳能", false),
        ("tag=太阳能,学校", true),
        ("tag!=太阳能", true),
        ("tag!=太阳能,学校", false),
        ("version<1.4", true),
        ("version<1.3.9", false),
        ("version>=1.3.10", true),
        ("version>1.3.10", false),
        ("version<=1.3.10", true),
        ("version=1.3.10,1.4", true),
        ("version!=1.3.10", false),
        ("printer=epson-tm", true),
        ("printer!=epson-tm", false),
        (" under=DX-03   tag=山区 version<1.4 ", true),
        ("under=DX-03 tag=太阳能", false),
    ] {
        assert_eq!(asks(text).holds(&facts()), holds, "{text}");
    }
}

#[test]
fn a_terminal_that_has_not_said_is_in_no_group_that_asks() {
    for text in ["under=DX", "under!=DX", "level!=village", "tag!=山区", "version!=1", "version<9", "printer!=escpos"]
    {
        assert!(!asks(text).holds(&Facts::default()), "{text}");
    }
}

#[test]
fn what_asks_nothing_that_can_be_answered_is_refused_at_its_place() {
    assert_eq!("  ".parse::<Query>(), Err(NotAQuery::Empty));
    assert_eq!("tag=a ".repeat(21).parse::<Query>(), Err(NotAQuery::Long));
    for (text, at, why) in [
        ("under=DX tag", "tag", "a field, a sign and a value"),
        ("under=dx", "under=dx", "codes of sites"),
        ("under=DX,", "under=DX,", "codes of sites"),
        ("level=palace", "level=palace", "levels"),
        ("tag=a\"b", "tag=a\"b", "tags"),
        ("tag<3", "tag<3", "only versions"),
        ("version<1,2", "version<1,2", "one version"),
        ("version=", "version=", "versions"),
        ("model=pi5", "model=pi5", "don't say their model"),
        ("colour=red", "colour=red", "before the sign"),
        ("=3", "=3", "before the sign"),
    ] {
        let Err(NotAQuery::Term { at: place, expected }) = text.parse::<Query>() else { panic!("{text}") };
        assert!(place == at && expected.contains(why), "{text}: {place} {expected}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_asks_the_same(
        terms in proptest::collection::vec(
            prop_oneof![
                ("under|under!", proptest::collection::vec("[A-Z]{1,3}(-[0-9]{1,2})?", 1..4)),
                ("level|level!", proptest::collection::vec("village|township|county-home|on-line", 1..3)),
                ("tag|tag!", proptest::collection::vec("[a-z山区]{1,6}", 1..4)),
                ("version|version!|printer", proptest::collection::vec("[0-9a-z][0-9a-z.~+-]{0,8}", 1..3)),
                ("version<|version>", proptest::collection::vec("[0-9]{1,2}\\.[0-9]{1,2}", 1)),
            ],
            1..8,
        )
    ) {
        let text: Vec<String> = terms.iter().map(|(field, values)| format!("{field}={}", values.join(","))).collect();
        let query = asks(&text.join(" "));
        prop_assert_eq!(query.to_string(), text.join(" "));
        prop_assert_eq!(asks(&query.to_string()), query);
    }

    #[test]
    fn no_text_is_more_than_a_query_or_a_refusal(text in "\\PC{0,40}") {
        if let Ok(query) = text.parse::<Query>() {
            prop_assert_eq!(asks(&query.to_string()), query);
        }
    }
}
