//! TLS 1.3, with a certificate of an authority or a key of one's own whose hash travels in the invitation.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_proto::Authority;
use conclave_seal::hash::sha256;
use rustls::{
    CertificateError, Error, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::{NoServerSessionStorage, ParsedCertificate},
};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::sync::lock;

/// A certificate chain and its private key.
#[derive(Clone)]
pub struct TlsIdentity {
    certificates: Vec<CertificateDer<'static>>,
    key: Zeroizing<Vec<u8>>,
    pin: [u8; 32],
}

impl TlsIdentity {
    /// A fresh key under a certificate of its own.
    ///
    /// # Errors
    /// [`TlsError`] if the library cannot make one.
    pub fn generate() -> Result<Self, TlsError> {
        let pair = rcgen::KeyPair::generate().map_err(TlsError::SelfSigned)?;
        Self::self_signed(&pair)
    }

    /// A new certificate over a key that was kept ([`TlsIdentity::key_der`]). The pin depends on the key alone, so it
    /// stays.
    ///
    /// # Errors
    /// [`TlsError`] if the bytes are no PKCS #8 key that the library can use.
    pub fn from_key(pkcs8: &[u8]) -> Result<Self, TlsError> {
        let pair = rcgen::KeyPair::try_from(pkcs8).map_err(TlsError::SelfSigned)?;
        Self::self_signed(&pair)
    }

    /// A certificate chain and key in PEM, as an authority gives them out. Byte order marks, which editors of Windows
    /// put before each of the files that a chain is put together from, are left out.
    ///
    /// # Errors
    /// [`TlsError`] if a certificate or the key is missing or unreadable.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&unmarked(certificates))
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&unmarked(key)).map_err(|_| TlsError::Key)?;
        Self::new(certificates, Zeroizing::new(key.secret_der().to_vec()))
    }

    /// Whether the certificate is valid at this time (unix seconds), as those see it who go by its dates.
    #[must_use]
    pub fn validity(&self, now: u64) -> Validity {
        let refused = self.verify(now).err();
        match refused {
            Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
                Validity::Expired
            }
            Some(Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            )) => Validity::NotYet,
            // Its dates are looked at first. Who signed it, and for whom, is not asked here.
            Some(_) | None => Validity::Valid,
        }
    }

    fn verify(&self, now: u64) -> Result<(), Error> {
        let (first, rest) = self.certificates.split_first().ok_or(Error::NoCertificatesPresented)?;
        let mut roots = RootCertStore::empty();
        roots.add(first.clone())?;
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|error| Error::General(error.to_string()))?;
        let name = ServerName::try_from("relay.invalid").map_err(|error| Error::General(error.to_string()))?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        verifier.verify_server_cert(first, rest, &name, &[], now).map(drop)
    }

    /// The private key, to be kept where secrets are kept.
    #[must_use]
    pub fn key_der(&self) -> &Zeroizing<Vec<u8>> {
        &self.key
    }

    /// SHA-256 of the public key (its SPKI): what an invitation pins.
    #[must_use]
    pub const fn pin(&self) -> [u8; 32] {
        self.pin
    }

    /// The relay's name for those who know the pin.
    #[must_use]
    pub const fn authority(&self) -> Authority {
        Authority::Pin(self.pin)
    }

    fn self_signed(pair: &rcgen::KeyPair) -> Result<Self, TlsError> {
        // The name says nothing: clients look at the key alone.
        let params = rcgen::CertificateParams::new(vec!["relay.invalid".to_owned()]).map_err(TlsError::SelfSigned)?;
        let certificate = params.self_signed(pair).map_err(TlsError::SelfSigned)?;
        Self::new(vec![certificate.der().clone()], Zeroizing::new(pair.serialize_der()))
    }

    fn new(certificates: Vec<CertificateDer<'static>>, key: Zeroizing<Vec<u8>>) -> Result<Self, TlsError> {
        let first = certificates.first().ok_or(TlsError::Certificate)?;
        let parsed = ParsedCertificate::try_from(first).map_err(|_| TlsError::Certificate)?;
        let pin = sha256(&parsed.subject_public_key_info());
        Ok(Self { certificates, key, pin })
    }

    fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let key = PrivateKeyDer::try_from(self.key.to_vec())
            .unwrap_or_else(|_| PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.to_vec())));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::Library)?
            .with_no_client_auth()
            .with_single_cert(self.certificates.clone(), key)
            .map_err(TlsError::Library)?;
        // A ticket would let an observer link two connections of one client.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A text without byte order marks: a block that begins behind one would not be found.
fn unmarked(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut whole = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = match rest.strip_prefix("\u{feff}".as_bytes()) {
            Some(behind) => behind,
            None => {
                whole.push(*first);
                behind
            }
        };
    }
    whole
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity(..)")
    }
}

/// What the dates of a certificate say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is valid.
    Valid,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYet,
}

/// What listeners show to new connections. It may be replaced while they listen ([`crate::Relay::renew`]); clones are
/// handles to the same one.
#[derive(Clone)]
pub struct Certificates(Arc<Mutex<Shown>>);

#[derive(Clone)]
struct Shown {
    acceptor: TlsAcceptor,
    authority: Authority,
}

impl Certificates {
    /// Shows this identity.
    ///
    /// # Errors
    /// [`TlsError`] if certificate and key do not fit together.
    pub fn new(identity: &TlsIdentity) -> Result<Self, TlsError> {
        Shown::new(identity).map(|shown| Self(Arc::new(Mutex::new(shown))))
    }

    /// Connections that have begun keep what they were shown.
    pub(crate) fn replace(&self, identity: &TlsIdentity) -> Result<(), TlsError> {
        let shown = Shown::new(identity)?;
        *lock(&self.0) = shown;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        lock(&self.0).acceptor.clone()
    }

    pub(crate) fn authority(&self) -> Authority {
        lock(&self.0).authority.clone()
    }
}

impl Shown {
    fn new(identity: &TlsIdentity) -> Result<Self, TlsError> {
        Ok(Self { acceptor: identity.acceptor()?, authority: identity.authority() })
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates(..)")
    }
}

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate, or an unreadable one.
    #[error("no readable certificate: expected PEM blocks \"CERTIFICATE\", the relay's own first")]
    Certificate,
    /// No private key, or an unreadable one.
    #[error("no readable private key: expected one PEM block \"PRIVATE KEY\"")]
    Key,
    /// A certificate of one's own cannot be made.
    #[error("no certificate could be made for this key")]
    SelfSigned(#[source] rcgen::Error),
    /// The library refuses certificate or key.
    #[error("the certificate and the private key do not work together: name the key that the certificate was made for")]
    Library(#[source] Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_of_the_files_that_a_chain_was_made_of_belong_to_none_of_them() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let made = || rcgen::CertificateParams::default().self_signed(&pair).unwrap().pem();
        let (chain, key) =
            (format!("\u{feff}{}\u{feff}{}", made(), made()), format!("\u{feff}{}", pair.serialize_pem()));
        let identity = TlsIdentity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(identity.certificates.len(), 2, "none is missing from the chain");
    }
}
