//! A link that breaks every few kilobytes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// The link; it ends with the runtime.
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    breaks: Arc<AtomicUsize>,
}

impl Link {
    /// A link to a host, by its URL; on each connection `at_most` bytes pass to it.
    pub(crate) async fn to(url: &str, at_most: usize) -> Self {
        let host: SocketAddr = url.trim_start_matches("https://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, breaks) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&breaks);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (to_host, counted) = (TcpStream::connect(host).await.unwrap(), Arc::clone(&counted));
                tokio::spawn(async move {
                    let ((from_client, mut to_client), (mut from_host, to_host)) =
                        (client.into_split(), to_host.into_split());
                    tokio::select! {
                        broke = carry(from_client, to_host, at_most) => {
                            counted.fetch_add(usize::from(broke), Ordering::Relaxed);
                        }
                        _ = copy(&mut from_host, &mut to_client) => {}
                    }
                });
            }
        });
        Self { address, breaks }
    }

    /// How many connections were broken.
    pub(crate) fn breaks(&self) -> usize {
        self.breaks.load(Ordering::Relaxed)
    }
}

/// Carries `left` bytes; whether there were more.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut left: usize) -> bool {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let passing = count.min(left);
        if to.write_all(&bytes[..passing]).await.is_err() {
            return false;
        }
        if passing < count {
            return true;
        }
        left -= passing;
    }
    false
}
