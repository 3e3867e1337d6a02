//! Pictures that come from data: QR codes and the portraits of the bulletin.
//!
//! Invariant: a picture that cannot be read is no picture, never a panic; no picture of more than
//! [`PORTRAIT_MOST_PIXELS`] is decoded.

use std::io::Cursor;

use qrcode::{Color, EcLevel, QrCode};
use slint::{Image, Rgb8Pixel, Rgba8Pixel, SharedPixelBuffer};

/// The margin of a QR code. Source: ISO/IEC 18004, "quiet zone": four modules.
const QUIET_MODULES: usize = 4;
/// Pixels a module has in the picture; the pages draw it larger without smoothing.
const MODULE_PIXELS: usize = 4;
/// The widest and highest portrait that is read.
pub const PORTRAIT_MOST_PIXELS: u32 = 2_000;
/// The longer side a portrait keeps: 36 mm at 5.9 px/mm.
const PORTRAIT_PIXELS: u32 = 220;

/// Draws a QR code, black on white with its margin; nothing for a text that no code can hold.
pub fn qr(text: &str) -> Option<Image> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let modules = code.width();
    let colours = code.to_colors();
    let side = (modules + 2 * QUIET_MODULES) * MODULE_PIXELS;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(u32::try_from(side).ok()?, u32::try_from(side).ok()?);
    for (at, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let (x, y) = (at % side / MODULE_PIXELS, at / side / MODULE_PIXELS);
        let inside = (QUIET_MODULES..QUIET_MODULES + modules).contains(&x)
            && (QUIET_MODULES..QUIET_MODULES + modules).contains(&y);
        let dark = inside && colours[(y - QUIET_MODULES) * modules + x - QUIET_MODULES] == Color::Dark;
        *pixel = if dark { Rgb8Pixel::new(0, 0, 0) } else { Rgb8Pixel::new(255, 255, 255) };
    }
    Some(Image::from_rgb8(buffer))
}

/// Reads a portrait, PNG or JPEG, and keeps it at the size the pages draw.
pub fn portrait(bytes: &[u8]) -> Option<Image> {
    let mut reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(PORTRAIT_MOST_PIXELS);
    limits.max_image_height = Some(PORTRAIT_MOST_PIXELS);
    reader.limits(limits);
    let picture = reader.decode().ok()?.thumbnail(PORTRAIT_PIXELS, PORTRAIT_PIXELS).into_rgba8();
    let (width, height) = picture.dimensions();
    Some(Image::from_rgba8(SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(picture.as_raw(), width, height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_keeps_four_white_modules_around_it() {
        let picture = qr("https://example.org/t#1234567890128.abc").unwrap().to_rgb8().unwrap();
        let side = picture.width() as usize;
        let margin = QUIET_MODULES * MODULE_PIXELS;
        let pixels = picture.as_slice();
        let dark = |x: usize, y: usize| pixels[y * side + x].r == 0;
        assert!((0..side).all(|x| (0..margin).all(|y| !dark(x, y) && !dark(y, x))));
        assert!(dark(margin, margin), "the corner of the finder pattern");
    }

    #[test]
    fn a_text_that_no_code_can_hold_gives_no_picture() {
        assert!(qr(&"字".repeat(3_000)).is_none());
    }

    #[test]
    fn bytes_that_are_no_picture_give_no_portrait() {
        assert!(portrait(b"").is_none());
        assert!(portrait(b"\x89PNG\r\n\x1a\nrubbish").is_none());
    }

    #[test]
    fn a_portrait_is_brought_down_to_the_size_of_its_card() {
        let mut png = Vec::new();
        image::RgbImage::new(900, 1_200).write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        let picture = portrait(&png).unwrap();
        assert_eq!((picture.size().width, picture.size().height), (165, 220));
    }
}
