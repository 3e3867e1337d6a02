//! The sites over the county's boundary: what is read of a GeoJSON file, and where things stand on a sheet.
//!
//! Invariant: does no I/O but [`Fleet`]'s two. Only outlines are kept of a file, as fine as a sheet shows them; names and whatever else
//! is in it are not. Degrees are drawn as they are, narrowed by the cosine of the middle's latitude, which is right for a county.

use geojson::{GeoJson, Geometry, GeometryValue, Position as Point};
use serde::{Deserialize, Serialize};

use super::{Error, Fleet, sites::Position};
use crate::store::{StoreError, boundary as rows};

/// Bytes of a file that is read.
pub const FILE_MAX: usize = 4 * 1024 * 1024;
/// Points that are kept, after those that a sheet shows as one were folded.
const POINTS_MAX: usize = 20_000;
/// Of the longer side of a boundary, so many parts are told apart.
const PARTS: i64 = 2_000;
const MILLION: f64 = 1e6;

/// A sheet is so wide, and at most so high; around it a margin stays free for the signs.
const WIDE: f64 = 1_000.0;
const HIGH: f64 = 1_400.0;
const MARGIN: f64 = 40.0;

/// Why a file is no boundary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABoundary {
    /// Too much.
    #[error("a boundary has at most 4 MiB, and {POINTS_MAX} points that can be told apart on a sheet")]
    Large,
    /// It can't be read as GeoJSON.
    #[error("this is no GeoJSON (RFC 7946): {0}")]
    GeoJson(String),
    /// Points and lines are no boundary.
    #[error("there is no Polygon and no MultiPolygon in it")]
    NoPolygon,
    /// A place that is none on earth.
    #[error("coordinates are longitude and latitude in degrees, not {0}")]
    Coordinates(String),
}

/// Longitude and latitude in millionths of a degree.
type Place = [i64; 2];

/// Outlines, each closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Boundary(Vec<Vec<Place>>);

impl Boundary {
    /// Reads a GeoJSON file: every Polygon and MultiPolygon in it.
    ///
    /// # Errors
    /// [`NotABoundary`].
    pub fn read(bytes: &[u8]) -> Result<Self, NotABoundary> {
        if bytes.len() > FILE_MAX {
            return Err(NotABoundary::Large);
        }
        let unread = |error: String| NotABoundary::GeoJson(error.chars().take(200).collect());
        let text = std::str::from_utf8(bytes).map_err(|error| unread(error.to_string()))?;
        let text = text.trim_start_matches('\u{feff}');
        let read: GeoJson = text.parse().map_err(|error: geojson::Error| unread(error.to_string()))?;
        let geometries: Vec<Geometry> = match read {
            GeoJson::Geometry(geometry) => vec![geometry],
            GeoJson::Feature(feature) => feature.geometry.into_iter().collect(),
            GeoJson::FeatureCollection(all) => all.features.into_iter().filter_map(|one| one.geometry).collect(),
        };
        let mut rings = Vec::new();
        let mut open: Vec<GeometryValue> = geometries.into_iter().map(|geometry| geometry.value).collect();
        while let Some(value) = open.pop() {
            match value {
                GeometryValue::Polygon { coordinates } => rings.extend(coordinates),
                GeometryValue::MultiPolygon { coordinates } => rings.extend(coordinates.into_iter().flatten()),
                GeometryValue::GeometryCollection { geometries } => {
                    open.extend(geometries.into_iter().map(|geometry| geometry.value));
                }
                _ => {}
            }
        }
        let rings: Vec<Vec<Place>> = rings
            .iter()
            .map(|ring| ring.iter().map(place).collect::<Result<_, _>>())
            .collect::<Result<_, NotABoundary>>()?;
        Self(rings).folded()
    }

    /// With points that a sheet shows as one folded, and outlines that are none any more left out.
    fn folded(self) -> Result<Self, NotABoundary> {
        let Some([west, south, east, north]) = Extent::of(self.0.iter().flatten().copied()).map(|extent| extent.0)
        else {
            return Err(NotABoundary::NoPolygon);
        };
        let part = ((east - west).max(north - south) / PARTS).max(1);
        let mut rings = Vec::new();
        for ring in self.0 {
            let mut kept: Vec<Place> =
                ring.into_iter().map(|place| place.map(|of| of.div_euclid(part) * part)).collect();
            kept.dedup();
            if kept.len() > 3 {
                rings.push(kept);
            }
        }
        match rings.iter().map(Vec::len).sum::<usize>() {
            0 => Err(NotABoundary::NoPolygon),
            1..=POINTS_MAX => Ok(Self(rings)),
            _ => Err(NotABoundary::Large),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "held to 180 degrees before")]
fn place(point: &Point) -> Result<Place, NotABoundary> {
    let wrong = || NotABoundary::Coordinates(format!("{:?}", point.as_slice()).chars().take(60).collect());
    let [longitude, latitude] = point.as_slice().get(..2).and_then(|two| two.try_into().ok()).ok_or_else(wrong)?;
    if !(-180.0..=180.0).contains(&longitude) || !(-90.0..=90.0).contains(&latitude) {
        return Err(wrong());
    }
    let millionths = |degrees: f64| (degrees * MILLION).round() as i64;
    Ok([millionths(longitude), millionths(latitude)])
}

/// West, south, east and north ends.
#[derive(Debug, Clone, Copy)]
struct Extent([i64; 4]);

impl Extent {
    fn of(places: impl Iterator<Item = Place>) -> Option<Self> {
        places.fold(None, |found, [x, y]| {
            let Self([west, south, east, north]) = found.unwrap_or(Self([x, y, x, y]));
            Some(Self([west.min(x), south.min(y), east.max(x), north.max(y)]))
        })
    }
}

/// A sheet that sites and boundary are drawn on.
#[derive(Debug, Clone)]
pub struct Sheet {
    west: f64,
    north: f64,
    /// Units of the sheet a millionth of a degree, east and north.
    scale: [f64; 2],
    /// Units from top to bottom.
    pub high: i64,
}

impl Sheet {
    /// For a boundary, and sites that may stand beyond it; none where there is neither.
    #[must_use]
    pub fn over(boundary: &Boundary, sites: impl Iterator<Item = Position>) -> Option<Self> {
        let sites = sites.map(|at| [at.longitude, at.latitude]);
        let Extent([west, south, east, north]) = Extent::of(boundary.0.iter().flatten().copied().chain(sites))?;
        let number = |value: i64| as_number(value);
        let narrowed = ((number(south) + number(north)) / 2.0 / MILLION).to_radians().cos().max(0.1);
        // One site alone has a hundredth of a degree around it.
        let (across, down) = (number((east - west).max(10_000)) * narrowed, number((north - south).max(10_000)));
        let unit = ((WIDE - 2.0 * MARGIN) / across).min((HIGH - 2.0 * MARGIN) / down);
        let high = whole(down * unit + 2.0 * MARGIN);
        Some(Self { west: number(west), north: number(north), scale: [narrowed * unit, unit], high })
    }

    /// Where a site stands: units from the left and from the top.
    #[must_use]
    pub fn place(&self, at: Position) -> (i64, i64) {
        self.at([at.longitude, at.latitude])
    }

    fn at(&self, [x, y]: Place) -> (i64, i64) {
        let [east, north] = self.scale;
        (whole(MARGIN + (as_number(x) - self.west) * east), whole(MARGIN + (self.north - as_number(y)) * north))
    }

    /// The boundary as the path of an SVG.
    #[must_use]
    pub fn outline(&self, boundary: &Boundary) -> String {
        let mut path = String::new();
        for ring in &boundary.0 {
            for (n, place) in ring.iter().enumerate() {
                let (x, y) = self.at(*place);
                path += &format!("{}{x} {y}", if n == 0 { 'M' } else { 'L' });
            }
            path.push('Z');
        }
        path
    }
}

#[expect(clippy::cast_precision_loss, reason = "millionths of 180 degrees")]
fn as_number(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "units of a sheet")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

impl Fleet {
    /// The county's boundary; without one, no outline.
    ///
    /// # Errors
    /// The database.
    pub async fn boundary(&self) -> Result<Boundary, Error> {
        let rings = rows::find(&mut *self.store.read().await?).await?;
        let read = |rings: String| serde_json::from_str(&rings).map_err(|_| StoreError::Unreadable("boundary"));
        Ok(rings.map(read).transpose()?.unwrap_or_default())
    }

    /// Puts a boundary in place of the one before; none, there is none any more.
    ///
    /// # Errors
    /// The database.
    pub async fn put_boundary(&self, boundary: Option<&Boundary>) -> Result<(), Error> {
        let rings = boundary.map(serde_json::to_string).transpose().map_err(|_| StoreError::Unreadable("boundary"))?;
        let mut tx = self.store.write().await?;
        rows::put(&mut tx, rings.as_deref()).await?;
        let what = if boundary.is_some() { "map.boundary" } else { "map.no_boundary" };
        self.note(&mut tx, what, "map").await?;
        Ok(tx.commit().await?)
    }
}
