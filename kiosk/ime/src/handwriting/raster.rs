//! Strokes as a picture: round lines with smooth edges, black on white.
//!
//! Invariant: what it costs grows with the points and with the length of the lines, both of which are bounded by the
//! ink and by the picture.

/// A picture of one channel, row by row from the top; 1 is paper, -1 is ink: what the recogniser was taught with.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<f32>,
}

/// A line is drawn in pieces no longer than this, in pixels: each touches few pixels.
const PIECE: f64 = 6.0;

impl Picture {
    /// Blank paper.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![1.0; width * height] }
    }

    /// Draws a stroke, given in pixels, with a pen of a radius; a single point is a dot.
    pub(super) fn draw(&mut self, stroke: &[[f64; 2]], radius: f64) {
        if let [only] = stroke {
            self.piece(*only, *only, radius);
        }
        for ends in stroke.windows(2) {
            let ([x0, y0], [x1, y1]) = (ends[0], ends[1]);
            let pieces = ((x1 - x0).hypot(y1 - y0) / PIECE).ceil().max(1.0);
            let at = |part: f64| [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
            let mut done = 0.0;
            while done < pieces {
                self.piece(at(done / pieces), at((done + 1.0) / pieces), radius);
                done += 1.0;
            }
        }
    }

    /// Darkens every pixel by how much of it lies within the radius of the piece.
    fn piece(&mut self, [x0, y0]: [f64; 2], [x1, y1]: [f64; 2], radius: f64) {
        let reach = radius + 1.0;
        let columns = range(x0.min(x1) - reach, x0.max(x1) + reach, self.width);
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = dx * dx + dy * dy;
        for row in range(y0.min(y1) - reach, y0.max(y1) + reach, self.height) {
            for column in columns.clone() {
                let (x, y) = (middle(column) - x0, middle(row) - y0);
                let along = if length > 0.0 { ((x * dx + y * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
                let distance = (x - along * dx).hypot(y - along * dy);
                let cover = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let pixel = &mut self.pixels[row * self.width + column];
                #[expect(clippy::cast_possible_truncation, reason = "a shade needs no more than f32 has")]
                let shade = (1.0 - 2.0 * cover) as f32;
                *pixel = pixel.min(shade);
            }
        }
    }
}

/// Where the middle of a pixel lies.
fn middle(pixel: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a picture is no wider than a few hundred pixels")]
    let at = pixel as f64;
    at + 0.5
}

/// The pixels between two places, as far as they are in the picture.
fn range(from: f64, to: f64, size: usize) -> std::ops::Range<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast to usize stops at its ends")]
    let (from, to) = (from.floor().max(0.0) as usize, to.ceil().max(0.0) as usize);
    from.min(size)..to.min(size)
}
