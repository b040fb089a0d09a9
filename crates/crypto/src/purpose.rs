//! The purposes of this crate's keys and every label that derives, hashes or signs one. Labels stand nowhere else.
//!
//! Labels that the relay shares are in [`conclave_seal::label`]. A test proves both tables together free of repetitions.

use conclave_seal::{
    label::Label,
    secret::{Purpose, Secret},
};

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Label = Label::new($text);)*

        /// All labels of this crate.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// PBKDF2 salt: its label is followed by `"code"`.
    PBKDF2 = "pbkdf2";
    /// Hashed: the room secret out of the owner key and a random value.
    CODE = "code";
    /// Hashed: the check bits of a code in text form.
    CODE_CHECK = "code-check";
    /// Hashed: the check bits of a code in word form.
    CODE_WORDS = "code-words";
    /// Derived: the seed of the access key.
    ACCESS = "access-ed25519";
    /// Derived: the envelope key for newcomers, lanes J and G.
    ENVELOPE_JOIN = "envelope-join";
    /// Derived: the pre-shared key that proves the code inside MLS.
    MLS_PSK_CODE = "mls-psk-code";
    /// Derived: the PBKDF2 salt of a passphrase.
    PASS_SALT = "pass-salt";
    /// Derived: the pre-shared key that proves the passphrase inside MLS.
    MLS_PSK_PASS = "mls-psk-pass";
    /// Derived: the key that seals `r` in the deed; context of that.
    KNOCK_R = "knock-r";
    /// Derived: the key around knocks and their answers; context of a knock.
    KNOCK = "knock";
    /// Context of an answer to a knock.
    KNOCK_REPLY = "knock-reply";
    /// Derived: the seed of the key that knocks are sealed to, out of the owner key.
    KNOCK_X25519 = "knock-x25519";
    /// Hashed: the words by which two people compare a knock.
    KNOCK_WORDS = "knock-words";
    /// Context of an envelope.
    ENVELOPE = "env";
    /// Context of an attachment.
    FILE = "file";
    /// Hashed: the member list.
    ROSTER = "roster";
    /// PBKDF2 salt of the verification words.
    WORDS = "words";
    /// Hashed: two members who compare words.
    PAIR = "pair";
    /// Derived: the key of the joiner's proof in a spoken invitation.
    PAKE_MAC_JOINER = "pake-mac-joiner";
    /// Derived: the key of the inviter's proof in a spoken invitation.
    PAKE_MAC_INVITER = "pake-mac-inviter";
    /// Derived: seals what a spoken invitation carries.
    PAKE_PAYLOAD = "pake-payload";
    /// Derived: seals the joiner's last message.
    PAKE_DONE = "pake-done";
    /// Context of what a spoken invitation carries.
    PAKE_PAYLOAD_CONTEXT = "invite";
    /// Context of the joiner's last message.
    PAKE_DONE_CONTEXT = "done";
}

/// MLS exporter label of the epoch's envelope keys (protocol 4.3). MLS separates exporter labels on its own.
pub const EXPORT_ENVELOPE: &str = "conclave.v1 envelope";

/// MLS exporter label of the epoch's member-auth key.
pub const EXPORT_MEMBER_AUTH: &str = "conclave.v1 member-auth";

/// MLS `SignWithLabel` label of an ephemeral (protocol 4.12).
pub const SIGN_EPHEMERAL: &str = "conclave.v1 eph";

/// MLS `SignWithLabel` label of the place of a commit (protocol 4.6.4).
pub const SIGN_PLACE: &str = "conclave.v1 place";

/// MLS `SignWithLabel` label of a link between two leaves of one person (protocol 4.9).
pub const SIGN_LEAF_LINK: &str = "conclave.v1 leaf link";

/// What the channel identifier of a spoken invitation begins with (protocol 5).
pub const PAKE_CHANNEL: &[u8] = b"conclave.v1 pake";

/// What the HPKE info of a call signal begins with (protocol 4.13).
pub const CALL_INFO: &[u8] = b"conclave.v1 call";

/// What the HPKE info of a knock begins with (protocol 4.6.9).
pub const KNOCK_INFO: &[u8] = b"conclave.v1 knock";

/// What the HPKE info of an answer to a knock begins with.
pub const KNOCK_REPLY_INFO: &[u8] = b"conclave.v1 knock reply";

/// Id of the external pre-shared key that every joiner proves.
pub const PSK_ID_CODE: &[u8] = b"conclave.v1/psk/code/0";

/// Id of the external pre-shared key for rooms with a passphrase.
pub const PSK_ID_PASS: &[u8] = b"conclave.v1/psk/pass";

macro_rules! purposes {
    ($($(#[$doc:meta])* $purpose:ident, $name:ident, $len:literal;)*) => {$(
        #[doc = concat!("The purpose of [`", stringify!($name), "`].")]
        #[derive(Debug)]
        pub enum $purpose {}

        impl Purpose for $purpose {
            const NAME: &'static str = stringify!($name);
        }

        $(#[$doc])*
        pub type $name = Secret<$purpose, $len>;
    )*};
}

purposes! {
    /// `S` of protocol 4.1: what the code encodes. Whoever has it may join while the room is open.
    RoomSecretPurpose, RoomSecret, 16;
    /// Seals envelopes: `K_join` for lanes J and G, an epoch's exporter keys for lanes A, C and E.
    EnvelopePurpose, EnvelopeKey, 32;
    /// An external MLS pre-shared key.
    PskPurpose, Psk, 32;
    /// The PBKDF2 salt of the passphrase. As secret as the code: with it a passphrase could be guessed ahead of time.
    PassSaltPurpose, PassSalt, 32;
    /// The X25519 private key that opens call set-up (protocol 4.13).
    CallPurpose, CallKey, 32;
    /// Seals `r` in a deed for holders of the code.
    KnockRPurpose, KnockRKey, 32;
    /// Seals knocks and their answers against everybody without the code.
    KnockSealPurpose, KnockSealKey, 32;
    /// The X25519 private key that opens knocks; follows from `osk`.
    KnockPurpose, KnockKey, 32;
    /// Seals one file; random, and sent inside the group.
    FilePurpose, FileKey, 32;
    /// A key of one run of a spoken invitation.
    PakePurpose, PakeKey, 32;
    /// The epoch authenticator, from which the session code is read off.
    EpochAuthenticatorPurpose, EpochAuthenticator, 48;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_of_client_and_relay_share_a_label() {
        let all: Vec<_> = ALL.iter().chain(conclave_seal::label::ALL).collect();
        for (index, label) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(label), "{label:?} is used for two purposes");
        }
    }
}
