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

    /// Reads thirty symbols, without a look for what is wrong if they are none: that costs a thousand times as much.
    pub(crate) fn of_symbols(text: &str) -> Option<Self> {
        if text.chars().count() != SYMBOLS {
            return None;
        }
        let mut symbols = Zeroizing::new(Vec::with_capacity(SYMBOLS));
        for character in text.chars() {
            symbols.push(value(character)?);
        }
        read(&symbols).ok().map(Self)
    }

    /// Reads a code in any case, with hyphens anywhere, with `O` for 0 and `I` or `L` for 1. What people paste goes through
    /// [`crate::paste`] first.
    ///
    /// # Errors
    /// [`CodeError`] names the mistake.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut symbols = Zeroizing::new(Vec::with_capacity(SYMBOLS));
        for (character, position) in text.chars().filter(|c| *c != '-').zip(1_usize..) {
            if position > SYMBOLS {
                return Err(CodeError::TooLong);
            }
            symbols.push(value(character).ok_or(CodeError::Symbol { character, position })?);
        }
        if symbols.len() < SYMBOLS {
            return Err(CodeError::TooShort { missing: SYMBOLS.saturating_sub(symbols.len()) });
        }
        match read(&symbols) {
            Err(CodeError::Typo { .. }) => Err(CodeError::Typo { position: suspect(&mut symbols) }),
            read => read.map(Self),
        }
    }
}

/// The secret that thirty symbols stand for.
fn read(symbols: &[u16]) -> Result<RoomSecret, CodeError> {
    let mut bits = symbols.iter().flat_map(|symbol| bits::low(*symbol, 5));
    let version = (&mut bits).take(4).fold(0, |sum, bit| sum << 1 | u8::from(bit));
    let secret = RoomSecret::from_bytes(&bits::to_bytes(&mut bits));
    let found: Zeroizing<Vec<u8>> = Zeroizing::new(bits.map(u8::from).collect());
    let expected: Zeroizing<Vec<u8>> = Zeroizing::new(check(&secret).into_iter().map(u8::from).collect());
    // The check is over version 1 too: a code of another version cannot be judged, so its version is the thing to say,
    // unless the code as version 1 is right, which would make the version symbol the typing error.
    match (bool::from(found.ct_eq(&expected)), version) {
        (true, VERSION) => Ok(secret),
        (false, VERSION) | (true, _) => Err(CodeError::Typo { position: None }),
        (false, version) => Err(CodeError::Version(version)),
    }
}

/// The only place at which another symbol would make the code right, counted from 1. Of 930 such codes one is right by chance in
/// 280 cases, so the place is a hint, and the symbol is not offered.
fn suspect(symbols: &mut [u16]) -> Option<usize> {
    let mut found = None;
    for place in 0..symbols.len() {
        let written = *symbols.get(place)?;
        let fits = |symbols: &mut [u16], symbol| {
            if let Some(here) = symbols.get_mut(place) {
                *here = symbol;
            }
            read(symbols).is_ok()
        };
        let is_it = (0..RADIX).any(|symbol| fits(symbols, symbol));
        *symbols.get_mut(place)? = written;
        if is_it && found.replace(place.saturating_add(1)).is_some() {
            return None;
        }
    }
    found
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
    Typo {
        /// The only place, counted from 1, at which one other symbol would mend it.
        position: Option<usize>,
    },
}

const VERSION: u8 = 1;
/// How many symbols a code has.
pub(crate) const SYMBOLS: usize = 30;
/// How many symbols stand together.
pub(crate) const GROUP: usize = 5;
/// How many values a symbol has.
const RADIX: u16 = 32;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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
    fn a_code_is_read_in_any_case_and_with_letters_that_look_like_digits() {
        for written in ["26q3j-41sca-g5983-jeyhw-1fb1d-ve8yx", "26Q3J4ISCAG5983JEYHW-LFBidVE8YX"] {
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
        let typo = CodeError::Typo { position: Some(3) };
        assert_eq!(Code::parse(&good.replacen('Q', "R", 1)).unwrap_err(), typo, "the place where one symbol mends it");
        let swapped = good.replacen("26Q3J", "263QJ", 1);
        assert_eq!(Code::parse(&swapped).unwrap_err(), CodeError::Typo { position: None }, "two are wrong");
        assert_eq!(Code::parse(&good.replacen("26Q3J", "ZZZZZ", 1)).unwrap_err(), CodeError::Version(15));
    }

    /// What 18 bits of a hash promise: of two wrong symbols at once one pair in 2^18 goes unnoticed, whatever code it is. Other
    /// than a check digit of algebra, they promise nothing for every pair.
    #[test]
    fn no_symbol_of_a_code_can_be_another_and_of_two_at_once_hardly_any() {
        let mut symbols: Vec<u16> =
            appendix_a().expose_text().chars().filter(|c| *c != '-').map(|c| value(c).unwrap()).collect();
        let mut accepted = [0; 2];
        for one in 0..SYMBOLS {
            for other in one..SYMBOLS {
                let written = (symbols[one], symbols[other]);
                // With one and the same place, the outer change is all there is.
                for (first, second) in (0..RADIX).flat_map(|first| (0..RADIX).map(move |second| (first, second))) {
                    let changed = if one == other {
                        first == second && first != written.0
                    } else {
                        first != written.0 && second != written.1
                    };
                    if changed {
                        (symbols[one], symbols[other]) = (first, second);
                        accepted[usize::from(one != other)] += usize::from(read(&symbols).is_ok());
                    }
                }
                (symbols[one], symbols[other]) = written;
            }
        }
        assert_eq!(accepted[0], 0, "of 930 single slips");
        assert_eq!(accepted[1], 4, "of 418035 double ones, where 1.6 are to be expected of a code");
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
