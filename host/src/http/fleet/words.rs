//! The console's words in both languages: what stands in the fleet's own vocabulary, and who reads which.

pub(super) mod diagnostics;
pub(super) mod rollout;
pub(super) mod site;
pub(super) mod update;

use axum::http::{HeaderMap, header};
use wire::health::{PrinterState, QueueState};

use crate::{
    account::Unfit,
    fleet::{
        Bring, Fault,
        users::{Refusal, Role, Standing},
    },
    http::pages::cookie,
};

/// The cookie with the language that somebody chose.
pub(super) const LANGUAGE: &str = "__Secure-lianxin-fleet-language";

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// The one that was chosen; else English for a browser that asks for it first, and Chinese for every other.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if let Some(chosen) = cookie(headers, LANGUAGE).and_then(Self::named) {
            return chosen;
        }
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|asked| asked.to_str().ok()).unwrap_or_default();
        if asked.trim_start().to_ascii_lowercase().starts_with("en") { Self::En } else { Self::Zh }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Zh, Self::En].into_iter().find(|lang| lang.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        self.t("zh", "en")
    }

    /// The name in HTML.
    pub(super) fn tag(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// A text in this language.
    pub(super) fn t(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

pub(super) fn role(lang: Lang, role: Role) -> &'static str {
    match role {
        Role::Viewer => lang.t("查看", "viewer"),
        Role::Operator => lang.t("值守", "operator"),
        Role::Approver => lang.t("审批", "approver"),
        Role::Admin => lang.t("管理员", "admin"),
    }
}

/// What a role may do, for whoever gives it.
pub(super) fn duty(lang: Lang, role: Role) -> &'static str {
    match role {
        Role::Viewer => lang.t("看终端和故障", "sees terminals and what is wrong with them"),
        Role::Operator => lang.t(
            "还能说去处理哪一台、哪一台先不提醒，确认机箱是谁打开的，远程检查终端，暂停、中止分批下发",
            "also sees to alarms, silences them, says that an opened case was looked into, asks terminals for logs and new starts, pauses and ends rollouts",
        ),
        Role::Approver => lang.t("还能批准别人开的分批下发", "also approves rollouts that somebody else made"),
        Role::Admin => lang.t(
            "还能注销终端，管站点、人员、更新、设置和更新口令，开始分批下发，看操作记录",
            "also revokes terminals, keeps sites, people, updates, settings and tokens, makes rollouts, reads the audit",
        ),
    }
}

pub(super) fn standing(lang: Lang, standing: Standing) -> &'static str {
    match standing {
        Standing::Calls => lang.t("要人管", "needs somebody"),
        Standing::Quiet => lang.t("没有消息", "not heard of"),
        Standing::InOrder => lang.t("没说不好", "names nothing wrong"),
        Standing::Unheard => lang.t("没报过情况", "has told nothing yet"),
        Standing::Expected => lang.t("等第一次联系", "waits for its first contact"),
        Standing::Revoked => lang.t("已注销", "revoked"),
    }
}

pub(super) fn shape(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Calls => ("▲", "again"),
        Standing::Quiet => ("?", "again"),
        Standing::InOrder => ("●", "done"),
        Standing::Unheard | Standing::Expected => ("○", "open"),
        Standing::Revoked => ("■", "told"),
    }
}

pub(super) fn bring(lang: Lang, bring: Bring) -> &'static str {
    match bring {
        Bring::Paper => lang.t("打印纸", "paper"),
        Bring::Cables => lang.t("电源线、网线、打印机线", "cables"),
        Bring::Stick => lang.t("U盘", "a USB stick"),
        Bring::Printer => lang.t("打印机", "a printer"),
        Bring::Terminal => lang.t("一台终端", "a terminal"),
    }
}

pub(super) fn fault(lang: Lang, fault: Fault) -> String {
    if lang == Lang::En {
        return match fault {
            Fault::CaseOpened => "the case was opened, and nobody has said yet by whom".to_owned(),
            other => other.to_string(),
        };
    }
    fault.in_chinese().to_owned()
}

pub(super) fn queue(lang: Lang, state: &QueueState) -> String {
    match state {
        QueueState::Ok => lang.t("收意见", "takes suggestions"),
        QueueState::NotEnrolled => lang.t("还没有入网文件", "has no enrolment file"),
        QueueState::Full => lang.t("满了", "full"),
        QueueState::ReadOnly => lang.t("写不进去", "takes no writes"),
        QueueState::Unusable => lang.t("不能用", "unusable"),
        QueueState::Other(word) => return word.clone(),
    }
    .to_owned()
}

pub(super) fn printer(lang: Lang, state: &PrinterState) -> String {
    match state {
        PrinterState::Ok => lang.t("能出小票", "ready"),
        PrinterState::PaperNearEnd => lang.t("纸快用完了", "paper near its end"),
        PrinterState::NoPaper => lang.t("没有纸", "no paper"),
        PrinterState::CoverOpen => lang.t("盖子开着", "cover open"),
        PrinterState::Cutter => lang.t("切刀卡住了", "knife stuck"),
        PrinterState::Heat => lang.t("太热", "too hot"),
        PrinterState::Jam => lang.t("卡纸", "jammed"),
        PrinterState::Fault => lang.t("有故障", "something is wrong"),
        PrinterState::NoAnswer => lang.t("没有回应", "does not answer"),
        PrinterState::Mute => {
            lang.t("这种打印机从不回话，有没有纸不知道", "of a kind that never answers: nobody knows more")
        }
        PrinterState::NotDriven => lang.t("型号没有设对", "nothing drives it"),
        PrinterState::Other(word) => return word.clone(),
    }
    .to_owned()
}

pub(super) fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Password(Unfit::Short) => "密码至少要 10 个字符。请换一个长一些的。",
        Refusal::Password(Unfit::Long) => "密码太长，最多 256 个字符。",
        Refusal::Password(Unfit::Unusable) => "这个密码不能用，请换一个。",
        Refusal::Name => "请填写姓名，不超过 60 个字。",
        Refusal::Login => "账号要 1 到 60 个字，只能用文字、数字和 . _ - @。",
        Refusal::LoginTaken => "这个账号以前给过人了。一个账号只给一个人，操作记录才说得清是谁。",
        Refusal::Scope => "范围请填站点的代码，每行一个，比如 DX-03，最多 100 个；不填就是全部。代码在“站点”那一页。",
        Refusal::AdminScope => "管理员管的是全部终端的人员和记录，范围请留空。",
        Refusal::LastAdmin => "这是最后一位管理员。请先让另一个人当管理员。",
        Refusal::Oneself => "不能改自己的岗位，也不能删去自己。请让另一位管理员来办。",
        Refusal::OldPassword => "密码不对。请再输一次。",
        Refusal::Code => "验证码不对，或者已经用过了。请等下一个再试。",
        Refusal::CodesOn => "已经设了动态验证码。要换，请先停用。",
        Refusal::NoSecret => "请从头开始设置动态验证码。",
        Refusal::KeyName => "请写一句这个密钥是给什么程序用的，不超过 60 个字。",
        Refusal::Keys => "密钥太多了，最多 20 个。请先作废不用的。",
    }
}

/// Somebody as the audit calls them: whoever has an account by its login, the rest as it stands there.
pub(super) fn who(who: &str) -> &str {
    who.strip_prefix("user:").unwrap_or(who)
}

/// What a line of the audit says was done; one of a newer release as it stands there.
pub(super) fn deed(lang: Lang, what: &str) -> &str {
    if lang == Lang::En {
        return what;
    }
    match what {
        "terminal.add" => "添加终端",
        "terminal.enrol" => "终端入网",
        "terminal.readmit" => "重新给终端入网文件",
        "terminal.revoke" => "注销终端",
        "terminal.case_checked" => "确认机箱是谁打开的",
        "terminal.take" => "去处理故障",
        "terminal.quiet" => "先不提醒",
        "terminal.loud" => "恢复提醒",
        "terminal.move" => "把终端移到别的站点",
        "diagnostics.ask" => "让终端做一件事",
        "diagnostics.cancel" => "取消让终端做的事",
        "diagnostics.end" => "终端回话",
        "site.add" => "添加站点",
        "site.set" => "修改站点",
        "site.move" => "换站点的上级",
        "site.retire" => "停用站点",
        "site.reopen" => "重新启用站点",
        "map.boundary" => "换地图边界",
        "map.no_boundary" => "去掉地图边界",
        "group.set" => "设一个分组",
        "group.remove" => "删去一个分组",
        "site.import" => "导入站点名单",
        "fleet.restore" => "从备份恢复",
        "artifact.add" => "收进一个文件",
        "artifact.release" => "发布一个文件",
        "artifact.withdraw" => "撤下一个文件",
        "action.order" => "给终端下更新",
        "action.cancel" => "取消给终端的更新",
        "token.draw" => "发一个更新口令",
        "token.revoke" => "作废一个更新口令",
        "settings.draw_up" => "拟好一份设置",
        "settings.order" => "给终端下设置",
        "rollout.make" => "开始分批下发",
        "rollout.approve" => "批准分批下发",
        "rollout.begin" => "开始下一批",
        "rollout.pause" => "暂停分批下发",
        "rollout.resume" => "接着分批下发",
        "rollout.wait" => "再等这一批",
        "rollout.go_on" => "不等这一批",
        "rollout.close" => "结束分批下发",
        "rollout.abort" => "中止分批下发",
        "rollout.order_back" => "让改了的终端改回去",
        "rollout.retry" => "让终端再试一次",
        "rollout.stopped" => "分批下发自动停了",
        "rollout.sample_missing" => "回话的终端不够",
        "rollout.finished" => "分批下发完成",
        "user.add" => "添加人员",
        "user.role" => "改岗位或范围",
        "user.password" => "改自己的密码",
        "user.password_reset" => "重设密码",
        "user.password_wrong" => "自己的密码输错",
        "user.totp_on" => "设好动态验证码",
        "user.totp_off" => "停用动态验证码",
        "user.totp_reset" => "取消别人的动态验证码",
        "user.sessions_revoked" => "结束登录",
        "user.remove" => "删去人员",
        "user.sign_in" => "登录",
        "user.sign_in_wrong" => "登录没有成功",
        "key.draw" => "发一个接口密钥",
        "key.revoke" => "作废一个接口密钥",
        "key.wrong" => "接口密钥不对",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_said_in_both_languages() {
        for fault in Fault::ALL {
            let (zh, en) = (super::fault(Lang::Zh, fault), super::fault(Lang::En, fault));
            assert!(!zh.is_ascii() && en.is_ascii(), "{zh} {en}");
        }
    }

    #[test]
    fn chinese_is_shown_unless_somebody_asks_for_english() {
        let with = |name: header::HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            Lang::of(&headers)
        };
        assert_eq!(Lang::of(&HeaderMap::new()), Lang::Zh);
        for (asked, lang) in [("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh), ("en-GB,zh;q=0.5", Lang::En), ("de", Lang::Zh)] {
            assert_eq!(with(header::ACCEPT_LANGUAGE, asked), lang, "{asked}");
        }
        assert_eq!(with(header::COOKIE, &format!("{LANGUAGE}=en")), Lang::En);
        assert_eq!(with(header::COOKIE, &format!("{LANGUAGE}=xx")), Lang::Zh);
    }
}
