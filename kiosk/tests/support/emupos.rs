//! emupos: a printer that nobody here wrote, on a pseudo terminal of its own.
//!
//! It keeps a picture and a dump of the text for each receipt that was cut, and holds everything while its paper is out
//! or its cover open, as printers do: what was held comes out afterwards, and its fence is answered late.
#![allow(clippy::allow_attributes, unreachable_pub, reason = "test support")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One running emupos.
pub struct Emupos {
    child: Child,
    folder: PathBuf,
    api: u16,
}

/// A fault by the name that it has there.
pub const PAPER_OUT: &str = "paper-out";
pub const NEAR_END: &str = "paper-near-end";
pub const COVER_OPEN: &str = "cover-open";

impl Emupos {
    /// Starts it with paper of `dots`; none where it was not made (`kiosk/setup emupos`).
    pub fn start(folder: &Path, dots: u16) -> Option<Self> {
        let Some(program) = std::env::var_os("LIANXIN_EMUPOS") else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "with CI=true LIANXIN_EMUPOS names emupos");
            eprintln!("left out: LIANXIN_EMUPOS names no emupos; kiosk/setup emupos makes it and prints its path");
            return None;
        };
        let api = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let profile = format!(
            "type: printer\nname: {dots} dots\ndpi: 203\nwidth_dots: {dots}\nfont_a: {{ width: 12, height: 24 }}\n\
             font_b: {{ width: 9, height: 17 }}\ncode_pages: {{ 0: PC437 }}\ndefault_code_page: 0\n\
             drawer_sensor_open_level: high\nserial: {{ baud: 115200, data_bits: 8, parity: none, stop_bits: 1 }}\n"
        );
        let settings = format!(
            "schema: 1\napi: {{ host: 127.0.0.1, port: {api} }}\ndevices:\n  - id: front\n    type: printer\n    \
             profile: ./paper.yaml\n    connections:\n      - serial: {{ pty: true }}\n    \
             job_idle_timeout_ms: 600000\n    receipts_dir: ./receipts\n"
        );
        for (name, text) in [("paper.yaml", profile), ("emupos.yaml", settings)] {
            kiosk::durable::write(&folder.join(name), text.as_bytes(), 0o600).unwrap();
        }
        let log = fs::File::create(folder.join("emupos.log")).unwrap();
        let child = Command::new(program)
            .args(["run", "--config"])
            .arg(folder.join("emupos.yaml"))
            .current_dir(folder)
            .env("TMPDIR", folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let emupos = Self { child, folder: folder.to_owned(), api };
        emupos.until("it runs", || TcpStream::connect(("127.0.0.1", api)).is_ok() && emupos.port().exists());
        Some(emupos)
    }

    /// The serial device.
    pub fn port(&self) -> PathBuf {
        self.folder.join("emupos/front")
    }

    /// Sets or clears a fault.
    pub fn fault(&self, name: &str, is_so: bool) {
        let method = if is_so { "PUT" } else { "DELETE" };
        let request = format!(
            "{method} /api/v1/devices/front/faults/{name} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            self.api
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.api)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    /// The pictures that are there, oldest first.
    pub fn pictures(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.folder.join("receipts")) else { return Vec::new() };
        let mut pictures: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        // The last of its files makes a receipt whole.
        pictures
            .retain(|path| path.extension().is_some_and(|end| end == "png") && path.with_extension("json").exists());
        pictures.sort();
        pictures
    }

    /// Waits for so many pictures, and gives the last.
    pub fn picture(&self, count: usize) -> PathBuf {
        self.until(&format!("{count} receipts"), || self.pictures().len() >= count);
        let pictures = self.pictures();
        assert_eq!(pictures.len(), count);
        pictures[count - 1].clone()
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        if let Err(never) = crate::wait::until(what, PATIENCE, || Ok(done().then_some(()))) {
            panic!("{never:#}; {}", fs::read_to_string(self.folder.join("emupos.log")).unwrap_or_default());
        }
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What stands on a receipt: each byte was taken for one of code page 437, and pairs of them are Chinese.
pub fn text(picture: &Path) -> String {
    let dump = fs::read_to_string(picture.with_extension("txt")).unwrap();
    let bytes: Vec<u8> = dump.chars().map(of_437).collect();
    let (text, _, wrong) = encoding_rs::GB18030.decode(&bytes);
    assert!(!wrong, "{dump}");
    text.into_owned()
}

/// The upper half of code page 437.
const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

fn of_437(c: char) -> u8 {
    if c.is_ascii() {
        return u8::try_from(c).unwrap();
    }
    let place = UPPER.chars().position(|known| known == c).unwrap_or_else(|| panic!("{c:?} is not of code page 437"));
    u8::try_from(0x80 + place).unwrap()
}
