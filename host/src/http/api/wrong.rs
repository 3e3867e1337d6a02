//! Which field of a request a refusal is about, and what is answered: 409 where another state would take it, else 422.

use axum::http::StatusCode;

use crate::fleet::{
    self, NotOrdered, NotRolledOut,
    actions::NotDone,
    artifacts,
    diagnostics::NotAsked,
    groups::NotAGroup,
    rollout::NotAPlan,
    sites::{NotASite, NotATree},
    users::{Error, Refusal},
};

const RULE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
const STATE: StatusCode = StatusCode::CONFLICT;

/// Status, field (empty, none alone), and the rule where the error's own words are not it.
type Found = (StatusCode, String, Option<String>);

/// What a refusal is about; none for what is wrong with the host itself.
pub(super) fn wrong(error: &Error) -> Option<Found> {
    let (status, field) = match error {
        Error::Refused(refusal) => of_refusal(*refusal),
        Error::Rollout(problem) => return of_rollout(problem),
        Error::Artifact(problem) => of_artifact(problem)?,
        Error::Settings(problem) => return of_settings(problem),
        Error::Action(problem) => of_action(problem)?,
        Error::Diagnostics(problem) => of_diagnostics(problem)?,
        Error::Fleet(problem) => of_fleet(problem)?,
        Error::Wrong | Error::TooMany { .. } | Error::NotAllowed | Error::NotFound => return None,
    };
    Some((status, field.to_owned(), None))
}

fn of_refusal(refusal: Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::Password(_) => (RULE, "password"),
        Refusal::Name => (RULE, "name"),
        Refusal::Login => (RULE, "login"),
        Refusal::LoginTaken => (STATE, "login"),
        Refusal::Scope | Refusal::AdminScope => (RULE, "scope"),
        Refusal::KeyName => (RULE, "name"),
        Refusal::OldPassword => (RULE, "password"),
        Refusal::Code => (RULE, "code"),
        Refusal::LastAdmin | Refusal::Oneself | Refusal::CodesOn | Refusal::NoSecret | Refusal::Keys => (STATE, ""),
    }
}

fn of_rollout(problem: &NotRolledOut) -> Option<Found> {
    let (status, field) = match problem {
        NotRolledOut::Unknown(_) => (StatusCode::NOT_FOUND, ""),
        NotRolledOut::UnknownSettings(_) => (RULE, "brings"),
        NotRolledOut::Former => (RULE, "former"),
        NotRolledOut::NoFormer => (STATE, "former"),
        NotRolledOut::Zone(_) => (RULE, "zone"),
        NotRolledOut::Why => (RULE, "why"),
        NotRolledOut::Busy(..) | NotRolledOut::NoTerminal | NotRolledOut::Changed | NotRolledOut::Refused(_) => {
            (STATE, "")
        }
        NotRolledOut::Action(problem) => of_action(problem)?,
        NotRolledOut::Fleet(problem) => of_fleet(problem)?,
        NotRolledOut::Plan(plan) => {
            let (field, rule) = of_plan(plan);
            return Some((RULE, field, Some(rule)));
        }
    };
    Some((status, field.to_owned(), None))
}

fn of_plan(plan: &NotAPlan) -> (String, String) {
    let text = match plan {
        NotAPlan::Policy(text) => (*text).to_owned(),
        NotAPlan::SameRelease => format!("brings: {plan}"),
        other => other.to_string(),
    };
    let (field, rule) = text.split_once(": ").unwrap_or(("", &text));
    // As programs write them, who give hours and minutes.
    let field = match field {
        "sample_min" => "sample",
        "sample_within_s" => "sample_within_h",
        "bake_s" => "bake_min",
        "silent_after_s" => "silent_after_min",
        "takes_s" => "window.minutes",
        other => other,
    };
    (field.to_owned(), rule.to_owned())
}

fn of_settings(problem: &NotOrdered) -> Option<Found> {
    match problem {
        NotOrdered::Bad(bad) => Some((RULE, format!("settings.{}", bad.field), Some(format!("expected {}", bad.rule)))),
        NotOrdered::Why => Some((RULE, "why".to_owned(), None)),
        NotOrdered::Unknown(_) => Some((StatusCode::NOT_FOUND, String::new(), None)),
        NotOrdered::Busy(..) => Some((STATE, "terminals".to_owned(), None)),
        NotOrdered::Fleet(problem) => of_fleet(problem).map(|(status, field)| (status, field.to_owned(), None)),
    }
}

fn of_action(problem: &NotDone) -> Option<(StatusCode, &'static str)> {
    Some(match problem {
        NotDone::UnknownArtifact(_) => (RULE, "artifact"),
        NotDone::NotReleased(_) => (STATE, "artifact"),
        NotDone::AtAnother(..) | NotDone::InRollout(..) => (STATE, "terminals"),
        NotDone::Unknown(..) => (StatusCode::NOT_FOUND, ""),
        NotDone::Nothing(_) | NotDone::NotTaken(_) => (STATE, ""),
        NotDone::Fleet(problem) => of_fleet(problem)?,
    })
}

fn of_diagnostics(problem: &NotAsked) -> Option<(StatusCode, &'static str)> {
    Some(match problem {
        NotAsked::Hours => (RULE, "hours"),
        NotAsked::Outcome { field, .. } => (RULE, field),
        NotAsked::Unknown(_) => (StatusCode::NOT_FOUND, ""),
        NotAsked::Waits(..) | NotAsked::Over(_) | NotAsked::Told(_) => (STATE, ""),
        NotAsked::Fleet(problem) => of_fleet(problem)?,
    })
}

fn of_artifact(problem: &artifacts::Error) -> Option<(StatusCode, &'static str)> {
    use artifacts::Error as E;
    Some(match problem {
        E::Unknown(_) => (StatusCode::NOT_FOUND, ""),
        E::Taken { .. } => (STATE, "version"),
        E::Withdrawn(_) | E::BytesMissing(_) => (STATE, ""),
        E::NotHigher(_) => (STATE, "lower"),
        E::Unsound { .. } => (RULE, ""),
        E::NoRoom { .. } => (StatusCode::PAYLOAD_TOO_LARGE, ""),
        E::Length { .. } | E::Source(_) => (StatusCode::BAD_REQUEST, ""),
        E::Folder { .. } | E::Objects(_) | E::Orders(_) | E::Store(_) => return None,
    })
}

fn of_fleet(problem: &fleet::Error) -> Option<(StatusCode, &'static str)> {
    Some(match problem {
        // In the address it would have been said before: here it stands in the request.
        fleet::Error::Unknown(_) => (RULE, "terminals"),
        fleet::Error::Revoked(_) => (STATE, ""),
        fleet::Error::Site(problem) => of_site(problem),
        fleet::Error::Group(NotAGroup::Query(_)) => (RULE, "query"),
        fleet::Error::Group(NotAGroup::Name) => (RULE, "name"),
        fleet::Error::Group(NotAGroup::Unknown(_)) => (RULE, "group"),
        fleet::Error::Quiet => (RULE, "hours, why"),
        _ => return None,
    })
}

fn of_site(problem: &NotASite) -> (StatusCode, &'static str) {
    match problem {
        NotASite::Code(_) => (RULE, "code"),
        NotASite::Tree(NotATree::SameName(..)) => (STATE, "name"),
        NotASite::Tree(NotATree::UnderRetired { .. }) => (STATE, "parent"),
        NotASite::Tree(_) => (RULE, "parent"),
        NotASite::Name => (RULE, "name"),
        NotASite::Address => (RULE, "address"),
        NotASite::Place => (RULE, "place"),
        NotASite::Position => (RULE, "position"),
        NotASite::Zone(_) => (RULE, "zone"),
        NotASite::Level(_) => (RULE, "level"),
        NotASite::Tag => (RULE, "tags"),
        NotASite::YesOrNo => (RULE, "retired"),
        NotASite::Unknown(_) => (RULE, "site"),
        NotASite::Taken(_) => (STATE, "code"),
        NotASite::Retired(_) => (STATE, "site"),
        NotASite::Occupied { .. } => (STATE, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_its_field_and_rule() {
        for (plan, field, rule) in [
            (NotAPlan::Policy("sample_min: expected 1 or more"), "sample", "expected 1 or more"),
            (NotAPlan::Percent(2), "waves[2].percent", "expected 1 to 99, 99 at most together with those before"),
            (NotAPlan::Waves(0), "waves", "expected 1 to 20, found 0"),
        ] {
            assert_eq!(of_plan(&plan), (field.to_owned(), rule.to_owned()));
        }
    }
}
