//! Photos of phones: whatever was sent becomes a JPEG of our own, so that only pixels go on.
//!
//! Invariants: what it is, its contents say, never its name; its size is read from its header and refused before memory
//! is taken for it; at most [`PHOTO_SIDE_MAX`] pixels wide and high and [`PHOTO_MAX`] bytes come out, upright as the
//! phone was held, with no metadata of the upload. Nothing here touches a disk.
//!
//! The most memory that one takes: a progressive JPEG of [`PIXELS_MAX`] in four inks without subsampling, whose
//! coefficients are all held (four of two bytes a pixel, 512 MB) beside its pixels (192 MB), and the upload: 0.73 GB, as
//! `cargo bench -p host --bench photo` measures. WebP is not read: its frames have sizes of their own beside the one that
//! the file's header tells; browsers send such a photo as JPEG.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use wire::event::{PHOTO_MAX, PHOTO_SIDE_MAX};

use super::super::PhoneRefused;

/// The most bytes that a photo may have as it arrives; phones take photos of 3 to 12 MB.
pub const UPLOAD_MAX: usize = 20 * 1024 * 1024;

/// The most pixels of a photo: the cameras of phones have 50 million, and bombs have more.
const PIXELS_MAX: u64 = 64_000_000;

/// The most memory that one may take unpacked: [`PIXELS_MAX`] with four bytes each.
const MEMORY_MAX: u64 = 256 * 1024 * 1024;

/// Tried in this order until the file is small enough; the last is for foliage and gravel.
const QUALITIES: [u8; 5] = [84, 76, 66, 54, 40];

/// A photo as it is kept.
pub(super) struct Small {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) jpeg: Vec<u8>,
}

/// Reads a photo and writes it anew.
pub(super) fn shrink(upload: &[u8]) -> Result<Small, PhoneRefused> {
    write(&flat(decode(upload, sort(upload)?)?))
}

/// What an upload is, by its first bytes. Sources: JPEG ITU-T T.81 B.1.1.3, PNG 5.2, WebP RIFF container, ISO 14496-12 4.3.
fn sort(upload: &[u8]) -> Result<ImageFormat, PhoneRefused> {
    let at = |from: usize, what: &[u8]| upload.get(from..from + what.len()) == Some(what);
    if at(0, &[0xff, 0xd8, 0xff]) {
        return Ok(ImageFormat::Jpeg);
    }
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Ok(ImageFormat::Png);
    }
    let is_heif =
        [&b"heic"[..], b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"].iter().any(|b| at(8, b));
    if at(4, b"ftyp") && is_heif || at(0, b"RIFF") && at(8, b"WEBP") {
        return Err(PhoneRefused::Format);
    }
    // MP4 and QuickTime, Matroska and WebM, AVI, MPEG.
    let is_video = at(4, b"ftyp")
        || at(4, b"moov")
        || at(4, b"mdat")
        || at(0, &[0x1a, 0x45, 0xdf, 0xa3])
        || at(0, b"RIFF") && at(8, b"AVI ")
        || at(0, &[0, 0, 1, 0xba]);
    Err(if is_video { PhoneRefused::Video } else { PhoneRefused::NotAPhoto })
}

fn spoilt<E>(_: E) -> PhoneRefused {
    PhoneRefused::Spoilt
}

/// Refuses a size before memory is taken for it.
fn fits((width, height): (u32, u32), bytes: u64) -> Result<(), PhoneRefused> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX || bytes > MEMORY_MAX { Err(PhoneRefused::Huge) } else { Ok(()) }
}

fn decode(upload: &[u8], format: ImageFormat) -> Result<DynamicImage, PhoneRefused> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(spoilt)?;
    fits(decoder.dimensions(), decoder.total_bytes())?;
    // One that can't be read is as good as none: the photo lies on its side then, and is there.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // Turning makes a second picture of the same size: a small one by then.
    let mut picture = scaled(DynamicImage::from_decoder(decoder).map_err(spoilt)?);
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn scaled(picture: DynamicImage) -> DynamicImage {
    if picture.width().max(picture.height()) > PHOTO_SIDE_MAX {
        picture.thumbnail(PHOTO_SIDE_MAX, PHOTO_SIDE_MAX)
    } else {
        picture
    }
}

/// Lays what is transparent on white paper.
fn flat(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let image::Rgba([r, g, b, a]) = *picture.get_pixel(x, y);
        let over = |c: u8| {
            let mixed = (u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a)) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn write(picture: &RgbImage) -> Result<Small, PhoneRefused> {
    let mut jpeg = Vec::new();
    for quality in QUALITIES {
        jpeg.clear();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).map_err(spoilt)?;
        if jpeg.len() <= PHOTO_MAX {
            return Ok(Small { width: picture.width(), height: picture.height(), jpeg });
        }
    }
    // Noise alone gets here: half as wide it is small enough.
    let (width, height) = ((picture.width() / 2).max(1), (picture.height() / 2).max(1));
    write(&image::imageops::thumbnail(picture, width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// Red on the left, blue on the right.
    fn two_coloured(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, _| image::Rgb(if x < width / 2 { [220, 20, 20] } else { [20, 20, 220] }))
            .into()
    }

    /// Puts an APP1 segment with Exif behind a JPEG's first two bytes: orientation 6 and a place, as cameras do.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"GPSLatitude 28.97N");
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
    }

    /// A PNG's header that says that it is so large, with a right check sum.
    fn ihdr(width: u32, height: u32, color_type: u8) -> Vec<u8> {
        let mut ihdr = b"IHDR".to_vec();
        ihdr.extend(width.to_be_bytes());
        ihdr.extend(height.to_be_bytes());
        ihdr.extend([8, color_type, 0, 0, 0]);
        let mut crc = !0_u32;
        for byte in &ihdr {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        [b"\x89PNG\r\n\x1a\n".as_slice(), &13_u32.to_be_bytes(), &ihdr, &(!crc).to_be_bytes()].concat()
    }

    /// A PNG without data.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let idat = [&[0, 0, 0, 0][..], b"IDAT", &0x35af_061e_u32.to_be_bytes()].concat();
        [ihdr(width, height, 2), idat].concat()
    }

    fn refused(upload: &[u8]) -> PhoneRefused {
        shrink(upload).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_photo_stands_upright_is_scaled_and_loses_what_is_not_a_pixel() {
        let upload = with_exif(&encoded(&two_coloured(2000, 1000), ImageFormat::Jpeg), 6);
        let small = shrink(&upload).unwrap();
        assert_eq!((small.width, small.height), (800, 1600), "turned by a quarter");
        let read = image::load_from_memory_with_format(&small.jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
        assert_eq!(read.dimensions(), (800, 1600));
        // Orientation 6: what is on the left of the file is the upper side.
        assert!(read.get_pixel(400, 100)[0] > 150 && read.get_pixel(400, 1500)[2] > 150);
        for trace in [&b"Exif"[..], b"GPS"] {
            assert!(upload.windows(trace.len()).any(|w| w == trace), "the upload has it");
            assert!(!small.jpeg.windows(trace.len()).any(|w| w == trace));
        }
    }

    #[test]
    fn a_png_is_read_a_small_one_keeps_its_size_and_transparency_lies_on_white() {
        let clear = image::RgbaImage::from_fn(60, 40, |x, _| image::Rgba([0, 0, 0, if x < 30 { 0 } else { 255 }]));
        let small = shrink(&encoded(&clear.into(), ImageFormat::Png)).unwrap();
        assert_eq!((small.width, small.height), (60, 40));
        let read = image::load_from_memory(&small.jpeg).unwrap().into_rgb8();
        assert!(read.get_pixel(5, 20)[0] > 240 && read.get_pixel(55, 20)[0] < 15);
    }

    #[test]
    fn the_noisiest_photo_fits_its_event() {
        let mut state = 7_u32;
        let noise = RgbImage::from_fn(1600, 1600, |_, _| {
            image::Rgb([0; 3].map(|_: u8| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            }))
        });
        let small = write(&noise).unwrap();
        assert!(small.jpeg.len() <= PHOTO_MAX && small.width >= 400, "{} bytes", small.jpeg.len());
    }

    #[test]
    fn a_decompression_bomb_is_refused_by_its_header() {
        for (width, height) in [(30_000, 30_000), (u32::from(u16::MAX), 2_000)] {
            assert_eq!(refused(&bomb(width, height)), PhoneRefused::Huge, "{width}x{height}");
        }
        assert_eq!(refused(&bomb(100, 100)), PhoneRefused::Spoilt, "a small one is only empty");
        // A canvas of 16 by 16 pixels, around a frame of 16383 by 16383. Sources: WebP container specification,
        // "Extended File Format"; RFC 6386 9.1.
        let canvas = b"VP8X\x0a\0\0\0\0\0\0\0\x0f\0\0\x0f\0\0";
        let frame = b"VP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f";
        let webp = [b"RIFF\x28\0\0\0WEBP".as_slice(), canvas, frame].concat();
        assert_eq!(refused(&webp), PhoneRefused::Format);
    }

    #[test]
    fn of_data_that_unpack_to_much_more_than_the_header_says_only_that_much_is_read() {
        let black = encoded(&DynamicImage::new_luma8(10_000, 5_000), ImageFormat::Png);
        assert!(black.len() < 1 << 20, "50 MB are packed into {} bytes", black.len());
        let head = ihdr(10, 10, 0);
        let small = shrink(&[&head[..], &black[head.len()..]].concat()).unwrap();
        assert_eq!((small.width, small.height), (10, 10));
    }

    #[test]
    fn what_is_no_photo_is_told_apart_by_its_contents() {
        for (upload, expected) in [
            (&b"\0\0\0\x18ftypisom\0\0\0\0"[..], PhoneRefused::Video),
            (b"\0\0\0\x14ftypqt  ", PhoneRefused::Video),
            (b"\x1a\x45\xdf\xa3webm", PhoneRefused::Video),
            (b"\0\0\0\x18ftypheic\0\0\0\0", PhoneRefused::Format),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PhoneRefused::NotAPhoto),
            (b"<?xml version='1.0'?><svg/>", PhoneRefused::NotAPhoto),
            (b"PK\x03\x04\x14\0", PhoneRefused::NotAPhoto),
            (b"GIF89a", PhoneRefused::NotAPhoto),
            (b"", PhoneRefused::NotAPhoto),
            (&[0xff, 0xd8, 0xff, 0xe0, 0, 16], PhoneRefused::Spoilt),
            (b"\x89PNG\r\n\x1a\n", PhoneRefused::Spoilt),
            (b"RIFF\x04\0\0\0WEBP", PhoneRefused::Format),
        ] {
            assert_eq!(refused(upload), expected, "{upload:?}");
        }
    }

    #[test]
    fn half_a_photo_is_spoilt() {
        let whole = encoded(&two_coloured(300, 200), ImageFormat::Png);
        assert_eq!(refused(&whole[..whole.len() / 2]), PhoneRefused::Spoilt);
    }
}
