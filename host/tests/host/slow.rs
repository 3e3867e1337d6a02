//! Clients that are slow on purpose, and bodies that break off on the way.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    routing::{get, post},
};
use host::{
    http::{
        listener::{Limits, Peer, TlsListener},
        pace::Pace,
    },
    setup,
};
use rcgen::CertifiedKey;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use wire::intake::LEDGER;

use crate::support::TestHost;

const PATIENCE: Duration = Duration::from_secs(20);

fn trusting(root: CertificateDer<'static>) -> RootCertStore {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    roots
}

async fn shake_hands(address: SocketAddr, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A listener with these limits and a page, and how to reach it.
async fn listener(limits: Limits) -> (SocketAddr, ClientConfig) {
    listener_of(limits, Router::new().route("/", get(|| async { "here" }))).await
}

/// The same with what it answers.
async fn listener_of(limits: Limits, page: Router) -> (SocketAddr, ClientConfig) {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let client = ClientConfig::builder().with_root_certificates(trusting(cert.der().clone())).with_no_client_auth();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let listener = TlsListener::new(socket, server, limits).unwrap();
    let page = page.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move { axum::serve(listener, page).await });
    (address, client)
}

/// An answer must begin within 0.3 s; so many bytes win as much again, up to 0.6 s.
fn hurried(bytes: usize) -> Limits {
    let within = Duration::from_millis(300);
    Limits { answer: Pace { bytes, within, most: 2 * within }, ..Limits::default() }
}

/// Sends a byte each time that nothing comes back, until the other side has had enough.
async fn dribble(mut stream: TlsStream<TcpStream>) {
    let head = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ".iter().chain(std::iter::repeat(&b'x'));
    for byte in head {
        if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if tokio::time::timeout(Duration::from_millis(20), stream.read_u8()).await.is_ok() {
            return;
        }
    }
}

async fn page(address: SocketAddr, client: ClientConfig) -> std::io::Result<String> {
    let mut stream = shake_hands(address, client).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dribbles_a_request_is_put_out_and_the_next_is_answered() {
    let limits = Limits { connections: 2, ..hurried(usize::MAX) };
    let (address, client) = listener(limits).await;
    let (one, two) = (shake_hands(address, client.clone()).await, shake_hands(address, client.clone()).await);
    let dribbling = [tokio::spawn(dribble(one.unwrap())), tokio::spawn(dribble(two.unwrap()))];
    let answer = tokio::time::timeout(PATIENCE, page(address, client)).await.expect("nobody gets in").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    for one in dribbling {
        tokio::time::timeout(PATIENCE, one).await.expect("still dribbling").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_the_pace_is_put_out_at_the_end_of_all_patience() {
    let (address, client) = listener(hurried(1)).await;
    let stream = shake_hands(address, client).await.unwrap();
    tokio::time::timeout(PATIENCE, dribble(stream)).await.expect("still dribbling");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_in_may_take_longer_and_the_next_request_of_the_connection_may_not() {
    let patient = Pace { bytes: 1, within: PATIENCE, most: PATIENCE };
    let take = async move |ConnectInfo(peer): ConnectInfo<Peer>, body: Body| {
        peer.patience.wait(patient);
        axum::body::to_bytes(body, 1000).await.map(|bytes| bytes.len().to_string()).unwrap_or_default()
    };
    let (address, client) = listener_of(hurried(usize::MAX), Router::new().route("/", post(take))).await;
    let mut stream = shake_hands(address, client).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n").await.unwrap();
    // Longer than all patience with whoever is not let in.
    for _ in 0..49 {
        stream.write_all(b"x").await.unwrap();
        stream.flush().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(20), stream.read_u8()).await.is_err(), "it goes on");
    }
    stream.write_all(b"x").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n50") {
        answer.push(tokio::time::timeout(PATIENCE, stream.read_u8()).await.expect("no answer").unwrap());
    }
    tokio::time::timeout(PATIENCE, dribble(stream)).await.expect("still dribbling");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_on_a_connection_may_not_dribble_either() {
    let (address, client) = listener(hurried(usize::MAX)).await;
    let mut stream = shake_hands(address, client).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"here") {
        answer.push(stream.read_u8().await.unwrap());
    }
    tokio::time::timeout(PATIENCE, dribble(stream)).await.expect("still dribbling");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_holds_no_more_than_its_share() {
    let (address, client) = listener(Limits { per_address: 2, ..Limits::default() }).await;
    let first = shake_hands(address, client.clone()).await.unwrap();
    let _second = shake_hands(address, client.clone()).await.unwrap();
    assert!(shake_hands(address, client.clone()).await.is_err());
    drop(first);
    let again = async { while page(address, client.clone()).await.is_err() {} };
    tokio::time::timeout(PATIENCE, again).await.expect("a seat that was given back is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_on_the_way_is_asked_for_again_and_not_buried() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let said = terminal.suggestion(1);
    let root = CertificateDer::from_pem_file(setup::root_certificate(host.data.path())).unwrap();
    let own = CertificateDer::from_pem_slice(terminal.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::try_from(terminal.key.serialize_der()).unwrap();
    let client =
        ClientConfig::builder().with_root_certificates(trusting(root)).with_client_auth_cert(vec![own], key).unwrap();
    let address = host.url("").trim_start_matches("https://").parse().unwrap();
    let mut stream = shake_hands(address, client).await.unwrap();
    let head = format!("PUT /intake/v1/events/{} HTTP/1.1\r\nhost: localhost\r\n", said.id);
    let broken = format!("{head}transfer-encoding: chunked\r\n\r\n4\r\n{{\"v\"\r\nno length\r\n");
    stream.write_all(broken.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no answer").ok();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(LEDGER), "{answer}");
    assert_eq!(terminal.put(&host, &said).await.status(), reqwest::StatusCode::CREATED);
}
