//! From settings to a running relay, and back to nothing when a signal comes.

use std::{fs, io, io::Write as _, path::Path, sync::Arc};

use anyhow::Context as _;
use conclave_relay::{
    Config, Relay, Security, TlsIdentity,
    clock::SystemClock,
    log::{MemoryLog, RoomLog, SqlcipherLog, StorageKey},
};
use conclave_seal::rng::{self, OsRng};
use zeroize::Zeroizing;

use crate::settings::{Settings, Storage, Tls};

/// Serves until a signal comes.
pub(crate) async fn serve(settings: &Settings, trust_clock: bool) -> anyhow::Result<()> {
    let config = Config { trust_clock, ..settings.config()? };
    let log = log(settings.storage.as_ref())?;
    let relay = Relay::start(config, log, Arc::new(SystemClock), Box::new(OsRng));
    for address in &settings.listen {
        let security = match &settings.tls {
            Some(tls) => Security::Tls(identity(tls)?),
            None => Security::Plain,
        };
        let local = relay.bind(*address, security).await?;
        tracing::info!("listening on {local}");
    }
    stopped().await?;
    tracing::info!("stopping: clients are told");
    relay.shutdown().await;
    Ok(())
}

fn log(storage: Option<&Storage>) -> anyhow::Result<Arc<dyn RoomLog>> {
    let Some(Storage { file, key_file }) = storage else {
        tracing::warn!("rooms are kept in memory and end with this process: set [storage] to keep them");
        return Ok(Arc::new(MemoryLog::new()));
    };
    let key = Zeroizing::new(private_file(key_file, || Ok(Zeroizing::new(rng::array::<32>(&mut OsRng).to_vec())))?);
    let bytes = <&[u8; 32]>::try_from(&key[..])
        .with_context(|| format!("{} is no key file: it must hold exactly 32 bytes", key_file.display()))?;
    let log = SqlcipherLog::open(file, &StorageKey::from_bytes(bytes), Box::new(OsRng))
        .with_context(|| format!("storage.file {}", file.display()))?;
    Ok(Arc::new(log))
}

fn identity(tls: &Tls) -> anyhow::Result<TlsIdentity> {
    match tls {
        Tls::Certified { certificate, key } => {
            let chain = fs::read(certificate).with_context(|| format!("{} cannot be read", certificate.display()))?;
            let secret = Zeroizing::new(fs::read(key).with_context(|| format!("{} cannot be read", key.display()))?);
            TlsIdentity::from_pem(&chain, &secret)
                .with_context(|| format!("{} and {}", certificate.display(), key.display()))
        }
        Tls::SelfSigned { self_signed_key } => {
            let key = private_file(self_signed_key, || Ok(TlsIdentity::generate()?.key_der().clone()))?;
            let identity = TlsIdentity::from_key(&Zeroizing::new(key))
                .with_context(|| format!("{} is no key of a relay", self_signed_key.display()))?;
            tracing::info!("the pin for invitations is {}", identity.authority());
            Ok(identity)
        }
    }
}

/// The content of a file that only its owner may read; made if it is not there.
fn private_file(path: &Path, make: impl FnOnce() -> anyhow::Result<Zeroizing<Vec<u8>>>) -> anyhow::Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => return Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
    let bytes = make()?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("{} cannot be created", path.display()))?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    tracing::info!("made {}", path.display());
    Ok(bytes.to_vec())
}

/// Waits for a request to stop.
async fn stopped() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
