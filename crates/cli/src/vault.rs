//! The data of a terminal session: a folder with a passphrase, or memory only.

use anyhow::Context as _;
use conclave_engine::{
    DataFolder, Engine, Surroundings,
    api::{CreateVault, Protection, SecretText, UnlockVault},
    snapshot::VaultState,
};

use crate::arguments::Arguments;

/// Opens the vault, or makes it on the first run.
pub(crate) async fn open(arguments: &Arguments) -> anyhow::Result<Engine> {
    let (Some(folder), Some(file)) = (&arguments.data, &arguments.passphrase_file) else {
        let engine = Engine::new(Surroundings::system(DataFolder::None, None));
        engine.create_vault(CreateVault { protection: Protection::MemoryOnly, passphrase: None }).await?;
        return Ok(engine);
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    // Editors put a byte order mark before it that nobody typed.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let passphrase = Some(SecretText::new(text.lines().next().unwrap_or_default().to_owned()));
    let engine = Engine::new(Surroundings::system(DataFolder::At(folder.clone()), None));
    match engine.snapshot().await?.vault {
        VaultState::New => {
            engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase }).await?;
        }
        VaultState::Incomplete => anyhow::bail!(
            "{} holds rooms, but not the file \"vault\" that opens them. Nothing was changed. Put the file back, or name another folder",
            folder.display()
        ),
        VaultState::Locked => engine.unlock_vault(UnlockVault { passphrase }).await?,
        VaultState::Open | VaultState::OpenInMemory => {}
    }
    Ok(engine)
}
