//! What is said of rollouts.

use wire::settings::{InForce, State, Why};

use super::Lang;
use crate::fleet::{
    Brought, NotRolledOut, Order, Shown,
    rollout::{NotAPlan, Paused, Phase, Progress, Refused, WAVES_MAX},
};

/// What is brought to terminals.
pub(in crate::http::fleet) fn brought(lang: Lang, brought: Brought) -> String {
    match (brought, lang) {
        (_, Lang::En) => brought.in_english(),
        (Brought::Settings(0), Lang::Zh) => "终端自己的设置".to_owned(),
        (Brought::Settings(version), Lang::Zh) => format!("第 {version} 份设置"),
        (Brought::Artifact(id), Lang::Zh) => format!("第 {id} 号文件"),
    }
}

/// What a rollout brings to the terminals.
pub(in crate::http::fleet) fn what(lang: Lang, shown: &Shown) -> String {
    Brought::of(&shown.rollout.release).map_or_else(|| shown.what(), |of| brought(lang, of))
}

/// Where it stands.
pub(in crate::http::fleet) fn phase(lang: Lang, shown: &Shown) -> String {
    if lang == Lang::En {
        return shown.phase();
    }
    match &shown.rollout.phase {
        Phase::AwaitsApproval => "等第二个人批准".to_owned(),
        Phase::Running => "在进行".to_owned(),
        Phase::Paused(Paused::By(who)) => format!("{} 暂停了", super::who(&who.0)),
        Phase::Paused(Paused::StopRule(wave)) => format!("自动停了：第 {} 批里不好的太多", wave + 1),
        Phase::Asks(wave) => format!("第 {} 批回话的终端还不够，请您决定", wave + 1),
        Phase::Finished => "完成".to_owned(),
        Phase::Aborted => "中止了".to_owned(),
    }
}

/// The shape beside it.
pub(in crate::http::fleet) fn shape(shown: &Shown) -> (&'static str, &'static str) {
    match &shown.rollout.phase {
        Phase::AwaitsApproval | Phase::Paused(_) | Phase::Asks(_) => ("▲", "again"),
        Phase::Running => ("○", "open"),
        Phase::Finished => ("●", "done"),
        Phase::Aborted => ("■", "told"),
    }
}

/// What a button says.
pub(in crate::http::fleet) fn step(lang: Lang, order: &Order) -> &'static str {
    match order {
        Order::Approve => lang.t("批准", "Approve"),
        Order::Begin => lang.t("开始下一批", "Begin the next wave"),
        Order::Pause => lang.t("暂停", "Pause"),
        Order::Resume => lang.t("接着来", "Resume"),
        Order::WaitLonger => lang.t("再等一样久", "Wait as long again"),
        Order::GoOn => lang.t("不等了，到下一批", "Go on without them"),
        Order::Close => lang.t("结束，不等没露面的", "End it without those never seen"),
        Order::Abort => lang.t("中止", "Abort"),
        Order::OrderBack => lang.t("让改了的终端改回去", "Order back those that took it"),
        Order::Retry(_) => lang.t("再试一次", "Try again"),
    }
}

/// What comes of a button that asks once more.
pub(in crate::http::fleet) fn consequence(lang: Lang, order: &Order) -> &'static str {
    match order {
        Order::Close => {
            lang.t("没露面的终端不再等，保留原来的设置。", "Terminals that were never seen keep what they have.")
        }
        Order::OrderBack => lang.t(
            "没开始的取消；已经改了的，另开一次分批下发改回去。",
            "What has not begun is cancelled; those that took it are ordered back by a rollout of its own.",
        ),
        _ => lang.t("没开始的取消，已经开始的会做完。", "What has not begun is cancelled; those that began finish."),
    }
}

/// What went wrong with a terminal.
pub(in crate::http::fleet) fn trouble(lang: Lang, progress: &Progress) -> String {
    match (progress, lang) {
        (_, Lang::En) => progress.trouble().unwrap_or_default(),
        (Progress::Failed(why), Lang::Zh) => format!("没有收下：{}", cause(lang, &why.clone().into())),
        (Progress::RolledBack(why), Lang::Zh) => format!("试了以后退回去了：{}", cause(lang, &why.clone().into())),
        (Progress::RunsOther(release), Lang::Zh) => format!("说好了，用的却是别的：{}", release.0),
        (Progress::Silent { .. }, Lang::Zh) => "开始以后没有消息了".to_owned(),
        (_, Lang::Zh) => String::new(),
    }
}

/// What a terminal says that it works by.
pub(in crate::http::fleet) fn works_by(lang: Lang, says: &InForce) -> String {
    match (says.version, lang) {
        (None, _) => lang.t("用的是终端自己的", "works by its own").to_owned(),
        (Some(version), Lang::Zh) => format!("用的是第 {version} 份"),
        (Some(version), Lang::En) => format!("works by {version}"),
    }
}

/// What a terminal says of settings from afar.
pub(in crate::http::fleet) fn in_force(lang: Lang, says: &InForce) -> String {
    let works_by = works_by(lang, says);
    let state = match &says.state {
        State::Trial => lang.t("在试", "on trial"),
        State::Kept => lang.t("试好了", "kept"),
        State::Reverted => lang.t("试了以后退回去了", "went back"),
        State::Refused => lang.t("新的没有收下", "refused the newest"),
        State::Other(word) => word,
    };
    let why = says.why.as_ref().map(|why| format!("{}{}", lang.t("：", ": "), cause(lang, why)));
    format!("{works_by}{}{state}{}", lang.t("；", "; "), why.unwrap_or_default())
}

fn cause(lang: Lang, why: &Why) -> String {
    match (why, lang) {
        (Why::HostNotReached, Lang::Zh) => "半个小时没有联系上主机".to_owned(),
        (Why::KioskSilent, Lang::Zh) => "屏幕程序五分钟没有回应".to_owned(),
        (Why::PrinterSilent, Lang::Zh) => "打印机没有回应了".to_owned(),
        _ => why.to_string(),
    }
}

/// Why it does not do as it is told.
pub(in crate::http::fleet) fn refused(problem: &NotRolledOut) -> String {
    match problem {
        NotRolledOut::Refused(Refused::OwnApproval) => "自己开的，不能自己批准。请另一个人来批。".to_owned(),
        NotRolledOut::Refused(Refused::NothingToRetry(terminal)) => format!("终端 {terminal} 没有要再试的。"),
        NotRolledOut::Refused(Refused::NotAMember(terminal)) => format!("终端 {terminal} 不在这一次里。"),
        NotRolledOut::Refused(_) => "它现在的状态变了，这一步做不了。请看看现在的情况。".to_owned(),
        NotRolledOut::Busy(terminal, rollout) => {
            format!("终端 {terminal} 还在第 {rollout} 次分批下发里。请先结束那一次。")
        }
        NotRolledOut::Unknown(number) => format!("没有第 {number} 次分批下发。"),
        NotRolledOut::UnknownSettings(version) => format!("没有第 {version} 份设置。"),
        NotRolledOut::Former => "要退回的，设置对设置，文件对文件。".to_owned(),
        NotRolledOut::NoFormer => "没有可以退回的：以前没有发布过比它低的版本。".to_owned(),
        NotRolledOut::Action(problem) => super::update::not_done(problem),
        NotRolledOut::NoTerminal => "没有入了网、没注销的终端。".to_owned(),
        NotRolledOut::Changed => "这一会儿终端变了，和刚才看到的不一样。请再看一遍。".to_owned(),
        NotRolledOut::Zone(zone) => format!("“{zone}”不是时区。请填 Asia/Shanghai 这样的名字。"),
        NotRolledOut::Why => "说明写在一行里，不超过 200 个字。".to_owned(),
        NotRolledOut::Plan(problem) => no_plan(problem),
        NotRolledOut::Fleet(other) => other.to_string(),
    }
}

fn no_plan(problem: &NotAPlan) -> String {
    match problem {
        NotAPlan::Waves(found) => format!("批数请在 1 到 {WAVES_MAX} 之间，现在是 {found}。"),
        NotAPlan::Rest(wave) => format!("第 {} 批：只有最后一批给其余的终端。", wave + 1),
        NotAPlan::Percent(wave) => format!("第 {} 批：百分比请填 1 到 99，连同前面几批加起来不超过 99。", wave + 1),
        NotAPlan::Empty(wave) => format!("第 {} 批里一台终端也没有，或者都已经在前面几批里。", wave + 1),
        NotAPlan::Stranger(wave, terminal) => {
            format!("第 {} 批：终端 {terminal} 这一次到不了：没有这台，没入网，或者注销了。", wave + 1)
        }
        NotAPlan::Twice(terminal) => format!("终端 {terminal} 写了两次。"),
        NotAPlan::SameRelease => "要下发的和要退回的一样。请换一个。".to_owned(),
        NotAPlan::Policy(rule) => match rule.split_once(':').map_or(*rule, |(field, _)| field) {
            "bad_percent_max" => "不好的最多百分之几：请填 0 到 99。".to_owned(),
            "sample_min" => "每批至少等几台：请填 1 以上。".to_owned(),
            "sample_within_s" => "几个小时不够就问人：请填 1 以上，不超过一百年。".to_owned(),
            "bake_s" => "每批看多少分钟：不超过一百年。".to_owned(),
            "silent_after_s" => "多少分钟没消息算断了：请填 1 以上，不超过一百年。".to_owned(),
            "takes_s" => "时段太短：一次更新可能要半个小时，请把时段放长。".to_owned(),
            _ => format!("规则不能这样：{rule}"),
        },
    }
}
