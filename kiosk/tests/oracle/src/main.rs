//! Reads receipts back: ESC/POS bytes in; a picture, the lines of text, the contents of QR and CODE128 out.
//!
//! `oracle FILE.bin --width 384|576 [--png OUT] [--json]`
//!
//! What is independent of this project and what is not:
//! - `hardless-escpos` parses the stream and `hardless-render` lays it out and draws it: what is a command, what is
//!   text, where lines break, the modules of the QR code and the bars of the barcode are theirs.
//! - They know no Chinese printers. A character of two bytes arrives as two characters of their private code page,
//!   two columns wide, as on paper; [`chinese`] decodes the pairs (GB18030, two-byte codes only, because that is all a
//!   printer's font holds) in their text and in their drawing, and a Chinese font of the system draws them.
//! - Chinese mode (`FS &` on, `FS .` off) is read from the commands that the parser reports as unknown.

mod chinese;
mod reading;

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

/// What was asked for on the command line.
struct Asked {
    file: PathBuf,
    width: u32,
    png: Option<PathBuf>,
    json: bool,
}

fn main() -> Result<()> {
    let asked = asked(env::args().skip(1))?;
    let bytes = fs::read(&asked.file).with_context(|| format!("read {}", asked.file.display()))?;
    let receipt = reading::Receipt::read(&bytes, asked.width)?;
    if let Some(path) = &asked.png {
        let png = receipt.picture()?;
        fs::write(path, png).with_context(|| format!("write {}", path.display()))?;
    }
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&receipt.contents())?);
    }
    Ok(())
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked> {
    const USAGE: &str = "oracle FILE.bin --width 384|576 [--png OUT] [--json]";
    let (mut file, mut width, mut png, mut json) = (None, 384, None, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--width" => width = words.next().context(USAGE)?.parse().context("--width takes a number of dots")?,
            "--png" => png = Some(words.next().context(USAGE)?.into()),
            "--json" => json = true,
            _ if word.starts_with('-') || file.is_some() => bail!(USAGE),
            _ => file = Some(PathBuf::from(word)),
        }
    }
    Ok(Asked { file: file.context(USAGE)?, width, png, json })
}
