//! What is asked of terminals from afar, in words.

use wire::diagnostics::{Came, Diagnostic, Why};

use super::{super::shell::sentence, Lang};
use crate::fleet::diagnostics::{NotAsked, Stands};

/// What it is called, and what the terminal then does.
pub(in crate::http::fleet) fn diagnostic(lang: Lang, what: &Diagnostic) -> (String, &'static str) {
    let (called, does) = match what {
        Diagnostic::Log => (
            ("取运行记录", "Its log"),
            (
                "两个程序最近记下的话；里面没有群众的内容",
                "the newest lines of its programs; nothing of a villager is in them",
            ),
        ),
        Diagnostic::TestPrint => {
            (("打一张测试小票", "A test print"), ("看打印机出不出纸", "to see whether paper comes out"))
        }
        Diagnostic::RestartScreen => (
            ("重启屏幕程序", "A new start of the screen"),
            ("没有人在用时，屏幕程序重新开始", "its program starts anew once nobody is there"),
        ),
        Diagnostic::Reboot => (
            ("重启整机", "A new start of the machine"),
            ("没有人在用时，整台机器重新启动，要几分钟", "once nobody is there; takes minutes"),
        ),
        Diagnostic::Picture => (
            ("看一眼首页", "A picture of its first page"),
            ("没有人在用时，把首页的画面发回来", "what it shows while nobody is there"),
        ),
        Diagnostic::Other(word) => return (word.clone(), ""),
    };
    (lang.t(called.0, called.1).to_owned(), lang.t(does.0, does.1))
}

/// How it stands with a request.
pub(in crate::http::fleet) fn outcome(lang: Lang, stands: &Stands) -> String {
    match stands {
        Stands::Waiting => lang.t("等终端来取", "waits for the terminal"),
        Stands::Fetched => lang.t("终端已经收到，还没有回话", "the terminal has it and has not answered yet"),
        Stands::Cancelled => lang.t("取消了", "cancelled"),
        Stands::Expired => lang.t("过了时间，终端没有回话", "its time is over, and the terminal said nothing"),
        Stands::Ended(Came::Done) => lang.t("办好了", "done"),
        Stands::Ended(Came::Sent) => {
            lang.t("已发给打印机；这种打印机不回话，出没出纸不知道", "sent to the printer, which says no more")
        }
        Stands::Ended(Came::Refused) => lang.t("终端没有照办", "the terminal does not do it"),
        Stands::Ended(Came::Failed) => lang.t("没有办成", "it did not come to be"),
        Stands::Ended(Came::Other(word)) => return word.clone(),
    }
    .to_owned()
}

/// What the terminal says of what was not done.
pub(in crate::http::fleet) fn why(lang: Lang, why: &Why) -> String {
    if lang == Lang::En {
        return sentence(&why.to_string());
    }
    match why {
        Why::SomebodyThere => "一直有人在用，直到过了时间。",
        Why::ScreenSilent => "屏幕程序没有回应。",
        Why::ScreenNotBack => "屏幕程序去重启了，五分钟还没有回来。",
        Why::MachineNotAnew => "已经让机器重启，十分钟了还没有重启。",
        Why::MachineAnewMeanwhile => "机器中途自己重启过。要做，请再发一次。",
        Why::NoReboot => "这台终端的设置里没有写用什么命令重启（reboot）。",
        Why::PrinterRefuses => "打印机现在打不出来，看它的状态就知道为什么。",
        Why::PrinterUnknown => "一分钟了打印机还没有打完，出没出纸不知道。",
        Why::NumberTaken => "这个编号终端以前办过了。请再发一次。",
        Why::NotKnown => "这台终端的程序还不会做这件事。",
        Why::Other(text) => return text.clone(),
    }
    .to_owned()
}

/// Why something is not asked.
pub(in crate::http::fleet) fn not_asked(problem: &NotAsked) -> String {
    match problem {
        NotAsked::Waits(_, number) => {
            format!("同样的事已经发出去了（第 {number} 条），终端还没有回话。请等一等，或者先取消它。")
        }
        NotAsked::Hours => "几小时内有效，请填 1 到 168 之间的整数。".to_owned(),
        NotAsked::Over(number) => format!("第 {number} 条已经结束了。"),
        other => other.to_string(),
    }
}
