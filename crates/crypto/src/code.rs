//! The room code: a random 128-bit secret that commits to the owner's key (protocol 4.2).

use conclave_seal::{
    hash::{hash, trunc16},
    rng::{self, Rng},
    sign::PublicKey,
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    bits,
    purpose::{self, RoomSecret},
};

/// The code that admits to a room. It opens no message.
///
/// There is no `Display`: whoever shows or sends a code calls [`Code::expose_text`], so that no log does it by accident.
#[derive(Debug)]
pub struct Code(RoomSecret);

impl Code {
    /// The code of a new room, and the random value `r` by which members can recompute it.
    ///
    /// The secret is a hash over the owner's key: nobody who learns the code later can open a look-alike room under it with
    /// another owner. Without `r` it is uniform.
    #[must_use]
    pub fn create(rng: &mut dyn Rng, owner_key: &PublicKey) -> (Self, Zeroizing<[u8; 32]>) {
        let r = Zeroizing::new(rng::array(rng));
        (Self::recompute(owner_key, &r), r)
    }

    /// `S = T16(H("code", opk, r))`: the code as the room's parameters give it.
    #[must_use]
    pub fn recompute(owner_key: &PublicKey, r: &[u8; 32]) -> Self {
        let whole = Zeroizing::new(hash(purpose::CODE, &[owner_key, r]));
        Self(RoomSecret::from_bytes(&Zeroizing::new(trunc16(&whole))))
    }

    /// Whether the room's parameters belong to this code (check J4).
    #[must_use]
    pub fn commits_to(&self, owner_key: &PublicKey, r: &[u8; 32]) -> bool {
        self.0.same_as(&Self::recompute(owner_key, r).0)
    }

    /// The code of a room secret.
    #[must_use]
    pub fn from_secret(secret: RoomSecret) -> Self {
        Self(secret)
    }

    /// The secret behind the code.
    #[must_use]
    pub fn secret(&self) -> &RoomSecret {
        &self.0
    }

    /// The canonical text: six groups of five symbols, `26Q3J-41SCA-...`.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let bits = bits::low(VERSION.into(), 4).chain(bits::of(self.0.expose_secret())).chain(check(&self.0));
        let mut text = Zeroizing::new(String::with_capacity(SYMBOLS + SYMBOLS / GROUP));
        for (index, symbol) in bits::groups(bits, 5).iter().enumerate() {
            if index > 0 && index.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(ALPHABET.get(usize::from(*symbol)).copied().unwrap_or_default().into());
        }
        text
    }

    /// Reads a code as people write it: in any case, with spaces or hyphens anywhere, with `O` for 0 and `I` or `L` for 1.
    ///
    /// # Errors
    /// [`CodeError`] names the mistake.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut symbols = Zeroizing::new(Vec::with_capacity(SYMBOLS));
        for (character, position) in text.chars().filter(|c| !c.is_whitespace() && !HYPHENS.contains(c)).zip(1_usize..)
        {
            if position > SYMBOLS {
                return Err(CodeError::TooLong);
            }
            symbols.push(value(character).ok_or(CodeError::Symbol { character, position })?);
        }
        if symbols.len() < SYMBOLS {
            return Err(CodeError::TooShort { missing: SYMBOLS.saturating_sub(symbols.len()) });
        }
        let mut bits = symbols.iter().flat_map(|symbol| bits::low(*symbol, 5));
        let version = (&mut bits).take(4).fold(0, |sum, bit| sum << 1 | u8::from(bit));
        let secret = RoomSecret::from_bytes(&bits::to_bytes(&mut bits));
        let found: Zeroizing<Vec<u8>> = Zeroizing::new(bits.map(u8::from).collect());
        let expected: Zeroizing<Vec<u8>> = Zeroizing::new(check(&secret).into_iter().map(u8::from).collect());
        // The check is over version 1 too: a code of another version cannot be judged, so its version is the thing to say,
        // unless the code as version 1 is right, which would make the version symbol the typing error.
        match (bool::from(found.ct_eq(&expected)), version) {
            (true, VERSION) => Ok(Self(secret)),
            (false, VERSION) | (true, _) => Err(CodeError::Typo),
            (false, version) => Err(CodeError::Version(version)),
        }
    }
}

/// Why a text is no room code. The text itself is secret and not part of the error; a single wrong character is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Symbols are missing.
    #[error("the code is too short: {missing} of {SYMBOLS} characters are missing")]
    TooShort {
        /// How many.
        missing: usize,
    },
    /// More symbols than a code has.
    #[error("the code is too long: it has {SYMBOLS} characters")]
    TooLong,
    /// A character that no code contains.
    #[error("character {position} cannot be part of a code; compare it with the original")]
    Symbol {
        /// What was found.
        character: char,
        /// Its place, counted from 1 without spaces and hyphens.
        position: usize,
    },
    /// A code of another version of the protocol.
    #[error("this code needs another version of the app (code version {0})")]
    Version(u8),
    /// The check bits do not fit: some character was mistyped or swapped.
    #[error("the code has a typing error; compare it with the original")]
    Typo,
}

const VERSION: u8 = 1;
const SYMBOLS: usize = 30;
const GROUP: usize = 5;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What word processors and phones turn a hyphen into.
const HYPHENS: [char; 6] = ['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2212}'];

fn value(character: char) -> Option<u16> {
    let symbol = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == symbol)?;
    u16::try_from(place).ok()
}

/// The first 18 bits of `H("code-check", 0x01, S)`.
fn check(secret: &RoomSecret) -> Vec<bool> {
    bits::of(&hash(purpose::CODE_CHECK, &[&[VERSION], secret.expose_secret()])).take(18).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Appendix A: the owner's public key belongs to the secret key 32 × 0x11, r = 32 × 0x22.
    fn appendix_a() -> Code {
        let owner = conclave_seal::sign::SigningKey::from_seed(&[0x11; 32]).public();
        Code::recompute(&owner, &[0x22; 32])
    }

    #[test]
    fn the_code_of_appendix_a() {
        let code = appendix_a();
        assert_eq!(data_encoding::HEXLOWER.encode(code.secret().expose_secret()), "1ae39103962a054a07277a3c0bd616ed");
        assert_eq!(*code.expose_text(), "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX");
        assert!(Code::parse(&code.expose_text()).unwrap().0.same_as(&code.0));
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for written in ["26q3j 41sca g5983 jeyhw 1fb1d ve8yx", " 26Q3J–4ISCAG5983JEYHW-LFBid\nVE8YX "] {
            assert!(Code::parse(written).unwrap().0.same_as(appendix_a().secret()), "{written}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_name() {
        let good = appendix_a().expose_text();
        assert_eq!(Code::parse("").unwrap_err(), CodeError::TooShort { missing: 30 });
        assert_eq!(Code::parse(good.strip_suffix('X').unwrap()).unwrap_err(), CodeError::TooShort { missing: 1 });
        assert_eq!(Code::parse(&format!("{}0", *good)).unwrap_err(), CodeError::TooLong);
        let wrong = CodeError::Symbol { character: 'U', position: 6 };
        assert_eq!(Code::parse(&good.replacen('4', "U", 1)).unwrap_err(), wrong);
        assert_eq!(Code::parse(&good.replacen('Q', "R", 1)).unwrap_err(), CodeError::Typo);
        assert_eq!(Code::parse(&good.replacen("26Q3J", "ZZZZZ", 1)).unwrap_err(), CodeError::Version(15));
    }

    #[test]
    fn a_code_belongs_to_one_owner() {
        let (code, r) = Code::create(&mut rng::OsRng, &[5; 32]);
        assert!(code.commits_to(&[5; 32], &r));
        assert!(
            !code.commits_to(&[6; 32], &r),
            "a finder of the code must not pass for the owner of a look-alike room"
        );
    }

    proptest! {
        #[test]
        fn every_code_survives_its_text_and_no_single_error_does(secret: [u8; 16], at in 0..30_usize, by in 1..32_usize) {
            let code = Code(RoomSecret::from_bytes(&secret));
            let text = code.expose_text().replace('-', "");
            prop_assert!(Code::parse(&text).unwrap().0.same_as(&code.0));
            let mut wrong = text.into_bytes();
            let place = ALPHABET.iter().position(|symbol| *symbol == wrong[at]).unwrap();
            wrong[at] = *ALPHABET.iter().cycle().nth(place.saturating_add(by)).unwrap();
            // 2^-18 of the random errors survive; the seed of a failing case would show such a one.
            prop_assert!(Code::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = Code::parse(&text);
        }
    }
}
