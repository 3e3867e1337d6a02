//! Which bytes somebody asks for, of something whose length is known. Source: RFC 9110, sections 13 and 14.
//!
//! Invariant: one range is served, several at once are answered with the whole, and what is no range is as good as none.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_range_header::parse_range_header;

/// What is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// 200, all of it.
    Whole,
    /// 206, from the first to the last of these bytes.
    Part(u64, u64),
    /// 304, it is what they have.
    Same,
    /// 412, it is not what they take it for.
    Changed,
    /// 416, it has no such bytes.
    Beyond,
}

impl Asked {
    /// What these headers ask for, of `length` bytes under this tag, which stands in quotation marks.
    pub(super) fn by(headers: &HeaderMap, tag: Option<&str>, length: u64) -> Self {
        let named = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if named(header::IF_MATCH).is_some_and(|tags| !holds(tags, tag)) {
            return Self::Changed;
        }
        if named(header::IF_NONE_MATCH).is_some_and(|tags| holds(tags, tag)) {
            return Self::Same;
        }
        let is_of_another = named(header::IF_RANGE).is_some_and(|known| Some(known) != tag);
        let Some(range) = named(header::RANGE).filter(|_| !is_of_another) else { return Self::Whole };
        let Ok(asked) = parse_range_header(range) else { return Self::Whole };
        match asked.validate(length).as_deref() {
            Ok([one]) => Self::Part(*one.start(), *one.end()),
            Ok(_) => Self::Whole,
            Err(_) => Self::Beyond,
        }
    }

    /// The status that answers it.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Whole => StatusCode::OK,
            Self::Part(..) => StatusCode::PARTIAL_CONTENT,
            Self::Same => StatusCode::NOT_MODIFIED,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Beyond => StatusCode::RANGE_NOT_SATISFIABLE,
        }
    }

    /// Which bytes come with the answer, the first and how many.
    pub(super) fn bytes(self, length: u64) -> Option<(u64, u64)> {
        match self {
            Self::Whole => Some((0, length)),
            Self::Part(from, to) => Some((from, to - from + 1)),
            Self::Same | Self::Changed | Self::Beyond => None,
        }
    }

    /// `Content-Range`, where the answer has one.
    pub(super) fn content_range(self, length: u64) -> Option<(HeaderName, HeaderValue)> {
        let shown = match self {
            Self::Part(from, to) => format!("bytes {from}-{to}/{length}"),
            Self::Beyond => format!("bytes */{length}"),
            _ => return None,
        };
        HeaderValue::from_str(&shown).ok().map(|value| (header::CONTENT_RANGE, value))
    }
}

fn holds(tags: &str, tag: Option<&str>) -> bool {
    tags.split(',').map(str::trim).any(|known| known == "*" || Some(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(HeaderName, &str)]) -> Asked {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Asked::by(&headers, Some("\"a\""), 10)
    }

    #[test]
    fn one_range_is_served_and_one_behind_the_end_is_named() {
        let range = |text| asked(&[(header::RANGE, text)]);
        for (text, expected) in [
            ("bytes=0-", Asked::Part(0, 9)),
            ("bytes=2-4", Asked::Part(2, 4)),
            ("bytes=9-9", Asked::Part(9, 9)),
            ("bytes=8-99", Asked::Part(8, 9)),
            ("bytes=-3", Asked::Part(7, 9)),
            ("bytes=10-", Asked::Beyond),
            ("bytes=0-1,4-5", Asked::Whole),
            ("lines=1-2", Asked::Whole),
            ("bytes=x-y", Asked::Whole),
        ] {
            assert_eq!(range(text), expected, "{text}");
        }
        assert_eq!(Asked::Part(2, 4).bytes(10), Some((2, 3)));
        assert_eq!(Asked::Part(2, 4).content_range(10).unwrap().1, "bytes 2-4/10");
        assert_eq!(Asked::Beyond.content_range(10).unwrap().1, "bytes */10");
    }

    #[test]
    fn a_tag_decides_whether_there_is_anything_to_say() {
        for (headers, expected) in [
            (vec![(header::IF_MATCH, "\"a\"")], Asked::Whole),
            (vec![(header::IF_MATCH, "\"b\", \"a\"")], Asked::Whole),
            (vec![(header::IF_MATCH, "*")], Asked::Whole),
            (vec![(header::IF_MATCH, "\"b\"")], Asked::Changed),
            (vec![(header::IF_NONE_MATCH, "\"a\"")], Asked::Same),
            (vec![(header::IF_NONE_MATCH, "\"b\"")], Asked::Whole),
            (vec![(header::IF_RANGE, "\"a\""), (header::RANGE, "bytes=5-")], Asked::Part(5, 9)),
            (vec![(header::IF_RANGE, "\"b\""), (header::RANGE, "bytes=5-")], Asked::Whole),
            (vec![(header::IF_MATCH, "\"b\""), (header::RANGE, "bytes=5-")], Asked::Changed),
        ] {
            assert_eq!(asked(&headers), expected, "{headers:?}");
        }
    }
}
