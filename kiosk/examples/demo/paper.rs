//! Receipts as an independent reader sees them.
//!
//! Invariant: number, code and QR of a visit are taken from the paper, as a villager would, never from the terminal.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::processes::workspace;

/// The reader, built.
pub struct Reader {
    program: PathBuf,
}

/// What a receipt holds.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    /// Its lines.
    pub lines: Vec<String>,
    /// What its QR codes hold.
    pub qr: Vec<String>,
    /// What its barcodes hold.
    pub code128: Vec<String>,
}

impl Reader {
    /// Builds the reader, which is a crate outside the workspace.
    ///
    /// # Errors
    ///
    /// It cannot be built.
    pub fn build() -> Result<Self> {
        let example = std::env::current_exe().context("where this program lies")?;
        let target = example.ancestors().nth(3).context("this example lies in no target folder")?.join("oracle");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--locked", "--release", "--ignore-rust-version"])
            .arg("--manifest-path")
            .arg(workspace().join("kiosk/tests/oracle/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("start cargo")?;
        if !built.success() {
            bail!("the reader of receipts (kiosk/tests/oracle) could not be built; cargo said why above");
        }
        Ok(Self { program: target.join("release/oracle") })
    }

    /// Keeps a receipt's bytes as `NAME.bin` in a folder, its picture beside it, and reads it.
    ///
    /// # Errors
    ///
    /// A reader that fails.
    pub fn read(&self, folder: &Path, name: &str, bytes: &[u8], width_dots: u32) -> Result<Receipt> {
        let png = folder.join(format!("{name}.png"));
        self.run(folder, name, bytes, width_dots, &["--png".as_ref(), png.as_os_str()])
    }

    /// As [`Self::read`], without a picture, which takes a hundred times as long.
    ///
    /// # Errors
    ///
    /// A reader that fails.
    pub fn read_words(&self, folder: &Path, name: &str, bytes: &[u8], width_dots: u32) -> Result<Receipt> {
        self.run(folder, name, bytes, width_dots, &[])
    }

    fn run(&self, folder: &Path, name: &str, bytes: &[u8], width_dots: u32, picture: &[&OsStr]) -> Result<Receipt> {
        let bin = folder.join(format!("{name}.bin"));
        fs::create_dir_all(folder)?;
        kiosk::durable::write(&bin, bytes, 0o644)?;
        let read = Command::new(&self.program)
            .arg(&bin)
            .args(["--width", &width_dots.to_string(), "--json"])
            .args(picture)
            .output()
            .context("start the reader of receipts")?;
        if !read.status.success() {
            bail!("the reader of receipts failed on {}: {}", bin.display(), String::from_utf8_lossy(&read.stderr));
        }
        serde_json::from_slice(&read.stdout).context("what the reader of receipts says")
    }
}

impl Receipt {
    /// The ticket's 13 digits.
    ///
    /// # Errors
    ///
    /// No barcode of 13 digits.
    pub fn ticket(&self) -> Result<String> {
        let all_digits = |text: &&String| text.len() == 13 && text.chars().all(|c| c.is_ascii_digit());
        self.code128.iter().find(all_digits).cloned().context("no ticket number in the receipt's barcode")
    }

    /// The query code's six digits.
    ///
    /// # Errors
    ///
    /// No line with it.
    pub fn query_code(&self) -> Result<String> {
        let line = self.lines.iter().find_map(|line| Some(line.split_once("查询码")?.1));
        let digits: String = line
            .context("no query code on the receipt")?
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(|c| c.is_ascii_digit() || *c == ' ' || *c == '-')
            .filter(char::is_ascii_digit)
            .collect();
        if digits.len() != 6 {
            bail!("the query code on the receipt has {} digits, not six", digits.len());
        }
        Ok(digits)
    }

    /// What its QR holds.
    ///
    /// # Errors
    ///
    /// No QR or several.
    pub fn code(&self) -> Result<&str> {
        match self.qr.as_slice() {
            [code] => Ok(code),
            other => bail!("the receipt has {} QR codes, not one", other.len()),
        }
    }
}
