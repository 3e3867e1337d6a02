//! Calls for help, and what somebody of 县人大 should look at.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
};

use super::{
    alarm_word,
    cases::grouped,
    session::{Posted, Signed},
    shell::{Answer, Frame, done, html},
};
use crate::county::County;

struct Call {
    id: String,
    station: String,
    terminal: String,
    at: String,
    by: Option<String>,
    acknowledged: String,
}

#[derive(Template)]
#[template(path = "county/help.html")]
struct HelpPage {
    frame: Frame,
    calls: Vec<Call>,
}

#[derive(Template)]
#[template(path = "county/help_part.html")]
struct HelpPart<'a> {
    frame: &'a Frame,
    calls: &'a [Call],
}

/// GET `/county/help`; asked again by the page itself every ten seconds.
pub(super) async fn help(State(county): State<County>, Signed(by): Signed, headers: HeaderMap) -> Answer {
    let calls = county.help_calls(&by).await?.into_iter().map(|c| Call {
        station: c.station_name.unwrap_or_default(),
        at: county.local(c.at),
        by: c.acknowledged.and(c.by_name),
        acknowledged: c.acknowledged.map(|ms| county.local(ms)).unwrap_or_default(),
        terminal: c.terminal,
        id: c.id,
    });
    let calls: Vec<Call> = calls.collect();
    let frame = Frame::of(&county, by, "叫人帮忙", "help").await?;
    if headers.contains_key("hx-request") {
        return html(&HelpPart { frame: &frame, calls: &calls });
    }
    html(&HelpPage { frame, calls })
}

/// POST `/county/help/{id}/acknowledge`
pub(super) async fn acknowledge(State(county): State<County>, Path(id): Path<String>, posted: Posted) -> Answer {
    county.acknowledge(&posted.by, &id).await?;
    done("/county/help")
}

struct Alarm {
    number: i64,
    word: &'static str,
    advice: &'static str,
    at: String,
    ticket: String,
    digits: String,
    event: bool,
    seen: Option<String>,
}

#[derive(Template)]
#[template(path = "county/alarms.html")]
struct AlarmsPage {
    frame: Frame,
    alarms: Vec<Alarm>,
}

fn advice(kind: &str) -> &'static str {
    match kind {
        "conflict" => "两份内容都已保存，先到的有效。请技术人员检查这台终端。",
        "unreadable" => "原件已保存，但打不开。请检查终端用的县密钥是不是本县的。",
        "double_number" => "两件都已收到，各自办理。请技术人员检查这台终端的卡是不是被复制过。",
        "rating_refused" => "评价已保存，没有计入：凭证不符，或者评的是较早的答复。",
        "stick" => "已另外存放，不会变成事情。点“看原件”看原因；终端里还留着的，请联络员再存一次。",
        "webhook" => "通知一直发不出去。请检查设置里的通知地址，和站点里值班人员的通知地址。",
        _ => "请技术人员查看。",
    }
}

/// GET `/county/alarms`
pub(super) async fn alarms(State(county): State<County>, Signed(by): Signed) -> Answer {
    let alarms = county.alarms(&by).await?.into_iter().map(|a| Alarm {
        number: a.number,
        word: alarm_word(&a.kind),
        advice: advice(&a.kind),
        at: county.local(a.at),
        ticket: a.ticket.as_deref().map(grouped).unwrap_or_default(),
        digits: a.ticket.unwrap_or_default(),
        event: a.event.is_some() || a.kind == "stick",
        seen: a.seen_by,
    });
    let alarms = alarms.collect();
    html(&AlarmsPage { alarms, frame: Frame::of(&county, by, "要看一看", "alarms").await? })
}

struct Version {
    at: String,
    sha256: String,
    size: usize,
    from: String,
    words: Option<String>,
}

#[derive(Template)]
#[template(path = "county/alarm.html")]
struct AlarmPage {
    frame: Frame,
    word: &'static str,
    advice: &'static str,
    event: String,
    versions: Vec<Version>,
    held: Option<Held>,
}

/// What came on a stick and is kept apart.
struct Held {
    number: i64,
    at: String,
    who: String,
    folder: String,
    terminal: Option<String>,
    reason: &'static str,
    detail: String,
    files: i64,
    size: i64,
}

/// Why something of a stick is kept apart.
fn reason(word: &str) -> &'static str {
    match word {
        "empty" => "文件夹是空的：U盘拔得太早。请联络员再存一次。",
        "no_manifest" => "没有清单：U盘拔得太早。请联络员再存一次。",
        "manifest" => "清单看不懂。",
        "signature" => "清单的签名不对：内容被人改过，或者坏了。",
        "certificate" => "不是本县终端的证书。",
        "terminal" => "清单和证书说的不是同一台终端。",
        "revoked" => "这台终端已经停用。",
        "replaced" => "这台终端已经换了卡，旧卡的不再收。",
        "too_much" => "东西太多，终端不会写这么多。",
        "spoiled" => "有的文件坏了、缺了，或者清单里没有；其余的已经收下。",
        _ => "不能收。",
    }
}

/// GET `/county/alarms/{number}`
pub(super) async fn alarm(State(county): State<County>, Signed(by): Signed, Path(number): Path<i64>) -> Answer {
    let (alarm, kept) = county.alarm(&by, number).await?;
    let held = county.quarantine_of(&by, number).await?.map(|row| Held {
        number: row.number,
        at: county.local(row.at),
        who: if row.who == "program" { "命令行".to_owned() } else { row.who },
        folder: row.folder,
        terminal: row.terminal,
        reason: reason(&row.reason),
        detail: row.detail,
        files: row.files,
        size: row.size,
    });
    let versions = kept.into_iter().map(|k| Version {
        at: county.local(k.received),
        sha256: k.sha256,
        size: k.size,
        from: k.from.map(|(terminal, seq)| format!("终端 {terminal}，第 {seq} 份")).unwrap_or_default(),
        words: k.words,
    });
    html(&AlarmPage {
        word: alarm_word(&alarm.kind),
        advice: advice(&alarm.kind),
        event: alarm.event.unwrap_or_default(),
        versions: versions.collect(),
        held,
        frame: Frame::of(&county, by, "要看一看", "alarms").await?,
    })
}

/// POST `/county/alarms/{number}/seen`
pub(super) async fn seen(State(county): State<County>, Path(number): Path<i64>, posted: Posted) -> Answer {
    county.see_alarm(&posted.by, number).await?;
    done("/county/alarms")
}
