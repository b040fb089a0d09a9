//! TLS 1.3 to a relay, with the key pinned by the invitation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use conclave_proto::authority::Authority;
use conclave_seal::hash::sha256;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Dialled;
use crate::snapshot::LinkFault;

/// Ends the handshake with a key that is the pinned one, a vouched one, or, where nobody vouches, a reported one.
///
/// # Errors
/// [`LinkFault::WrongPin`] for another key than the pinned one, [`LinkFault::OtherVersion`] without TLS 1.3,
/// [`LinkFault::Misbehaved`] if it is no TLS at all, [`LinkFault::Unreachable`] if the connection breaks.
///
/// # Cancel safety
/// Dropping the future closes the socket.
pub(super) async fn wrap(
    socket: TcpStream,
    host: String,
    address: Authority,
    pin: Option<[u8; 32]>,
) -> Result<Dialled, LinkFault> {
    let provider = Arc::new(ring::default_provider());
    let vouched = Arc::new(AtomicBool::new(false));
    let verifier = PinVerifier { pin, vouched: Arc::clone(&vouched), provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| LinkFault::OtherVersion)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|_| LinkFault::Unreachable)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::InvalidCertificate(_)) => LinkFault::WrongPin,
            Some(Error::PeerIncompatible(_)) => LinkFault::OtherVersion,
            // Not TLS at all: a mail server, a plain relay.
            Some(Error::InvalidMessage(_)) => LinkFault::Misbehaved,
            _ => LinkFault::Unreachable,
        }
    })?;
    let (_, session) = stream.get_ref();
    // RFC 9266, section 2.
    let exporter = session
        .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None)
        .map_err(|_| LinkFault::Misbehaved)?;
    let certificate = session.peer_certificates().and_then(<[_]>::first).ok_or(LinkFault::Misbehaved)?;
    let shown = spki_digest(certificate).ok_or(LinkFault::Misbehaved)?;
    Ok(Dialled {
        wire: Box::new(stream),
        address,
        exporter: Some(exporter),
        pin: Some(shown),
        vouched: vouched.load(Ordering::Relaxed),
    })
}

/// SHA-256 of the certificate's public key (SubjectPublicKeyInfo, DER).
pub(crate) fn spki_digest(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let parsed = rustls::server::ParsedCertificate::try_from(certificate).ok()?;
    Some(sha256(&parsed.subject_public_key_info()))
}

/// With a pin, the key alone decides: names and dates of a self-signed certificate mean nothing. Without one, the system's
/// authorities are asked, and a key that nobody vouches for is accepted for this room only: a proof names the pin, so it is
/// useless elsewhere, and a GroupInfo opens only under the code's key (protocol 4.2).
#[derive(Debug)]
struct PinVerifier {
    pin: Option<[u8; 32]>,
    vouched: Arc<AtomicBool>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(pin) = self.pin {
            if spki_digest(certificate) != Some(pin) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
            self.vouched.store(true, Ordering::Relaxed);
            return Ok(ServerCertVerified::assertion());
        }
        let system = Verifier::new(Arc::clone(&self.provider))
            .and_then(|verifier| verifier.verify_server_cert(certificate, intermediates, name, ocsp, now));
        self.vouched.store(system.is_ok(), Ordering::Relaxed);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is never offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
