//! The certificate that the relay shows: read at the start, and again when the operator says so.

use std::fmt;

use anyhow::Context as _;
use conclave_relay::{
    Certificates, Relay, TlsIdentity,
    clock::{Clock as _, SystemClock},
    tls::{TlsError, Validity},
};

use crate::{files::Named, settings::Tls};

/// A certificate and the key that fits; nothing has been written yet.
///
/// A key of one's own is written beside its place first and moved there once the storage is whole. So where it is,
/// there was a storage, if the relay has one.
pub(crate) struct Prepared<'a> {
    identity: TlsIdentity,
    pub(crate) certificates: Certificates,
    /// Where the key has to be written.
    made: Option<Named<'a>>,
    tls: &'a Tls,
}

/// Reads certificate and key. `make` allows to make a key of one's own.
pub(crate) fn prepare(tls: &Tls, make: bool) -> anyhow::Result<Prepared<'_>> {
    let (made, identity) = match tls.own_key() {
        Some(key) if !key.exists()? => {
            key.check_folder()?;
            (Some(key), make_own(key, make)?)
        }
        Some(_) | None => (None, read(tls)?),
    };
    let certificates = Certificates::new(&identity).with_context(|| tls.to_string())?;
    Ok(Prepared { identity, certificates, made, tls })
}

impl Prepared<'_> {
    /// Says what was read, or what the start would make.
    pub(crate) fn check(&self) {
        match (self.made, self.tls) {
            (Some(key), _) => tracing::info!("checked: {key} is made at the start"),
            (None, Tls::SelfSigned { .. }) => {
                tracing::info!(
                    "checked: {} is a key; the pin for invitations is {}",
                    self.tls,
                    self.identity.authority()
                );
            }
            (None, Tls::Certified { .. }) => tracing::info!("checked: {} fit together", self.tls),
        }
        self.tls.warn_of_dates(&self.identity);
    }

    /// Writes a key that was made.
    pub(crate) fn begin(&self) -> anyhow::Result<()> {
        self.made.map_or(Ok(()), |key| key.begin_private(self.identity.key_der()))
    }

    /// Gives a key that was made its name, and says the pin.
    pub(crate) fn keep(&self) -> anyhow::Result<()> {
        if let Some(key) = self.made {
            key.finish()?;
            tracing::info!("made {}", key.path.display());
        }
        self.tls.say_pin(&self.identity);
        self.tls.warn_of_dates(&self.identity);
        Ok(())
    }

    /// Reads both files again, for new connections. What is of no use is told, and the old certificate stays.
    pub(crate) fn reload(&self, relay: &Relay) {
        let renewed = read(self.tls).and_then(|identity| {
            relay.renew(&self.certificates, &identity).with_context(|| self.tls.to_string())?;
            Ok(identity)
        });
        match renewed {
            Ok(identity) => {
                tracing::info!("new connections are shown what {} holds now", self.tls);
                self.tls.say_pin(&identity);
                self.tls.warn_of_dates(&identity);
            }
            Err(error) => tracing::error!("the certificate was not replaced, and the one of before stays: {error:#}"),
        }
    }
}

/// A key of one's own that is not there: a new one, or that of a first run which was cut off when the storage was
/// whole.
fn make_own(key: Named<'_>, make: bool) -> anyhow::Result<TlsIdentity> {
    let begun = key.begun();
    let begun = Named::new(SELF_SIGNED, &begun);
    if make {
        return Ok(TlsIdentity::generate()?);
    }
    anyhow::ensure!(
        begun.exists()?,
        "{key} is missing, but rooms are kept: with another key, everybody who has its pin would refuse this relay. \
         Put it back; to have a new one all the same, start once with --make-missing"
    );
    read_own(begun)
}

fn read(tls: &Tls) -> anyhow::Result<TlsIdentity> {
    match tls {
        Tls::Certified { certificate, key } => {
            let (certificate, key) = (Named::new(CERTIFICATE, certificate), Named::new(KEY, key));
            TlsIdentity::from_pem(&certificate.read()?, &key.read()?).map_err(|error| {
                let named = match &error {
                    TlsError::Certificate => certificate.to_string(),
                    TlsError::Key => key.to_string(),
                    TlsError::SelfSigned(_) | TlsError::Library(_) => tls.to_string(),
                };
                anyhow::Error::new(error).context(named)
            })
        }
        Tls::SelfSigned { self_signed_key } => read_own(Named::new(SELF_SIGNED, self_signed_key)),
    }
}

fn read_own(key: Named<'_>) -> anyhow::Result<TlsIdentity> {
    TlsIdentity::from_key(&key.read()?).with_context(|| format!("{key} is no key of a relay; put the right file back"))
}

impl Tls {
    /// The files that it names.
    pub(crate) fn files(&self) -> Vec<Named<'_>> {
        match self {
            Self::Certified { certificate, key } => vec![Named::new(CERTIFICATE, certificate), Named::new(KEY, key)],
            Self::SelfSigned { self_signed_key } => vec![Named::new(SELF_SIGNED, self_signed_key)],
        }
    }

    /// The key that the relay makes itself.
    pub(crate) fn own_key(&self) -> Option<Named<'_>> {
        match self {
            Self::SelfSigned { self_signed_key } => Some(Named::new(SELF_SIGNED, self_signed_key)),
            Self::Certified { .. } => None,
        }
    }

    /// Of a certificate of an authority; those who pin a key of one's own do not go by dates.
    fn warn_of_dates(&self, identity: &TlsIdentity) {
        let Self::Certified { certificate, .. } = self else { return };
        let what = match identity.validity(SystemClock.unix()) {
            Validity::Valid => return,
            Validity::Expired => "has expired",
            Validity::NotYet => "is not valid yet",
        };
        tracing::warn!(
            "{} {what} by this computer's clock: apps whose invitation has no pin refuse this relay; renew it, or set \
             the clock",
            Named::new(CERTIFICATE, certificate)
        );
    }

    /// Of a key of one's own; with a certificate of an authority invitations need none.
    fn say_pin(&self, identity: &TlsIdentity) {
        if let Self::SelfSigned { .. } = self {
            tracing::info!("the pin for invitations is {}", identity.authority());
        }
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certified { certificate, key } => {
                write!(f, "{} and {}", Named::new(CERTIFICATE, certificate), Named::new(KEY, key))
            }
            Self::SelfSigned { self_signed_key } => Named::new(SELF_SIGNED, self_signed_key).fmt(f),
        }
    }
}

const CERTIFICATE: &str = "tls.certificate";
const KEY: &str = "tls.key";
const SELF_SIGNED: &str = "tls.self_signed_key";
