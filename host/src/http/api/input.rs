//! What programs send, read strictly: what is not known is refused by its name, and so is what is out of its range.

use std::borrow::Cow;

use axum::{
    Json,
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path, Query, RawPathParams, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, header, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
use wire::ticket::TerminalNumber;

use super::problem::Problem;
use crate::fleet::{sites::Code, views};

/// Where nothing says which field is wrong.
const UNNAMED: &str = "request";

/// A whole number within limits, which stand in the document as they are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Within<const LEAST: u64, const MOST: u64>(u64);

/// A number that the fleet gave to something: at most the highest that every reader of JSON has exactly.
pub(super) type Id = Within<0, 9_007_199_254_740_991>;

/// A part of all, in percent.
pub(super) type Percent = Within<1, 99>;

impl<const LEAST: u64, const MOST: u64> Within<LEAST, MOST> {
    /// It, where the limits are wide enough for it.
    pub(super) const fn of(number: u64) -> Self {
        assert!(LEAST <= number && number <= MOST, "a number that stands in the program is within its limits");
        Self(number)
    }

    pub(super) fn get(self) -> u64 {
        self.0
    }

    /// In as few bits as there is place for, which the limits leave room for.
    pub(super) fn fitting<T: TryFrom<u64> + Bounded>(self) -> T {
        T::try_from(self.0).unwrap_or(T::MOST)
    }
}

/// What has a highest number.
pub(super) trait Bounded {
    const MOST: Self;
}

impl Bounded for u8 {
    const MOST: Self = Self::MAX;
}

impl Bounded for u16 {
    const MOST: Self = Self::MAX;
}

impl Bounded for u32 {
    const MOST: Self = Self::MAX;
}

impl Bounded for i64 {
    const MOST: Self = Self::MAX;
}

impl Bounded for usize {
    const MOST: Self = Self::MAX;
}

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Within<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        let expected = || D::Error::custom(format!("expected {LEAST} to {MOST}"));
        if (LEAST..=MOST).contains(&number) { Ok(Self(number)) } else { Err(expected()) }
    }
}

impl<const LEAST: u64, const MOST: u64> PartialSchema for Within<LEAST, MOST> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(LEAST)).maximum(Some(MOST)).into()
    }
}

impl<const LEAST: u64, const MOST: u64> ToSchema for Within<LEAST, MOST> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("From{LEAST}To{MOST}"))
    }
}

/// A terminal's number: five digits and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(pub(super) TerminalNumber);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let are_digits = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| are_digits);
        number.map(Self).ok_or_else(|| D::Error::custom("expected five digits"))
    }
}

impl PartialSchema for Number {
    fn schema() -> RefOr<Schema> {
        views::Number::schema()
    }
}

impl ToSchema for Number {
    fn name() -> Cow<'static, str> {
        views::Number::name()
    }
}

/// A site's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfSite(pub(super) Code);

impl<'de> Deserialize<'de> for OfSite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

impl PartialSchema for OfSite {
    fn schema() -> RefOr<Schema> {
        Code::schema()
    }
}

impl ToSchema for OfSite {
    fn name() -> Cow<'static, str> {
        Code::name()
    }
}

/// What reads itself from a text.
pub(super) fn parsed<'de, D: Deserializer<'de>, T: std::str::FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// The JSON of a request.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.and_then(|media| media.split(';').next()).unwrap_or_default();
        if !media.trim().eq_ignore_ascii_case("application/json") {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected JSON");
            return Err(problem.at("Content-Type", "application/json"));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
        let syntax = |wrong: serde_json::Error| {
            Problem::new(StatusCode::BAD_REQUEST, wrong.to_string()).at(UNNAMED, "expected JSON")
        };
        let mut sent: Value = serde_json::from_slice(&bytes).map_err(syntax)?;
        if !sent.is_object() {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "the body is no JSON object");
            return Err(problem.at(UNNAMED, "expected a JSON object"));
        }
        plain(&mut sent, "", "")?;
        Json::<T>::from_bytes(sent.to_string().as_bytes()).map(|Json(value)| Self(value)).map_err(|rejection| {
            match rejection {
                JsonRejection::JsonDataError(wrong) => broken(&wrong.body_text()),
                other => Problem::new(StatusCode::BAD_REQUEST, other.body_text()).at(UNNAMED, "expected JSON"),
            }
        })
    }
}

/// The fields that are lists.
const LISTS: [&str; 5] = ["scope", "sites", "tags", "terminals", "waves"];

/// Refuses lists where none is due, which would be read as the values of an object whose names they don't say; and has whole
/// numbers be written without a point, which JSON Schema takes for the same.
fn plain(value: &mut Value, path: &str, name: &str) -> Result<(), Problem> {
    /// Whole numbers beyond this have no point of their own to lose.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter_mut().try_for_each(|(name, value)| plain(value, &below(name), name)),
        Value::Array(_) if !LISTS.contains(&name) => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, format!("{path}: no list is read here"));
            Err(problem.at(path, "expected no list"))
        }
        Value::Array(values) => {
            values.iter_mut().enumerate().try_for_each(|(at, value)| plain(value, &format!("{path}[{at}]"), ""))
        }
        Value::Number(number) => {
            if let Some(float) =
                number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT)
            {
                // Zero digits behind the point; what is written so reads back as the same number.
                *value = format!("{float:.0}").parse().unwrap_or(Value::Null);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What stands behind the question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(value)| Self(value)).map_err(|rejection: QueryRejection| broken(&rejection.body_text()))
    }
}

/// What the address names.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let wrong = match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => return Ok(Self(value)),
            Err(rejection) => rejection.body_text(),
        };
        let problem = broken(&wrong);
        // Of a value alone it is not said where it stands.
        let named = RawPathParams::from_request_parts(parts, state).await;
        let names: Vec<_> = named.iter().flat_map(|named| named.iter().map(|(name, _)| name.to_owned())).collect();
        Err(problem.unless_named(UNNAMED, &names.join(", ")))
    }
}

/// Names field and rule of what serde says, as axum passes it on.
fn broken(text: &str) -> Problem {
    let said = text.split_once(": ").map_or(text, |(_, said)| said);
    let rule = said.split(" at line ").next().unwrap_or(said);
    let quoted = |before: &str| rule.split_once(before)?.1.split_once('`').map(|(name, _)| name.to_owned());
    let path = || rule.split_once(": ").filter(|(path, _)| !path.contains(' '));
    let inner =
        ["missing field `", "unknown field `", "duplicate field `", "Cannot parse `"].into_iter().find_map(quoted);
    let (field, rule) = match (path(), inner) {
        (Some((path, rule)), Some(inner)) if path.ends_with(&inner) => (path.to_owned(), rule),
        (Some((path, rule)), Some(inner)) => (format!("{path}.{inner}"), rule),
        (Some((path, rule)), None) => (path.to_owned(), rule),
        (None, Some(inner)) => (inner, rule),
        (None, None) => (UNNAMED.to_owned(), rule),
    };
    Problem::new(StatusCode::BAD_REQUEST, said).at(field, rule)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::api::problem::Wrong;

    #[test]
    fn field_and_rule_are_named_wherever_they_stand() {
        for (text, field, rule) in [
            (
                "Failed to deserialize the JSON body into the target type: missing field `hours` at line 1 column 2",
                "hours",
                "missing field `hours`",
            ),
            (
                "Failed to deserialize the JSON body into the target type: waves[0].who.percent: invalid value: integer \
                 `300`, expected u8 at line 1 column 9",
                "waves[0].who.percent",
                "invalid value: integer `300`, expected u8",
            ),
            (
                "Failed to deserialize the JSON body into the target type: position: unknown field `x`, expected one of \
                 `latitude`, `longitude` at line 1 column 9",
                "position.x",
                "unknown field `x`, expected one of `latitude`, `longitude`",
            ),
            (
                "Failed to deserialize query string: page: invalid digit found in string",
                "page",
                "invalid digit found in string",
            ),
            (
                "Invalid URL: Cannot parse `number` with value `abc`: expected five digits",
                "number",
                "Cannot parse `number` with value `abc`: expected five digits",
            ),
        ] {
            let expected = Wrong { field: field.to_owned(), rule: rule.to_owned() };
            assert_eq!(broken(text).errors, [expected], "{text}");
        }
    }

    #[test]
    fn whole_numbers_lose_their_point_and_lists_stand_only_where_lists_are_due() {
        let mut sent = json!({ "hours": 54.0, "half": 0.5, "waves": [{ "who": { "percent": 1e1 } }] });
        plain(&mut sent, "", "").unwrap();
        assert_eq!(sent, json!({ "hours": 54, "half": 0.5, "waves": [{ "who": { "percent": 10 } }] }));
        for (wrong, field) in
            [(json!({ "settings": { "panel": [true] } }), "settings.panel"), (json!({ "waves": [["x"]] }), "waves[0]")]
        {
            let problem = plain(&mut wrong.clone(), "", "").unwrap_err();
            assert_eq!(problem.errors[0].field, field);
        }
    }
}
