//! The TLS key that a relay shows, and what a dialer makes of it. The links of a lab have no TLS.

use conclave_engine::{
    link::{Recognised, Target},
    snapshot::LinkFault,
};
use conclave_proto::authority::Authority;

/// The TLS key that a relay shows, as far as a dialer tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of the key.
    pub key: [u8; 32],
    /// What the system's authorities say of it.
    pub vouched: Vouched,
}

/// What the system's authorities say of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// They vouch for it.
    Now,
    /// They did; the certificate is out of date.
    Once,
    /// They do not know it.
    Never,
}

/// Decides as the system's dialer does.
pub(crate) fn recognise(target: &Target, at: &Authority, shown: Option<Shown>) -> Result<Recognised, LinkFault> {
    match (target.pin, shown) {
        (None, None) => Ok(Recognised::Vouched),
        (None, Some(Shown { vouched: Vouched::Now, .. })) => Ok(Recognised::Vouched),
        (None, Some(Shown { vouched: Vouched::Once, .. })) => Ok(Recognised::OutOfDate),
        (None, Some(Shown { vouched: Vouched::Never, .. })) => Ok(Recognised::No),
        (Some(pin), Some(shown)) if shown.key == pin => Ok(Recognised::Pinned),
        (Some(_), Some(shown)) if target.may_renew_at.as_ref() == Some(at) => match shown.vouched {
            Vouched::Now => Ok(Recognised::Vouched),
            Vouched::Once => Err(LinkFault::CertificateOutOfDate),
            Vouched::Never => Err(LinkFault::WrongPin),
        },
        (Some(_), _) => Err(LinkFault::WrongPin),
    }
}
