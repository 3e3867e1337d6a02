//! Words of sites: their levels, and what is wrong with one or with a list of them.

use super::Lang;
use crate::fleet::groups::{NotAGroup, NotAQuery};
use crate::fleet::sites::{Column, Level, NotAList, NotASite, NotATree, Wrong};

pub(in crate::http::fleet) fn level(lang: Lang, level: Level) -> &'static str {
    let en = match level {
        Level::CountyHome => "county home",
        Level::Specialist => "specialist station",
        Level::Township => "township station",
        Level::Village => "village point",
        Level::OnLine => "on-line station",
        Level::Station => "site",
    };
    lang.t(level.in_chinese(), en)
}

/// Why a site can't be so.
pub(in crate::http::fleet) fn refused(problem: &NotASite) -> String {
    match problem {
        NotASite::Code(wrong) => {
            format!("“{}”不是代码。代码用大写字母、数字和短横，比如 DX-03，不超过 32 个字符。", wrong.0)
        }
        NotASite::Tree(problem) => no_tree(problem),
        NotASite::Name => "请填写名称，不超过 60 个字。".to_owned(),
        NotASite::Address => "地址写在一行里，不超过 200 个字。".to_owned(),
        NotASite::Place => "具体位置写在一行里，不超过 100 个字。".to_owned(),
        NotASite::Position => "纬度、经度请填度数，比如 28.9475 和 117.5786；要么都填，要么都不填。".to_owned(),
        NotASite::Zone(zone) => format!("“{zone}”不是时区。请填 Asia/Shanghai 这样的名字，或者不填。"),
        NotASite::Level(level) => {
            format!("没有“{level}”这个级别。级别有：{}。", Level::ALL.map(Level::in_chinese).join("、"))
        }
        NotASite::YesOrNo => "停用请填“是”或“否”，不填就是否。".to_owned(),
        NotASite::Tag => "标签用空格隔开，最多 20 个，每个不超过 30 个字。".to_owned(),
        NotASite::Unknown(code) => format!("没有代码是 {code} 的站点。"),
        NotASite::Taken(code) => format!("代码 {code} 已经有了。一个代码只给一个站点。"),
        NotASite::Retired(code) => format!("站点 {code} 已经停用。"),
        NotASite::Occupied { site, terminal } => {
            format!("终端 {terminal} 还在站点 {site}。请先把终端移走或者注销，再停用。")
        }
    }
}

fn no_tree(problem: &NotATree) -> String {
    match problem {
        NotATree::NoParent { site, parent } => format!("{site} 的上级 {parent} 不存在。"),
        NotATree::Circle(site) => format!("{site} 不能放在自己下面。"),
        NotATree::Deep(site) => format!("{site} 的上面层数太多了，最多 16 层。"),
        NotATree::UnderRetired { site, parent } => {
            format!("{site} 还开着，它的上级 {parent} 停用了。请先停用下级，或者把它移到别处。")
        }
        NotATree::SameName(one, other) => {
            format!("{one} 和 {other} 的名称一样，小票和提醒上分不清。请在名称前面写上乡镇。")
        }
    }
}

fn column(lang: Lang, column: Column) -> &'static str {
    let [en, zh] = column.names();
    lang.t(zh, en)
}

/// What is wrong with a line of a list.
pub(in crate::http::fleet) fn wrong(lang: Lang, wrong: &Wrong) -> String {
    let Wrong { line, column: at, rule } = wrong;
    match lang {
        Lang::Zh => format!("第 {line} 行，{}：{}", column(lang, *at), refused(rule)),
        Lang::En => format!("Line {line}, {}: {rule}.", column(lang, *at)),
    }
}

/// Why a file is no list, line by line.
pub(in crate::http::fleet) fn no_list(lang: Lang, problem: &NotAList) -> Vec<String> {
    let zh = match problem {
        NotAList::Lines(lines) => return lines.iter().map(|line| wrong(lang, line)).collect(),
        NotAList::Text(_) => "这不是文本文件。请在表格软件里另存为 CSV，再选那个文件。".to_owned(),
        NotAList::Csv(line) => format!("第 {line} 行不是 CSV：可能少了一个引号。"),
        NotAList::Head => "第 1 行要写列名，至少有“代码”和“名称”。".to_owned(),
        NotAList::Column { name } => {
            format!(
                "第 1 行的“{name}”不是列名，或者写了两次。列名有：{}。",
                Column::ALL.map(|c| c.names()[1]).join("、")
            )
        }
        NotAList::Cells(line) => format!("第 {line} 行的格子比第 1 行多。"),
        NotAList::Rows => "站点太多，最多 50000 个。".to_owned(),
    };
    match lang {
        Lang::Zh => vec![zh],
        Lang::En => vec![super::super::shell::sentence(&problem.to_string())],
    }
}

/// Why some terms ask nothing.
pub(in crate::http::fleet) fn no_query(lang: Lang, problem: &NotAQuery) -> String {
    match (lang, problem) {
        (Lang::En, _) => super::super::shell::sentence(&problem.to_string()),
        (Lang::Zh, NotAQuery::Empty) => "请写条件，比如 under=DX-03 tag=山区。".to_owned(),
        (Lang::Zh, NotAQuery::Long) => "条件太多，最多 20 条。".to_owned(),
        (Lang::Zh, NotAQuery::Term { at, .. }) => {
            format!(
                "“{at}”这一条看不懂。能写的有 under、level、tag、version、printer，后面跟 = 或 !=，版本还可以用 < <= > >=。"
            )
        }
    }
}

/// Why a group can't be so.
pub(in crate::http::fleet) fn no_group(problem: &NotAGroup) -> String {
    match problem {
        NotAGroup::Query(problem) => no_query(Lang::Zh, problem),
        NotAGroup::Name => "分组名称要 1 到 60 个字，中间没有空格，也没有 , @ = %。".to_owned(),
        NotAGroup::Unknown(name) => format!("没有叫“{name}”的分组。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_said_in_both_languages() {
        for each in Level::ALL {
            assert!(!level(Lang::Zh, each).is_ascii() && level(Lang::En, each).is_ascii());
            assert_eq!(Level::named(each.name()), Some(each));
            assert_eq!(Level::named(each.in_chinese()), Some(each));
        }
    }
}
