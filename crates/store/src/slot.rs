//! The slot file: the vault's one random key, wrapped once for each way to open it (design decision D6). Each way has a
//! slot of its own, which is found by its id.
//!
//! The file is plain so that it can be read before anything is unlocked. It holds salts and wrapped keys only, and
//! behind them their SHA-256, by which a damaged file is told apart from a wrong passphrase.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use conclave_crypto::passphrase::stretch;
use conclave_seal::{chunked, hash::sha256, rng};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::{
    KeyringError, StoreError,
    private_file::{check_regular, open_private, sync_dir},
};

/// The system's keyring, as the shell provides it: one secret for each vault, under a name that the slot file keeps. A
/// vault that is made later, in the same folder or another, never takes the place of one that is only out of sight.
///
/// Calls may block for as long as a person takes to answer the system's own question.
pub trait Keyring: Send + Sync {
    /// Stores a secret.
    ///
    /// # Errors
    /// [`KeyringError::Unavailable`] if there is no keyring or it is locked.
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError>;

    /// Reads a secret.
    ///
    /// # Errors
    /// [`KeyringError::NoEntry`] if there is none, [`KeyringError::Unavailable`] if the keyring cannot be asked.
    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError>;

    /// Deletes a secret; a missing one is no error.
    ///
    /// # Errors
    /// [`KeyringError::Unavailable`] if the keyring cannot be asked.
    fn delete(&self, name: &str) -> Result<(), KeyringError>;
}

/// One way into the vault.
#[derive(Clone, Copy)]
pub enum Unlock<'a> {
    /// What a person types.
    Passphrase(&'a str),
    /// A secret in the system's keyring.
    Keyring(&'a dyn Keyring),
}

impl Unlock<'_> {
    /// The slot that it opens.
    fn slot(self) -> SlotId {
        match self {
            Self::Passphrase(_) => SlotId::Passphrase,
            Self::Keyring(_) => SlotId::Keyring,
        }
    }
}

impl std::fmt::Debug for Unlock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Unlock::Passphrase(..)",
            Self::Keyring(_) => "Unlock::Keyring",
        })
    }
}

/// The wrapped vault key in all its slots.
#[derive(Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct SlotFile {
    #[n(0)]
    slots: Slots,
    /// The vault is being made: its index may not be there yet, and holds nothing.
    #[n(1)]
    #[cbor(default)]
    pub(crate) begun: bool,
    #[cbor(skip)]
    sum: Sum,
}

/// What the sum behind the slots says of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Sum {
    /// There is none: an earlier version wrote the file.
    #[default]
    Missing,
    Right,
    Wrong,
}

/// At most one slot for each id. In the file they are a list, whose order means nothing.
#[derive(Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct Slots(#[n(0)] Vec<Slot>);

impl Slots {
    fn get(&self, id: SlotId) -> Option<&Slot> {
        self.0.iter().find(|slot| slot.id == id)
    }

    /// Puts a slot in the place of the one that has its id, and returns that one. The others stay where they are.
    fn put(&mut self, slot: Slot) -> Option<Slot> {
        match self.0.iter_mut().find(|known| known.id == slot.id) {
            Some(known) => Some(std::mem::replace(known, slot)),
            None => {
                self.0.push(slot);
                None
            }
        }
    }
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Slot {
    #[n(0)]
    id: SlotId,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 32],
    /// PBKDF2-HMAC-SHA-512 rounds; 0 for a slot whose secret is random.
    #[n(2)]
    rounds: u32,
    #[cbor(n(3), with = "minicbor::bytes")]
    wrapped: Vec<u8>,
}

/// Names a slot, in the file as well: an id that is taken is never given to another way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Encode, Decode)]
#[cbor(index_only)]
enum SlotId {
    #[n(1)]
    Passphrase,
    #[n(2)]
    Keyring,
}

/// What opens a vault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ways {
    /// A passphrase does.
    pub passphrase: bool,
    /// The system's keyring does.
    pub keyring: bool,
}

impl SlotFile {
    /// What opens it, which shows without a key.
    pub(crate) fn ways(&self) -> Ways {
        let has = |id| self.slots.get(id).is_some();
        Ways { passphrase: has(SlotId::Passphrase), keyring: has(SlotId::Keyring) }
    }

    /// All that the keyring keeps for the vault: the secret of a slot, and the mark that tells an older copy.
    pub(crate) fn keyring_names(&self) -> Vec<String> {
        let slot = self.slots.get(SlotId::Keyring);
        slot.map(|slot| vec![entry_name(&slot.salt), mark_name(&slot.salt)]).unwrap_or_default()
    }

    /// The keyring's name for the mark of a vault that it opens. It is found without opening the vault, so that erasing finds it.
    pub(crate) fn mark_name(&self) -> Option<String> {
        self.slots.get(SlotId::Keyring).map(|slot| mark_name(&slot.salt))
    }

    /// Adds or replaces the slot of this way. With a keyring, a fresh secret is stored in it first, beside the one of a
    /// slot that is replaced: that one is good until the file is written.
    pub(crate) fn wrap(
        &mut self,
        vault_key: &[u8; 32],
        unlock: Unlock<'_>,
        rng: &mut dyn rng::Rng,
    ) -> Result<Option<Replaced>, StoreError> {
        let salt = rng::array::<32>(rng);
        let (rounds, key) = match unlock {
            Unlock::Passphrase(text) => (ROUNDS, stretch(text, &salt, ROUNDS)),
            Unlock::Keyring(keyring) => {
                let secret = Zeroizing::new(rng::array::<32>(rng));
                keyring.store(&entry_name(&salt), &secret).map_err(StoreError::Keyring)?;
                (0, secret)
            }
        };
        let wrapped = chunked::seal(rng, &key, CONTEXT, vault_key);
        Ok(self.slots.put(Slot { id: unlock.slot(), salt, rounds, wrapped }).map(Replaced))
    }

    /// Opens the vault key. What opens is right, whatever the sum says.
    pub(crate) fn unwrap(&self, unlock: Unlock<'_>) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        match self.unwrap_slot(unlock) {
            Err(StoreError::WrongSecret | StoreError::Keyring(KeyringError::NoEntry)) if self.sum == Sum::Wrong => {
                Err(StoreError::Damaged)
            }
            opened => opened,
        }
    }

    fn unwrap_slot(&self, unlock: Unlock<'_>) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let slot = self.slots.get(unlock.slot()).ok_or(StoreError::WrongSecret)?;
        let key = match unlock {
            Unlock::Passphrase(text) => stretch(text, &slot.salt, slot.rounds),
            Unlock::Keyring(keyring) => keyring.load(&entry_name(&slot.salt)).map_err(StoreError::Keyring)?,
        };
        let opened = chunked::open(&key, CONTEXT, &slot.wrapped).map_err(|_| StoreError::WrongSecret)?;
        let mut vault_key = Zeroizing::new([0; 32]);
        if opened.len() != vault_key.len() {
            return Err(StoreError::Damaged);
        }
        vault_key.copy_from_slice(&opened);
        Ok(vault_key)
    }

    /// Whether an earlier version wrote the file. One that is damaged is not to be summed up anew: another slot of it
    /// may be what is.
    pub(crate) fn lacks_sum(&self) -> bool {
        self.sum == Sum::Missing
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        check_regular(path)?;
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Missing),
            Err(error) => return Err(error.into()),
        };
        if !bytes.is_empty() && bytes.iter().all(|byte| *byte == 0) {
            return Err(StoreError::Erased);
        }
        let (version, body) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first).ok_or(StoreError::Damaged)?;
        match *version {
            VERSION => {}
            newer if newer > VERSION => return Err(StoreError::Newer),
            _ => return Err(StoreError::Damaged),
        }
        let mut decoder = minicbor::Decoder::new(body);
        let mut file: Self = decoder.decode().map_err(|_| StoreError::Damaged)?;
        let (_, sum) = body.split_at_checked(decoder.position()).ok_or(StoreError::Damaged)?;
        file.sum = match bytes.strip_suffix(sum) {
            _ if sum.is_empty() => Sum::Missing,
            Some(summed) if sha256(summed)[..] == *sum => Sum::Right,
            Some(_) | None => Sum::Wrong,
        };
        // Bounded work: a damaged number of rounds would hang the unlock screen.
        if file.slots.0.is_empty() || file.slots.0.iter().any(|slot| slot.rounds > MAX_ROUNDS) {
            return Err(StoreError::Damaged);
        }
        Ok(file)
    }

    /// Replaces the file in one step: a crash leaves the old one or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        minicbor::encode(self, &mut bytes).map_err(|_| StoreError::Damaged)?;
        bytes.extend(sha256(&bytes));
        let fresh = path.with_extension("new");
        let mut file = open_private(&fresh, File::options().write(true).create(true).truncate(true))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        if let Some(folder) = path.parent() {
            sync_dir(folder)?;
        }
        Ok(())
    }
}

/// A slot that another one took the place of.
pub(crate) struct Replaced(Slot);

impl Replaced {
    /// Deletes what the keyring keeps for it, once the slot file without it is written.
    pub(crate) fn forget(&self, unlock: Unlock<'_>) -> Result<(), StoreError> {
        match unlock {
            Unlock::Passphrase(_) => Ok(()),
            Unlock::Keyring(keyring) => keyring.delete(&entry_name(&self.0.salt)).map_err(StoreError::Keyring),
        }
    }
}

/// The keyring's name for the secret of a slot: its salt, which is random and in no other vault.
fn entry_name(salt: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(salt)
}

/// Of the salt as well, and with a hash between: no name tells the other.
fn mark_name(salt: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(&sha256(&[b"mark", &salt[..]].concat()))
}

const MAGIC: &[u8] = b"conclave.v1 vault\0";
const VERSION: u8 = 1;
const CONTEXT: &[u8] = b"conclave.v1\0slot\0";
/// Protocol 4.14.
const ROUNDS: u32 = 600_000;
const MAX_ROUNDS: u32 = 20_000_000;

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::testing::{Counting, OneKeyring};

    /// A file with both slots, as versions have written it since there are sums.
    #[test]
    fn the_bytes_of_a_slot_file_are_pinned() {
        let (folder, keyring) = (tempfile::tempdir().unwrap(), OneKeyring::default());
        let (file, rng) = (folder.path().join("vault"), &mut Counting(0));
        let mut slots = SlotFile::default();
        let ways = [Unlock::Passphrase("correct horse battery"), Unlock::Keyring(&keyring)];
        for way in ways {
            assert!(slots.wrap(&[7; 32], way, rng).unwrap().is_none());
        }
        slots.write(&file).unwrap();
        let bytes = fs::read(&file).unwrap();
        assert_eq!(HEXLOWER.encode(&bytes), GOLDEN.concat(), "older and later versions read these bytes");
        let read = SlotFile::read(&file).unwrap();
        assert_eq!(read.ways(), Ways { passphrase: true, keyring: true });
        for way in ways {
            assert_eq!(*read.unwrap(way).unwrap(), [7; 32]);
        }
    }

    #[test]
    fn a_slot_that_is_replaced_moves_no_other() {
        let keyring = OneKeyring::default();
        let (rng, ways) = (&mut Counting(0), [Unlock::Keyring(&keyring), Unlock::Passphrase("correct horse battery")]);
        let mut slots = SlotFile::default();
        for way in ways {
            slots.wrap(&[7; 32], way, rng).unwrap();
        }
        for way in ways {
            let other = ways.into_iter().find(|other| other.slot() != way.slot()).unwrap();
            let kept = slots.slots.get(other.slot()).unwrap().salt;
            assert!(slots.wrap(&[7; 32], way, rng).unwrap().is_some(), "what is replaced is returned");
            assert_eq!(slots.slots.get(other.slot()).unwrap().salt, kept);
            assert_eq!(slots.slots.0.iter().map(|slot| slot.id).collect::<Vec<_>>(), ways.map(Unlock::slot));
        }
    }

    const GOLDEN: &[&str] = &[
        "636f6e636c6176652e7631207661756c740001a20082a40001015820000102030405060708090a0b0c0d0e0f10111213",
        "1415161718191a1b1c1d1e1f021a000927c0035868202122232425262728292a2b2c2d2e2f30313233343536371afd13",
        "20c019a9d97a1889703a8d952b062108fea8a4efb86807f08500e9425b24d6d20b713cf1d543b7f3ddb7325040e429b3",
        "d72b141c1073f52e68b1d38437888a25ef3041acf73d0ec95386cc8824a4000201582038393a3b3c3d3e3f4041424344",
        "45464748494a4b4c4d4e4f5051525354555657020003586878797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f",
        "b549b2961dbce7109e9ecbe751eda7907acb4ea2b8d405a4bd731d0ea373aabfcb357ef5bd27f80adac91de1efc4d380",
        "54ce27dca4e3a2c98bba5df74336916b29e3d4a3e1a60c3af77f47335599c12b01f405bb0f74bcadb4a3dfd5fc4055ca",
        "1bb77d37e3847642966b58fadb04322a15d2",
    ];
}
