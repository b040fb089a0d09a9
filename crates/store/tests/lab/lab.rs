//! A keyring, and vaults in folders whose every byte is looked at.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use conclave_seal::rng::OsRng;
use conclave_store::{Durability, Handle, Keyring, KeyringError, Persistence, StoreError, Unlock, Vault};
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: Unlock<'static> = Unlock::Passphrase("correct horse battery");
pub(crate) const NOW: u64 = 1_800_000_000;

#[derive(Default)]
pub(crate) struct TestKeyring(pub(crate) Mutex<BTreeMap<String, [u8; 32]>>);

impl Keyring for TestKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.0.lock().unwrap().insert(name.to_owned(), *secret);
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.0.lock().unwrap().get(name).copied().map(Zeroizing::new).ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// Opens without the half second that a passphrase takes.
pub(crate) const KEY: Unlock<'static> = Unlock::Keyring(&KEYRING);
pub(crate) static KEYRING: TestKeyring = TestKeyring(Mutex::new(BTreeMap::new()));

pub(crate) fn create(folder: &Path) -> Vault {
    Vault::create(folder, KEY, Durability::Process, &mut OsRng).unwrap()
}

pub(crate) fn open(folder: &Path) -> Result<Vault, StoreError> {
    Vault::open(folder, KEY, Durability::Process)
}

pub(crate) fn room_with_secret(vault: &mut Vault) -> Handle {
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (handle, mut room) = vault.keep_room(new, None).unwrap();
    room.write(|tx| tx.set_secret("access", b"marker of the access key")).unwrap();
    handle
}

pub(crate) fn secret(vault: &Vault, handle: Handle) -> Vec<u8> {
    let mut room = vault.open_room(handle).unwrap();
    room.read(|tx| tx.secret("access")).unwrap().unwrap().to_vec()
}

/// Every file below a folder with its bytes.
pub(crate) fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for sub in ["", "rooms", "lost-files"] {
        for file in fs::read_dir(folder.join(sub)).into_iter().flatten().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                let name = PathBuf::from(sub).join(file.file_name());
                found.insert(name, fs::read(file.path()).unwrap());
            }
        }
    }
    found
}

/// The files that differ; their bytes are not printed.
pub(crate) fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) -> Vec<(PathBuf, Option<usize>)> {
    let now = listing(folder);
    let names = before.keys().chain(now.keys()).filter(|name| before.get(*name) != now.get(*name));
    names.map(|name| (name.clone(), now.get(name).map(Vec::len))).collect()
}

pub(crate) fn restore(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// What SQLite keeps beside a file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(crate) fn cut_to(path: &Path, len: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// What happens to a file.
pub(crate) const DAMAGES: [fn(&Path); 5] = [
    |path| cut_to(path, 0),
    |path| cut_to(path, 100),
    |path| cut_to(path, 4096),
    |path| cut_to(path, fs::metadata(path).unwrap().len() - 4096),
    |path| fs::remove_file(path).unwrap(),
];

pub(crate) const DAY: u64 = 24 * 3600;

/// The names in `lost-files`.
pub(crate) fn lost(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join("lost-files")).into_iter().flatten();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}
