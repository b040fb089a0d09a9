//! What a client and a relay must compute in exactly the same way: hashes, signed statements, chunked encryption, randomness.
//!
//! The crate knows no group, no room code and no room key, so that the relay can link it without ever being able to read a
//! message. Everything is a pure function over plain bytes; only [`rng::OsRng`] touches the outside.
//!
//! | module | protocol section |
//! |---|---|
//! | [`label`] | 4.0: every domain-separation string of this crate, in one table |
//! | [`hash`], [`expand`] | 4.0: `H`, `X`, `T16` |
//! | [`sign`], [`transcript`] | 4.0 `SIG`; 4.2, 4.5, 4.6.8, 4.8.2, 4.19, 4.20: the statements that are signed |
//! | [`id`] | 4.1: names that are hashes |
//! | [`chunked`] | 4.4 `CE`: C2SP chunked encryption |
//! | [`calendar`] | what is believed of the date after the wall clock jumped |
//! | [`secret`], [`rng`] | keys that wipe themselves and print nothing; the only source of randomness |
//!
//! # Example
//!
//! Alice enters a room at one relay, on one connection, once; and seals something that only the holder of the key can open, and
//! only for what it was sealed for.
//!
//! ```
//! use conclave_seal::{chunked, rng::OsRng, sign::SigningKey, transcript::{Auth, Statement as _}};
//!
//! let key = SigningKey::generate(&mut OsRng);
//! let public = key.public();
//! let auth = Auth {
//!     role: 2, authority: "relay.example.org", server_nonce: &[1; 32], client_nonce: &[2; 16], room_id: &[3; 32],
//!     key: &public, exporter: &[0; 32],
//! };
//! let signature = auth.sign(&key);
//! assert!(auth.verify(&public, &signature).is_ok());
//! assert!(Auth { authority: "relay.example.net", ..auth }.verify(&public, &signature).is_err(), "good at one relay");
//!
//! let secret = [4; 32];
//! let sealed = chunked::seal(&mut OsRng, &secret, b"the first picture", b"pixels");
//! assert_eq!(*chunked::open(&secret, b"the first picture", &sealed).unwrap(), b"pixels");
//! assert!(chunked::open(&secret, b"the second picture", &sealed).is_err());
//! ```

pub mod calendar;
pub mod chunked;
pub mod expand;
pub mod hash;
pub mod id;
pub mod label;
pub mod rng;
pub mod secret;
pub mod sign;
pub mod transcript;
