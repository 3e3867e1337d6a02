//! Portraits: whatever was uploaded becomes a small JPEG of its own, so that only pixels go on to terminals.
//!
//! Invariant: at most [`SIDE`] pixels wide and high; no metadata of the upload survives; a picture that claims to be
//! huge is refused before memory is taken for it.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};

use super::super::Error;

/// The longest side in pixels: 40 mm on the panel with the finest pixels.
const SIDE: u32 = 240;
/// The largest side that is read at all.
const READ_MAX: u32 = 8000;

/// Reads a PNG or JPEG and writes it anew, small.
pub(super) fn shrink(upload: &[u8]) -> Result<Vec<u8>, Error> {
    let wrong = || Error::Input("这不是能用的照片。请换一张 PNG 或 JPEG 格式的照片。".to_owned());
    let format = image::guess_format(upload).map_err(|_| wrong())?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err(wrong());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(READ_MAX);
    limits.max_image_height = Some(READ_MAX);
    limits.max_alloc = Some(128 * 1024 * 1024);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| wrong())?.resize(SIDE, SIDE, FilterType::Triangle).to_rgb8();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 82).encode_image(&picture).map_err(|_| wrong())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_gets_small_and_loses_what_is_not_a_pixel() {
        let mut png = Vec::new();
        let picture = image::RgbImage::from_pixel(900, 1200, image::Rgb([200, 30, 30]));
        picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        let small = shrink(&png).unwrap();
        let read = image::load_from_memory(&small).unwrap();
        assert_eq!((read.width(), read.height()), (180, 240));
        assert_eq!(image::guess_format(&small).unwrap(), ImageFormat::Jpeg);
    }

    #[test]
    fn what_is_no_picture_is_refused_in_plain_words() {
        for upload in [&b""[..], b"<svg/>", b"GIF89a", &[0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0]] {
            assert!(matches!(shrink(upload), Err(Error::Input(_))));
        }
    }
}
