//! The most memory that the host takes for a photo from a phone: of 64 million pixels, the most that is taken, in each
//! form that a phone may send.
//!
//! `cargo bench -p host --bench photo`. The photos are of one colour: what they cost depends on their size alone. A
//! progressive JPEG costs most, because all its coefficients are held before a pixel is drawn. Limit: 0.75 GB, of which
//! the upload itself may be 20 MiB; the photos here are smaller, and that is counted on top. Exits with 1 beyond it.
//! Source of the peak: proc(5), `VmHWM` in `/proc/self/status`, reset by 5 in `/proc/self/clear_refs`.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something unexpected happens")]

use std::{
    fs::{self, File},
    io::{Cursor, Write as _},
    process::ExitCode,
    sync::Arc,
};

use host::{
    clock::SystemClock,
    county::{
        County, CountyIdentity, MIGRATIONS, Settings,
        handover::{Sender, UPLOAD_MAX},
        tracking::Asker,
    },
    store::{Store, sqlite_url},
};
use image::{DynamicImage, ImageFormat};
use uuid::Uuid;
use wire::{
    intake::HandOver,
    secret::Secret,
    ticket::{TerminalNumber, TicketNumber},
};

/// 64 million pixels.
const SIDE: u16 = 8_000;

/// What the README says.
const MOST_MB: f64 = 750.0;

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_url(&folder.path().join("county.db")), MIGRATIONS).await.unwrap();
    let keys = CountyIdentity::new("k1", age::x25519::Identity::generate());
    let settings = Settings { public_base: String::new(), zone: "Asia/Shanghai".into(), webhook: None };
    let county = County::open(store, keys, Arc::new(SystemClock), settings).await.unwrap();
    let phone = opened(&county).await;

    let mut held = Vec::new();
    for (name, photo) in [
        ("JPEG, progressive, four inks of every pixel", progressive(&[0x11; 4])),
        ("JPEG, progressive, three colours of every pixel", progressive(&[0x11; 3])),
        ("JPEG, progressive, colours of four pixels together", progressive(&[0x22, 0x11, 0x11])),
        ("JPEG, baseline", encoded(&DynamicImage::new_rgb8(SIDE.into(), SIDE.into()), ImageFormat::Jpeg)),
        ("PNG, transparent", encoded(&DynamicImage::new_rgba8(SIDE.into(), SIDE.into()), ImageFormat::Png)),
    ] {
        let short = UPLOAD_MAX - photo.len();
        let before = memory_mb("VmRSS:");
        forget_the_peak();
        county.add_photo(&phone, Uuid::new_v4(), photo).await.unwrap();
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let most = memory_mb("VmHWM:") - before + short as f64 / 1e6;
        let holds = most <= MOST_MB;
        println!("{name}: {most:.0} MB (at most {MOST_MB}) {}", if holds { "holds" } else { "DOES NOT HOLD" });
        held.push(holds);
    }
    if held.into_iter().all(|held| held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A phone that has opened a hand-over.
async fn opened(county: &County) -> Sender {
    let ticket = TicketNumber::new(TerminalNumber::new(1).unwrap(), 1, 1).unwrap();
    let (secret, phone) = (Secret::draw(), Secret::draw());
    let asked = HandOver { ticket, boot: Uuid::nil(), secret: secret.hash() };
    county.hand_over(ticket.terminal(), &asked).await.unwrap();
    let here = Asker::Address(std::net::Ipv4Addr::LOCALHOST.into());
    let of = county.open_phone(here, &secret, &phone).await.unwrap().id;
    Sender { phone, of }
}

fn memory_mb(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
}

fn forget_the_peak() {
    File::options().write(true).open("/proc/self/clear_refs").unwrap().write_all(b"5").unwrap();
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A progressive JPEG of one scan, all of whose differences are zero: one bit for each block of 8 by 8. `sampling` is that
/// of each colour: blocks across and down in a unit of the scan. Source: ITU-T T.81, B.2.
fn progressive(sampling: &[u8]) -> Vec<u8> {
    let [high, low] = SIDE.to_be_bytes();
    let colours = u8::try_from(sampling.len()).unwrap();
    let mut jpeg = vec![0xff, 0xd8];
    // One table of quantisation, all of it 1.
    jpeg.extend([0xff, 0xdb, 0, 67, 0]);
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc2, 0, 8 + 3 * colours, 8, high, low, high, low, colours]);
    jpeg.extend((1..).zip(sampling).flat_map(|(colour, sampling)| [colour, *sampling, 0]));
    // One code, of one bit: no difference.
    jpeg.extend([0xff, 0xc4, 0, 20, 0, 1]);
    jpeg.extend([0; 16]);
    jpeg.extend([0xff, 0xda, 0, 6 + 2 * colours, colours]);
    jpeg.extend((1..=colours).flat_map(|colour| [colour, 0]));
    jpeg.extend([0, 0, 0]);
    let across = usize::from(sampling[0] >> 4);
    let blocks_a_unit: usize = sampling.iter().map(|s| usize::from(s >> 4) * usize::from(s & 15)).sum();
    let blocks = usize::from(SIDE).div_ceil(8 * across).pow(2) * blocks_a_unit;
    jpeg.extend(std::iter::repeat_n(0, blocks / 8));
    // What is left of the last byte is filled with ones.
    if !blocks.is_multiple_of(8) {
        jpeg.push(0xff >> (blocks % 8));
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}
