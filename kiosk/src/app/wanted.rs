//! What somebody wants of the terminal who is not there: done only while nobody is.
//!
//! Invariant: whoever stands in front of the terminal comes first. Whether somebody does is asked on the UI thread at the
//! moment in which it is done, not before.

use std::{cell::Cell, io::Cursor, thread, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageFormat, RgbaImage, imageops::FilterType};
use slint::{ComponentHandle as _, Rgba8Pixel, SharedPixelBuffer};
use tracing::warn;

use super::{Clerk, Task, dispatch, with};
use crate::{
    control::{
        ReplyTo,
        message::{LINE_MAX, Want, Wanted},
    },
    session::Event,
};

/// A picture is scaled to this many pixels at most: words can be read, and a mobile line carries it in seconds.
const WIDTHS: [u32; 3] = [960, 640, 320];

/// A line of the socket holds it as base64, four characters for three bytes.
const PNG_MAX: usize = LINE_MAX / 4 * 3 - 1024;

/// The longest lease: a machine that has not begun to end by then does not start anew.
const LEASE_MAX: Duration = Duration::from_secs(300);

thread_local! {
    static TAKES_A_PICTURE: Cell<bool> = const { Cell::new(false) };
}

/// Whether what is being painted goes into a picture and not onto the screen.
pub(super) fn takes_a_picture() -> bool {
    TAKES_A_PICTURE.get()
}

/// Does what is wanted where nobody is there; from any thread.
pub(super) fn do_when_free(want: Want, reply_to: ReplyTo, clerk: &Clerk) {
    match want {
        Want::Restart => restart_when_free(Some(reply_to)),
        Want::TestPrint => {
            let clerk = clerk.clone();
            when_free(reply_to, move |reply_to| clerk.send(Task::TestPrintFromAfar(reply_to)));
        }
        Want::Picture => when_free(reply_to, picture),
        Want::Lease { seconds } => when_free(reply_to, move |reply_to| {
            dispatch(Event::Lease(Duration::from_secs(seconds).min(LEASE_MAX)));
            reply_to.answer(Wanted::Done);
        }),
    }
}

fn when_free(reply_to: ReplyTo, work: impl FnOnce(ReplyTo) + Send + 'static) {
    // An event loop that has ended answers nobody: silence says that nobody knows.
    slint::invoke_from_event_loop(move || match with(|app| app.session.visiting()) {
        Some(false) => work(reply_to),
        _ => reply_to.answer(Wanted::Busy),
    })
    .ok();
}

/// Ends the event loop for a new start, where nobody is there; from any thread. Whoever wants it asks again otherwise.
pub(super) fn restart_when_free(reply_to: Option<ReplyTo>) {
    slint::invoke_from_event_loop(move || {
        let starts_anew = with(|app| {
            app.starts_anew = !app.session.visiting();
            app.starts_anew
        });
        let is_free = starts_anew == Some(true);
        if let Some(reply_to) = reply_to {
            reply_to.answer(if is_free { Wanted::Done } else { Wanted::Busy });
        }
        if is_free {
            slint::quit_event_loop().ok();
        }
    })
    .ok();
}

/// Paints the page once more, into memory; a thread of its own makes a file of it.
fn picture(reply_to: ReplyTo) {
    let Some(ui) = with(|app| app.parts.ui.clone_strong()) else { return };
    TAKES_A_PICTURE.set(true);
    let painted = ui.window().take_snapshot();
    TAKES_A_PICTURE.set(false);
    let painted = match painted {
        Ok(painted) => painted,
        Err(problem) => {
            warn!(%problem, "the page can't be painted into a picture");
            return reply_to.answer(Wanted::Failed);
        }
    };
    let drawing = thread::Builder::new().name("picture".into()).spawn(move || {
        let drawn = png(&painted).map(|png| Wanted::Picture(STANDARD.encode(png)));
        reply_to.answer(drawn.unwrap_or(Wanted::Failed));
    });
    if let Err(problem) = drawing {
        warn!(%problem, "no thread to make a picture of the page");
    }
}

/// As large as it fits.
fn png(painted: &SharedPixelBuffer<Rgba8Pixel>) -> Option<Vec<u8>> {
    let page = RgbaImage::from_raw(painted.width(), painted.height(), painted.as_bytes().to_vec())?;
    let page = DynamicImage::from(page).to_rgb8();
    WIDTHS.into_iter().find_map(|width| {
        let page = DynamicImage::from(page.clone());
        let scaled = if page.width() > width { page.resize(width, u32::MAX, FilterType::Triangle) } else { page };
        let mut bytes = Vec::new();
        scaled.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
        (bytes.len() <= PNG_MAX).then_some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_a_picture_that_fits_a_line_however_restless_it_is() {
        let mut flat = SharedPixelBuffer::<Rgba8Pixel>::new(1280, 800);
        flat.make_mut_slice().fill(Rgba8Pixel::new(250, 246, 238, 255));
        let read = image::load_from_memory(&png(&flat).unwrap()).unwrap().to_rgb8();
        assert_eq!((read.dimensions(), read.get_pixel(5, 5).0), ((960, 600), [250, 246, 238]));
        let mut noise = SharedPixelBuffer::<Rgba8Pixel>::new(1280, 800);
        let mut drawn = 1_u32;
        for pixel in noise.make_mut_slice() {
            drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [red, green, blue, _] = drawn.to_be_bytes();
            *pixel = Rgba8Pixel::new(red, green, blue, 255);
        }
        assert!(png(&noise).unwrap().len() <= PNG_MAX);
    }
}
