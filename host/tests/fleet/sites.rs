//! The tree of sites as it is kept: every change whole or not at all, and terminals that stand where they were put.

use std::collections::BTreeMap;

use host::fleet::{
    Error, Whom,
    groups::NotAGroup,
    sites::{Code, Level, List, NotAList, NotASite, NotATree, Site},
    users::{By, Role, Scope, Sought, Standing},
};

use crate::support::*;

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn site(text: &str, name: &str, parent: Option<&str>) -> Site {
    Site { parent: parent.map(code), ..Site::new(code(text), name) }
}

/// A county home, two townships, a village in the first.
async fn county(bench: &Bench) {
    let sites = [
        ("DX", "德兴市代表之家", None),
        ("DX-01", "花桥镇联络站", Some("DX")),
        ("DX-02", "北山乡联络站", Some("DX")),
        ("DX-01-1", "花桥镇大坪村联络点", Some("DX-01")),
    ];
    for (code, name, parent) in sites {
        bench.fleet.add_site(site(code, name, parent)).await.unwrap();
    }
}

fn refusal(result: Result<impl std::fmt::Debug, Error>) -> NotASite {
    match result.unwrap_err() {
        Error::Site(refusal) => refusal,
        other => panic!("{other}"),
    }
}

/// The stations that somebody of this scope sees.
async fn seen(bench: &Bench, scope: Scope) -> Vec<String> {
    let login = format!("u{}", bench.users.everybody(By::Machine).await.unwrap().len());
    bench.named(&login, Role::Viewer, scope).await;
    let user = bench.signed_in(&login).await;
    let found = bench.users.terminals(By::User(&user), &Sought::default()).await.unwrap();
    found.rows.into_iter().map(|(row, _)| row.station).collect()
}

#[tokio::test]
async fn a_subtree_moves_with_its_terminals_and_with_whoever_sees_it() {
    on_each_database(async |bench| {
        county(&bench).await;
        for at in ["DX-01-1", "DX-02"] {
            bench.fleet.add(None, &code(at), "").await.unwrap();
        }
        let first = Scope::of(&["DX-01".into()]).unwrap();
        assert_eq!(seen(&bench, first.clone()).await, ["花桥镇大坪村联络点"]);
        bench.fleet.change_site(&code("DX-01"), |site| site.parent = Some(code("DX-02"))).await.unwrap();
        assert_eq!(seen(&bench, first).await, ["花桥镇大坪村联络点"]);
        let second = Scope::of(&["DX-02".into()]).unwrap();
        assert_eq!(seen(&bench, second).await, ["北山乡联络站", "花桥镇大坪村联络点"]);
        let tree = bench.fleet.sites().await.unwrap();
        assert_eq!(tree.path_of(&code("DX-01-1")).as_str(), "/DX/DX-02/DX-01/DX-01-1/");
        let circle = bench.fleet.change_site(&code("DX-02"), |site| site.parent = Some(code("DX-01-1"))).await;
        assert!(matches!(refusal(circle), NotASite::Tree(NotATree::Circle(_))));
        assert_eq!(bench.fleet.sites().await.unwrap(), tree, "nothing of it was done");
        let audit = bench.audit().await;
        let moved = ("host".to_owned(), "site.move".to_owned(), "site:DX-01 site:DX-02".to_owned());
        assert_eq!(audit.iter().filter(|line| **line == moved).count(), 1, "{audit:#?}");
        assert!(!audit.iter().any(|(_, what, _)| what == "site.set"), "it only moved: {audit:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_site_with_another_name_is_the_same_to_its_terminals_and_to_who_silenced_it() {
    on_each_database(async |bench| {
        let terminal = bench.terminal("花桥站").await;
        bench.reports(terminal, "no_paper", 0).await;
        bench.fleet.silence(Whom::Station("花桥站"), 2, "停电").await.unwrap();
        bench.fleet.change_site(&code("T1"), |site| site.name = "花桥镇联络站".into()).await.unwrap();
        let today = bench.fleet.today().await.unwrap();
        assert_eq!(today.trips[0].station, "花桥镇联络站");
        assert_eq!(today.trips[0].calls[0].quiet.as_ref().map(|quiet| quiet.why.as_str()), Some("停电"));
        // A terminal that is added by that name stands there too, one by the former name at a site of its own.
        bench.fleet.add(None, "花桥镇联络站", "").await.unwrap();
        bench.fleet.add(None, "花桥站", "").await.unwrap();
        let at: BTreeMap<_, _> = bench.fleet.terminals_at_sites().await.unwrap().into_iter().collect();
        let codes: Vec<_> = at.values().map(Code::as_str).collect();
        assert_eq!(codes, ["T1", "T1", "T3"]);
        let same = bench.fleet.change_site(&code("T3"), |site| site.name = " 花桥镇联络站".into()).await;
        assert_eq!(refusal(same), NotASite::Tree(NotATree::SameName(code("T1"), code("T3"))));
    })
    .await;
}

#[tokio::test]
async fn a_site_is_retired_once_nothing_stands_there_and_its_code_is_given_to_no_other() {
    on_each_database(async |bench| {
        county(&bench).await;
        let terminal = bench.fleet.add(None, &code("DX-01-1"), "").await.unwrap().terminal;
        let village = code("DX-01-1");
        let occupied = NotASite::Occupied { site: village.clone(), terminal };
        assert_eq!(refusal(bench.fleet.retire_site(&village, true).await), occupied);
        let under = NotATree::UnderRetired { site: village.clone(), parent: code("DX-01") };
        assert_eq!(refusal(bench.fleet.retire_site(&code("DX-01"), true).await), NotASite::Tree(under));
        let moved = bench.fleet.move_terminal(terminal, &code("DX-02"), "门厅").await.unwrap();
        assert_eq!(moved.name, "北山乡联络站");
        let row = bench.fleet.list().await.unwrap().remove(0);
        assert_eq!((row.station.as_str(), row.place.as_str()), ("北山乡联络站", "门厅"));
        bench.fleet.retire_site(&village, true).await.unwrap();
        assert_eq!(refusal(bench.fleet.add(None, &village, "").await), NotASite::Retired(village.clone()));
        assert_eq!(
            refusal(bench.fleet.move_terminal(terminal, &village, "").await),
            NotASite::Retired(village.clone())
        );
        let again = bench.fleet.add_site(site("DX-01-1", "别处", None)).await;
        assert_eq!(refusal(again), NotASite::Taken(village.clone()));
        bench.fleet.retire_site(&village, false).await.unwrap();
        bench.fleet.add(None, &village, "").await.unwrap();
        let unknown = code("X");
        assert_eq!(refusal(bench.fleet.add(None, &unknown, "").await), NotASite::Unknown(unknown.clone()));
        assert_eq!(refusal(bench.fleet.retire_site(&unknown, true).await), NotASite::Unknown(unknown));
    })
    .await;
}

#[tokio::test]
async fn a_list_is_taken_in_whole_or_not_at_all_and_names_each_line_that_is_wrong() {
    on_each_database(async |bench| {
        county(&bench).await;
        let before = (bench.fleet.sites().await.unwrap(), bench.audit().await);
        let wrong = "代码,名称,级别,上级代码,纬度,经度,时区,标签,停用\n\
                     DX-03,新岗山镇联络站,乡镇代表联络站,DX,28.9,117.6,,太阳能,\n\
                     dx-04,张村乡联络站,,,,,,,\n\
                     DX-05,,,,,,,,\n\
                     DX-06,甲,镇级,,,,,,\n\
                     DX-07,乙,,,28.9,,,,\n\
                     DX-08,丙,,,,,Asia/Atlantis,,\n\
                     DX-09,丁,,,,,,,也许\n\
                     DX-03,戊,,,,,,,\n";
        let refused = bench.fleet.import_sites(&List::read(wrong.as_bytes()).unwrap(), false).await;
        let Err(Error::List(NotAList::Lines(lines))) = refused else { panic!("{refused:?}") };
        let at: Vec<(u64, &str)> = lines.iter().map(|wrong| (wrong.line, wrong.column.names()[0])).collect();
        let expected =
            [(3, "code"), (4, "name"), (5, "level"), (6, "latitude"), (7, "zone"), (8, "retired"), (9, "code")];
        assert_eq!(at, expected, "{lines:#?}");
        for (text, at) in [
            ("code,name,parent\nDX-03,甲,X\n", (2, "parent")),
            ("code,name,parent\nDX-03,甲,DX\nDX,德兴市代表之家,DX-03\n", (3, "parent")),
            ("code,name\nDX-03,北山乡联络站\n", (2, "name")),
            ("code,name,retired\nDX-01,花桥镇联络站,yes\n", (2, "parent")),
        ] {
            let refused = bench.fleet.import_sites(&List::read(text.as_bytes()).unwrap(), false).await;
            let Err(Error::List(NotAList::Lines(lines))) = refused else { panic!("{text}: {refused:?}") };
            assert_eq!((lines.len(), lines[0].line, lines[0].column.names()[0]), (1, at.0, at.1), "{text} {lines:?}");
        }
        assert_eq!((bench.fleet.sites().await.unwrap(), bench.audit().await), before);

        let good = "代码,名称,级别,上级代码\r\n\
                    DX-03-1,新岗山镇占才村联络点,村代表联络点,DX-03\r\n\
                    DX-03,新岗山镇联络站,township,DX\r\n\
                    DX-02,北山乡代表联络站,township,DX\r\n";
        let list = List::read(good.as_bytes()).unwrap();
        let planned = bench.fleet.import_sites(&list, true).await.unwrap();
        assert_eq!((planned.added.len(), planned.changed.len()), (2, 1));
        assert_eq!((bench.fleet.sites().await.unwrap(), bench.audit().await), before, "a look changes nothing");
        assert_eq!(bench.fleet.import_sites(&list, false).await.unwrap(), planned);
        let tree = bench.fleet.sites().await.unwrap();
        assert_eq!(tree.path_of(&code("DX-03-1")).as_str(), "/DX/DX-03/DX-03-1/");
        assert_eq!(tree.get(&code("DX-02")).unwrap().level, Level::Township);
        assert_eq!(bench.audit().await.last().unwrap().2, "sites: 2 added, 1 changed");
        let lines = bench.audit().await.len();
        assert!(bench.fleet.import_sites(&list, false).await.unwrap().is_empty(), "a second time nothing is new");
        assert_eq!(bench.audit().await.len(), lines);
    })
    .await;
}

#[tokio::test]
async fn the_tree_shows_how_terminals_stand_here_and_under_it_as_far_as_somebody_sees() {
    on_each_database(async |bench| {
        county(&bench).await;
        let at = async |code: &Code| {
            let terminal = bench.terminal("新站").await;
            bench.fleet.move_terminal(terminal, code, "").await.unwrap();
            terminal
        };
        let (broken, well) = (at(&code("DX-01-1")).await, at(&code("DX-01")).await);
        at(&code("DX-02")).await;
        bench.reports(broken, "no_paper", 0).await;
        bench.reports(well, "ok", 0).await;
        let told = async |scope: Scope| {
            let login = format!("u{}", bench.users.everybody(By::Machine).await.unwrap().len());
            bench.named(&login, Role::Viewer, scope).await;
            let user = bench.signed_in(&login).await;
            let branches = bench.users.sites(By::User(&user)).await.unwrap().into_iter();
            let told = branches.map(|branch| {
                let count = |standing| branch.terminals.get(&standing).copied().unwrap_or(0);
                (branch.site.code.to_string(), branch.depth, count(Standing::Calls), count(Standing::InOrder))
            });
            told.collect::<Vec<_>>()
        };
        let all = told(Scope::All).await;
        let line = |code: &str, depth, calls, in_order| (code.to_owned(), depth, calls, in_order);
        assert_eq!(all[..3], [line("DX", 0, 1, 1), line("DX-01", 1, 1, 1), line("DX-01-1", 2, 1, 0)]);
        assert_eq!(all[3..], [line("DX-02", 1, 0, 0), line("T1", 0, 0, 0)]);
        let part = Scope::of(&["DX-01-1".into(), "DX-01".into()]).unwrap();
        assert_eq!(told(part.clone()).await, [line("DX-01", 0, 1, 1), line("DX-01-1", 1, 1, 0)]);
        bench.named("part", Role::Viewer, part).await;
        let user = bench.signed_in("part").await;
        let outside = bench.users.site(By::User(&user), &code("DX-02")).await;
        assert!(matches!(outside, Err(host::fleet::users::Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_group_holds_who_meets_its_query_when_somebody_asks() {
    on_each_database(async |bench| {
        county(&bench).await;
        let tagged = |site: &mut Site| site.tags = ["山区".parse().unwrap()].into();
        bench.fleet.change_site(&code("DX-01-1"), tagged).await.unwrap();
        let here = bench.terminal("花桥镇大坪村联络点").await;
        let there = bench.terminal("北山乡联络站").await;
        let (hills, old) = ("under=DX-01 tag=山区".parse().unwrap(), "version<99".parse().unwrap());
        bench.fleet.put_group("山里", &hills).await.unwrap();
        bench.fleet.put_group("旧的", &old).await.unwrap();
        let of = async |name: &str| {
            let group = bench.fleet.group(name).await.unwrap();
            bench.fleet.who_meets(&group.query).await.unwrap()
        };
        assert_eq!((of("山里").await, of("旧的").await), (vec![here], vec![]), "nobody said which version it runs");
        bench.reports(there, "ok", 0).await;
        assert_eq!(of("旧的").await, [there]);
        bench.fleet.move_terminal(here, &code("DX-02"), "").await.unwrap();
        assert_eq!(of("山里").await, []);
        bench.fleet.put_group("山里", &"under=DX-02".parse().unwrap()).await.unwrap();
        assert_eq!(of("山里").await, [here, there]);
        assert_eq!(bench.fleet.who_meets(&old).await.unwrap(), [there]);
        let names: Vec<_> = bench.fleet.groups().await.unwrap().into_iter().map(|group| group.name).collect();
        assert_eq!(names.len(), 2);
        for wrong in ["", "a b", "a,b", "a@b", "a=b"] {
            let refused = bench.fleet.put_group(wrong, &hills).await;
            assert!(matches!(refused, Err(Error::Group(NotAGroup::Name))), "{wrong:?}");
        }
        bench.fleet.remove_group("山里").await.unwrap();
        assert!(matches!(bench.fleet.group("山里").await, Err(Error::Group(NotAGroup::Unknown(_)))));
        assert!(matches!(bench.fleet.remove_group("山里").await, Err(Error::Group(NotAGroup::Unknown(_)))));
        let audit = bench.audit().await;
        assert!(audit.iter().any(|(_, what, of)| what == "group.set" && of == "group:山里 under=DX-02"), "{audit:#?}");
    })
    .await;
}
