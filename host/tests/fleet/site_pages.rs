//! The tree of sites on the console: seen, changed, taken in as a list.

use axum::http::StatusCode;
use host::fleet::{
    sites::{Code, Site},
    users::{Role, Scope},
};

use crate::{support::*, web::*};

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_admin_builds_the_tree_and_reads_what_is_wrong_in_both_languages() {
    on_each_database(async |bench| {
        bench.person(Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        assert!(web.get("/fleet/sites").await.1.contains("还没有站点"));
        let home = [("code", " dx "), ("name", "德兴市代表之家"), ("level", "county-home"), ("parent", "")];
        assert_eq!(web.act("/fleet/sites", &home).await.0, StatusCode::SEE_OTHER);
        let good = [
            ("code", "DX-01"),
            ("name", "花桥镇联络站"),
            ("level", "township"),
            ("parent", "DX"),
            ("address", "镇政府一楼"),
            ("latitude", "28.9475"),
            ("longitude", "117.5786"),
            ("zone", ""),
            ("tags", "太阳能 山区"),
        ];
        for (name, value, zh, en) in [
            ("code", "花桥", "代码用大写字母", "A code is 1 to 32"),
            ("code", "DX", "代码 DX 已经有了", "There is a site DX already"),
            ("name", "", "请填写名称", "The name is missing"),
            ("name", "德兴市代表之家", "名称一样", "have the same name"),
            ("level", "palace", "没有“palace”这个级别", "A level is one of"),
            ("parent", "DX-99", "上级 DX-99 不存在", "which is not there"),
            ("longitude", "", "要么都填，要么都不填", "both or neither"),
            ("zone", "Mars", "“Mars”不是时区", "A time zone is an IANA name"),
            ("tags", "a=b", "标签用空格隔开", "Tags are at most 20 words"),
        ] {
            let fields = good.map(|(key, former)| (key, if key == name { value } else { former }));
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act("/fleet/sites", &fields).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value:?}");
                assert!(page.contains(sentence), "{name} {value:?}: {page}");
            }
        }
        assert_eq!(web.act("/fleet/sites", &good).await.0, StatusCode::SEE_OTHER);
        web.speaks("zh").await;
        let (_, page) = web.get("/fleet/sites/DX-01").await;
        for shown in ["花桥镇联络站", "德兴市代表之家", "28.9475, 117.5786", "太阳能 山区", "镇政府一楼"]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        // A form that is sent as it came up changes nothing.
        let before = (bench.fleet.sites().await.unwrap(), bench.audit().await);
        assert_eq!(web.act("/fleet/sites/DX-01/set", &good).await.0, StatusCode::SEE_OTHER);
        assert_eq!((bench.fleet.sites().await.unwrap(), bench.audit().await), before);
        let moved = good.map(|(key, former)| (key, if key == "parent" { "" } else { former }));
        assert_eq!(web.act("/fleet/sites/DX-01/set", &moved).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.audit().await.last().unwrap().2, "site:DX-01 the top");
        assert_eq!(web.act("/fleet/sites/DX-01/retire", &[]).await.0, StatusCode::SEE_OTHER);
        assert!(web.get("/fleet/sites/DX-01").await.1.contains("这个站点停用了"));
        assert_eq!(web.act("/fleet/sites/DX-99/retire", &[]).await.0, StatusCode::NOT_FOUND);
        assert_eq!(web.act("/fleet/sites/DX-01/burn", &[]).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_looked_at_before_it_is_meant_and_what_goes_out_comes_in_again() {
    on_each_database(async |bench| {
        bench.person(Role::Admin, Scope::All).await;
        bench.terminal("花桥镇联络站").await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let list = "代码,名称,上级代码\nDX,德兴市代表之家,\nT1,花桥镇代表联络站,DX\n";
        let before = bench.fleet.sites().await.unwrap();
        let (status, page) = web.act_in_parts("/fleet/sites/import", &[("list", list)]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("会改这些") && page.contains("花桥镇联络站") && page.contains(list), "{page}");
        assert_eq!(bench.fleet.sites().await.unwrap(), before, "it was only looked at");
        let sure = [("list", list), ("sure", "yes")];
        assert_eq!(web.act_in_parts("/fleet/sites/import", &sure).await.0, StatusCode::SEE_OTHER);
        assert_eq!(bench.fleet.list().await.unwrap()[0].station, "花桥镇代表联络站");
        let (_, written) = web.get("/fleet/sites/list.csv").await;
        assert!(written.starts_with("\u{feff}代码,名称,级别"), "{written}");
        let (_, page) = web.act_in_parts("/fleet/sites/import", &[("list", &written)]).await;
        assert!(page.contains("名单和现在的一样"), "{page}");
        for (wrong, zh, en) in [
            ("code,name\nx,甲\n", "第 2 行，代码", "Line 2, code"),
            ("code,name\r\nA,甲\r\nx,乙\r\n", "第 3 行，代码", "Line 3, code"),
            ("code,name,parent\nA,甲,B\n", "A 的上级 B 不存在", "Line 2, parent: the site A stands under B"),
            ("code\nA\n", "至少有“代码”和“名称”", "expected the columns code and name"),
            ("\u{0}", "这不是文本文件", "This is no text"),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act_in_parts("/fleet/sites/import", &[("list", wrong), ("sure", "yes")]).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
                assert!(page.contains(sentence), "{wrong:?}: {page}");
            }
        }
        let huge = "x".repeat(9 * 1024 * 1024);
        let (status, _) = web.act_in_parts("/fleet/sites/import", &[("list", &huge)]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}

#[tokio::test]
async fn whoever_sees_a_part_sees_and_writes_that_part_of_the_tree() {
    on_each_database(async |bench| {
        for (site, name, parent) in [("DX", "德兴", None), ("DX-01", "花桥", Some("DX")), ("DX-02", "北山", Some("DX"))]
        {
            let site = Site { parent: parent.map(code), ..Site::new(code(site), name) };
            bench.fleet.add_site(site).await.unwrap();
        }
        let here = bench.fleet.add(None, &code("DX-01"), "").await.unwrap().terminal;
        bench.fleet.add(None, &code("DX-02"), "").await.unwrap();
        bench.person(Role::Viewer, Scope::of(&["DX-01".into()]).unwrap()).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        for path in ["/fleet/sites", "/fleet/sites/list.csv", "/fleet/sites/DX-01"] {
            let (status, page) = web.get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(page.contains("花桥") && !page.contains("北山"), "{path}: {page}");
        }
        assert!(web.get("/fleet/sites/DX-01").await.1.contains(&here.to_string()));
        for outside in ["/fleet/sites/DX-02", "/fleet/sites/DX", "/fleet/sites/X", "/fleet/sites/%2e%2e"] {
            assert_eq!(web.get(outside).await.0, StatusCode::NOT_FOUND, "{outside}");
        }
        let (_, page) = web.get("/fleet/terminals?site=DX-02").await;
        assert!(page.contains("没有这样的终端"), "{page}");
        let (_, page) = web.get("/fleet/terminals?site=DX-01").await;
        assert!(page.contains(&here.to_string()), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_tree_of_a_province_shows_its_two_topmost_levels() {
    on_each_database(async |bench| {
        let mut list = "code,name,parent\nP,省,\n".to_owned();
        for n in 0..30 {
            list += &format!("C{n},县{n},P\n");
            for m in 0..20 {
                list += &format!("C{n}-{m},村{n}-{m},C{n}\n");
            }
        }
        let list = host::fleet::sites::List::read(list.as_bytes()).unwrap();
        assert_eq!(bench.fleet.import_sites(&list, false).await.unwrap().added.len(), 631);
        bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let (_, page) = web.get("/fleet/sites").await;
        assert!(page.contains("县29") && !page.contains("村29-0"), "two levels");
        assert_eq!(page.matches("<ul").count(), page.matches("</ul>").count());
        let (_, page) = web.get("/fleet/sites/C29").await;
        assert!(page.contains("村29-0") && !page.contains("村28-0"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_poster_says_where_a_terminal_is_and_leads_phones_to_its_station() {
    on_each_database(async |bench| {
        for (site, name, parent) in
            [("DX", "德兴", None), ("DX-01", "花桥", Some("DX")), ("DX-01-1", "大坪", Some("DX-01"))]
        {
            let site =
                Site { parent: parent.map(code), address: format!("{name}街 1 号"), ..Site::new(code(site), name) };
            bench.fleet.add_site(site).await.unwrap();
        }
        bench.person(Role::Viewer, Scope::All).await;
        let mut web = Web::signed_in(&bench, "viewer").await;
        let (_, page) = web.get("/fleet/sites/DX-01-1/poster").await;
        assert!(page.contains("大坪") && page.contains("还没有终端") && !page.contains("<img"), "{page}");
        bench.fleet.add(None, &code("DX-01"), "大厅左手边").await.unwrap();
        let (_, page) = web.get("/fleet/sites/DX-01-1/poster").await;
        for shown in ["最近的终端在花桥", "花桥街 1 号", "大厅左手边", "<img class=\"qr\""] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let (_, page) = web.get("/fleet/sites/DX-01/poster").await;
        assert!(
            page.contains("终端就在这里") && page.contains("大厅左手边") && !page.contains("最近的终端在"),
            "{page}"
        );
        let (_, page) = web.get("/fleet/sites/DX/poster").await;
        assert!(page.contains("还没有终端"), "what stands under it is no way there: {page}");
    })
    .await;
}

#[tokio::test]
async fn an_admin_tries_keeps_and_forgets_a_group_which_is_nobodys_who_sees_a_part() {
    on_each_database(async |bench| {
        let here = bench.terminal("花桥站").await;
        bench.person(Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.get("/fleet/groups?query=under%3DT1").await;
        assert!(page.contains(&here.to_string()) && page.contains("台满足") && page.contains("存成分组"), "{page}");
        for (language, wrong) in [("zh", "“colour=red”这一条看不懂"), ("en", "At &#34;colour=red&#34;: expected under")]
        {
            web.speaks(language).await;
            let (status, page) = web.get("/fleet/groups?query=colour%3Dred").await;
            assert!(status == StatusCode::OK && page.contains(wrong), "{page}");
        }
        web.speaks("zh").await;
        for (name, query, wrong) in
            [("a b", "under=T1", "分组名称要 1 到 60 个字"), ("甲", "x", "这一条看不懂"), ("甲", "", "请写条件")]
        {
            let (status, page) = web.act("/fleet/groups", &[("name", name), ("query", query)]).await;
            assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(wrong), "{page}");
        }
        assert_eq!(web.act("/fleet/groups", &[("name", "甲"), ("query", "under=T1")]).await.0, StatusCode::SEE_OTHER);
        assert!(web.get("/fleet/groups").await.1.contains("<code>under=T1</code>"));
        bench.person(Role::Viewer, Scope::of(&["T1".into()]).unwrap()).await;
        let mut part = Web::signed_in(&bench, "viewer").await;
        assert_eq!(part.get("/fleet/groups").await.0, StatusCode::NOT_FOUND);
        assert_eq!(web.act("/fleet/groups/remove", &[("name", "甲")]).await.0, StatusCode::SEE_OTHER);
        assert_eq!(web.act("/fleet/groups/remove", &[("name", "甲")]).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn the_map_shows_who_needs_somebody_where_and_takes_a_boundary_from_admins() {
    on_each_database(async |bench| {
        let square = r#"{"type":"Polygon","coordinates":[[[117,28],[118,28],[118,29],[117,29],[117,28]]]}"#;
        for station in ["花桥站", "北山站", "大坪站"] {
            bench.terminal(station).await;
        }
        let list = "code,name,latitude,longitude\nT1,花桥站,28.5,117.5\nT2,北山站,28.6,117.6\nX,空站,28.7,117.7\n";
        let list = host::fleet::sites::List::read(list.as_bytes()).unwrap();
        bench.fleet.import_sites(&list, false).await.unwrap();
        let broken = bench.fleet.list().await.unwrap()[0].number;
        bench.reports(broken, "no_paper", 0).await;
        bench.person(Role::Admin, Scope::All).await;
        let mut web = Web::signed_in(&bench, "admin").await;
        let (_, page) = web.get("/fleet/map").await;
        for shown in ["花桥站：要人管", "北山站：没报过情况", "空站：没有终端", "没写位置的站点", "大坪站"]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("class=\"outline\""), "{page}");
        assert_eq!(web.act_in_parts("/fleet/map/boundary", &[("boundary", square)]).await.0, StatusCode::SEE_OTHER);
        assert!(web.get("/fleet/map").await.1.contains("class=\"outline\" d=\"M40 "));
        for (wrong, zh, en) in [
            ("{}", "这不是 GeoJSON 文件", "This is no GeoJSON"),
            (r#"{"type":"Point","coordinates":[1,2]}"#, "没有面", "There is no Polygon"),
            (
                r#"{"type":"Polygon","coordinates":[[[1,200]]]}"#,
                "坐标要写经度、纬度",
                "Coordinates are longitude and latitude",
            ),
        ] {
            for (language, sentence) in [("zh", zh), ("en", en)] {
                web.speaks(language).await;
                let (status, page) = web.act_in_parts("/fleet/map/boundary", &[("boundary", wrong)]).await;
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
                assert!(page.contains(sentence), "{wrong}: {page}");
            }
        }
        assert!(web.get("/fleet/map").await.1.contains("class=\"outline\""), "the former one stands");
        bench.person(Role::Viewer, Scope::of(&["T2".into()]).unwrap()).await;
        let mut part = Web::signed_in(&bench, "viewer").await;
        let (_, page) = part.get("/fleet/map").await;
        assert!(page.contains("北山站") && !page.contains("花桥站") && !page.contains("空站"), "{page}");
        assert_eq!(web.act("/fleet/map/remove", &[]).await.0, StatusCode::SEE_OTHER);
        assert!(!web.get("/fleet/map").await.1.contains("class=\"outline\""));
    })
    .await;
}
