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
//! | [`secret`], [`rng`] | keys that wipe themselves and print nothing; the only source of randomness |

pub mod chunked;
pub mod expand;
pub mod hash;
pub mod id;
pub mod label;
pub mod rng;
pub mod secret;
pub mod sign;
pub mod transcript;
