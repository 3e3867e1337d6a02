//! What is said of rollouts.

use wire::settings::{InForce, State, Why};

use super::Lang;
use crate::fleet::{
    Brought, NotRolledOut, Order, Shown,
    rollout::{Paused, Phase, Progress, Refused},
};

/// What it brings to the terminals.
pub(in crate::http::fleet) fn what(lang: Lang, shown: &Shown) -> String {
    match Brought::of(&shown.rollout.release) {
        Some(Brought::Settings(version)) if lang == Lang::Zh => format!("第 {version} 份设置"),
        Some(Brought::Settings(version)) => format!("settings {version}"),
        Some(Brought::Artifact(id)) if lang == Lang::Zh => format!("第 {id} 号文件"),
        Some(Brought::Artifact(id)) => format!("artifact {id}"),
        None => shown.rollout.release.0.clone(),
    }
}

/// Where it stands.
pub(in crate::http::fleet) fn phase(lang: Lang, shown: &Shown) -> String {
    match (&shown.rollout.phase, lang) {
        (Phase::AwaitsApproval, _) => lang.t("等第二个人批准", "waits for a second person's approval").to_owned(),
        (Phase::Running, _) => lang.t("在进行", "under way").to_owned(),
        (Phase::Paused(Paused::By(who)), Lang::Zh) => format!("{} 暂停了", super::who(&who.0)),
        (Phase::Paused(Paused::By(who)), Lang::En) => format!("paused by {}", super::who(&who.0)),
        (Phase::Paused(Paused::StopRule(wave)), Lang::Zh) => {
            format!("自动停了：第 {} 批里不好的太多", wave + 1)
        }
        (Phase::Paused(Paused::StopRule(wave)), Lang::En) => {
            format!("stopped by itself: too many of wave {} are bad", wave + 1)
        }
        (Phase::Asks(wave), Lang::Zh) => format!("第 {} 批回话的终端还不够，请您决定", wave + 1),
        (Phase::Asks(wave), Lang::En) => format!("too few of wave {} have answered: a person decides", wave + 1),
        (Phase::Finished, _) => lang.t("完成", "finished").to_owned(),
        (Phase::Aborted, _) => lang.t("中止了", "aborted").to_owned(),
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
    match progress {
        Progress::Failed(why) => format!("{}{}", lang.t("没有收下：", "refused: "), cause(lang, &why.clone().into())),
        Progress::RolledBack(why) => {
            format!("{}{}", lang.t("试了以后退回去了：", "went back: "), cause(lang, &why.clone().into()))
        }
        Progress::RunsOther(release) => {
            format!("{}{}", lang.t("说好了，用的却是别的：", "says success and works by something else: "), release.0)
        }
        Progress::Silent { .. } => lang.t("开始以后没有消息了", "began and is silent").to_owned(),
        _ => String::new(),
    }
}

/// What a terminal says of settings from afar.
pub(in crate::http::fleet) fn in_force(lang: Lang, says: &InForce) -> String {
    let works_by = match (says.version, lang) {
        (None, _) => lang.t("用的是终端自己的", "works by its own").to_owned(),
        (Some(version), Lang::Zh) => format!("用的是第 {version} 份"),
        (Some(version), Lang::En) => format!("works by {version}"),
    };
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
        other => other.to_string(),
    }
}
