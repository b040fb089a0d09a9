//! Knocking at a locked room: what is sealed for whom, and what the owner signs (protocol 4.6.9).
//!
//! A knock has two layers. The outer one, under a key of the code, hides it from the relay and everybody without the code;
//! the inner one is HPKE to a key that the owner's deed names, so that other holders of the code cannot read it. The answer
//! is sealed in the same way, to the `call_pk` of whoever knocked, and signed by the owner.
//!
//! # Example
//!
//! ```
//! use conclave_crypto::{code::Code, knock::{self, Door}, params, schedule::RoomKeys};
//! use conclave_proto::{deed::{Knocking, PanicBy, Policy}, id::{PublicKey, RoomId}, knock::KnockContent};
//! use conclave_seal::{rng::OsRng, sign::SigningKey};
//!
//! // Alice makes a room at whose locked door others can knock.
//! let osk = SigningKey::generate(&mut OsRng);
//! let (code, r) = Code::create(&mut OsRng, &osk.public());
//! let keys = RoomKeys::derive(code.secret());
//! let room_id = RoomId(*keys.room_id());
//! let (knock_key, pk) = knock::owner_key_pair(&osk, &room_id)?;
//! let sealed_r = knock::seal_r(&mut OsRng, &keys, &r)?;
//! let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
//! let knocking = Knocking { pk, sealed_r: &sealed_r };
//! let deed = params::sign_deed_with_knocking(&osk, PublicKey(keys.access_public()), policy, 1, knocking);
//!
//! // Bob has the code, sees that the deed is of whoever made it, and knocks.
//! let Door::Knocks { pk, .. } = knock::read_deed(&keys, &code, deed.as_bytes())? else { panic!("the room takes knocks") };
//! let content = KnockContent { key_package: vec![1], note: "It is Bob".into(), token: None };
//! let blob = knock::seal(&mut OsRng, &keys, &pk, &content)?;
//! assert_eq!(knock::open(&keys, &knock_key, &blob)?, content);
//! # Ok::<(), knock::KnockError>(())
//! ```

use conclave_proto::{
    deed::Deed,
    id::{PublicKey, RoomId, Signature},
    knock::{KnockAdmission, KnockContent, KnockReply},
    limits, padding,
};
use conclave_seal::{
    chunked,
    expand::expand,
    hash::hash,
    rng::Rng,
    sign::SigningKey,
    transcript::{KnockAnswer, Statement as _},
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    bits,
    code::Code,
    hpke, params,
    purpose::{self, CallKey, KNOCK_INFO, KNOCK_REPLY_INFO, KnockKey},
    schedule::{KnockKeys, RoomKeys},
    words,
};

/// How many words two people compare of a knock.
pub const WORDS: usize = 4;

/// Something about a knock could not be sealed, opened or believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    /// It does not open, or not to what it has to be: another key or room, changed bytes, or nothing of the owner's.
    #[error("it does not open, or is not the owner's")]
    NotGenuine,
    /// What is to be sealed is larger than a knock or an answer may be, or the key is none.
    #[error("it cannot be sealed")]
    NotSealed,
    /// The room was made before there was knocking.
    #[error("nobody can knock at this room")]
    NoKnocking,
}

/// What a deed says of knocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Knocks are sealed to this key of the owner's.
    Knocks {
        /// `knock_pk`.
        pk: PublicKey,
        /// `opk`, whose signature an answer has to have.
        owner: PublicKey,
    },
    /// The room was made before there was knocking. That the deed is of the code's owner is not shown then.
    NoKnocks,
}

/// The key pair that knocks are sealed to. It follows from the owner key, so it is stored nowhere.
///
/// # Errors
/// [`KnockError::NotSealed`] never, as any seed gives a key.
pub fn owner_key_pair(owner_key: &SigningKey, room_id: &RoomId) -> Result<(KnockKey, PublicKey), KnockError> {
    let seed = expand::<32>(&*owner_key.expose_seed(), purpose::KNOCK_X25519, &room_id.0);
    let (key, public) = hpke::derive_key_pair(&seed).ok_or(KnockError::NotSealed)?;
    Ok((KnockKey::from_bytes(&key), public))
}

/// Seals `r` for holders of the code, as the deed carries it.
///
/// # Errors
/// [`KnockError::NoKnocking`] for keys of a room that was made before.
pub fn seal_r(rng: &mut dyn Rng, keys: &RoomKeys, r: &[u8; 32]) -> Result<Vec<u8>, KnockError> {
    let KnockKeys { r: key, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    Ok(chunked::seal(rng, key.expose_secret(), &context(purpose::KNOCK_R, keys.room_id()), r))
}

/// Checks, before anybody knocks, that a deed which a relay shows is the room's, and of the owner whom the code commits to: otherwise
/// a relay could show a deed of its own, and read the knock.
///
/// # Errors
/// [`KnockError::NotGenuine`].
pub fn read_deed(keys: &RoomKeys, code: &Code, deed: &[u8]) -> Result<Door, KnockError> {
    let deed = Deed::parse(deed).map_err(|_| KnockError::NotGenuine)?;
    if deed.apk().0 != keys.access_public() || params::verify_deed(&deed).is_err() {
        return Err(KnockError::NotGenuine);
    }
    let Some(knocking) = deed.knocking() else { return Ok(Door::NoKnocks) };
    let KnockKeys { r: key, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    let opened = chunked::open(key.expose_secret(), &context(purpose::KNOCK_R, keys.room_id()), knocking.sealed_r);
    let r = opened.ok().and_then(|r| <[u8; 32]>::try_from(&r[..]).ok()).map(Zeroizing::new);
    let is_owners = r.is_some_and(|r| code.commits_to(&deed.opk().0, &r));
    if is_owners { Ok(Door::Knocks { pk: knocking.pk, owner: deed.opk() }) } else { Err(KnockError::NotGenuine) }
}

/// Seals a knock. All have the same length.
///
/// # Errors
/// [`KnockError::NotSealed`] if it is too large, or the key is none.
pub fn seal(
    rng: &mut dyn Rng,
    keys: &RoomKeys,
    knock_pk: &PublicKey,
    content: &KnockContent,
) -> Result<Vec<u8>, KnockError> {
    let info = info(KNOCK_INFO, keys.room_id());
    let sealed = hpke::seal(knock_pk, &info, &content.encode()).ok_or(KnockError::NotSealed)?;
    let padded = pad(&sealed, limits::KNOCK_PADDED)?;
    let KnockKeys { seal: key, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    Ok(chunked::seal(rng, key.expose_secret(), &context(purpose::KNOCK, keys.room_id()), &padded))
}

/// Opens a knock, as the owner.
///
/// # Errors
/// [`KnockError::NotGenuine`] for every reason alike.
pub fn open(keys: &RoomKeys, key: &KnockKey, blob: &[u8]) -> Result<KnockContent, KnockError> {
    let KnockKeys { seal, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    let padded = chunked::open(seal.expose_secret(), &context(purpose::KNOCK, keys.room_id()), blob)
        .map_err(|_| KnockError::NotGenuine)?;
    if padded.len() != limits::KNOCK_PADDED {
        return Err(KnockError::NotGenuine);
    }
    let (enc, ciphertext) = unpad(&padded).ok_or(KnockError::NotGenuine)?;
    let content = hpke::open(key.expose_secret(), &info(KNOCK_INFO, keys.room_id()), enc, ciphertext);
    KnockContent::decode(&content.ok_or(KnockError::NotGenuine)?).map_err(|_| KnockError::NotGenuine)
}

/// Signs and seals the owner's answer to a knock: an admission, or none to turn it away. `call_pk` is the key in the credential of
/// whoever knocked.
///
/// # Errors
/// [`KnockError::NotSealed`] if it is larger than a relay takes, or the key is none.
pub fn seal_reply(
    rng: &mut dyn Rng,
    keys: &RoomKeys,
    owner_key: &SigningKey,
    call_pk: &PublicKey,
    knock: &[u8],
    admission: Option<&KnockAdmission>,
) -> Result<Vec<u8>, KnockError> {
    let admission = admission.map(KnockAdmission::encode).map(Zeroizing::new);
    let statement = KnockAnswer { room_id: keys.room_id(), knock, admission: admission.as_deref().map(Vec::as_slice) };
    let sig = Signature(statement.sign(owner_key));
    let mut reply = KnockReply { sig, admission: admission.as_deref().cloned() };
    let encoded = Zeroizing::new(reply.encode());
    reply.admission.zeroize();
    let sealed = hpke::seal(call_pk, &info(KNOCK_REPLY_INFO, keys.room_id()), &encoded).ok_or(KnockError::NotSealed)?;
    let size = padding::bucket(LENGTH.saturating_add(hpke::ENC).saturating_add(sealed.1.len()));
    let padded = pad(&sealed, size)?;
    let KnockKeys { seal: key, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    let blob = chunked::seal(rng, key.expose_secret(), &context(purpose::KNOCK_REPLY, keys.room_id()), &padded);
    if blob.len() > limits::KNOCK_ANSWER { Err(KnockError::NotSealed) } else { Ok(blob) }
}

/// Opens an answer to the own knock; `None` inside if it was turned away. `owner` is the owner's key in the deed that
/// [`read_deed`] has checked.
///
/// # Errors
/// [`KnockError::NotGenuine`] for every reason alike: not sealed for this knock's key, or not signed by the owner for this knock.
pub fn open_reply(
    keys: &RoomKeys,
    owner: &PublicKey,
    call_key: &CallKey,
    knock: &[u8],
    blob: &[u8],
) -> Result<Option<KnockAdmission>, KnockError> {
    let KnockKeys { seal, .. } = keys.knocking().ok_or(KnockError::NoKnocking)?;
    let padded = chunked::open(seal.expose_secret(), &context(purpose::KNOCK_REPLY, keys.room_id()), blob)
        .map_err(|_| KnockError::NotGenuine)?;
    let (enc, ciphertext) = unpad(&padded).ok_or(KnockError::NotGenuine)?;
    let opened = hpke::open(call_key.expose_secret(), &info(KNOCK_REPLY_INFO, keys.room_id()), enc, ciphertext);
    let reply = KnockReply::decode(&opened.ok_or(KnockError::NotGenuine)?).map_err(|_| KnockError::NotGenuine)?;
    let statement = KnockAnswer { room_id: keys.room_id(), knock, admission: reply.admission.as_deref() };
    statement.verify(&owner.0, &reply.sig.0).map_err(|_| KnockError::NotGenuine)?;
    let admission = reply.admission.map(Zeroizing::new);
    admission.map(|bytes| KnockAdmission::decode(&bytes)).transpose().map_err(|_| KnockError::NotGenuine)
}

/// The words of a knock, for both sides to compare by voice: 44 bits of a hash of its KeyPackage.
#[must_use]
pub fn words(key_package: &[u8]) -> [&'static str; WORDS] {
    let hash = hash(purpose::KNOCK_WORDS, &[key_package]);
    let mut indices = bits::groups(bits::of(&hash), 11).iter().copied().collect::<Vec<_>>().into_iter();
    std::array::from_fn(|_| words::word(indices.next().unwrap_or_default()))
}

/// `length(4) ‖ enc(32) ‖ ciphertext ‖ zeros`, `size` bytes in all. The length is that of `enc` and ciphertext.
fn pad((enc, ciphertext): &([u8; hpke::ENC], Vec<u8>), size: usize) -> Result<Vec<u8>, KnockError> {
    let length = u32::try_from(enc.len().saturating_add(ciphertext.len())).map_err(|_| KnockError::NotSealed)?;
    let mut padded = [&length.to_be_bytes()[..], enc, ciphertext].concat();
    if padded.len() > size {
        return Err(KnockError::NotSealed);
    }
    padded.resize(size, 0);
    Ok(padded)
}

/// What was padded; `None` if the padding is not zeros, so that there is one way to pad.
fn unpad(padded: &[u8]) -> Option<(&[u8; hpke::ENC], &[u8])> {
    let (length, rest) = padded.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (sealed, zeros) = rest.split_at_checked(length)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    sealed.split_first_chunk()
}

/// `"conclave.v1" ‖ 00 ‖ label ‖ 00 ‖ room_id`
fn context(label: conclave_seal::label::Label, room_id: &[u8; 32]) -> Vec<u8> {
    [&label.prefix()[..], room_id].concat()
}

fn info(begins: &[u8], room_id: &[u8; 32]) -> Vec<u8> {
    [begins, room_id].concat()
}

const LENGTH: usize = 4;

#[cfg(test)]
mod tests;
