//! Uploads over mutual TLS, as `wire::intake` has them: tus 1.0.0, and what is said to those who don't keep to it.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use host::backup;
use jiff::SignedDuration;
use reqwest::{Method, Response, StatusCode, header};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::TlsConnector;
use uuid::Uuid;
use wire::{
    event::{self, LARGEST_EVENT_MAX},
    intake::{Accepted, LEDGER},
};

use crate::support::{Said, Terminal, TestHost, error_of, spoken};

const PIECE: &str = "application/offset+octet-stream";

fn metadata(id: Uuid, sha256: Option<[u8; 32]>) -> String {
    let id = format!("id {}", STANDARD.encode(id.to_string()));
    sha256.map_or(id.clone(), |sha256| format!("{id},sha256 {}", STANDARD.encode(sha256)))
}

async fn begin_with(host: &TestHost, by: &Terminal, length: usize, metadata: &str) -> Response {
    let request = by.client.post(host.url("/intake/v1/uploads")).header("tus-resumable", "1.0.0");
    request.header("upload-length", length).header("upload-metadata", metadata).send().await.unwrap()
}

async fn begin(host: &TestHost, by: &Terminal, said: &Said) -> Response {
    begin_with(host, by, said.bytes.len(), &metadata(said.id, Some(event::hash(&said.bytes)))).await
}

async fn send(host: &TestHost, by: &Terminal, id: Uuid, offset: usize, bytes: &[u8]) -> Response {
    let request = by.client.patch(host.url(&format!("/intake/v1/uploads/{id}"))).header("tus-resumable", "1.0.0");
    let request = request.header(header::CONTENT_TYPE, PIECE).header("upload-offset", offset);
    request.body(bytes.to_vec()).send().await.unwrap()
}

async fn asked(host: &TestHost, by: &Terminal, method: Method, id: Uuid) -> Response {
    let request = by.client.request(method, host.url(&format!("/intake/v1/uploads/{id}")));
    request.header("tus-resumable", "1.0.0").send().await.unwrap()
}

fn number(response: &Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

/// How far an upload is; none where there is none.
async fn offset(host: &TestHost, by: &Terminal, id: Uuid) -> Option<u64> {
    let response = asked(host, by, Method::HEAD, id).await;
    (response.status() == StatusCode::OK).then(|| number(&response, "upload-offset"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_restart_of_the_host_need_not_be_sent_again() {
    let (mut host, mut terminal, said) = spoken().await;
    let begun = begin(&host, &terminal, &said).await;
    assert_eq!((begun.status(), number(&begun, "upload-offset")), (StatusCode::CREATED, 0));
    assert_eq!(begun.headers()[header::LOCATION], format!("/intake/v1/uploads/{}", said.id));
    assert_eq!(begun.headers()["tus-resumable"], "1.0.0");
    let ledger = begun.headers()[LEDGER].to_str().unwrap().to_owned();
    let half = said.bytes.len() / 2;
    let first = send(&host, &terminal, said.id, 0, &said.bytes[..half]).await;
    assert_eq!((first.status(), number(&first, "upload-offset")), (StatusCode::NO_CONTENT, half as u64));
    host.down().await;
    host.up().await;
    terminal.reconnect(&host);
    let stands = asked(&host, &terminal, Method::HEAD, said.id).await;
    assert_eq!((stands.status(), number(&stands, "upload-offset")), (StatusCode::OK, half as u64));
    assert_eq!(number(&stands, "upload-length"), said.bytes.len() as u64);
    assert_eq!(stands.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(stands.headers()["upload-metadata"], metadata(said.id, Some(event::hash(&said.bytes))));
    let rest = send(&host, &terminal, said.id, half, &said.bytes[half..]).await;
    assert_eq!((rest.status(), number(&rest, "upload-offset")), (StatusCode::NO_CONTENT, said.bytes.len() as u64));
    assert_eq!(rest.headers()[LEDGER].to_str().unwrap(), ledger);

    // Whoever lost that answer asks again; PUT knows it as well.
    let held = begin(&host, &terminal, &said).await;
    assert_eq!(held.status(), StatusCode::OK);
    let accepted: Accepted = held.json().await.unwrap();
    assert_eq!((accepted.ledger.to_string(), accepted.id), (ledger, said.id));
    assert_eq!(offset(&host, &terminal, said.id).await, Some(said.bytes.len() as u64));
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);
    assert_eq!(asked(&host, &terminal, Method::DELETE, said.id).await.status(), StatusCode::NOT_FOUND);
}

/// A connection of the terminal's on which a test writes what it likes.
async fn raw(host: &TestHost, terminal: &Terminal) -> tokio_rustls::client::TlsStream<TcpStream> {
    let root = std::fs::read(host::setup::root_certificate(host.data.path())).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&root).unwrap()).unwrap();
    let chain = CertificateDer::pem_slice_iter(terminal.certificate.as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(terminal.key.serialize_pem().as_bytes()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap();
    let address = host.url("").trim_start_matches("https://").to_owned();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_piece_before_its_connection_broke_is_kept() {
    let (host, terminal, said) = spoken().await;
    begin(&host, &terminal, &said).await;
    let mut stream = raw(&host, &terminal).await;
    let head = format!(
        "PATCH /intake/v1/uploads/{} HTTP/1.1\r\nhost: 127.0.0.1\r\ntus-resumable: 1.0.0\r\n\
         content-type: {PIECE}\r\nupload-offset: 0\r\ncontent-length: {}\r\n\r\n",
        said.id,
        said.bytes.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&said.bytes[..1000]).await.unwrap();
    // No more comes; what was written is not torn away with the connection.
    stream.shutdown().await.unwrap();
    let mut looks = 0;
    while offset(&host, &terminal, said.id).await != Some(1000) {
        looks += 1;
        assert!(looks < 2000, "it was not kept");
    }
    let rest = send(&host, &terminal, said.id, 1000, &said.bytes[1000..]).await;
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_host_goes_on_with_the_uploads_of_its_backup() {
    let (mut host, mut terminal, said) = spoken().await;
    begin(&host, &terminal, &said).await;
    send(&host, &terminal, said.id, 0, &said.bytes[..700]).await;
    let file = host.data.path().join("backup.tar");
    backup::write(&host.config, &file, &host.clock()).await.unwrap();
    send(&host, &terminal, said.id, 700, &said.bytes[700..]).await;
    host.down().await;
    backup::restore(&host.config, &file, &host.clock()).await.unwrap();
    host.up().await;
    terminal.reconnect(&host);
    let found = begin(&host, &terminal, &said).await;
    assert_eq!((found.status(), number(&found, "upload-offset")), (StatusCode::CREATED, 700));
    let rest = send(&host, &terminal, said.id, 700, &said.bytes[700..]).await;
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_speaks_stands_in_the_answer_to_options_and_nothing_else_is_spoken_to() {
    let (host, terminal, said) = spoken().await;
    let options = terminal.client.request(Method::OPTIONS, host.url("/intake/v1/uploads")).send().await.unwrap();
    assert_eq!(options.status(), StatusCode::NO_CONTENT);
    assert_eq!(options.headers()["tus-version"], "1.0.0");
    assert_eq!(options.headers()["tus-extension"], "creation,expiration,termination");
    assert_eq!(number(&options, "tus-max-size"), LARGEST_EVENT_MAX as u64);
    for version in [None, Some("0.2.2")] {
        let mut request = terminal.client.post(host.url("/intake/v1/uploads")).header("upload-length", 10);
        if let Some(version) = version {
            request = request.header("tus-resumable", version);
        }
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::PRECONDITION_FAILED);
        for name in ["tus-version", "tus-resumable"] {
            assert_eq!(refused.headers()[name], "1.0.0");
        }
        assert!(refused.headers().contains_key(LEDGER));
    }
    // Whoever can't say PATCH.
    begin(&host, &terminal, &said).await;
    let request = terminal.client.post(host.url(&format!("/intake/v1/uploads/{}", said.id)));
    let request = request.header("tus-resumable", "1.0.0").header("x-http-method-override", "PATCH");
    let request = request.header(header::CONTENT_TYPE, PIECE).header("upload-offset", 0);
    assert_eq!(request.body(vec![b'x'; 5]).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(offset(&host, &terminal, said.id).await, Some(5));
    assert_eq!(asked(&host, &terminal, Method::DELETE, said.id).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(offset(&host, &terminal, said.id).await, None);
    assert_eq!(asked(&host, &terminal, Method::PUT, said.id).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_is_rubbish_and_lengths_that_no_event_has_are_refused() {
    let (host, terminal, said) = spoken().await;
    for rubbish in ["", "id", "id !", "name eA==", "id MTc="] {
        let refused = begin_with(&host, &terminal, 10, rubbish).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{rubbish:?}");
        assert_eq!(error_of(refused).await, "metadata");
    }
    for (length, status) in [(0, 413), (LARGEST_EVENT_MAX + 1, 413)] {
        let refused = begin_with(&host, &terminal, length, &metadata(said.id, None)).await;
        assert_eq!(refused.status().as_u16(), status, "{length}");
        assert!(refused.headers().contains_key(LEDGER));
    }
    let request = terminal.client.post(host.url("/intake/v1/uploads")).header("tus-resumable", "1.0.0");
    let deferred = request.header("upload-defer-length", 1).header("upload-metadata", metadata(said.id, None));
    assert_eq!(deferred.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_does_not_fit_is_refused_and_changes_nothing() {
    let (host, terminal, said) = spoken().await;
    let other = host.terminal().await;
    begin(&host, &terminal, &said).await;
    send(&host, &terminal, said.id, 0, &said.bytes[..700]).await;
    let wrong = send(&host, &terminal, said.id, 699, b"piece").await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT);
    assert_eq!(error_of(wrong).await, "offset");
    let more = [&said.bytes[700..], b"x"].concat();
    let longer = send(&host, &terminal, said.id, 700, &more).await;
    assert_eq!(longer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(error_of(longer).await, "more");
    let address = host.url(&format!("/intake/v1/uploads/{}", said.id));
    let untyped = terminal.client.patch(&address).header("tus-resumable", "1.0.0").header("upload-offset", 700);
    assert_eq!(untyped.body("x").send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for nonsense in ["-1", "", "seven", "18446744073709551616"] {
        let request = terminal.client.patch(&address).header("tus-resumable", "1.0.0");
        let request = request.header(header::CONTENT_TYPE, PIECE).header("upload-offset", nonsense);
        assert_eq!(request.body("x").send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{nonsense}");
    }
    // For another terminal it isn't there.
    assert_eq!(send(&host, &other, said.id, 700, b"x").await.status(), StatusCode::NOT_FOUND);
    for method in [Method::HEAD, Method::DELETE] {
        assert_eq!(asked(&host, &other, method, said.id).await.status(), StatusCode::NOT_FOUND);
    }
    let nobody = host.anybody().head(&address).header("tus-resumable", "1.0.0").send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(offset(&host, &terminal, said.id).await, Some(700));
    let rest = send(&host, &terminal, said.id, 700, &said.bytes[700..]).await;
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_whole_turns_out_to_be_stands_in_the_answer_to_its_last_piece() {
    let (host, terminal, said) = spoken().await;
    begin(&host, &terminal, &said).await;
    let mut spoilt = said.bytes.clone();
    *spoilt.last_mut().unwrap() ^= 1;
    let mismatch = send(&host, &terminal, said.id, 0, &spoilt).await;
    assert_eq!(mismatch.status().as_u16(), 460);
    assert_eq!(error_of(mismatch).await, "digest");
    assert_eq!(offset(&host, &terminal, said.id).await, None, "all of it is to be sent again");
    assert_eq!(terminal.put(&host, &said).await.status(), StatusCode::CREATED);

    let other = Said { bytes: spoilt, ..terminal.recording(&said) };
    let other = Said { id: said.id, ..other };
    begin(&host, &terminal, &other).await;
    let conflict = send(&host, &terminal, other.id, 0, &other.bytes).await;
    assert_eq!(conflict.status(), StatusCode::CONFLICT);
    assert_eq!(error_of(conflict).await, "other_bytes");
    assert_eq!(begin(&host, &terminal, &other).await.status(), StatusCode::CONFLICT, "said again");
    let nothing = Said { id: Uuid::new_v4(), bytes: b"<html>".to_vec(), ..terminal.recording(&said) };
    begin(&host, &terminal, &nothing).await;
    let refused = send(&host, &terminal, nothing.id, 0, &nothing.bytes).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(error_of(refused).await, "not_an_event");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nothing_more_comes_of_expires_when_it_said_it_would() {
    let (host, terminal, said) = spoken().await;
    let begun = begin(&host, &terminal, &said).await;
    let expires = begun.headers()["upload-expires"].to_str().unwrap();
    let expires = jiff::fmt::rfc2822::parse(expires).unwrap().timestamp();
    let left = expires.duration_since(host::clock::Clock::now(&*host.clock));
    assert!(left > SignedDuration::from_hours(7 * 24 - 1) && left <= SignedDuration::from_hours(7 * 24), "{left}");
    host.clock.turn(SignedDuration::from_hours(7 * 24));
    assert_eq!(asked(&host, &terminal, Method::HEAD, said.id).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(send(&host, &terminal, said.id, 0, &said.bytes).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(begin(&host, &terminal, &said).await.status(), StatusCode::CREATED);
}
