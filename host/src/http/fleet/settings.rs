//! Settings from afar: those that were drawn up, drawn up anew, held against each other, and what terminals work by.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::IntoResponse,
};
use serde::Deserialize;
use wire::settings::{BAUDS, BadSetting, InForce, Panel, Printer, Settings};

use super::{
    Console,
    session::{Posted, Signed},
    shell::{Answer, Frame, Problem, done, html},
    sites::allowed,
    words::{rollout, update as said},
};
use crate::{
    fleet::{
        Difference, DrawnUp, Standing, differences, fields,
        users::{By, Error, StandingPage},
    },
    http::pages::Fields,
};

/// So many settings are on a page.
const ROWS: usize = 50;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Settings that the form begins with.
    #[serde(default)]
    on: u64,
    /// Two that are held against each other.
    before: Option<u64>,
    after: Option<u64>,
    /// The newest of the page is below this number.
    below: Option<u64>,
}

/// The query of the terminals' page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Paged {
    #[serde(default)]
    page: usize,
}

/// What stands in the form, each as it was typed; empty, the terminal's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Form {
    volume: String,
    plain: String,
    dark_after_s: String,
    profile: String,
    baud: String,
    paper_mm: String,
    why: String,
}

impl Form {
    fn of(settings: &Settings) -> Self {
        fn text<T: ToString>(value: &Option<T>) -> String {
            value.as_ref().map(T::to_string).unwrap_or_default()
        }
        let Settings { volume, panel: Panel { plain, dark_after_s }, printer: Printer { profile, baud, paper_mm } } =
            settings;
        Self {
            volume: text(volume),
            plain: text(plain),
            dark_after_s: text(dark_after_s),
            profile: text(profile),
            baud: text(baud),
            paper_mm: text(paper_mm),
            why: String::new(),
        }
    }

    fn read(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).trim().to_owned();
        Self {
            volume: get("volume"),
            plain: get("panel.plain"),
            dark_after_s: get("panel.dark_after_s"),
            profile: get("printer.profile"),
            baud: get("printer.baud"),
            paper_mm: get("printer.paper_mm"),
            why: get("why"),
        }
    }

    /// What is no number is one that no terminal takes, so that its rule is named.
    fn settings(&self) -> Result<Settings, BadSetting> {
        fn number<T: std::str::FromStr>(text: &str, wrong: T) -> Option<T> {
            (!text.is_empty()).then(|| text.parse().unwrap_or(wrong))
        }
        let plain = match self.plain.as_str() {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => return Err(BadSetting { field: "panel.plain", rule: "true or false" }),
        };
        let settings = Settings {
            volume: number(&self.volume, 0),
            panel: Panel { plain, dark_after_s: number(&self.dark_after_s, 1) },
            printer: Printer {
                profile: (!self.profile.is_empty()).then(|| self.profile.clone()),
                baud: number(&self.baud, 0),
                paper_mm: number(&self.paper_mm, 0),
            },
        };
        settings.check()?;
        Ok(settings)
    }
}

#[derive(Template)]
#[template(path = "fleet/settings.html")]
struct SettingsPage {
    frame: Frame,
    all: Vec<DrawnUp>,
    /// The number below which the next page begins.
    next: Option<u64>,
    asked: Asked,
    /// What differs, where two were named.
    diff: Option<Vec<Difference>>,
    form: Form,
    /// Why the form was not taken.
    wrong: Option<String>,
}

impl SettingsPage {
    fn fields(&self, settings: &Settings) -> BTreeMap<String, String> {
        fields(settings)
    }

    fn field(&self, name: &str) -> String {
        said::field(self.frame.lang, name)
    }

    fn value(&self, value: &Option<String>) -> String {
        value.clone().unwrap_or_else(|| self.frame.t("终端自己的", "the terminal's own").to_owned())
    }

    fn is(&self, now: &str, value: &u32) -> bool {
        now == value.to_string()
    }

    fn is_one(&self, number: &Option<u64>, version: &u64) -> bool {
        number.as_ref() == Some(version)
    }
}

#[derive(Template)]
#[template(path = "fleet/settings_standing.html")]
struct StandingsPage {
    frame: Frame,
    found: StandingPage,
    page: usize,
}

impl Frame {
    /// What a terminal was ordered to have.
    pub(super) fn ordered_settings(&self, of: &Standing) -> String {
        match of.ordered {
            None => self.t("没有，用自己的", "none: its own").to_owned(),
            Some(version) => rollout::brought(self.lang, crate::fleet::Brought::Settings(version)),
        }
    }

    /// What it says came of that.
    pub(super) fn said_of_settings(&self, of: &Standing) -> String {
        match &of.says {
            None => self.t("还没有说过", "has said nothing of settings yet").to_owned(),
            Some(says) if of.order.is_some_and(|order| order != says.order) => {
                let former = InForce { state: wire::settings::State::Kept, why: None, ..says.clone() };
                let works_by = rollout::works_by(self.lang, &former);
                format!("{works_by}{}", self.t("；新的还没有收到", "; its newest order has not reached it"))
            }
            Some(says) => rollout::in_force(self.lang, says),
        }
    }
}

/// GET `/fleet/settings`
pub(super) async fn page(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Query(asked): Query<Asked>,
) -> Answer {
    let base = console.users.settings(By::User(&by), asked.on).await?;
    let diff = match (asked.before, asked.after) {
        (Some(before), Some(after)) => {
            let before = console.users.settings(By::User(&by), before).await?;
            let after = console.users.settings(By::User(&by), after).await?;
            Some(differences(&before, &after))
        }
        _ => None,
    };
    let frame = Frame::of(&console, (by, lang), ("远程设置", "Settings"), "settings");
    html(&filled(&console, frame, asked, (diff, Form::of(&base), None)).await?)
}

async fn filled(
    console: &Console,
    frame: Frame,
    asked: Asked,
    (diff, form, wrong): (Option<Vec<Difference>>, Form, Option<String>),
) -> Result<SettingsPage, Problem> {
    let mut all = console.users.all_settings(By::User(&frame.by)).await?;
    all.retain(|one| asked.below.is_none_or(|below| one.row.version < below));
    let more = all.len() > ROWS;
    all.truncate(ROWS);
    let next = all.last().map(|one| one.row.version).filter(|_| more);
    Ok(SettingsPage { frame, all, next, asked, diff, form, wrong })
}

/// POST `/fleet/settings`
pub(super) async fn draw_up(State(console): State<Console>, posted: Posted) -> Answer {
    allowed(&posted.by)?;
    let form = Form::read(&posted.fields);
    let drawn = match form.settings() {
        Ok(settings) => console.users.draw_up(By::User(&posted.by), &settings, &form.why).await,
        Err(bad) => Err(Error::Settings(bad.into())),
    };
    match drawn {
        Ok(version) => done(&format!("/fleet/settings#settings-{version}")),
        Err(Error::Settings(problem)) => {
            let wrong = Some(said::not_ordered(posted.lang, &problem));
            let on = posted.fields.get("on").parse().unwrap_or_default();
            let frame = Frame::of(&console, (posted.by, posted.lang), ("远程设置", "Settings"), "settings");
            let page = filled(&console, frame, Asked { on, ..Asked::default() }, (None, form, wrong)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// GET `/fleet/settings/standing`
pub(super) async fn standing(
    State(console): State<Console>,
    Signed { by, lang }: Signed,
    Query(Paged { page }): Query<Paged>,
) -> Answer {
    let found = console.users.settings_standing(By::User(&by), page).await?;
    let frame = Frame::of(&console, (by, lang), ("各台终端用的设置", "What terminals work by"), "settings");
    html(&StandingsPage { frame, found, page })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_form_holds_every_setting_and_gives_it_back() {
        let all: Settings = serde_json::from_value(json!({
            "volume": 5,
            "panel": { "plain": false, "dark_after_s": 0 },
            "printer": { "profile": "escpos", "baud": 115_200, "paper_mm": 80 },
        }))
        .unwrap();
        assert_eq!(fields(&all).len(), 6);
        for settings in [all, Settings::default()] {
            assert_eq!(Form::of(&settings).settings(), Ok(settings));
        }
        assert!(fields(&Form::default().settings().unwrap()).is_empty());
    }

    #[test]
    fn what_is_no_value_of_a_field_is_refused_with_its_rule() {
        let wrong = |form: Form| form.settings().unwrap_err().field;
        assert_eq!(wrong(Form { volume: "laut".into(), ..Form::default() }), "volume");
        assert_eq!(wrong(Form { plain: "maybe".into(), ..Form::default() }), "panel.plain");
        assert_eq!(wrong(Form { dark_after_s: "-1".into(), ..Form::default() }), "panel.dark_after_s");
        assert_eq!(wrong(Form { baud: "9601".into(), ..Form::default() }), "printer.baud");
        assert_eq!(wrong(Form { paper_mm: "58mm".into(), ..Form::default() }), "printer.paper_mm");
        assert_eq!(wrong(Form { profile: "x".repeat(65), ..Form::default() }), "printer.profile");
    }
}
