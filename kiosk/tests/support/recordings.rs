//! Recordings as the terminal keeps them: sealed events of kind `voice` beside their suggestion.
#![allow(clippy::allow_attributes, dead_code, unreachable_pub, reason = "each test target uses its part")]

use std::path::Path;

use kiosk::seal::Sealer;
use rusqlite::{Connection, params};
use uuid::Uuid;
use wire::event::{Header, Kind, VOICE_MEDIA, Voice, assemble, split};

/// Bytes that no compression makes shorter; what is in a recording only the county hears.
pub fn audio(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    });
    b"OggS".iter().copied().chain(noise).take(length).collect()
}

/// Keeps a recording of `audio` that belongs to a suggestion which is in the queue file; its id and its bytes.
pub fn keep(file: &Path, suggestion: Uuid, sealer: &Sealer, audio: &[u8]) -> (Uuid, Vec<u8>) {
    let mut conn = Connection::open(file).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let tx = conn.transaction().unwrap();
    let read = |row: &rusqlite::Row<'_>| row.get(0);
    let said: Vec<u8> = tx.query_row("SELECT bytes FROM event WHERE id = ?1", [suggestion.as_bytes()], read).unwrap();
    let seq: i64 = tx.query_row("UPDATE queue SET seq = seq + 1 RETURNING seq", [], |row| row.get(0)).unwrap();
    let (said, _) = split(&said).unwrap();
    let (id, seq_of_header) = (Uuid::new_v4(), u64::try_from(seq).unwrap());
    let header = Header { id, kind: Kind::Voice, category: None, place: None, seq: seq_of_header, ..said };
    let body = Voice { id, ticket: header.ticket, media: VOICE_MEDIA.into(), seconds: 42, audio: audio.to_vec() };
    let bytes = assemble(&header, &sealer.seal(&body).unwrap());
    tx.execute(
        "INSERT INTO event (seq, id, ticket, kind, bytes) VALUES (?1, ?2, ?3, 'voice', ?4)",
        params![seq, id.as_bytes(), header.ticket.to_string(), bytes],
    )
    .unwrap();
    tx.execute("INSERT INTO forward (event, state) VALUES (?1, 'pending')", [seq]).unwrap();
    tx.commit().unwrap();
    (id, bytes)
}
