//! Ink that is no character: what a pad is given by a finger that plays, a palm, or a hand that slips.

use super::{Chance, Stroke};

/// Width and height of the pad that it is made for.
pub(crate) const PAD: [f32; 2] = [500.0, 390.0];

/// A kind of ink, and what makes one of it.
pub(crate) type Kind = (&'static str, fn(&mut Chance) -> Vec<Stroke>);

/// The kinds that a terminal is known to be given.
pub(crate) const KINDS: [Kind; 6] = [
    ("a single dot", |chance| {
        let [x, y] = on_the_pad(chance);
        vec![vec![[x, y], [x + 0.5, y]]]
    }),
    ("a short tap", |chance| {
        let [x, y] = on_the_pad(chance);
        vec![vec![[x, y], [x + chance.within(14.0), y + chance.within(14.0)]]]
    }),
    ("a scribble over the whole pad", |chance| {
        let points = 60 + chance.below(1000);
        vec![(0..points).map(|_| on_the_pad(chance)).collect()]
    }),
    ("two hundred strokes", |chance| {
        let points = 2 + chance.below(4);
        (0..200).map(|_| (0..points).map(|_| on_the_pad(chance)).collect()).collect()
    }),
    ("strokes off the pad", |chance| {
        let points = 2 + chance.below(8);
        let mut stroke = || (0..points).map(|_| [chance.within(1500.0), 1000.0 + chance.within(600.0)]).collect();
        (0..5).map(|_| stroke()).collect()
    }),
    ("a palm's blob", |chance| {
        let ([x, y], radius) = (on_the_pad(chance), 30.0 + chance.within(20.0));
        vec![(0..150).map(|_| [x + chance.within(radius), y + chance.within(radius * 1.6)]).collect()]
    }),
];

fn on_the_pad(chance: &mut Chance) -> [f32; 2] {
    PAD.map(|side| side / 2.0 + chance.within(side / 2.0))
}
