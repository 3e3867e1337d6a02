//! What was recorded is nowhere in memory once it is forgotten. The test starts itself again, with the program's allocator,
//! ALSA's configuration and the fifo of a microphone into which the first process speaks; the second searches its own memory.

mod support;

use std::{
    alloc::System,
    collections::HashSet,
    fs::{self, File},
    io::{BufRead, BufReader, PipeWriter, Write as _, pipe},
    os::unix::fs::FileExt as _,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use sound::{
    clips::Clips,
    serve::{Devices, serve},
};
use sound_line::{Ask, Tell, Turn};
use support::{Station, chirp};
use zeroizing_alloc::ZeroAlloc;

/// As the program has it.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

/// Tells the second process that it is one.
const SECOND: &str = "LIANXIN_TEST_FORGETTING";

/// What the second process says to the first when its microphone listens.
const SPEAK: &str = "speak now";

const NAME: &str = "what_was_recorded_is_nowhere_in_memory_once_it_is_forgotten";

/// Bytes of what is searched for.
const SIZE: usize = 16;

/// Pieces of something that are searched for, which are kept as their complements: else they would be found where they are
/// kept.
struct Needles(HashSet<[u8; SIZE]>);

impl Needles {
    /// Pieces from all over it.
    fn of(bytes: &[u8]) -> Self {
        let piece =
            |at: usize| -> Option<[u8; SIZE]> { bytes[at..].first_chunk().map(|piece| piece.map(|byte| !byte)) };
        // Not of zeros or anything else that is everywhere.
        let rare = |piece: &[u8; SIZE]| piece.iter().collect::<HashSet<_>>().len() > SIZE / 2;
        Self((0..bytes.len()).step_by(96).filter_map(piece).filter(rare).collect())
    }

    /// How many places in memory that can be written hold one.
    fn found(&self) -> usize {
        let memory = File::open("/proc/self/mem").expect("memory");
        let maps = fs::read_to_string("/proc/self/maps").expect("maps");
        let mut window = vec![0; 1 << 20];
        let mut found = 0;
        for line in maps.lines().filter(|line| line.contains(" rw") && !line.contains("[v")) {
            let (from, to) = line.split_once(' ').and_then(|(range, _)| range.split_once('-')).expect("a range");
            let [mut at, to] = [from, to].map(|end| u64::from_str_radix(end, 16).expect("an address"));
            while at < to {
                let length = window.len().min(usize::try_from(to - at).expect("an address"));
                let Ok(read) = memory.read_at(&mut window[..length], at) else { break };
                // What is read here lies in the window as well, and is not counted there.
                let here = window.as_ptr() as u64;
                let own = |place: usize| (here..here + window.len() as u64).contains(&(at + place as u64));
                let pieces = window[..read].windows(SIZE).enumerate();
                found += pieces
                    .filter(|(_, piece)| piece[0] != piece[1] || piece[1] != piece[2])
                    .filter(|(place, piece)| {
                        let piece: [u8; SIZE] = std::array::from_fn(|index| !piece[index]);
                        self.0.contains(&piece) && !own(*place)
                    })
                    .count();
                // The next begins where a piece may have been cut in two.
                at += if at + (length as u64) < to { (length - SIZE + 1) as u64 } else { length as u64 };
            }
            window.fill(0);
        }
        found
    }
}

#[test]
fn what_was_recorded_is_nowhere_in_memory_once_it_is_forgotten() {
    if let Some(folder) = std::env::var_os(SECOND) {
        return second(PathBuf::from(folder));
    }
    let station = Station::new();
    let mut microphone = station.microphone();
    let mut second = Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture"])
        .env(SECOND, station.path(""))
        .env("ALSA_CONFIG_PATH", station.path("asound.conf"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(second.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line == SPEAK {
            microphone.speak(&chirp(200));
        }
        said.push(line);
    }
    assert!(second.wait().unwrap().success(), "{}", said.join("\n"));
}

fn ask(pipe: &mut PipeWriter, ask: &Ask) {
    let mut line = serde_json::to_vec(ask).expect("JSON");
    line.push(b'\n');
    pipe.write_all(&line).expect("it reads");
}

fn second(folder: PathBuf) {
    let (input, mut asking) = pipe().expect("a pipe");
    let (telling, output) = pipe().expect("a pipe");
    let devices = Devices { microphone: "mic".into(), loudspeaker: "out".into(), clips: Clips::new(vec![folder]) };
    let server = thread::spawn(move || serve(devices, input, output));
    // A buffer of its own, which is freed, and wiped, with each line.
    let mut telling = BufReader::with_capacity(1, telling);
    let mut told = move || {
        let mut line = Vec::new();
        telling.read_until(b'\n', &mut line).expect("it says something");
        serde_json::from_slice::<Tell>(&line).expect("one of ours")
    };
    assert!(matches!(told(), Tell::Ready { microphone: None, .. }));

    let turn = Turn(1);
    ask(&mut asking, &Ask::Record { turn });
    assert_eq!(told(), Tell::Recording { turn });
    eprintln!("{SPEAK}");
    while !matches!(told(), Tell::Level { seconds, .. } if seconds > 19.99) {}
    ask(&mut asking, &Ask::Stop { turn });
    let Tell::Recorded { ogg, .. } = told() else { panic!("something else than a recording") };
    let (encoded, spoken) = (Needles::of(ogg.bytes()), Needles::of(&support::bytes(&chirp(200))));
    assert!(encoded.0.len() > 200 && spoken.0.len() > 2000);
    // The search finds what is there.
    assert!(encoded.found() >= encoded.0.len());
    let again = chirp(200);
    assert!(spoken.found() >= spoken.0.len());
    drop(again);

    ask(&mut asking, &Ask::Play { turn, ogg, volume: 50.into() });
    while !matches!(told(), Tell::Played { .. }) {}
    drop(asking);
    server.join().expect("it ends").expect("it ends well");
    assert_eq!((encoded.found(), spoken.found()), (0, 0));
}
