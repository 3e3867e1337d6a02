//! A rollout is made: a form, a look at whom each wave reaches, and then it itself, as it was looked at.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::IntoResponse,
};
use jiff::{civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use super::super::{
    Console,
    orders::brought,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    sites::allowed,
    words::{Lang, rollout as said},
};
use crate::{
    fleet::{
        AskedRollout, AskedWave, Brought, Named, NotRolledOut, Preview,
        rollout::{Selector, Start, WAVES_MAX, Window},
        users::{By, Error, User, What},
    },
    http::pages::Fields,
};

/// Rows that the form has at first.
const ROWS: usize = 2;

/// The query: what is to be brought.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http::fleet) struct Asked {
    artifact: Option<i64>,
    settings: Option<u64>,
}

/// A wave as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct WaveForm {
    /// `percent`, `site`, `group` or `terminals`.
    who: String,
    /// The percentage, the code, the name, the numbers; empty, there is no such wave.
    what: String,
    /// Empty, `hand` or `at`.
    when: String,
    /// Local time, where it begins at one.
    at: String,
}

/// What stands in the form, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    what: String,
    former: String,
    waves: Vec<WaveForm>,
    last: WaveForm,
    bad_percent_max: String,
    sample: String,
    sample_within_h: String,
    bake_min: String,
    silent_after_min: String,
    approve_above: String,
    window_opens: String,
    window_minutes: String,
    why: String,
}

impl Form {
    fn of(brings: Option<Brought>) -> Self {
        let usual = AskedRollout::of(brings.unwrap_or(Brought::Settings(0)), "");
        Self {
            what: brings.map(|brings| brings.to_string()).unwrap_or_default(),
            former: String::new(),
            waves: vec![WaveForm::default(); ROWS],
            last: WaveForm::default(),
            bad_percent_max: usual.bad_percent_max.to_string(),
            sample: usual.sample.to_string(),
            sample_within_h: usual.sample_within_h.to_string(),
            bake_min: usual.bake_min.to_string(),
            silent_after_min: usual.silent_after_min.to_string(),
            approve_above: String::new(),
            window_opens: String::new(),
            window_minutes: String::new(),
            why: String::new(),
        }
    }

    fn read(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).trim().to_owned();
        let wave = |of: &str| WaveForm {
            who: get(&format!("who{of}")),
            what: get(&format!("what{of}")),
            when: get(&format!("when{of}")),
            at: get(&format!("at{of}")),
        };
        let rows = fields.get("rows").parse().unwrap_or(ROWS).min(WAVES_MAX - 1);
        Self {
            what: get("what"),
            former: get("former"),
            waves: (1..=rows).map(|row| wave(&row.to_string())).collect(),
            last: wave("_last"),
            bad_percent_max: get("bad_percent_max"),
            sample: get("sample"),
            sample_within_h: get("sample_within_h"),
            bake_min: get("bake_min"),
            silent_after_min: get("silent_after_min"),
            approve_above: get("approve_above"),
            window_opens: get("window_opens"),
            window_minutes: get("window_minutes"),
            why: fields.get("why"),
        }
    }

    /// What the form asks for.
    fn asked(&self, zone: &TimeZone) -> Result<AskedRollout, Problem> {
        let brings = brought(&self.what)?;
        let former = if self.former.is_empty() { None } else { Some(brought(&self.former)?) };
        let mut waves = Vec::new();
        for (row, wave) in self.waves.iter().enumerate() {
            if !wave.what.is_empty() {
                waves.push(wave.asked(row + 1, zone)?);
            }
        }
        Ok(AskedRollout {
            former,
            waves,
            last: self.last.start(("最后一批", "The last wave"), zone)?,
            bad_percent_max: number(
                &self.bad_percent_max,
                ("不好的最多百分之几", "Bad terminals at most, in percent"),
            )?,
            sample: number(&self.sample, ("每批至少等几台", "Sample of a wave"))?,
            sample_within_h: number(
                &self.sample_within_h,
                ("几个小时不够就问人", "Hours until a missing sample asks"),
            )?,
            bake_min: number(&self.bake_min, ("每批看多少分钟", "Minutes that a wave is watched"))?,
            silent_after_min: number(&self.silent_after_min, ("多少分钟没消息算断了", "Minutes until silent"))?,
            approve_above: match self.approve_above.as_str() {
                "" => None,
                text => Some(number(text, ("多于几台要第二个人批准", "Approval above"))?),
            },
            window: self.window()?,
            why: self.why.clone(),
            ..AskedRollout::of(brings, zone.iana_name().unwrap_or("UTC"))
        })
    }

    fn window(&self) -> Result<Option<Window>, Problem> {
        if self.window_opens.is_empty() && self.window_minutes.is_empty() {
            return Ok(None);
        }
        let opens = self.window_opens.parse().map_err(|_| {
            wrong(("时段开始：请填几点几分，比如 02:00。", "Window opens: expected a time of day like 02:00."))
        })?;
        let minutes = number(&self.window_minutes, ("时段多少分钟", "Minutes of the window"))?;
        let window = Window::new(opens, minutes).map_err(|_| {
            let (least, most) = (Window::SHORTEST_MIN, Window::LONGEST_MIN);
            let zh = format!("时段多少分钟：请填 {least} 到 {most}。");
            wrong((zh, format!("Minutes of the window: expected {least} to {most}.")))
        })?;
        Ok(Some(window))
    }
}

impl WaveForm {
    fn asked(&self, row: usize, zone: &TimeZone) -> Result<AskedWave, Problem> {
        let what = self.what.trim_end_matches('%').trim();
        let text = match self.who.as_str() {
            "site" => format!("site={what}"),
            "group" => format!("group={what}"),
            "terminals" => format!("terminals={}", numbers(what)),
            _ => format!("{what}%"),
        };
        let who: Named = text.parse().map_err(|_| {
            let (zh, en) = match self.who.as_str() {
                "site" => ("请填站点的代码，比如 DX-03", "expected a site's code like DX-03"),
                "terminals" => {
                    ("请填终端的编号，用逗号隔开，比如 00003,00007", "expected terminals' numbers like 00003,00007")
                }
                _ => ("百分比请填 1 到 99 的整数", "expected a whole percentage from 1 to 99"),
            };
            wrong((format!("第 {row} 批：{zh}。"), format!("Wave {row}: {en}.")))
        })?;
        let (zh, en) = (format!("第 {row} 批"), format!("Wave {row}"));
        Ok(AskedWave { who, start: self.start((&zh, &en), zone)? })
    }

    fn start(&self, (zh, en): (&str, &str), zone: &TimeZone) -> Result<Start, Problem> {
        match self.when.as_str() {
            "hand" => Ok(Start::ByHand),
            "at" => {
                let at: Option<DateTime> = self.at.parse().ok();
                let at = at.and_then(|at| at.to_zoned(zone.clone()).ok()).map(|at| Start::At(at.timestamp()));
                at.ok_or_else(|| {
                    let zh = format!("{zh}：请填什么时候开始，年月日和几点几分。");
                    wrong((zh, format!("{en}: expected the day and time at which it begins.")))
                })
            }
            _ => Ok(Start::AfterFormer),
        }
    }
}

/// Numbers as people write them one after another.
fn numbers(text: &str) -> String {
    let each = text.split(|c: char| c.is_whitespace() || ",，、".contains(c)).filter(|one| !one.is_empty());
    each.collect::<Vec<_>>().join(",")
}

fn number<T: std::str::FromStr>(text: &str, (zh, en): (&str, &str)) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let (most_zh, most_en) = if size_of::<T>() == 1 { ("，最多 255", " up to 255") } else { ("", "") };
        wrong((format!("{zh}：请填整数{most_zh}。"), format!("{en}: expected a whole number{most_en}.")))
    })
}

fn wrong((zh, en): (impl Into<String>, impl Into<String>)) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
}

/// A wave of the preview.
struct Reached {
    who: String,
    start: String,
    terminals: usize,
}

/// What was looked at.
struct Look {
    waves: Vec<Reached>,
    former: String,
    needs_approval: bool,
    /// How many terminals each wave reaches, with commas between.
    reached: String,
}

#[derive(Template)]
#[template(path = "fleet/rollout_new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
    what: What,
    look: Option<Look>,
    /// What was sent, to be sent again as it was.
    sent: Vec<(String, String)>,
    wrong: Option<String>,
}

impl NewPage {
    fn is_chosen(&self, chosen: &str, kind: &str, id: impl ToString) -> bool {
        chosen == format!("{kind}:{}", id.to_string())
    }

    /// More rows than these are of no use.
    fn rows_more(&self) -> usize {
        (self.form.waves.len() + 1).min(WAVES_MAX - 1)
    }
}

fn look(lang: Lang, frame: &Frame, asked: &AskedRollout, preview: &Preview) -> Look {
    let start = |start: &Start| match start {
        Start::AfterFormer => lang.t("前一批好了就开始", "as soon as the one in front is good").to_owned(),
        Start::ByHand => lang.t("有人点了才开始", "by hand").to_owned(),
        Start::At(at) => frame.time(at),
    };
    let who = |wave: &AskedWave| match &wave.who {
        Named::Group(name) => format!("{}{name}", lang.t("分组 ", "group ")),
        Named::Chosen(Selector::Percent(percent)) => format!("{percent}%"),
        Named::Chosen(Selector::Sites(codes)) => {
            format!("{}{}", lang.t("站点 ", "site "), codes.iter().cloned().collect::<Vec<_>>().join(", "))
        }
        Named::Chosen(Selector::Group(terminals)) => {
            terminals.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        Named::Chosen(Selector::Rest) => String::new(),
    };
    let rest = lang.t("其余的", "all others").to_owned();
    let said = asked.waves.iter().map(|wave| (who(wave), start(&wave.start))).chain([(rest, start(&asked.last))]);
    let waves = said.zip(&preview.waves).map(|((who, start), terminals)| Reached { who, start, terminals: *terminals });
    let former = match preview.former {
        Brought::Artifact(0) => {
            lang.t("没有：以前没有发布过更低的版本", "nothing: no lower version was released before").to_owned()
        }
        former => said::brought(lang, former),
    };
    Look {
        waves: waves.collect(),
        former,
        needs_approval: preview.needs_approval,
        reached: preview.waves.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

/// GET `/fleet/rollouts/new`
pub(in crate::http::fleet) async fn form(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Query(asked): Query<Asked>,
) -> Answer {
    allowed(&by)?;
    let brings = asked.artifact.map(Brought::Artifact).or(asked.settings.map(Brought::Settings));
    let what = console.users.what_can_be_ordered(By::User(&by), &console.artifacts).await?;
    let frame = Frame::of(&console, (by, lang), ("开始分批下发", "Make a rollout"), "rollouts");
    html(&NewPage { frame, form: Form::of(brings), what, look: None, sent: Vec::new(), wrong: None })
}

/// POST `/fleet/rollouts/new`: `step` is `row`, for another row, `look`, or `make`.
pub(in crate::http::fleet) async fn make(State(console): State<Console>, posted: Posted) -> Answer {
    allowed(&posted.by)?;
    let Posted { by, lang, fields } = posted;
    let (mut form, step) = (Form::read(&fields), fields.get("step"));
    let mut status = StatusCode::OK;
    let (mut wrong, mut seen) = (None, None);
    if step == "row" {
        form.waves.resize((form.waves.len() + 1).min(WAVES_MAX - 1), WaveForm::default());
    } else {
        let found = tried(&console, &by, &form, &fields).await;
        let problem = match found {
            Ok(Tried::Made(number)) => return done(&format!("/fleet/rollouts/{number}")),
            Ok(Tried::Seen(looked, problem)) => {
                seen = Some(*looked);
                problem
            }
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem {
            status = problem.status();
            if status != StatusCode::UNPROCESSABLE_ENTITY {
                return Err(problem);
            }
            wrong = Some(problem.sentence(lang).to_owned());
        }
    }
    let what = console.users.what_can_be_ordered(By::User(&by), &console.artifacts).await?;
    let frame = Frame::of(&console, (by, lang), ("开始分批下发", "Make a rollout"), "rollouts");
    let look = seen.map(|(asked, preview)| look(lang, &frame, &asked, &preview));
    let ours = |name: &str| ["csrf", "step", "reached"].contains(&name);
    let sent = fields.0.into_iter().filter(|(name, _)| !ours(name)).collect();
    let page = html(&NewPage { frame, form, what, look, sent, wrong })?;
    Ok((status, page).into_response())
}

/// What came of a form.
enum Tried {
    /// The number of the rollout.
    Made(u64),
    /// It was looked at; with why it was not made, where it was to be.
    Seen(Box<(AskedRollout, Preview)>, Option<Problem>),
}

async fn tried(console: &Console, by: &User, form: &Form, fields: &Fields) -> Result<Tried, Problem> {
    let asked = form.asked(&console.zone)?;
    let mut changed = None;
    if fields.get("step") == "make" {
        let shown: Option<Vec<usize>> = fields.get("reached").split(',').map(|count| count.parse().ok()).collect();
        match console.users.roll_out(By::User(by), asked.clone(), &shown.unwrap_or_default()).await {
            Ok(made) => return Ok(Tried::Made(made.number)),
            Err(problem @ Error::Rollout(NotRolledOut::Changed)) => changed = Some(problem.into()),
            Err(other) => return Err(other.into()),
        }
    }
    let preview = console.users.preview_rollout(By::User(by), asked.clone()).await?;
    Ok(Tried::Seen(Box::new((asked, preview)), changed))
}
