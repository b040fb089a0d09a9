//! The storage and the file with its key: made together on the first run, and never one without the other.

use anyhow::{Context as _, anyhow, bail};
use conclave_relay::log::{OpenError, SqlcipherLog, StorageKey};
use conclave_seal::rng::{self, OsRng};
use zeroize::Zeroizing;

use crate::{
    files::{Named, reason},
    lock::Lock,
    settings::Storage,
};

/// What the start will do with the storage; nothing has been made or changed yet.
pub(crate) struct Prepared<'a> {
    file: Named<'a>,
    key_file: Named<'a>,
    step: Step,
}

enum Step {
    /// Nothing is there: make both.
    Begin,
    /// A first run was cut off when both were whole: the key gets its name.
    Finish(StorageKey),
    /// The storage was lost, and `--make-missing` says so.
    Replace(StorageKey),
    Open(StorageKey),
}

/// Looks at both files and reads the key.
///
/// The key is written beside its place first and moved there once the storage is whole, so that a key without a
/// storage, or the other way round, was lost and not begun: neither is made anew unless `make_missing` says so. Nor are
/// both where something else of this relay is, as its own TLS key, which gets its name last.
pub(crate) fn prepare<'a>(
    storage: &'a Storage,
    own_key: Option<Named<'_>>,
    make_missing: bool,
) -> anyhow::Result<Prepared<'a>> {
    let (file, key_file) = (storage.file(), storage.key_file());
    let begun = key_file.begun();
    let begun = Named::new("storage.key_file", &begun);
    let step = match (key_file.exists()?, file.exists()?) {
        (false, false) if make_missing || begun.exists()? => Step::Begin,
        (false, false) => {
            let log = file.beside("-wal");
            for trace in own_key.into_iter().chain([Named::new("its log", &log)]) {
                anyhow::ensure!(
                    !trace.exists()?,
                    "{file} and {key_file} are missing, but {trace} is there, so this is no first run: members would \
                     be told that there is no such room. Put both back; to begin with an empty storage, start once \
                     with --make-missing"
                );
            }
            Step::Begin
        }
        (false, true) if begun.exists()? => Step::Finish(key(begun)?),
        (false, true) => bail!(
            "{key_file} is missing: without it nobody opens {0}. Put it back; to begin with an empty storage, move \
             {0} away",
            file.path.display()
        ),
        (true, false) if make_missing => Step::Replace(key(key_file)?),
        (true, false) => bail!(
            "{file} is missing, but its key is there. Put it back; to begin with an empty storage, start once with \
             --make-missing"
        ),
        (true, true) => Step::Open(key(key_file)?),
    };
    match step {
        Step::Begin | Step::Replace(_) => {
            file.check_folder()?;
            // It is made under another name first.
            file.check_length(".begun")?;
        }
        Step::Finish(_) | Step::Open(_) => file.check_changeable()?,
    }
    if matches!(step, Step::Begin | Step::Finish(_)) {
        key_file.check_folder()?;
    }
    Ok(Prepared { file, key_file, step })
}

impl Prepared<'_> {
    /// Says what the start would do, or why it would refuse.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Self { file, key_file, step } = self;
        match step {
            Step::Begin => tracing::info!("checked: {file} and {key_file} are made at the start"),
            Step::Replace(_) => tracing::info!("checked: {file} is made at the start, empty, for {key_file}"),
            Step::Finish(key) | Step::Open(key) => match SqlcipherLog::check(file.path, key) {
                Ok(()) => tracing::info!("checked: {file} opens with {key_file}"),
                Err(error @ OpenError::Unfinished) => tracing::warn!("{file}: {error}"),
                Err(error) => return Err(self.refuse(error)),
            },
        }
        if Lock::is_taken(*file)? {
            tracing::warn!("{file} is open in a relay that runs already; if it is this one, all is well");
        }
        Ok(())
    }

    /// Keeps other relays from the storage, for as long as it is held.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        Lock::take(self.file)
    }

    /// Opens the storage, or makes it and its key on the first run.
    pub(crate) fn open(self) -> anyhow::Result<SqlcipherLog> {
        let Self { file, key_file, step } = &self;
        let opened = match step {
            Step::Begin => {
                let bytes = Zeroizing::new(rng::array::<32>(&mut OsRng));
                key_file.begin_private(&bytes[..])?;
                let log = SqlcipherLog::create(file.path, &StorageKey::from_bytes(&bytes), Box::new(OsRng))
                    .map_err(|error| self.refuse(error))?;
                key_file.finish()?;
                tracing::info!("made {} and {}", file.path.display(), key_file.path.display());
                Ok(log)
            }
            Step::Finish(key) => {
                // What is begun may be of another relay, whose start was refused.
                let log = SqlcipherLog::open(file.path, key, Box::new(OsRng)).map_err(|error| self.refuse(error))?;
                key_file.finish()?;
                Ok(log)
            }
            Step::Replace(key) => {
                let log = SqlcipherLog::create(file.path, key, Box::new(OsRng)).map_err(|error| self.refuse(error))?;
                tracing::info!("made {}", file.path.display());
                Ok(log)
            }
            Step::Open(key) => SqlcipherLog::open(file.path, key, Box::new(OsRng)),
        };
        opened.map_err(|error| self.refuse(error))
    }

    fn refuse(&self, error: OpenError) -> anyhow::Error {
        let Self { file, key_file, .. } = self;
        if let OpenError::File(error) = &error {
            return anyhow!("{file} cannot be read or made: {}", reason(error));
        }
        let named =
            if matches!(error, OpenError::WrongKey) { format!("{file} and {key_file}") } else { file.to_string() };
        anyhow::Error::new(error).context(named)
    }
}

/// Reads the key of the storage.
fn key(named: Named<'_>) -> anyhow::Result<StorageKey> {
    let bytes = named.read()?;
    let bytes = <&[u8; 32]>::try_from(&bytes[..]).ok().with_context(|| {
        format!("{named} is no key: it must hold exactly 32 bytes, and holds {}. Put the right file back", bytes.len())
    })?;
    Ok(StorageKey::from_bytes(bytes))
}
