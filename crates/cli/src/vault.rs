//! The data of a terminal session: a folder with a passphrase, or memory only.

use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use anyhow::Context as _;
use conclave_engine::{
    DataFolder, Engine, Environment, FolderError,
    api::{CreateVault, Protection, SecretText, UnlockVault},
    check_folder,
    snapshot::VaultState,
};

use crate::{arguments::Arguments, input::first_line};

/// Opens the vault, or makes it on the first run.
pub(crate) async fn open(arguments: &Arguments) -> anyhow::Result<Engine> {
    anyhow::ensure!(
        arguments.data.is_none() || arguments.passphrase_file.is_some(),
        "to open the folder takes --passphrase-file, with a file whose first line is the passphrase"
    );
    let (Some(folder), Some(file)) = (&arguments.data, &arguments.passphrase_file) else {
        let engine = Engine::new(Environment::system(DataFolder::None, None));
        engine.create_vault(CreateVault { protection: Protection::MemoryOnly, passphrase: None }).await?;
        return Ok(engine);
    };
    let text = File::open(file).and_then(|file| first_line(BufReader::new(file)));
    let text = text.with_context(|| format!("--passphrase-file {} cannot be read", file.display()))?;
    let passphrase = Some(SecretText::new(text));
    check_folder(folder).map_err(|error| anyhow::anyhow!("--data {}", because(&error)))?;
    open_in(folder, passphrase).await.with_context(|| format!("--data {}", folder.display()))
}

async fn open_in(folder: &Path, passphrase: Option<SecretText>) -> anyhow::Result<Engine> {
    let engine = Engine::new(Environment::system(DataFolder::At(folder.to_owned()), None));
    match engine.snapshot().await?.vault {
        VaultState::New => {
            engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase }).await?;
        }
        VaultState::Incomplete => anyhow::bail!(
            "the folder holds rooms, but not the file \"vault\" that opens them. Nothing was changed. Put the file back, or name another \
             folder"
        ),
        VaultState::Erased => anyhow::bail!(
            "the folder was erased, and not all of its files are gone. Say conclave-cli erase with this folder again, or delete it"
        ),
        VaultState::Locked => engine.unlock_vault(UnlockVault { passphrase }).await?,
        VaultState::Open | VaultState::OpenInMemory => {}
    }
    Ok(engine)
}

/// The folder or file, the reason, and what to do where that is clear.
fn because(error: &FolderError) -> String {
    let FolderError { path, source } = error;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the system's own list; the rest says what it is")]
    let reason = match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "permission denied; allow this user to read and change it, or name another folder"
        }
        io::ErrorKind::NotADirectory => "this is a file where a folder belongs; name another folder, or move it away",
        io::ErrorKind::IsADirectory => "this is a folder where a file belongs; move it away",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only; name a place that can be written to",
        io::ErrorKind::InvalidFilename => "the path is too long for the files in it; name a shorter one",
        _ => return format!("{}: {source}", path.display()),
    };
    format!("{}: {reason}", path.display())
}
