//! Words of artifacts, of orders of them, and of settings from afar.

use super::Lang;
use crate::fleet::{
    NotOrdered,
    actions::{NotDone, State as ActionState},
    artifacts::{self, Kind, State, Unsound},
};
use wire::settings::BadSetting;

/// Bytes as people count them.
pub(in crate::http::fleet) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let (mut whole, mut tenths, mut unit) = (bytes, 0, "B");
    for next in UNITS {
        if whole < 1000 {
            break;
        }
        (tenths, unit) = (whole % 1000 / 100, next);
        whole /= 1000;
    }
    if unit == "B" || whole >= 100 { format!("{whole} {unit}") } else { format!("{whole}.{tenths} {unit}") }
}

pub(in crate::http::fleet) fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::File => lang.t("普通文件", "file"),
        Kind::RaucBundle => lang.t("系统更新包（RAUC）", "system update (RAUC)"),
        Kind::Swu => lang.t("SWUpdate 更新包", "SWUpdate image"),
    }
}

pub(in crate::http::fleet) fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Draft => lang.t("还没有发布", "not released yet"),
        State::Released => lang.t("已发布", "released"),
        State::Withdrawn => lang.t("已撤下", "withdrawn"),
    }
}

pub(in crate::http::fleet) fn shape(state: State) -> (&'static str, &'static str) {
    match state {
        State::Draft => ("○", "open"),
        State::Released => ("●", "done"),
        State::Withdrawn => ("■", "told"),
    }
}

/// How far an order is.
pub(in crate::http::fleet) fn action(lang: Lang, state: &ActionState) -> String {
    match (state, lang) {
        (ActionState::Failed(why), Lang::Zh) => format!("没有成：{why}"),
        (ActionState::FellBack(why), Lang::Zh) => format!("退回了原来的系统：{why}"),
        (ActionState::ToBeConfirmed, Lang::Zh) => "等终端旁边的人点头".to_owned(),
        (ActionState::Waiting, Lang::Zh) => "等终端来拿".to_owned(),
        (ActionState::Began, Lang::Zh) => "终端在办".to_owned(),
        (ActionState::ToStop, Lang::Zh) => "叫终端停下，等它回话".to_owned(),
        (ActionState::Finished, Lang::Zh) => "终端说办好了".to_owned(),
        (ActionState::Cancelled, Lang::Zh) => "取消了".to_owned(),
        (state, Lang::En) => state.to_string(),
    }
}

pub(in crate::http::fleet) fn action_shape(state: &ActionState) -> (&'static str, &'static str) {
    match state {
        ActionState::Failed(_) | ActionState::FellBack(_) => ("▲", "again"),
        ActionState::Finished => ("●", "done"),
        ActionState::Cancelled => ("■", "told"),
        _ => ("○", "open"),
    }
}

/// What a setting is called.
pub(in crate::http::fleet) fn field(lang: Lang, name: &str) -> String {
    let zh = match name {
        "volume" => "音量",
        "panel.plain" => "页面不滑动",
        "panel.dark_after_s" => "几秒没人就关屏幕的灯",
        "printer.profile" => "打印机型号",
        "printer.baud" => "打印机速率",
        "printer.paper_mm" => "纸宽（毫米）",
        _ => return name.to_owned(),
    };
    let en = match name {
        "volume" => "Volume",
        "panel.plain" => "No slides between pages",
        "panel.dark_after_s" => "Seconds until the light goes out",
        "printer.profile" => "Printer's profile",
        "printer.baud" => "Printer's speed",
        _ => "Paper's width (mm)",
    };
    lang.t(zh, en).to_owned()
}

fn no_setting(problem: &BadSetting) -> String {
    let rule = match problem.field {
        "volume" => "请填 1 到 5 的整数",
        "panel.plain" => "请填是（true）或否（false）",
        "panel.dark_after_s" => "请填 60 以上的秒数；填 0 就一直亮着",
        "printer.profile" => "请填打印机型号的名字，最多 64 个字节",
        "printer.baud" => "请填 2400、4800、9600、19200、38400、57600 或 115200",
        "printer.paper_mm" => "请填 58 或 80",
        _ => return problem.to_string(),
    };
    format!("{}（{}）：{rule}；不填就用终端自己的。", field(Lang::Zh, problem.field), problem.field)
}

/// Why settings are not drawn up or ordered.
pub(in crate::http::fleet) fn not_ordered(lang: Lang, problem: &NotOrdered) -> String {
    match (lang, problem) {
        (Lang::En, _) => super::super::shell::sentence(&problem.to_string()),
        (Lang::Zh, NotOrdered::Bad(bad)) => no_setting(bad),
        (Lang::Zh, NotOrdered::Why) => "说明写在一行里，不超过 200 个字。".to_owned(),
        (Lang::Zh, NotOrdered::Unknown(version)) => format!("没有第 {version} 份设置。"),
        (Lang::Zh, NotOrdered::Busy(terminal, rollout)) => busy(*terminal, *rollout),
        (Lang::Zh, NotOrdered::Fleet(other)) => other.to_string(),
    }
}

fn busy(terminal: wire::ticket::TerminalNumber, rollout: u64) -> String {
    format!("终端 {terminal} 还在第 {rollout} 次分批下发里。请先结束那一次。")
}

/// Why an artifact is not ordered, or an order not cancelled.
pub(in crate::http::fleet) fn not_done(problem: &NotDone) -> String {
    match problem {
        NotDone::UnknownArtifact(id) => format!("没有第 {id} 号文件。"),
        NotDone::NotReleased(id) => format!("第 {id} 号文件没有发布，或者撤下了。先发布，才能给终端。"),
        NotDone::AtAnother(terminal, id) => {
            format!("终端 {terminal} 正在办第 {id} 号更新。请先取消那一个，再给它别的。")
        }
        NotDone::InRollout(terminal, rollout) => busy(*terminal, *rollout),
        NotDone::Unknown(terminal, _) | NotDone::Nothing(terminal) => format!("终端 {terminal} 没有要取消的更新。"),
        NotDone::NotTaken(_) => "它现在的状态变了，这一步做不了。请看看现在的情况。".to_owned(),
        NotDone::Fleet(other) => other.to_string(),
    }
}

/// Why an artifact is not taken in or released; none, for what people at the console can do nothing about.
pub(in crate::http::fleet) fn no_artifact(problem: &artifacts::Error) -> Option<(String, String)> {
    use artifacts::Error as E;
    let zh = match problem {
        E::Unknown(id) => format!("没有第 {id} 号文件。"),
        E::Taken { id, name, version } => {
            format!("名称 {name}、版本 {version} 已经是第 {id} 号文件，内容或者种类不一样。请换一个版本。")
        }
        E::Withdrawn(id) => format!("第 {id} 号文件撤下了，不能再发布。"),
        E::NotHigher(version) => {
            format!("已经发布过 {version}，它不比这一个低。真要发布这一个，请打勾“版本低也发布”。")
        }
        E::Unsound { source, .. } => {
            return Some((unsound(source), format!("It stays a draft: {source}.")));
        }
        E::BytesMissing(id) => format!("第 {id} 号文件的内容不在这台主机上。把同一个文件再传一次就有了。"),
        E::NoRoom { announced, free } => {
            let (announced, free) = (bytes(*announced), bytes(*free));
            let en = format!("File: no room. {announced} were to come, {free} are free for updates.");
            return Some((format!("文件：放不下。要来 {announced}，给更新留的只剩 {free}。"), en));
        }
        E::Length { .. } => "文件的长短和说的不一样，什么也没有留下。请再传一次。".to_owned(),
        E::Source(_) | E::Folder { .. } | E::Objects(_) | E::Orders(_) | E::Store(_) => return None,
    };
    let en = match problem {
        E::NotHigher(version) => {
            format!(
                "Version {version} of it was released, which is not lower. Tick “though it is lower” to release this one."
            )
        }
        other => super::super::shell::sentence(&other.to_string()),
    };
    Some((zh, en))
}

fn unsound(problem: &Unsound) -> String {
    let why = match problem {
        Unsound::NoKeyring => "主机没有核对签名用的证书。请在 host.toml 里设 rauc_keyring".to_owned(),
        Unsound::NoRauc { .. } => "主机上没有核对签名的程序。请安装 rauc 和 squashfs-tools".to_owned(),
        Unsound::Refused(said) => format!("核对签名没有通过。RAUC 说：{said}"),
        Unsound::OtherVersion { bundle, artifact } => {
            format!("更新包自己写的版本是 {bundle}，这里填的是 {artifact}。请按它自己的版本再传一次")
        }
        Unsound::InPart(most) => {
            format!("plain 格式的更新包超过 {}，可能只核对了一部分。请用 verity 格式重做", bytes(*most))
        }
        Unsound::Silent(patience) => format!("核对了 {} 分钟还没有结果", patience.as_secs() / 60),
        Unsound::TooMuch => "RAUC 的回答太长".to_owned(),
        Unsound::Unusable("version") => "更新包没有写明版本".to_owned(),
        Unsound::Unusable(_) => "更新包没有写明是给哪种设备的".to_owned(),
        Unsound::Unread(_) => "RAUC 的回答看不懂".to_owned(),
    };
    format!("还是草稿，没有发布：{why}。")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_as_people_do() {
        let shown = [0, 999, 1000, 1550, 104_857_600, 4_294_967_296, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "1.5 kB", "104 MB", "4.2 GB", "18446744 TB"]);
    }

    #[test]
    fn every_setting_has_a_name_and_a_rule_in_chinese() {
        for name in
            ["volume", "panel.plain", "panel.dark_after_s", "printer.profile", "printer.baud", "printer.paper_mm"]
        {
            assert!(!field(Lang::Zh, name).is_ascii() && field(Lang::En, name).is_ascii(), "{name}");
            let rule = no_setting(&BadSetting { field: name, rule: "" });
            assert!(rule.contains(name) && rule.contains("请填"), "{rule}");
        }
    }
}
