//! Boundaries as files have them, and where sites stand on the sheet.

use host::fleet::{
    map::{Boundary, FILE_MAX, NotABoundary, Sheet},
    sites::Position,
};
use proptest::prelude::*;

fn at(latitude: &str, longitude: &str) -> Position {
    Position::of(latitude, longitude).unwrap()
}

fn polygon(ring: &str) -> String {
    format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)
}

const SQUARE: &str = "[[117,28],[118,28],[118,29],[117,29],[117,28]]";

#[test]
fn outlines_are_read_from_whatever_holds_polygons_and_nothing_else_is_kept() {
    let plain = Boundary::read(polygon(SQUARE).as_bytes()).unwrap();
    let feature = |geometry: &str| {
        format!(r#"{{"type":"Feature","properties":{{"name":"德兴市","secret":"x"}},"geometry":{geometry}}}"#)
    };
    let multi = format!(r#"{{"type":"MultiPolygon","coordinates":[[{SQUARE}]]}}"#);
    let mixed = format!(
        r#"{{"type":"GeometryCollection","geometries":[{{"type":"Point","coordinates":[0,0]}},{}]}}"#,
        polygon(SQUARE)
    );
    let all = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, feature(&polygon(SQUARE)));
    for text in [feature(&polygon(SQUARE)), multi, mixed, all, format!("\u{feff}{}", polygon(SQUARE))] {
        assert_eq!(Boundary::read(text.as_bytes()).unwrap(), plain, "{text}");
    }
    assert!(!serde_json::to_string(&plain).unwrap().contains("secret"));
}

#[test]
fn what_is_no_boundary_is_refused_by_what_it_lacks() {
    let refused = |text: &str| Boundary::read(text.as_bytes()).unwrap_err();
    for text in ["", "{}", "PK\u{3}", r#"{"type":"Polygon"}"#, r#"{"type":"Circle","coordinates":[]}"#] {
        assert!(matches!(refused(text), NotABoundary::GeoJson(why) if !why.is_empty()), "{text}");
    }
    assert!(matches!(Boundary::read(&[0xff, 0xfe]).unwrap_err(), NotABoundary::GeoJson(_)));
    assert_eq!(refused(r#"{"type":"Point","coordinates":[117,28]}"#), NotABoundary::NoPolygon);
    assert_eq!(refused(r#"{"type":"FeatureCollection","features":[]}"#), NotABoundary::NoPolygon);
    assert_eq!(refused(&polygon("[[117,28],[117,28],[117,28],[117,28]]")), NotABoundary::NoPolygon, "one point");
    for ring in ["[[1]]", "[[500000,3100000],[1,2],[3,4],[500000,3100000]]", "[[28,117],[28,118],[29,118],[28,117]]"] {
        assert!(matches!(refused(&polygon(ring)), NotABoundary::Coordinates(_)), "{ring}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(refused(&polygon(&deep)), NotABoundary::GeoJson(_)));
    assert_eq!(Boundary::read(&vec![b' '; FILE_MAX + 1]).unwrap_err(), NotABoundary::Large);
}

#[test]
fn a_sheet_has_north_above_and_east_on_the_right_and_keeps_distances() {
    let boundary = Boundary::read(polygon(SQUARE).as_bytes()).unwrap();
    let sheet = Sheet::over(&boundary, std::iter::empty()).unwrap();
    let (north_west, south_east) = (sheet.place(at("29", "117")), sheet.place(at("28", "118")));
    assert_eq!((north_west, south_east.0), ((40, 40), 960));
    // A degree of longitude is 0.879 of one of latitude at 28.5 degrees.
    let (wide, high) = (south_east.0 - north_west.0, south_east.1 - north_west.1);
    assert_eq!((wide, high), (920, 1047));
    assert_eq!(sheet.high, 1127);
    assert!(sheet.outline(&boundary).starts_with("M40 1087L960 1087L960 40L40 40"), "{}", sheet.outline(&boundary));
    assert!(Sheet::over(&Boundary::default(), std::iter::empty()).is_none());
    let alone = Sheet::over(&Boundary::default(), [at("28.9", "117.5")].into_iter()).unwrap();
    assert_eq!(alone.place(at("28.9", "117.5")), (40, 40));
}

proptest! {
    #[test]
    fn every_site_stands_on_the_sheet(
        places in proptest::collection::vec((-85_000_000_i64..85_000_000, -179_000_000_i64..179_000_000), 1..20)
    ) {
        let places: Vec<Position> =
            places.into_iter().map(|(latitude, longitude)| Position { latitude, longitude }).collect();
        let sheet = Sheet::over(&Boundary::default(), places.iter().copied()).unwrap();
        for place in places {
            let (x, y) = sheet.place(place);
            prop_assert!((0..=1000).contains(&x) && (0..=sheet.high).contains(&y), "{} {} {}", x, y, sheet.high);
        }
        prop_assert!(sheet.high <= 1400);
    }

    #[test]
    fn no_text_is_more_than_a_boundary_or_a_refusal(text in "\\PC{0,60}") {
        prop_assert!(Boundary::read(text.as_bytes()).is_err());
    }
}
