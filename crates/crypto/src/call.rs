//! Call set-up that only the called person can open (protocol 4.13).
//!
//! Offers and candidates carry network addresses. Inside the group alone they would show everybody's address to the whole
//! room, so they are sealed once more, to the key in the callee's credential: HPKE base mode (RFC 9180) with X25519,
//! HKDF-SHA-256 and AES-256-GCM. The layers around it are post-quantum.

use conclave_proto::id::{CallId, MemberId, PublicKey, RoomId};
use zeroize::Zeroizing;

use crate::{
    hpke,
    purpose::{CALL_INFO, CallKey, EpochAuthenticator},
};

/// Who calls whom, where and when. A signal opens for exactly this and cannot be moved into another call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The room.
    pub room_id: &'a RoomId,
    /// The call.
    pub call_id: &'a CallId,
    /// Who signals.
    pub caller: &'a MemberId,
    /// Who is to open it.
    pub callee: &'a MemberId,
    /// The epoch in which it is sent.
    pub authenticator: &'a EpochAuthenticator,
}

/// A sealed signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSignal {
    /// The encapsulated key.
    pub enc: [u8; 32],
    /// The signal with its tag.
    pub ciphertext: Vec<u8>,
}

/// The signal could not be sealed to this key, or not be opened: wrong key, other call, changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call signal could not be sealed or opened")]
pub struct SignalError;

/// Seals a signal to the callee's `call_pk`.
///
/// # Errors
/// [`SignalError`] if the key is no usable X25519 key.
pub fn seal(call: &Call<'_>, call_pk: &PublicKey, signal: &[u8]) -> Result<SealedSignal, SignalError> {
    let (enc, ciphertext) = hpke::seal(call_pk, &call.info(), signal).ok_or(SignalError)?;
    Ok(SealedSignal { enc, ciphertext })
}

/// Opens a signal with the own key.
///
/// # Errors
/// [`SignalError`] for every reason alike.
pub fn open(call: &Call<'_>, key: &CallKey, sealed: &SealedSignal) -> Result<Zeroizing<Vec<u8>>, SignalError> {
    hpke::open(key.expose_secret(), &call.info(), &sealed.enc, &sealed.ciphertext).ok_or(SignalError)
}

/// A key pair out of 32 random bytes.
pub(crate) fn derive_key_pair(ikm: &[u8; 32]) -> Result<(CallKey, PublicKey), SignalError> {
    let (key, public) = hpke::derive_key_pair(ikm).ok_or(SignalError)?;
    Ok((CallKey::from_bytes(&key), public))
}

impl Call<'_> {
    /// `"conclave.v1 call" ‖ room_id ‖ call_id ‖ caller id ‖ callee id ‖ epoch_authenticator`, all of fixed length.
    fn info(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(
            [
                CALL_INFO,
                self.room_id.as_bytes(),
                self.call_id.as_bytes(),
                self.caller.as_bytes(),
                self.callee.as_bytes(),
                self.authenticator.expose_secret(),
            ]
            .concat(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_opens_for_its_callee_in_its_call_only() {
        let (key, public) = derive_key_pair(&[1; 32]).unwrap();
        let (other_key, _) = derive_key_pair(&[2; 32]).unwrap();
        let (epoch, later) = (EpochAuthenticator::from_bytes(&[5; 48]), EpochAuthenticator::from_bytes(&[6; 48]));
        let (bob, carol) = (MemberId([3; 16]), MemberId([4; 16]));
        let call = Call {
            room_id: &RoomId([1; 32]),
            call_id: &CallId([2; 16]),
            caller: &bob,
            callee: &carol,
            authenticator: &epoch,
        };
        let sealed = seal(&call, &public, b"offer").unwrap();
        assert_eq!(**open(&call, &key, &sealed).unwrap(), *b"offer");
        assert_eq!(open(&call, &other_key, &sealed), Err(SignalError), "another member must not see the address");
        for other in [
            Call { room_id: &RoomId([9; 32]), ..call },
            Call { call_id: &CallId([9; 16]), ..call },
            Call { caller: &carol, ..call },
            Call { callee: &bob, ..call },
            Call { authenticator: &later, ..call },
        ] {
            assert_eq!(open(&other, &key, &sealed), Err(SignalError), "a signal must not be moved into another call");
        }
        let mut changed = sealed.clone();
        changed.ciphertext[0] ^= 1;
        assert_eq!(open(&call, &key, &changed), Err(SignalError));
        assert_ne!(seal(&call, &public, b"offer").unwrap().enc, sealed.enc, "keys are fresh");
    }

    /// RFC 9180, appendix A.1.1: the receiver's key pair out of `ikmR`.
    #[test]
    fn a_key_pair_is_derived_as_rfc_9180_says() {
        let hex = |text: &str| <[u8; 32]>::try_from(data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()).unwrap();
        let (key, public) =
            derive_key_pair(&hex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037")).unwrap();
        assert_eq!(*key.expose_secret(), hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"));
        assert_eq!(public.0, hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"));
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let (bob, epoch) = (MemberId([3; 16]), EpochAuthenticator::from_bytes(&[5; 48]));
        let call = Call {
            room_id: &RoomId([1; 32]),
            call_id: &CallId([2; 16]),
            caller: &bob,
            callee: &bob,
            authenticator: &epoch,
        };
        assert_eq!(seal(&call, &PublicKey([0; 32]), b"offer"), Err(SignalError), "anybody could open it");
    }
}
