//! Operations → ESC/POS bytes in text mode.
//!
//! `escpos` makes what it makes well: alignment, size, weight, the QR code. Its partial cut is a full one, its `writeln`
//! feeds by command, and it knows neither Chinese mode nor CODE128: these are written here. Source: Epson ESC/POS
//! reference (`FS &`, `ESC J`, `GS k`), Chinese models of the same command set.

use std::{cell::RefCell, rc::Rc};

use escpos::{
    driver::Driver,
    errors::Result,
    printer::Printer,
    utils::{Encoder, JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption},
};
use zeroize::Zeroizing;

use super::{
    characters::Characters,
    code128,
    profile::Cut,
    raster,
    receipt::{Align, Op},
    text::{font_holds, for_the_font},
};

/// Chinese characters of two bytes are on: `FS &`.
const CHINESE_ON: [u8; 2] = [0x1c, b'&'];

/// Height of a barcode in dots: 8 mm, enough for a scanner held by hand.
const BARCODE_DOTS: u8 = 64;

/// A driver that keeps what a printer would get.
#[derive(Clone, Default)]
struct Memory(Rc<RefCell<Zeroizing<Vec<u8>>>>);

impl Driver for Memory {
    fn name(&self) -> String {
        "memory".into()
    }

    fn write(&self, data: &[u8]) -> Result<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }
}

/// Makes the bytes of a receipt or a slip, which end as the printer's knife wants it. A line with a character that is not
/// of the printer's own is drawn.
///
/// # Panics
/// Where a text was not cleaned; layouts clean theirs.
#[must_use]
pub fn render(ops: &[Op], cut: Cut, characters: Characters) -> Zeroizing<Vec<u8>> {
    let memory = Memory::default();
    let protocol = Protocol::new(Encoder::new(encoding_rs::GB18030));
    let mut printer = Printer::new(memory.clone(), protocol, None);
    let whole = |printer: &mut Printer<Memory>| -> Result<()> {
        printer.init()?.custom(&CHINESE_ON)?;
        let mut style = Style { size: 1, bold: false };
        for op in ops {
            style = style.after(op);
            write(printer, op, style, (cut, characters))?;
        }
        printer.print().map(|_| ())
    };
    whole(&mut printer).expect("invariant: cleaned text encodes, and memory takes everything");
    drop(printer);
    Zeroizing::new(memory.0.borrow_mut().drain(..).collect())
}

/// How text is set where a line stands: what is drawn must look the same.
#[derive(Clone, Copy)]
struct Style {
    size: u8,
    bold: bool,
}

impl Style {
    fn after(self, op: &Op) -> Self {
        match op {
            Op::Size(size) => Self { size: *size, ..self },
            Op::Bold(bold) => Self { bold: *bold, ..self },
            _ => self,
        }
    }
}

fn write(printer: &mut Printer<Memory>, op: &Op, style: Style, (cut, characters): (Cut, Characters)) -> Result<()> {
    match op {
        Op::Align(Align::Left) => printer.justify(JustifyMode::LEFT)?,
        Op::Align(Align::Centre) => printer.justify(JustifyMode::CENTER)?,
        Op::Size(times) => printer.size(*times, *times)?,
        Op::Bold(on) => printer.bold(*on)?,
        Op::Line(text) if text.is_empty() => printer.custom(b"\n")?,
        Op::Line(text) if font_holds(text, characters) => printer.write(text)?.custom(b"\n")?,
        Op::Line(text) => match raster::draw(text, style.size, style.bold) {
            Some(band) => printer.custom(&band.commands())?,
            None => printer.write(&for_the_font(text, characters))?.custom(b"\n")?,
        },
        Op::Feed(dots) => printer.custom(&[0x1b, b'J', *dots])?,
        Op::Qr { text, module } => {
            let option = QRCodeOption::new(QRCodeModel::Model2, *module, QRCodeCorrectionLevel::M);
            printer.qrcode_option(text, option)?
        }
        Op::Barcode { digits, module } => printer.custom(&barcode(digits, *module))?,
        Op::Cut => printer.custom(cut.bytes())?,
    };
    Ok(())
}

/// `GS h`, `GS w`, no text below (`GS H 0`), `GS k 73 n`.
fn barcode(digits: &str, module: u8) -> Vec<u8> {
    let data = code128::encode(digits);
    let length = u8::try_from(data.len()).expect("invariant: 13 digits");
    let head = [0x1d, b'h', BARCODE_DOTS, 0x1d, b'w', module, 0x1d, b'H', 0, 0x1d, b'k', 73, length];
    [&head[..], &data].concat()
}
