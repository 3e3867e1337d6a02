//! What the host signed: by a key that the pinned root certified for this purpose and for nothing else.

use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs::ECDSA_P256_SHA256};
use x509_parser::{
    extensions::ExtendedKeyUsage,
    prelude::{FromDer, X509Certificate},
};

use crate::https::HttpsError;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What time it is.
    Time,
    /// What is asked of this terminal from afar.
    Diagnostics,
}

/// Why a signature doesn't count.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSigned {
    /// The pinned root can't be read.
    #[error(transparent)]
    Root(#[from] HttpsError),
    /// There is no chain, or it can't be read.
    #[error("the chain is not one")]
    NotAChain,
    /// The key is certified for something else.
    #[error("the key is certified for something else")]
    Purpose,
    /// The key is not certified by the pinned root at that time.
    #[error("the key is not certified by the host's authority: {0}")]
    Chain(webpki::Error),
    /// The signature is not under these bytes.
    #[error("the signature is wrong")]
    Signature,
}

impl Purpose {
    /// As the value of a DER object identifier.
    fn id(self) -> &'static [u8] {
        match self {
            Self::Time => wire::time::PURPOSE,
            Self::Diagnostics => wire::diagnostics::PURPOSE,
        }
    }

    fn is_named(self, usage: &ExtendedKeyUsage<'_>) -> bool {
        match self {
            Self::Time => usage.time_stamping,
            Self::Diagnostics => usage.code_signing,
        }
    }
}

/// Checks the signature under `bytes` by the first key of `chain` (PEM), which the root `ca` (PEM) must have certified for
/// `purpose` at `at`.
pub(super) fn verify(
    ca: &str,
    chain: &str,
    purpose: Purpose,
    at: Timestamp,
    (bytes, signature): (&[u8], &[u8]),
) -> Result<(), NotSigned> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| NotSigned::NotAChain)?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let root = CertificateDer::from_pem_slice(ca.as_bytes()).map_err(|_| HttpsError::Ca)?;
    let root = anchor_from_trusted_cert(&root).map_err(|_| HttpsError::Ca)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    let chain = chain.map_err(|_| NotSigned::NotAChain)?;
    let (signing, above) = chain.split_first().ok_or(NotSigned::NotAChain)?;
    // The authorities above it name no purpose, and none is asked of them.
    if !names(signing, purpose) {
        return Err(NotSigned::Purpose);
    }
    let signing = EndEntityCert::try_from(signing).map_err(NotSigned::Chain)?;
    let usage = KeyUsage::required_if_present(purpose.id());
    signing.verify_for_usage(&[ECDSA_P256_SHA256], &[root], above, at, usage, None, None).map_err(NotSigned::Chain)?;
    signing.verify_signature(ECDSA_P256_SHA256, bytes, signature).map_err(|_| NotSigned::Signature)
}

fn names(certificate: &[u8], purpose: Purpose) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    certificate.extended_key_usage().ok().flatten().is_some_and(|usage| purpose.is_named(usage.value))
}
