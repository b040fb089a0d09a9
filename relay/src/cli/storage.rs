//! The relay's files: its storage and the key of that, made together on the first run and never one without the other.

use std::{fs, io, io::Write as _, path::Path};

use anyhow::{Context as _, bail};
use conclave_relay::log::{SqlcipherLog, StorageKey};
use conclave_seal::rng::{self, OsRng};
use zeroize::Zeroizing;

use crate::settings::Storage;

/// Opens the storage, or makes it and its key on the first run.
///
/// The key is written beside its place first and moved there once the storage is whole, so that a key without a storage, or the
/// other way round, was lost and not begun: neither is made anew unless `make_missing` says so.
pub(crate) fn open(Storage { file, key_file }: &Storage, make_missing: bool) -> anyhow::Result<SqlcipherLog> {
    let begun = begun(key_file);
    match (exists(key_file)?, exists(file)?) {
        (false, false) => {
            let bytes = Zeroizing::new(rng::array::<32>(&mut OsRng));
            write_private(&begun, &bytes[..])?;
            SqlcipherLog::create(file, &StorageKey::from_bytes(&bytes), Box::new(OsRng))
                .with_context(|| format!("storage.file {}", file.display()))?;
            fs::rename(&begun, key_file).with_context(|| format!("{} cannot be written", key_file.display()))?;
            tracing::info!("made {} and {}", file.display(), key_file.display());
        }
        (false, true) if exists(&begun)? => {
            fs::rename(&begun, key_file).with_context(|| format!("{} cannot be written", key_file.display()))?;
        }
        (false, true) => bail!(
            "storage.key_file {} is missing: without it nobody opens {}. Put it back; to begin with an empty storage, move {} away",
            key_file.display(),
            file.display(),
            file.display()
        ),
        (true, false) if make_missing => {
            SqlcipherLog::create(file, &key(key_file)?, Box::new(OsRng))
                .with_context(|| format!("storage.file {}", file.display()))?;
            tracing::info!("made {}", file.display());
        }
        (true, false) => bail!(
            "storage.file {} is missing, but its key is there. Put it back; to begin with an empty storage, start once with \
             --make-missing",
            file.display()
        ),
        (true, true) => {}
    }
    SqlcipherLog::open(file, &key(key_file)?, Box::new(OsRng))
        .with_context(|| format!("storage.file {}", file.display()))
}

/// Reads the key of the storage.
fn key(path: &Path) -> anyhow::Result<StorageKey> {
    let bytes = Zeroizing::new(fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?);
    let bytes = <&[u8; 32]>::try_from(&bytes[..])
        .with_context(|| format!("storage.key_file {} is no key: it must hold exactly 32 bytes", path.display()))?;
    Ok(StorageKey::from_bytes(bytes))
}

/// Makes a file that only its owner may read, whole or not at all.
pub(crate) fn make_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let begun = begun(path);
    write_private(&begun, bytes)?;
    fs::rename(&begun, path).with_context(|| format!("{} cannot be written", path.display()))?;
    tracing::info!("made {}", path.display());
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Whether something is there; an emptied file is.
pub(crate) fn exists(path: &Path) -> anyhow::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be looked at", path.display())),
    }
}

fn begun(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".begun");
    name.into()
}
