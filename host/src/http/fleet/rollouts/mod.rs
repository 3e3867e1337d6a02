//! Rollouts: the list, and one of them wave by wave, with what a person may have it do.

pub(super) mod live;
pub(super) mod make;

use askama::Template;
use axum::extract::{Path, State};

pub use self::live::Live;
use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    words::rollout as said,
};
use crate::fleet::{
    Order, Shown,
    rollout::{Phase, Tally, Wave, WaveState},
    users::By,
};

#[derive(Template)]
#[template(path = "fleet/rollouts.html")]
struct ListPage {
    frame: Frame,
    all: Vec<Shown>,
}

/// GET `/fleet/rollouts`
pub(super) async fn list(State(console): State<Console>, Signed { by, lang }: Signed) -> Answer {
    let all = console.users.rollouts(By::User(&by)).await?;
    html(&ListPage { frame: Frame::of(&console, (by, lang), ("分批下发", "Rollouts"), "rollouts"), all })
}

#[derive(Template)]
#[template(path = "fleet/rollout.html")]
struct RolloutPage {
    frame: Frame,
    shown: Shown,
    /// How often it had changed when it was read, or before.
    revision: u64,
    /// What whoever looks may have it do in the state that it is in: the step, its words, and whether it asks once more.
    steps: Vec<(Order, bool)>,
}

/// GET `/fleet/rollouts/{number}`
pub(super) async fn show(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Path(number): Path<String>,
) -> Answer {
    let number = numbered(&number)?;
    let revision = console.users.rollout_revision(By::User(&by), number).await?;
    let shown = console.users.rollout(By::User(&by), number).await?;
    let steps = possible(&shown).into_iter().filter(|(order, _)| by.role >= order.least()).collect();
    html(&RolloutPage {
        frame: Frame::of(&console, (by, lang), ("分批下发", "Rollout"), "rollouts"),
        shown,
        revision,
        steps,
    })
}

/// POST `/fleet/rollouts/{number}/{step}`
pub(super) async fn tell(
    State(console): State<Console>,
    Path((number, step)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let number = numbered(&number)?;
    let terminal = posted.fields.get("terminal");
    let order = match named(&step) {
        Some(order) => order,
        None if step == "retry" => Order::Retry(terminal.parse().map_err(|_| Problem::not_found())?),
        None => return Err(Problem::not_found()),
    };
    console.users.tell_rollout(By::User(&posted.by), number, order).await?;
    done(&format!("/fleet/rollouts/{number}"))
}

fn numbered(number: &str) -> Result<u64, Problem> {
    number.parse().map_err(|_| Problem::not_found())
}

/// What a person may have a rollout do, in the order of the page's buttons; those that cannot be taken back ask once more.
fn possible(shown: &Shown) -> Vec<(Order, bool)> {
    let rollout = &shown.rollout;
    let by_hand = rollout.waves.iter().find(|wave| wave.state != WaveState::Good);
    let begins = by_hand.is_some_and(|wave| wave.state == WaveState::Planned);
    let closes = by_hand.is_none();
    let back = (!rollout.ordered_back && rollout.phase != Phase::AwaitsApproval).then_some((Order::OrderBack, true));
    let mut steps = match &rollout.phase {
        Phase::AwaitsApproval => vec![(Order::Approve, false), (Order::Abort, true)],
        Phase::Running => {
            let mut steps = vec![(Order::Pause, false)];
            steps.extend(begins.then_some((Order::Begin, false)));
            steps.extend(closes.then_some((Order::Close, true)));
            steps.push((Order::Abort, true));
            steps
        }
        Phase::Paused(_) => vec![(Order::Resume, false), (Order::Abort, true)],
        Phase::Asks(_) => {
            vec![(Order::WaitLonger, false), (Order::GoOn, false), (Order::Pause, false), (Order::Abort, true)]
        }
        Phase::Finished | Phase::Aborted => Vec::new(),
    };
    steps.extend(back);
    steps
}

/// The step's name in addresses; none for those that need a terminal.
fn step_name(order: Order) -> &'static str {
    match order {
        Order::Approve => "approve",
        Order::Begin => "begin",
        Order::Pause => "pause",
        Order::Resume => "resume",
        Order::WaitLonger => "wait-longer",
        Order::GoOn => "go-on",
        Order::Close => "close",
        Order::Abort => "abort",
        Order::OrderBack => "order-back",
        Order::Retry(_) => "retry",
    }
}

fn named(step: &str) -> Option<Order> {
    const ALL: [Order; 9] = [
        Order::Approve,
        Order::Begin,
        Order::Pause,
        Order::Resume,
        Order::WaitLonger,
        Order::GoOn,
        Order::Close,
        Order::Abort,
        Order::OrderBack,
    ];
    ALL.into_iter().find(|order| step_name(*order) == step)
}

impl RolloutPage {
    fn tally(&self, wave: &usize) -> Tally {
        self.shown.rollout.tally(*wave)
    }

    fn step(&self, order: &Order) -> &'static str {
        step_name(*order)
    }

    fn words(&self, order: &Order) -> &'static str {
        said::step(self.frame.lang, order)
    }

    fn consequence(&self, order: &Order) -> &'static str {
        said::consequence(self.frame.lang, order)
    }

    fn wave(&self, wave: &Wave) -> &'static str {
        let t = |zh, en| self.frame.t(zh, en);
        match wave.state {
            WaveState::Planned => t("没有开始", "not begun"),
            WaveState::Begun { sampled: None, .. } => t("在进行", "under way"),
            WaveState::Begun { sampled: Some(_), .. } => t("看一阵子", "watched"),
            WaveState::Good => t("好了", "good"),
        }
    }

    /// Terminals with which something went wrong, and what.
    fn bad(&self) -> Vec<(String, String)> {
        let members = self.shown.rollout.members.iter();
        let bad = members.filter(|(_, member)| member.progress.is_bad());
        bad.map(|(terminal, member)| (terminal.to_string(), said::trouble(self.frame.lang, &member.progress))).collect()
    }

    /// Whether whoever looks may have a terminal try again.
    fn may_retry(&self) -> bool {
        matches!(self.shown.rollout.phase, Phase::Running | Phase::Asks(_))
            && self.frame.by.role >= crate::fleet::users::Role::Operator
    }
}
