//! The tree of sites, lists of them, groups and the map: by example, and what holds for every one.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod groups;
mod map;

use std::collections::BTreeMap;

use host::fleet::sites::{
    CODE_CHARS_MAX, Code, DEPTH_MAX, Level, List, NotAList, NotASite, NotATree, Path, Position, Site, Tree, tags,
    write_list,
};
use proptest::prelude::*;

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn site(text: &str, parent: Option<&str>) -> Site {
    let level = if parent.is_none() { Level::CountyHome } else { Level::Village };
    Site { level, parent: parent.map(code), ..Site::new(code(text), &format!("{text}站")) }
}

fn tree(sites: impl IntoIterator<Item = Site>) -> Result<Tree, NotATree> {
    Tree::new(sites.into_iter().map(|site| (site.code.clone(), site)).collect())
}

fn county() -> Tree {
    let sites = [("V1", Some("T1")), ("T1", Some("C")), ("C", None), ("T2", Some("C")), ("V2", Some("T1"))];
    tree(sites.map(|(code, parent)| site(code, parent))).unwrap()
}

fn path(tree: &Tree, of: &str) -> Path {
    tree.path_of(&code(of))
}

#[test]
fn a_code_is_capitals_digits_and_single_hyphens_between_them() {
    for good in ["A", "7", "DX-03", "DX-03-1A", &"A".repeat(CODE_CHARS_MAX)] {
        assert_eq!(code(good).to_string(), good);
    }
    for bad in ["", "-", "dx", "A--B", "-A", "A-", "A B", "站", "=A", "A_B", &"A".repeat(CODE_CHARS_MAX + 1)] {
        assert_eq!(bad.parse::<Code>().unwrap_err().0, bad);
    }
}

#[test]
fn a_path_goes_from_the_top_and_is_under_each_of_its_codes() {
    let tree = county();
    let path = path(&tree, "V2");
    assert_eq!(path.as_str(), "/C/T1/V2/");
    assert_eq!(path.codes().collect::<Vec<_>>(), ["C", "T1", "V2"]);
    for (of, is_under) in [("C", true), ("T1", true), ("V2", true), ("T2", false), ("V", false)] {
        assert_eq!(path.is_under(&code(of)), is_under, "{of}");
    }
    assert_eq!(tree.roots().map(|site| site.code.as_str()).collect::<Vec<_>>(), ["C"]);
    assert_eq!(tree.children(&code("T1")).map(|site| site.code.as_str()).collect::<Vec<_>>(), ["V1", "V2"]);
    assert!(tree.path(&code("X")).is_empty() && Path::of(&[]).as_str().is_empty());
}

#[test]
fn what_makes_no_tree_is_refused_by_name() {
    let refused = |sites: &[(&str, Option<&str>)]| tree(sites.iter().map(|(c, p)| site(c, *p))).unwrap_err();
    let lost = NotATree::NoParent { site: code("B"), parent: code("X") };
    assert_eq!(refused(&[("A", None), ("B", Some("X"))]), lost);
    assert_eq!(refused(&[("A", Some("A"))]), NotATree::Circle(code("A")));
    // B stands under the circle, D and E are in it.
    let circle = refused(&[("R", None), ("B", Some("D")), ("D", Some("E")), ("E", Some("D"))]);
    assert_eq!(circle, NotATree::Circle(code("B")));
    let retired = Site { retired: true, ..site("A", None) };
    let under = NotATree::UnderRetired { site: code("B"), parent: code("A") };
    assert_eq!(tree([retired.clone(), site("B", Some("A"))]).unwrap_err(), under);
    assert!(tree([retired.clone(), Site { retired: true, ..site("B", Some("A")) }]).is_ok());
    let named = |site: Site| Site { name: "前进村联络点".into(), ..site };
    let twice = tree([named(site("A", None)), named(site("B", None))]).unwrap_err();
    assert_eq!(twice, NotATree::SameName(code("A"), code("B")));
    assert!(tree([named(retired), named(site("B", None))]).is_ok(), "a retired one keeps its name");
}

#[test]
fn a_tree_is_as_deep_as_it_may_be_and_no_deeper() {
    let chain = |sites: usize| {
        tree((0..sites).map(|n| site(&format!("S{n}"), (n > 0).then(|| format!("S{}", n - 1)).as_deref())))
    };
    assert_eq!(path(&chain(DEPTH_MAX).unwrap(), &format!("S{}", DEPTH_MAX - 1)).codes().count(), DEPTH_MAX);
    assert!(matches!(chain(DEPTH_MAX + 1), Err(NotATree::Deep(_))));
    assert!(matches!(chain(50_000), Err(NotATree::Deep(_))));
}

#[test]
fn degrees_are_read_as_people_write_them() {
    let at = |latitude: &str, longitude: &str| Position::of(latitude, longitude).map(Position::degrees);
    assert_eq!(at("28.9475", "117.5786").unwrap(), ["28.9475", "117.5786"]);
    assert_eq!(at("-0.5", "180").unwrap(), ["-0.5", "180"]);
    assert_eq!(at("28.94750049", "117").unwrap()[0], "28.9475");
    for (latitude, longitude) in
        [("90.000001", "0"), ("0", "180.1"), ("", "1"), ("1", ""), ("1e1", "1"), (".5", "1"), ("1.", "1"), ("+1", "1")]
    {
        assert_eq!(at(latitude, longitude), Err(NotASite::Position), "{latitude} {longitude}");
    }
}

#[test]
fn tags_are_words_and_a_field_that_is_none_is_refused() {
    let read = tags("太阳能， 学校 太阳能;solar").unwrap();
    assert_eq!(host::fleet::sites::in_line(&read), "solar 太阳能 学校");
    assert_eq!(tags("a=b"), Err(NotASite::Tag));
    assert_eq!(tags(&"x".repeat(31)), Err(NotASite::Tag));
    assert_eq!(Site::new(code("A"), " ").checked(), Err(NotASite::Name));
    assert_eq!(Site::new(code("A"), "a\nb").checked(), Err(NotASite::Name));
    let zone = Site { zone: Some("Asia/Atlantis".into()), ..site("A", None) };
    assert_eq!(zone.checked(), Err(NotASite::Zone("Asia/Atlantis".into())));
    assert_eq!(Site::new(code("A"), " 花桥 ").checked().unwrap().name, "花桥");
}

#[test]
fn a_file_that_is_no_list_is_refused_with_what_it_lacks() {
    let refused = |text: &str| List::read(text.as_bytes()).unwrap_err();
    assert_eq!(refused(""), NotAList::Head);
    assert_eq!(refused("code,level\nA,village\n"), NotAList::Head);
    let unknown = |name: &str| NotAList::Column { name: name.into() };
    assert_eq!(refused("code,name,colour\n"), unknown("colour"));
    assert_eq!(refused("code,name,名称\n"), unknown("名称"));
    assert_eq!(refused("code,name\nA,甲\nB,乙,x\n"), NotAList::Cells(3));
    assert!(matches!(List::read(b"PK\x03\x04\0\0"), Err(NotAList::Text(_))));
    assert!(List::read("\u{feff}代码,名称\r\n,\r\nA,甲\r\n".as_bytes()).is_ok());
    assert!(List::read(b"\xb4\xfa\xc2\xeb,\xc3\xfb\xb3\xc6\r\nA,\xbc\xd7\r\n").is_ok(), "GB 18030");
}

fn any_site() -> impl Strategy<Value = Site> {
    let name = "[-=+@'\" ,;花桥镇a-z]{0,9}[花村]";
    let position = proptest::option::of((-90_000_000_i64..=90_000_000, -180_000_000_i64..=180_000_000));
    let tags = proptest::collection::btree_set("[a-z花桥]{1,5}", 0..4);
    (name, 0..Level::ALL.len(), ".{0,20}", position, tags, any::<bool>(), any::<bool>()).prop_map(
        |(name, level, address, position, words, has_zone, retired)| Site {
            level: Level::ALL[level],
            address: address.chars().filter(|c| !c.is_control()).collect(),
            position: position.map(|(latitude, longitude)| Position { latitude, longitude }),
            zone: has_zone.then(|| "Asia/Urumqi".to_owned()),
            tags: words.iter().map(|word| word.parse().unwrap()).collect(),
            retired,
            ..Site::new(code("A"), &name)
        },
    )
}

proptest! {
    #[test]
    fn a_list_reads_back_as_the_sites_that_were_written(
        sites in proptest::collection::vec(any_site(), 0..8), in_chinese in any::<bool>(), depth in 0_usize..8,
    ) {
        let sites: BTreeMap<Code, Site> = sites.into_iter().enumerate().map(|(n, site)| {
            let parent = (n > 0 && n < depth).then(|| code(&format!("S{}", n - 1)));
            let site = Site { code: code(&format!("S{n}")), parent, ..site }.checked().unwrap();
            (site.code.clone(), site)
        }).collect();
        let bytes = write_list(sites.values(), in_chinese).unwrap();
        prop_assert_eq!(List::read(&bytes).unwrap().over(BTreeMap::new()).unwrap(), sites.clone());
        let again = List::read(&bytes).unwrap().over(sites.clone()).unwrap();
        prop_assert_eq!(again, sites, "a second time it changes nothing");
    }

    #[test]
    fn whatever_parents_are_named_a_tree_has_a_way_up_from_every_site_or_there_is_none(
        parents in proptest::collection::vec(proptest::option::of(0_usize..9), 9)
    ) {
        let named = |n: usize| format!("S{n}");
        let made = tree(parents.iter().enumerate().map(|(n, parent)| site(&named(n), parent.map(named).as_deref())));
        let ends = |from: usize| {
            let mut at = Some(from);
            for _ in 0..=parents.len() {
                let Some(n) = at else { return true };
                at = parents[n];
            }
            false
        };
        prop_assert_eq!(made.is_ok(), (0..parents.len()).all(ends));
        if let Ok(tree) = made {
            for (n, parent) in parents.iter().enumerate() {
                let path = path(&tree, &named(n));
                let own = named(n);
                prop_assert_eq!(path.codes().last(), Some(own.as_str()));
                let above = parent.map(|parent| path.is_under(&code(&named(parent))));
                prop_assert_eq!(above, parent.map(|_| true));
            }
            let below: usize = tree.roots().count()
                + tree.sites().map(|site| tree.children(&site.code).count()).sum::<usize>();
            prop_assert_eq!(below, parents.len());
        }
    }
}
