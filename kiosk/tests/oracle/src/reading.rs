//! A receipt as the independent parser understands it.
//!
//! Invariant: does no I/O but for the fonts of the system, and reads no clock.
//! Source of the drawing's measures: Epson's 12 × 24 dot font A, in which a Chinese character is 24 × 24 dots.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hardless_escpos::{Node, Parser, Symbology};
use hardless_render::{PaperWidth, RenderOptions, render_svg, to_text_with};
use resvg::{tiny_skia, usvg};
use serde::Serialize;

use crate::chinese;

/// The family that has both halves, Chinese characters exactly twice as wide as Latin ones.
const FONT: &str = "Noto Sans Mono CJK SC";

/// One parsed receipt.
pub struct Receipt {
    nodes: Vec<Node>,
    paper: PaperWidth,
    bytes: usize,
}

/// What a receipt holds, for tests.
#[derive(Serialize)]
pub struct Contents {
    /// The printed lines in order, trailing blanks removed; codes and pictures are not among them.
    lines: Vec<String>,
    /// What each QR code holds.
    qr: Vec<String>,
    /// What each CODE128 barcode holds.
    code128: Vec<String>,
    cuts: usize,
    /// Whether any cut went all the way through.
    full_cut: bool,
    raster_images: usize,
    /// Commands that the parser knows by name only or not at all.
    unknown: Vec<String>,
    bytes: usize,
}

impl Receipt {
    /// Parses a receipt for paper with `width_dots` printable dots.
    ///
    /// # Errors
    ///
    /// A width that is neither 384 (58 mm) nor 576 (80 mm).
    pub fn read(bytes: &[u8], width_dots: u32) -> Result<Self> {
        let paper = match width_dots {
            384 => PaperWidth::Mm58,
            576 => PaperWidth::Mm80,
            other => bail!("paper has 384 or 576 dots, not {other}"),
        };
        let mut parser = Parser::with_code_pages(chinese::code_pages());
        let mut nodes = parser.push(bytes);
        nodes.extend(parser.finish());
        mark_what_is_no_chinese(&mut nodes);
        feed_dots(&mut nodes);
        Ok(Self { nodes, paper, bytes: bytes.len() })
    }

    /// Everything readable on the receipt.
    pub fn contents(&self) -> Contents {
        let mut contents = Contents {
            lines: self.lines(),
            qr: Vec::new(),
            code128: Vec::new(),
            cuts: 0,
            full_cut: false,
            raster_images: 0,
            unknown: Vec::new(),
            bytes: self.bytes,
        };
        let mut stored = None;
        for node in &self.nodes {
            match node {
                Node::QrStore { text, .. } => stored = Some(text),
                Node::QrPrint => contents.qr.extend(stored.cloned()),
                Node::Barcode { symbology: Symbology::Code128, data } => contents.code128.push(code128(data)),
                Node::Cut { partial, .. } => {
                    contents.cuts += 1;
                    contents.full_cut |= !partial;
                }
                Node::RasterImage { .. } => contents.raster_images += 1,
                Node::Unknown { bytes, command, warning } if !expected(bytes) => {
                    contents.unknown.push(command.clone().unwrap_or_else(|| warning.clone()));
                }
                _ => {}
            }
        }
        contents
    }

    /// Draws the receipt as PNG, one pixel per dot, with the paper's margins.
    ///
    /// # Errors
    ///
    /// No Chinese font of the family [`FONT`] on this system, or a drawing that cannot be made.
    pub fn picture(&self) -> Result<Vec<u8>> {
        let drawing = render_svg(&self.nodes, &RenderOptions { paper: self.paper, show_unknown: false });
        // Twelve dots for a column: 24 for a Chinese character, as wide as it is high.
        let drawing = chinese::decode(&drawing, true).replace(r#"font-size="20.00""#, r#"font-size="24.00""#);
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_system_fonts();
        if !fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == FONT)) {
            bail!("no font {FONT} on this system (Debian: fonts-noto-cjk): the picture would lack its Chinese text");
        }
        let drawing = replace_family(&drawing);
        let options = usvg::Options { font_family: FONT.into(), fontdb: Arc::new(fonts), ..usvg::Options::default() };
        let tree = usvg::Tree::from_str(&drawing, &options).context("read the drawing")?;
        let size = tree.size().to_int_size();
        let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).context("a picture without a size")?;
        resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
        pixels.encode_png().context("write the picture")
    }

    fn lines(&self) -> Vec<String> {
        let words_only: Vec<Node> = self
            .nodes
            .iter()
            .filter(|node| !matches!(node, Node::QrPrint | Node::Barcode { .. } | Node::RasterImage { .. }))
            .cloned()
            .collect();
        let text = to_text_with(&words_only, &RenderOptions { paper: self.paper, show_unknown: false });
        text.lines().map(|line| chinese::decode(line, true).trim_end().to_owned()).collect()
    }
}

/// Outside Chinese mode a byte from 0x80 is no Chinese: marked, so that it shows.
fn mark_what_is_no_chinese(nodes: &mut [Node]) {
    let mut on = false;
    for node in nodes {
        match node {
            Node::Init => on = false,
            Node::Unknown { bytes, .. } if bytes.starts_with(b"\x1c&") => on = true,
            Node::Unknown { bytes, .. } if bytes.starts_with(b"\x1c.") => on = false,
            Node::Text { text } if !on => *text = chinese::decode(text, false),
            _ => {}
        }
    }
}

/// `ESC J n` feeds n dots, which the parser knows by name only: drawn as the nearest number of whole lines of 30 dots.
fn feed_dots(nodes: &mut [Node]) {
    for node in nodes {
        if let Node::Unknown { bytes, .. } = node
            && let [0x1B, b'J', dots] = bytes[..]
        {
            *node = Node::Feed { lines: dots.saturating_add(15) / 30 };
        }
    }
}

/// Whether the command is one that the parser does not know and this reader does: Chinese mode, and the questions
/// that a receipt's fence asks.
fn expected(bytes: &[u8]) -> bool {
    const KNOWN: [&[u8]; 6] = [b"\x1c&", b"\x1c.", b"\x1dr", b"\x1d(H", b"\x10\x14\x08", b"\x1da"];
    KNOWN.iter().any(|known| bytes.starts_with(known))
}

/// The digits and letters of CODE128 data as ESC/POS carries them: `{A`, `{B`, `{C` choose the set, set C packs two
/// digits into a byte, `{{` is a brace.
fn code128(data: &str) -> String {
    let mut out = String::new();
    let mut set_c = false;
    let mut characters = data.chars();
    while let Some(c) = characters.next() {
        match c {
            '{' => match characters.next() {
                Some('C') => set_c = true,
                Some('{') => out.push('{'),
                _ => set_c = false,
            },
            c if set_c => out.push_str(&format!("{:02}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// The drawing names Latin fonts first; the Chinese one has both halves in the right proportion.
fn replace_family(drawing: &str) -> String {
    match drawing.split_once("font-family=\"").and_then(|(head, rest)| Some((head, rest.split_once('"')?.1))) {
        Some((head, tail)) => format!("{head}font-family=\"'{FONT}'\"{tail}"),
        None => drawing.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small receipt, byte by byte as the ESC/POS reference has it.
    fn sample() -> Vec<u8> {
        let (text, ..) = encoding_rs::GB18030.encode("意见登记小票\n站点:青山镇代表联络站 01\n");
        let url = b"https://x.example/t#0000100000197.AAAA";
        let mut bytes = b"\x1b@\x1c&\x1ba\x01".to_vec();
        bytes.extend_from_slice(&text);
        bytes.extend_from_slice(b"\x1d(k\x03\x00\x31\x43\x06\x1d(k");
        let length = u16::try_from(url.len() + 3).unwrap().to_le_bytes();
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(b"\x31\x50\x30");
        bytes.extend_from_slice(url);
        bytes.extend_from_slice(b"\x1d(k\x03\x00\x31\x51\x30\n\x1dh\x50\x1dw\x02\x1dkI\x0a{B1{C");
        bytes.extend_from_slice(&[0, 0, 1, 0, 97]);
        bytes.extend_from_slice(b"\n\x1dV\x42\x00\x1dr\x01");
        bytes
    }

    #[test]
    fn text_codes_and_cut_are_read() {
        let contents = Receipt::read(&sample(), 384).unwrap().contents();
        assert_eq!(contents.lines[0].trim(), "意见登记小票");
        assert_eq!(contents.lines[1].trim(), "站点:青山镇代表联络站 01");
        assert_eq!(contents.qr, ["https://x.example/t#0000100000197.AAAA"]);
        assert_eq!(contents.code128, ["10000010097"]);
        assert_eq!((contents.cuts, contents.full_cut), (1, false));
        assert!(contents.unknown.is_empty(), "{:?}", contents.unknown);
    }

    #[test]
    fn without_chinese_mode_no_chinese_is_read() {
        let bytes = sample().split_off(4);
        assert!(Receipt::read(&bytes, 384).unwrap().contents().lines[0].contains(char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn the_picture_shows_chinese_characters_of_their_full_size() {
        let (text, ..) = encoding_rs::GB18030.encode("国");
        let bytes = [b"\x1b@\x1c&".as_slice(), &text, b"\n"].concat();
        let png = Receipt::read(&bytes, 384).unwrap().picture().unwrap();
        let picture = tiny_skia::Pixmap::decode_png(&png).unwrap();
        let dark: Vec<usize> = (0..picture.pixels().len()).filter(|i| picture.pixels()[*i].red() < 128).collect();
        let width = picture.width() as usize;
        let columns = dark.iter().map(|i| i % width);
        let span = columns.clone().max().unwrap() - columns.min().unwrap();
        assert!((18..=24).contains(&span), "国 is {span} dots wide");
        assert!(dark.len() > 100, "{} dark dots", dark.len());
    }

    #[test]
    fn another_width_is_refused() {
        assert!(Receipt::read(b"", 400).is_err());
    }
}
