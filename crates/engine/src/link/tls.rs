//! TLS 1.3 to a relay, with the key pinned by the invitation.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
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

use super::{Recognised, Wire};
use crate::snapshot::LinkFault;

/// A relay that answers, and what its TLS session tells of it: see [`Dialled`](super::Dialled).
pub(super) struct Reached {
    pub(super) wire: Box<dyn Wire>,
    pub(super) address: Authority,
    pub(super) exporter: Option<[u8; 32]>,
    pub(super) pin: Option<[u8; 32]>,
    pub(super) recognised: Recognised,
}

/// Ends the handshake with a key that is the pinned one, a vouched one, or, where nobody vouches, a reported one. `may_renew` lets a
/// vouched one take the place of the pin.
///
/// # Errors
/// [`LinkFault::WrongPin`] for another key than the pinned one, [`LinkFault::CertificateOutOfDate`] if it is one that would do but for
/// its dates, [`LinkFault::OtherVersion`] without TLS 1.3,
/// [`LinkFault::Misbehaved`] if it is no TLS at all, [`LinkFault::Unreachable`] if the connection breaks.
///
/// # Cancel safety
/// Dropping the future closes the socket.
pub(super) async fn wrap(
    socket: TcpStream,
    host: String,
    address: Authority,
    pin: Option<[u8; 32]>,
    may_renew: bool,
) -> Result<Reached, LinkFault> {
    let provider = Arc::new(ring::default_provider());
    let recognised = Arc::new(OnceLock::new());
    let verifier = PinVerifier { pin, may_renew, recognised: Arc::clone(&recognised), provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| LinkFault::OtherVersion)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|_| LinkFault::Unreachable)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::InvalidCertificate(CertificateError::Expired)) => LinkFault::CertificateOutOfDate,
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
    Ok(Reached {
        wire: Box::new(stream),
        address,
        exporter: Some(exporter),
        pin: Some(shown),
        recognised: recognised.get().copied().unwrap_or(Recognised::No),
    })
}

/// SHA-256 of the certificate's public key (SubjectPublicKeyInfo, DER).
pub(crate) fn spki_digest(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let parsed = rustls::server::ParsedCertificate::try_from(certificate).ok()?;
    Some(sha256(&parsed.subject_public_key_info()))
}

/// With a pin, the key alone decides: names and dates of a self-signed certificate mean nothing. Without one, the system's
/// authorities are asked, and a key that nobody vouches for is accepted for this room only: a proof names the pin, so it is
/// useless elsewhere, and a GroupInfo opens only under the code's key (protocol 4.2). A pin that was met in that way may give way.
#[derive(Debug)]
struct PinVerifier {
    pin: Option<[u8; 32]>,
    may_renew: bool,
    recognised: Arc<OnceLock<Recognised>>,
    provider: Arc<CryptoProvider>,
}

impl PinVerifier {
    fn recognise(
        &self,
        shown: Option<[u8; 32]>,
        asks: impl Fn(UnixTime) -> Result<(), Error>,
        now: UnixTime,
    ) -> Result<Recognised, Error> {
        let Some(pin) = self.pin else { return Ok(ask_authorities(asks, now)) };
        if shown == Some(pin) {
            return Ok(Recognised::Pinned);
        }
        let foreign = Err(CertificateError::ApplicationVerificationFailure.into());
        if !self.may_renew {
            return foreign;
        }
        match ask_authorities(asks, now) {
            Recognised::Vouched => Ok(Recognised::Vouched),
            Recognised::OutOfDate => Err(CertificateError::Expired.into()),
            Recognised::Pinned | Recognised::No => foreign,
        }
    }
}

/// Whether an authority of the system vouches for a certificate, `now` or when it was valid. Where the system does not say when
/// that was, its word that nothing but the date is wrong has to do.
fn ask_authorities(asks: impl Fn(UnixTime) -> Result<(), Error>, now: UnixTime) -> Recognised {
    let Err(error) = asks(now) else { return Recognised::Vouched };
    let Error::InvalidCertificate(error) = error else { return Recognised::No };
    let valid = match error {
        CertificateError::Expired | CertificateError::NotValidYet => return Recognised::OutOfDate,
        CertificateError::ExpiredContext { not_after, .. } => not_after,
        CertificateError::NotValidYetContext { not_before, .. } => not_before,
        _ => return Recognised::No,
    };
    match asks(UnixTime::since_unix_epoch(Duration::from_secs(valid.as_secs()))) {
        Ok(()) => Recognised::OutOfDate,
        Err(_) => Recognised::No,
    }
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
        let asks = |at| {
            let verifier = Verifier::new(Arc::clone(&self.provider))?;
            verifier.verify_server_cert(certificate, intermediates, name, ocsp, at).map(drop)
        };
        let recognised = self.recognise(spki_digest(certificate), asks, now)?;
        self.recognised.get_or_init(|| recognised);
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

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
    use rustls::{RootCertStore, client::WebPkiServerVerifier, pki_types::CertificateDer};

    use super::*;

    /// Noon of a day of June 2026.
    fn june(day: u32) -> UnixTime {
        let last_of_may = Duration::from_secs(1_780_228_800);
        UnixTime::since_unix_epoch(last_of_may.saturating_add(Duration::from_hours(24).saturating_mul(day)))
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// A certificate for June 2026.
    fn certificate(issuer: &CertifiedIssuer<'static, KeyPair>) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["relay.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 6, 1);
        params.not_after = date_time_ymd(2026, 6, 30);
        params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
    }

    /// What a system says that trusts one authority.
    fn asks(
        trusted: &CertifiedIssuer<'static, KeyPair>,
        certificate: CertificateDer<'static>,
        name: &'static str,
    ) -> impl Fn(UnixTime) -> Result<(), Error> + use<> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        move |at| {
            let name = ServerName::try_from(name).unwrap();
            verifier.verify_server_cert(&certificate, &[], &name, &[], at).map(drop)
        }
    }

    #[test]
    fn only_what_an_authority_vouched_for_can_be_out_of_date() {
        let (trusted, foreign) = (authority(), authority());
        let asked = |issuer, name, at| ask_authorities(asks(&trusted, certificate(issuer), name), at);
        assert_eq!(asked(&trusted, "relay.example", june(15)), Recognised::Vouched);
        assert_eq!(
            asked(&trusted, "relay.example", june(45)),
            Recognised::OutOfDate,
            "or this computer's clock is ahead"
        );
        let years_ago = UnixTime::since_unix_epoch(Duration::from_secs(1_500_000_000));
        assert_eq!(asked(&trusted, "relay.example", years_ago), Recognised::OutOfDate, "or its clock is behind");
        for day in [15, 45] {
            assert_eq!(asked(&trusted, "other.example", june(day)), Recognised::No, "it is somebody else's");
            assert_eq!(asked(&foreign, "relay.example", june(day)), Recognised::No, "nobody knows who made it");
        }
    }

    #[test]
    fn a_pin_gives_way_only_where_it_may_and_only_to_what_is_vouched_for_now() {
        let trusted = authority();
        let shown = certificate(&trusted);
        let digest = spki_digest(&shown);
        let recognise = |pin, may_renew, day| {
            let provider = Arc::new(ring::default_provider());
            let verifier = PinVerifier { pin, may_renew, recognised: Arc::default(), provider };
            verifier.recognise(digest, asks(&trusted, shown.clone(), "relay.example"), june(day))
        };
        let foreign = || Err(CertificateError::ApplicationVerificationFailure.into());
        let another = Some([7; 32]);
        assert_eq!(recognise(digest, false, 45), Ok(Recognised::Pinned), "dates mean nothing under a pin");
        assert_eq!(recognise(another, false, 15), foreign());
        assert_eq!(recognise(another, true, 15), Ok(Recognised::Vouched));
        assert_eq!(recognise(another, true, 45), Err(CertificateError::Expired.into()));
        assert_eq!(recognise(None, false, 45), Ok(Recognised::OutOfDate));
    }
}
