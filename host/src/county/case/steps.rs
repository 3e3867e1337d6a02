//! The steps themselves, one function each. Invariant: a refused step changes nothing.

use jiff::{Timestamp, civil};
use wire::case::{Satisfaction, State};

use super::{Action, Actor, Case, Entry, EntryKind, Event, Filed, Notice, Outcome, Person, Refused, Reply, Unit, What};

/// Takes a step at `now`, which is `today` where the county lies.
///
/// The caller must persist the case and all actions in one transaction.
///
/// # Errors
/// Why the case doesn't take the step; nothing has changed then.
pub fn step(case: Case, event: Event, now: Timestamp, today: civil::Date) -> Result<(Case, Vec<Action>), Refused> {
    let Event { by, what } = event;
    match what {
        What::Claim => claim(case, &by, now),
        What::HandOver(to) => hand_over(case, &by, to, now),
        What::Forward { main, joint, due } if due >= today => forward(case, &by, main, joint, due, now),
        What::Forward { .. } => Err(Refused::Past),
        What::Reply(text) => reply(case, &by, words(text)?, now),
        What::Confirm => confirm(case, &by, now),
        What::Close => close(case, &by, now),
        What::Explain(reason) => explain(case, &by, words(reason)?, now),
        What::Correct { filed, told } => correct(case, &by, filed, told, now),
        What::Transcribe(text) => transcribe(case, &by, words(text)?, now),
        What::Rate { satisfaction, revision } => rate(case, &by, satisfaction, revision, now),
    }
}

type Stepped = Result<(Case, Vec<Action>), Refused>;

fn published(case: Case, entry: Entry) -> Stepped {
    Ok((case, vec![Action::Record(entry), Action::Publish]))
}

fn claim(mut case: Case, by: &Actor, now: Timestamp) -> Stepped {
    let Actor::Deputy(person) = by else { return Err(Refused::Role) };
    case.from(&[State::Received, State::Reopened])?;
    case.state = State::Claimed;
    case.deputy = Some(person.clone());
    let entry = Entry { by: Some(person.name.clone()), ..case.entry(by, now) };
    published(case, entry)
}

fn hand_over(mut case: Case, by: &Actor, to: Person, now: Timestamp) -> Stepped {
    case.leads(by)?;
    case.from(&[State::Claimed, State::Forwarded, State::Answered, State::Confirmed, State::Reopened])?;
    // Whoever goes on with a case confirms its reply in their own name.
    if case.state == State::Confirmed {
        case.state = State::Answered;
        case.confirmed = false;
    }
    let entry = Entry { kind: EntryKind::HandOver, by: Some(to.name.clone()), ..case.entry(by, now) };
    case.deputy = Some(to);
    published(case, entry)
}

fn forward(mut case: Case, by: &Actor, main: Unit, joint: Vec<Unit>, due: civil::Date, now: Timestamp) -> Stepped {
    if !matches!(by, Actor::Officer(_)) {
        case.leads(by)?;
    }
    case.from(&[State::Claimed, State::Forwarded, State::Answered, State::Reopened])?;
    case.joint.clear();
    for unit in joint {
        if unit.id != main.id && case.joint.iter().all(|j| j.id != unit.id) {
            case.joint.push(unit);
        }
    }
    let mut names = vec![format!("主办：{}", main.name)];
    names.extend(case.joint.iter().map(|u| format!("协办：{}", u.name)));
    case.main = Some(main);
    case.due = Some(due);
    case.confirmed = false;
    case.state = State::Forwarded;
    let entry = Entry { by: Some(names.join("，")), due: Some(due), ..case.entry(by, now) };
    published(case, entry)
}

fn reply(mut case: Case, by: &Actor, text: String, now: Timestamp) -> Stepped {
    let Actor::Unit(_, unit) = by else { return Err(Refused::Role) };
    let is_main = case.main.as_ref().is_some_and(|m| m.id == unit.id);
    if !is_main && case.joint.iter().all(|j| j.id != unit.id) {
        return Err(Refused::NotAsked);
    }
    case.from(&[State::Forwarded, State::Answered])?;
    if is_main {
        case.state = State::Answered;
        case.reply = Some(Reply { by: unit.name.clone(), text: text.clone(), at: now });
    }
    let kind = if is_main { EntryKind::State } else { EntryKind::Joint };
    let entry = Entry { kind, by: Some(unit.name.clone()), text: Some(text), ..case.entry(by, now) };
    published(case, entry)
}

fn confirm(mut case: Case, by: &Actor, now: Timestamp) -> Stepped {
    let Actor::Deputy(person) = by else { return Err(Refused::Role) };
    case.leads(by)?;
    case.from(&[State::Answered])?;
    case.state = State::Confirmed;
    case.confirmed = true;
    let entry = Entry { by: Some(person.name.clone()), ..case.entry(by, now) };
    published(case, entry)
}

fn close(mut case: Case, by: &Actor, now: Timestamp) -> Stepped {
    case.leads(by)?;
    case.from(&[State::Confirmed])?;
    if case.reply.is_none() || !case.confirmed {
        return Err(Refused::State);
    }
    case.state = State::Closed;
    case.reason = None;
    let entry = case.entry(by, now);
    Ok(settle(case, Outcome::Closed, entry))
}

fn explain(mut case: Case, by: &Actor, reason: String, now: Timestamp) -> Stepped {
    case.leads(by)?;
    case.from(&[State::Claimed, State::Forwarded, State::Answered, State::Confirmed, State::Reopened])?;
    case.state = State::Declined;
    case.reason = Some(reason.clone());
    let entry = Entry { text: Some(reason), ..case.entry(by, now) };
    Ok(settle(case, Outcome::Declined, entry))
}

fn settle(mut case: Case, outcome: Outcome, entry: Entry) -> (Case, Vec<Action>) {
    case.outcome = Some(outcome);
    case.settled = case.revision;
    case.rating = None;
    (case, vec![Action::Record(entry), Action::Publish])
}

fn correct(mut case: Case, by: &Actor, filed: Filed, told: String, now: Timestamp) -> Stepped {
    if !matches!(by, Actor::Officer(_) | Actor::County(_)) {
        return Err(Refused::Role);
    }
    case.corrected = Some(filed);
    let entry = Entry { kind: EntryKind::Correction, text: Some(told), ..case.entry(by, now) };
    published(case, entry)
}

/// The villager sees nothing of it: there is no new view.
fn transcribe(mut case: Case, by: &Actor, text: String, now: Timestamp) -> Stepped {
    let (Actor::Officer(person) | Actor::Deputy(person) | Actor::County(person)) = by else {
        return Err(Refused::Role);
    };
    if !matches!(by, Actor::Officer(_)) {
        case.leads(by)?;
    }
    let name = Some(person.name.clone());
    let entry = Entry { kind: EntryKind::Transcript, by: name, text: Some(text), ..case.entry(by, now) };
    Ok((case, vec![Action::Record(entry)]))
}

fn rate(mut case: Case, by: &Actor, satisfaction: Satisfaction, revision: u64, now: Timestamp) -> Stepped {
    if *by != Actor::Villager {
        return Err(Refused::Role);
    }
    case.from(&[State::Closed, State::Declined])?;
    if revision < case.settled {
        return Err(Refused::OldAnswer);
    }
    case.state = State::Rated;
    case.rating = Some(satisfaction);
    let word = Some(satisfaction.label().to_owned());
    let mut actions = vec![Action::Record(Entry { text: word, ..case.entry(by, now) })];
    if satisfaction.reopens() {
        case.state = State::Reopened;
        case.outcome = None;
        case.confirmed = false;
        case.reason = None;
        case.rounds += 1;
        actions.push(Action::Record(case.entry(by, now)));
        actions.push(Action::Announce(Notice::Reopened));
    }
    actions.push(Action::Publish);
    Ok((case, actions))
}

fn words(text: String) -> Result<String, Refused> {
    if text.chars().all(char::is_whitespace) {
        return Err(Refused::Blank);
    }
    if text.chars().count() > wire::TEXT_MAX { Err(Refused::TooLong) } else { Ok(text) }
}
