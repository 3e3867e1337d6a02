//! What a finger left on the pad, made fit to be drawn.
//!
//! Invariant: whatever numbers came, what goes on is finite, at most [`MOST_STROKES`] strokes and [`MOST_POINTS`] points,
//! and a stroke has at least one.

/// Strokes beyond these are passed over: a written line of twenty characters has about 200.
const MOST_STROKES: usize = 400;

/// Points beyond these are passed over. A line of twenty characters has about 6,000 from a screen that reports 120 times a
/// second.
const MOST_POINTS: usize = 10_000;

/// Written strokes, in the unit that they came in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ink(Vec<Vec<[f64; 2]>>);

/// The smallest rectangle around something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    const NOTHING: Self =
        Self { left: f64::INFINITY, top: f64::INFINITY, right: f64::NEG_INFINITY, bottom: f64::NEG_INFINITY };

    fn of(points: &[[f64; 2]]) -> Self {
        points.iter().fold(Self::NOTHING, |bounds, [x, y]| Self {
            left: bounds.left.min(*x),
            top: bounds.top.min(*y),
            right: bounds.right.max(*x),
            bottom: bounds.bottom.max(*y),
        })
    }

    fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn middle(&self) -> [f64; 2] {
        [self.left.midpoint(self.right), self.top.midpoint(self.bottom)]
    }
}

impl Ink {
    /// Takes what can be drawn of the strokes: points that are no numbers are left out.
    pub(super) fn new(strokes: &[Vec<[f32; 2]>]) -> Self {
        let mut room = MOST_POINTS;
        let mut taken = Vec::new();
        for stroke in strokes {
            if taken.len() == MOST_STROKES {
                break;
            }
            let finite = stroke.iter().filter(|[x, y]| x.is_finite() && y.is_finite());
            let points: Vec<_> = finite.take(room).map(|[x, y]| [f64::from(*x), f64::from(*y)]).collect();
            room -= points.len();
            if !points.is_empty() {
                taken.push(points);
            }
        }
        Self(taken)
    }

    pub(super) fn strokes(&self) -> &[Vec<[f64; 2]>] {
        &self.0
    }

    /// The smallest rectangle around all strokes; `None` of nothing.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        self.0.iter().map(|stroke| Bounds::of(stroke)).reduce(Bounds::with)
    }

    /// How long those pieces of the strokes are together whose middle counts.
    pub(super) fn length(&self, counts: impl Fn([f64; 2]) -> bool) -> f64 {
        let pieces = self.0.iter().flat_map(|stroke| stroke.windows(2));
        let middle = |piece: &[[f64; 2]]| [piece[0][0].midpoint(piece[1][0]), piece[0][1].midpoint(piece[1][1])];
        let length = |piece: &[[f64; 2]]| (piece[1][0] - piece[0][0]).hypot(piece[1][1] - piece[0][1]);
        pieces.filter(|piece| counts(middle(piece))).map(length).sum()
    }

    /// The strokes in groups that stand beside each other without overlapping: where each begins and ends, from the left.
    fn spans(&self) -> Vec<(f64, f64)> {
        let mut strokes: Vec<_> = self.0.iter().map(|stroke| Bounds::of(stroke)).collect();
        strokes.sort_by(|a, b| a.left.total_cmp(&b.left));
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for stroke in strokes {
            match spans.last_mut() {
                Some((_, reach)) if stroke.left <= *reach => *reach = reach.max(stroke.right),
                _ => spans.push((stroke.left, stroke.right)),
            }
        }
        spans
    }

    /// How many groups of strokes stand beside each other without overlapping: several in a line of characters.
    pub(super) fn groups(&self) -> usize {
        self.spans().len()
    }

    /// Cuts the ink in two at a wide gap in the middle half, rather in the middle than at its ends; `Err` gives it back
    /// where there is none.
    pub(super) fn cut(self) -> Result<(Self, Self), Self> {
        let spans = self.spans();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Err(self) };
        let (middle, width) = (first.0.midpoint(last.1), last.1 - first.0);
        let off = |(from, to): &(f64, f64)| (from.midpoint(*to) - middle).abs() / width;
        let worth = |gap: &(f64, f64)| (gap.1 - gap.0) * (1.0 - off(gap));
        let gaps = spans.windows(2).map(|pair| (pair[0].1, pair[1].0)).filter(|gap| off(gap) <= 0.25);
        let Some((from, to)) = gaps.max_by(|a, b| worth(a).total_cmp(&worth(b))) else { return Err(self) };
        let at = from.midpoint(to);
        let (before, after) = self.0.into_iter().partition(|stroke| Bounds::of(stroke).left < at);
        Ok((Self(before), Self(after)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_left_out_and_the_rest_stays() {
        let ink = Ink::new(&[
            vec![[f32::NAN, 1.0], [2.0, 3.0], [f32::INFINITY, 0.0]],
            vec![[0.0, f32::NEG_INFINITY]],
            Vec::new(),
        ]);
        assert_eq!(ink.strokes(), [vec![[2.0, 3.0]]]);
    }

    #[test]
    fn the_widest_numbers_have_finite_bounds() {
        let bounds = Ink::new(&[vec![[f32::MIN, f32::MIN], [f32::MAX, f32::MAX]]]).bounds().unwrap();
        assert!(bounds.width().is_finite() && bounds.height().is_finite());
        assert_eq!(bounds.middle(), [0.0, 0.0]);
    }

    #[test]
    fn no_more_is_taken_than_a_line_can_hold() {
        let ink = Ink::new(&vec![vec![[1.0, 2.0]; 30]; 1000]);
        assert_eq!(ink.strokes().iter().map(Vec::len).sum::<usize>(), MOST_POINTS);
        assert_eq!(Ink::new(&vec![vec![[1.0, 2.0]]; 1000]).strokes().len(), MOST_STROKES);
    }

    #[test]
    fn a_line_is_cut_where_nothing_is_written() {
        let at = |x: f32| vec![[x, 0.0], [x + 1.0, 1.0]];
        let (left, right) = Ink::new(&[at(0.0), at(1.5), at(9.0), at(5.0)]).cut().unwrap();
        assert_eq!((left.strokes().len(), right.strokes().len()), (3, 1));
        let dense = Ink::new(&[vec![[0.0, 0.0], [9.0, 0.0]], at(3.0)]);
        assert_eq!(dense.clone().cut(), Err(dense));
    }
}
