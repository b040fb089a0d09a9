//! From settings to a running relay, and back to nothing when a signal comes.

use std::{fs, io, sync::Arc};

use anyhow::Context as _;
use conclave_relay::{
    Config, Relay, Security, TlsIdentity,
    clock::SystemClock,
    log::{MemoryLog, RoomLog},
};
use conclave_seal::rng::OsRng;
use zeroize::Zeroizing;

use crate::{
    settings::{Settings, Storage, Tls},
    storage,
};

/// Serves until a signal comes.
pub(crate) async fn serve(settings: &Settings, trust_clock: bool, make_missing: bool) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let config = Config { trust_clock, ..settings.config()? };
    let is_first = match &settings.storage {
        Some(storage) => !storage::exists(&storage.file)?,
        None => true,
    };
    let identity = settings.tls.as_ref().map(|tls| identity(tls, make_missing || is_first)).transpose()?;
    let log = log(settings.storage.as_ref(), make_missing)?;
    let relay = Relay::start(config, log, Arc::new(SystemClock), Box::new(OsRng));
    for address in &settings.listen {
        let security = identity.clone().map_or(Security::Plain, Security::Tls);
        let local = relay.bind(*address, security).await?;
        tracing::info!("listening on {local}");
    }
    let died = tokio::select! {
        () = stop.requested() => false,
        () = relay.died() => true,
    };
    tracing::info!("stopping: clients are told");
    relay.shutdown().await;
    anyhow::ensure!(
        !died,
        "a task that the relay cannot do without has died; start it again, and report what was logged before"
    );
    Ok(())
}

fn log(storage: Option<&Storage>, make_missing: bool) -> anyhow::Result<Arc<dyn RoomLog>> {
    let Some(storage) = storage else {
        tracing::warn!("rooms are kept in memory and end with this process: set [storage] to keep them");
        return Ok(Arc::new(MemoryLog::new()));
    };
    Ok(Arc::new(storage::open(storage, make_missing)?))
}

fn identity(tls: &Tls, make_missing: bool) -> anyhow::Result<TlsIdentity> {
    match tls {
        Tls::Certified { certificate, key } => {
            let chain = fs::read(certificate).with_context(|| format!("{} cannot be read", certificate.display()))?;
            let secret = Zeroizing::new(fs::read(key).with_context(|| format!("{} cannot be read", key.display()))?);
            TlsIdentity::from_pem(&chain, &secret)
                .with_context(|| format!("{} and {}", certificate.display(), key.display()))
        }
        Tls::SelfSigned { self_signed_key: path } => {
            if !storage::exists(path)? {
                anyhow::ensure!(
                    make_missing,
                    "tls.self_signed_key {} is missing, but rooms are kept: with another key, everybody who has its pin would \
                     refuse this relay. Put it back; to have a new one all the same, start once with --make-missing",
                    path.display()
                );
                storage::make_private(path, TlsIdentity::generate()?.key_der())?;
            }
            let key = Zeroizing::new(fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?);
            let identity = TlsIdentity::from_key(&key)
                .with_context(|| format!("tls.self_signed_key {} is no key of a relay", path.display()))?;
            tracing::info!("the pin for invitations is {}", identity.authority());
            Ok(identity)
        }
    }
}

/// Requests to stop, from when this is made: one that comes before anything listens is not lost.
#[cfg(unix)]
struct Stop([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Stop {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn requested(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Stop(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Stop {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn requested(&mut self) {
        self.0.recv().await;
    }
}
