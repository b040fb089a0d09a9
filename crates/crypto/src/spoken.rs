//! The spoken invitation (protocol 5): "4172, velvet orbit lemon" carries an invitation over a mailbox at the relay.
//!
//! Ann, who is in the room, reads a number and three words aloud; Bob types them. Both sides prove that they know the same words
//! before anything of value is sent, and **Bob proves first**: a guesser, the relay included, has one guess and hears nothing.
//!
//! ```text
//! Ann -> Bob : nonce                     drawn by Ann
//! Bob -> Ann : nonce, share, data        Joiner::start      Inviter::answer
//! Ann -> Bob : share, data               Joiner::prove
//! Bob -> Ann : proof                     Inviter::hand_over    a wrong proof: burn the mailbox, never answer
//! Ann -> Bob : proof, invitation         Proven::open
//! Bob -> Ann : done                      HandedOver::finish
//! ```
//!
//! The nonces travel beside what these functions write and read. //! Each step takes the one before by value, so no state answers twice. Messages fit into a mailbox message.

use conclave_proto::{Authority, id::BoxId};
use conclave_seal::{chunked, expand::expand, rng::Rng};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    bits,
    cpace::{Exchange, Message, lv_cat, transcript},
    paste::clean,
    purpose::{
        PAKE_CHANNEL, PAKE_DONE, PAKE_DONE_CONTEXT, PAKE_MAC_INVITER, PAKE_MAC_JOINER, PAKE_PAYLOAD,
        PAKE_PAYLOAD_CONTEXT, PakeKey,
    },
    words::{self, UnknownWord},
};

/// Three words of the BIP-39 list: 33 bits that nobody chooses.
pub struct SpokenWords(Zeroizing<[u16; 3]>);

impl SpokenWords {
    /// Three random words. They are good for one run and ten minutes.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        let mut random = Zeroizing::new([0; 5]);
        rng.fill(random.as_mut_slice());
        let drawn = bits::groups(bits::of(&*random), 11);
        let mut words = Zeroizing::new([0; 3]);
        for (word, index) in words.iter_mut().zip(drawn.iter()) {
            *word = *index;
        }
        Self(words)
    }

    /// Reads three words in any case; the first four letters of a word are enough.
    ///
    /// # Errors
    /// [`SpokenTextError`] names the word that is wrong.
    pub fn parse(text: &str) -> Result<Self, SpokenTextError> {
        Self::read(&clean(text))
    }

    fn read(cleaned: &str) -> Result<Self, SpokenTextError> {
        let mut words = Zeroizing::new([0; 3]);
        let mut written = words::split(cleaned);
        for (word, position) in words.iter_mut().zip(1_usize..) {
            let found = written.next().ok_or(SpokenTextError::Count)?;
            let unknown = || SpokenTextError::Unknown { position, word: UnknownWord::new(found) };
            *word = words::index(found).ok_or_else(unknown)?;
        }
        if written.next().is_some() { Err(SpokenTextError::Count) } else { Ok(Self(words)) }
    }

    /// The words, to be read aloud.
    #[must_use]
    pub fn expose_words(&self) -> [&'static str; 3] {
        self.0.map(words::word)
    }

    /// `PRS` of CPace.
    fn password(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.expose_words().join("-").into_bytes())
    }
}

impl std::fmt::Debug for SpokenWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpokenWords(..)")
    }
}

/// What Ann reads aloud: "4172, velvet orbit lemon".
#[derive(Debug)]
pub struct Spoken {
    /// The number, as the relay spelt it.
    pub nameplate: String,
    /// The words.
    pub words: SpokenWords,
}

impl Spoken {
    /// Reads a number and three words behind it, in any case and with any punctuation; digits may stand apart.
    ///
    /// # Errors
    /// [`SpokenTextError`] names what is wrong.
    pub fn parse(text: &str) -> Result<Self, SpokenTextError> {
        let text = clean(text);
        let (number, words) = text.split_at(text.find(char::is_alphabetic).unwrap_or(text.len()));
        let nameplate: String = number.chars().filter(|c| c.is_numeric()).collect();
        if !is_nameplate(&nameplate) || words.contains(char::is_numeric) {
            return Err(SpokenTextError::Number);
        }
        Ok(Self { nameplate, words: SpokenWords::read(words)? })
    }
}

/// Whether a relay spells a number so (SPEC 4.11).
#[must_use]
pub fn is_nameplate(number: &str) -> bool {
    let digits = number.as_bytes();
    matches!(digits.len(), 4..=6) && digits.iter().all(u8::is_ascii_digit) && !digits.starts_with(b"0")
}

/// Why a text is not what Ann reads aloud.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpokenTextError {
    /// It does not begin with a number of four to six digits, or there is another number behind it.
    #[error("a number of four to six digits comes first")]
    Number,
    /// More or fewer words.
    #[error("there must be three words")]
    Count,
    /// A word that is not in the list.
    #[error("word {position} is not in the list; ask for it again")]
    Unknown {
        /// Its place, counted from 1.
        position: usize,
        /// The word.
        word: UnknownWord,
    },
}

/// Where and when a run happens. Both sides must have the same, or their words do not fit.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The relay's name.
    pub authority: &'a Authority,
    /// The number, as the relay gave it.
    pub nameplate: &'a str,
    /// The mailbox.
    pub box_id: &'a BoxId,
    /// Drawn by Bob for this run.
    pub joiner_nonce: &'a [u8; 16],
    /// Drawn by Ann for this run.
    pub inviter_nonce: &'a [u8; 16],
}

impl Run<'_> {
    fn sid(&self) -> [u8; 48] {
        let mut sid = [0; 48];
        let parts = self.box_id.as_bytes().iter().chain(self.joiner_nonce).chain(self.inviter_nonce);
        for (target, byte) in sid.iter_mut().zip(parts) {
            *target = *byte;
        }
        sid
    }

    /// `CI` of CPace.
    fn channel(&self) -> Vec<u8> {
        let authority = self.authority.to_string();
        lv_cat(&[PAKE_CHANNEL, authority.as_bytes(), self.nameplate.as_bytes(), b"joiner", b"inviter"])
    }
}

/// The run failed. It is over on this side, whatever the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpokenError {
    /// The other side used other words, or is somebody else. Ann burns the mailbox and does not answer.
    #[error("the words did not fit; start again with new words")]
    WrongWords,
    /// A message that no honest client sends.
    #[error("the other side sent something unexpected; start again with new words")]
    Malformed,
}

/// Bob, who has sent his share.
pub struct Joiner {
    exchange: Exchange,
    sid: [u8; 48],
}

impl Joiner {
    /// Begins a run; the bytes are Bob's first message.
    #[must_use]
    pub fn start(rng: &mut dyn Rng, words: &SpokenWords, run: &Run<'_>) -> (Self, Vec<u8>) {
        let sid = run.sid();
        let exchange = Exchange::start(rng, &words.password(), &run.channel(), &sid);
        let message = [&exchange.share()[..], DATA].concat();
        (Self { exchange, sid }, message)
    }

    /// Takes Ann's share; the bytes are Bob's proof.
    ///
    /// # Errors
    /// [`SpokenError::Malformed`] if the share is not one.
    pub fn prove(self, message: &[u8]) -> Result<(Proven, Vec<u8>), SpokenError> {
        let (share, data) = split(message)?;
        let initiator = Message { share: self.exchange.share(), associated_data: DATA };
        let responder = Message { share, associated_data: data };
        let keys = Keys::derive(&self.exchange, self.sid, share, initiator, responder)?;
        Ok((Proven { expected: keys.inviter_proof, keys: keys.sealing }, keys.joiner_proof.to_vec()))
    }
}

/// Bob, who has proven that he knows the words.
pub struct Proven {
    expected: [u8; PROOF],
    keys: Sealing,
}

impl Proven {
    /// Opens what Ann handed over; the second value is Bob's last message.
    ///
    /// # Errors
    /// [`SpokenError::WrongWords`] if it does not come from somebody who knows the words.
    pub fn open(self, rng: &mut dyn Rng, message: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), SpokenError> {
        let (proof, sealed) = message.split_first_chunk::<PROOF>().ok_or(SpokenError::Malformed)?;
        if !bool::from(self.expected.ct_eq(proof)) {
            return Err(SpokenError::WrongWords);
        }
        let payload = chunked::open(self.keys.payload.expose_secret(), &self.keys.payload_context(), sealed)
            .map_err(|_| SpokenError::WrongWords)?;
        let done = chunked::seal(rng, self.keys.done.expose_secret(), &self.keys.done_context(), DONE);
        Ok((payload, done))
    }
}

/// Ann, who has sent her share and waits for Bob's proof.
pub struct Inviter {
    keys: Keys,
}

impl Inviter {
    /// Takes Bob's share; the bytes are Ann's.
    ///
    /// # Errors
    /// [`SpokenError::Malformed`] if the share is not one.
    pub fn answer(
        rng: &mut dyn Rng,
        words: &SpokenWords,
        run: &Run<'_>,
        message: &[u8],
    ) -> Result<(Self, Vec<u8>), SpokenError> {
        let (share, data) = split(message)?;
        let sid = run.sid();
        let exchange = Exchange::start(rng, &words.password(), &run.channel(), &sid);
        let initiator = Message { share, associated_data: data };
        let responder = Message { share: exchange.share(), associated_data: DATA };
        let keys = Keys::derive(&exchange, sid, share, initiator, responder)?;
        Ok((Self { keys }, [&exchange.share()[..], DATA].concat()))
    }

    /// Checks Bob's proof and seals the invitation for him.
    ///
    /// # Errors
    /// [`SpokenError::WrongWords`]: somebody guessed. Burn the mailbox, say so, and do not answer.
    pub fn hand_over(
        self,
        rng: &mut dyn Rng,
        proof: &[u8],
        invitation: &[u8],
    ) -> Result<(HandedOver, Vec<u8>), SpokenError> {
        if !bool::from(self.keys.joiner_proof.as_slice().ct_eq(proof)) {
            return Err(SpokenError::WrongWords);
        }
        let keys = self.keys.sealing;
        let sealed = chunked::seal(rng, keys.payload.expose_secret(), &keys.payload_context(), invitation);
        let message = [&self.keys.inviter_proof[..], &sealed].concat();
        Ok((HandedOver { keys }, message))
    }
}

/// Ann, who has handed the invitation over.
pub struct HandedOver {
    keys: Sealing,
}

impl HandedOver {
    /// Checks that Bob has it.
    ///
    /// # Errors
    /// [`SpokenError::WrongWords`] if the message is not Bob's.
    pub fn finish(self, message: &[u8]) -> Result<(), SpokenError> {
        let done = chunked::open(self.keys.done.expose_secret(), &self.keys.done_context(), message);
        if done.is_ok_and(|done| *done == DONE) { Ok(()) } else { Err(SpokenError::WrongWords) }
    }
}

macro_rules! silent {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

silent!(Joiner, Proven, Inviter, HandedOver);

/// `AD` of both sides: CBOR {0: 1}, the version. A later version adds an ML-KEM exchange here.
const DATA: &[u8] = &[0xa1, 0x00, 0x01];
const DONE: &[u8] = b"ok";
const PROOF: usize = 32;

struct Keys {
    joiner_proof: [u8; PROOF],
    inviter_proof: [u8; PROOF],
    sealing: Sealing,
}

struct Sealing {
    payload: PakeKey,
    done: PakeKey,
    sid: [u8; 48],
}

impl Keys {
    fn derive(
        exchange: &Exchange,
        sid: [u8; 48],
        peer: &[u8; 32],
        initiator: Message<'_>,
        responder: Message<'_>,
    ) -> Result<Self, SpokenError> {
        let isk = exchange.finish(&sid, peer, initiator, responder).map_err(|_| SpokenError::Malformed)?;
        // HKDF-Extract (RFC 5869, section 2.2) is one HMAC, keyed by the salt.
        let prk = hmac(&sid, isk.as_slice());
        let proof = |label, message| {
            let key = expand::<64>(&*prk, label, &sid);
            let whole = hmac(&*key, &transcript(message));
            let (proof, _) = whole.split_first_chunk::<PROOF>().unwrap_or((&[0; PROOF], &[]));
            *proof
        };
        Ok(Self {
            joiner_proof: proof(PAKE_MAC_JOINER, initiator),
            inviter_proof: proof(PAKE_MAC_INVITER, responder),
            sealing: Sealing {
                payload: PakeKey::derive(&*prk, PAKE_PAYLOAD, &sid),
                done: PakeKey::derive(&*prk, PAKE_DONE, &sid),
                sid,
            },
        })
    }
}

impl Sealing {
    fn payload_context(&self) -> Vec<u8> {
        [&PAKE_PAYLOAD_CONTEXT.prefix()[..], &self.sid].concat()
    }

    fn done_context(&self) -> Vec<u8> {
        [&PAKE_DONE_CONTEXT.prefix()[..], &self.sid].concat()
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 64]> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length; its error type is never produced")]
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Share and data of a message. Data of another version is taken as it is: it is part of the transcript.
fn split(message: &[u8]) -> Result<(&[u8; 32], &[u8]), SpokenError> {
    message.split_first_chunk().ok_or(SpokenError::Malformed)
}

#[cfg(test)]
mod tests;
