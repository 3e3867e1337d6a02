//! A host on the loopback with a CA of its own that answers each request as a test says: whole, half, or not at all.

#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses its part")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use uuid::Uuid;

/// A certificate authority of one test.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "a test's authority");
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Signs a terminal's request; the certificate began `ago` days ago and ends in `days`.
    pub(crate) fn sign(&self, request: &str, ago: u32, days: u32) -> String {
        let mut csr = CertificateSigningRequestParams::from_pem(request).unwrap();
        let day = Duration::from_secs(86_400);
        let today = rcgen::date_time_ymd(1970, 1, 1) + SystemTime::UNIX_EPOCH.elapsed().unwrap();
        csr.params.not_before = today - day * ago;
        csr.params.not_after = today + day * days;
        csr.signed_by(&self.issuer).unwrap().pem()
    }

    /// A key that is certified for `usage`, and its certificate.
    pub(crate) fn certifies(&self, usage: ExtendedKeyUsagePurpose) -> (KeyPair, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        (key, certificate)
    }

    fn server(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        roots
    }
}

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the other end showed a certificate of the authority.
    pub(crate) certified: bool,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The event's id of a PUT.
    pub(crate) fn event(&self) -> Option<Uuid> {
        self.path.strip_prefix("/intake/v1/events/")?.parse().ok()
    }
}

/// What a test has the host do.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// These bytes, then the connection ends.
    Raw(Vec<u8>),
    /// Nothing at all, for ever.
    Silence,
    /// These bytes, then nothing, for ever.
    Stall(Vec<u8>),
    /// These bytes, then a blank so often, for ever.
    Drip(Vec<u8>, Duration),
}

impl Reply {
    pub(crate) fn json(status: u16, ledger: Uuid, body: &impl serde::Serialize) -> Self {
        let headers = vec![("lianxin-ledger", ledger.to_string()), ("content-type", "application/json".into())];
        Self::Whole { status, headers, body: serde_json::to_vec(body).unwrap() }
    }

    pub(crate) fn status(status: u16, ledger: Uuid) -> Self {
        Self::Whole { status, headers: vec![("lianxin-ledger", ledger.to_string())], body: vec![] }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

type Script = Arc<Mutex<Box<dyn FnMut(&Request) -> Reply + Send>>>;

pub(crate) struct ScriptedHost {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Authority,
    script: Script,
    seen: watch::Receiver<Vec<Request>>,
}

impl ScriptedHost {
    /// Must be called within a runtime.
    pub(crate) async fn start(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let authority = Authority::new();
        let trusted = authority.roots();
        Self::serve(authority, trusted, Arc::new(Mutex::new(Box::new(script)))).await
    }

    async fn serve(authority: Authority, trusted: RootCertStore, script: Script) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .unwrap();
        let (chain, key) = authority.server();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (send, seen) = watch::channel(Vec::new());
        let send = Arc::new(send);
        let scripted = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, script, send) = (acceptor.clone(), Arc::clone(&scripted), Arc::clone(&send));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        // A connection ends as the test or the other end says.
                        drop(talk(stream, &script, &send).await);
                    }
                });
            }
        });
        Self { address, authority, script, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Answers otherwise from here on.
    pub(crate) fn answers(&self, script: impl FnMut(&Request) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Everything that was asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.borrow().clone()
    }

    /// Waits until what was asked is as wanted.
    pub(crate) async fn until(&self, wanted: impl FnMut(&Vec<Request>) -> bool) {
        self.seen.clone().wait_for(wanted).await.unwrap();
    }
}

async fn talk(
    stream: TlsStream<TcpStream>,
    script: &Script,
    seen: &watch::Sender<Vec<Request>>,
) -> std::io::Result<()> {
    let certified = stream.get_ref().1.peer_certificates().is_some();
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let mut request = Request { method, path, headers, body: vec![], certified };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).await?;
        let reply = (script.lock().unwrap())(&request);
        seen.send_modify(|seen| seen.push(request));
        match reply {
            Reply::Whole { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                stream.write_all(format!("{head}\r\n").as_bytes()).await?;
                stream.write_all(&body).await?;
                stream.flush().await?;
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Stall(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                std::future::pending().await
            }
            Reply::Drip(bytes, every) => {
                stream.write_all(&bytes).await?;
                loop {
                    stream.flush().await?;
                    tokio::time::sleep(every).await;
                    stream.write_all(b" ").await?;
                }
            }
        }
    }
}
