//! Starts the relay from its settings, serves until a signal comes, and stops it; or checks what the start would
//! refuse.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use conclave_relay::{
    BindError, Certificates, Config, Listener, Relay, blob::Storage, clock::SystemClock, log::MemoryLog,
};
use conclave_seal::rng::OsRng;

use crate::{
    settings::{Settings, Tls},
    signals::Signals,
    storage, tls,
};

/// What the start needs, read and found good. To prepare changes nothing, and it is what `--check` and the start share:
/// the one refuses what the other would.
struct Prepared<'a> {
    config: Config,
    tls: Option<tls::Prepared<'a>>,
    storage: Option<storage::Prepared<'a>>,
}

fn prepare(settings: &Settings, make_missing: bool) -> anyhow::Result<Prepared<'_>> {
    let config = settings.config()?;
    let is_first = is_first(settings)?;
    let tls = settings.tls.as_ref().map(|tls| tls::prepare(tls, make_missing || is_first)).transpose()?;
    let own_key = settings.tls.as_ref().and_then(Tls::own_key);
    let storage =
        settings.storage.as_ref().map(|storage| storage::prepare(storage, own_key, make_missing)).transpose()?;
    Ok(Prepared { config, tls, storage })
}

/// Whether there is no storage yet.
fn is_first(settings: &Settings) -> anyhow::Result<bool> {
    match &settings.storage {
        Some(storage) => Ok(!storage.file().exists()?),
        None => Ok(true),
    }
}

impl Prepared<'_> {
    fn certificates(&self) -> Option<Certificates> {
        self.tls.as_ref().map(|tls| tls.certificates.clone())
    }
}

/// Serves until a signal comes.
pub(crate) async fn serve(path: Option<&Path>, trust_clock: bool, make_missing: bool) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let settings = Settings::read(path)?;
    let was_first = is_first(&settings)?;
    let prepared = prepare(&settings, make_missing)?;
    let mut listeners = Vec::new();
    for address in &settings.listen {
        // Before anything is made, and served only when all of it is.
        listeners.push(Listener::open(*address, prepared.certificates()).await.context("listen")?);
    }
    let Prepared { config, tls, storage } = prepared;
    // Before anything is made: of two first runs at once, the second would make another TLS key over that of the first.
    let _lock = storage.as_ref().map(storage::Prepared::lock).transpose()?;
    if was_first && !is_first(&settings)? {
        anyhow::bail!(
            "another relay has made the files of this one meanwhile; start this one again if the other has stopped"
        );
    }
    tls.as_ref().map_or(Ok(()), tls::Prepared::begin)?;
    let log = log(storage)?;
    tls.as_ref().map_or(Ok(()), tls::Prepared::keep)?;
    let config = Config { trust_clock, ..config };
    let relay = Relay::start(config, log, Arc::new(SystemClock), Box::new(OsRng));
    for listener in listeners {
        tracing::info!("listening on {}", relay.listen(listener));
    }
    let reload = || match &tls {
        Some(tls) => tls.reload(&relay),
        None => tracing::info!("there is no certificate to read again: the configuration has no [tls]"),
    };
    let died = tokio::select! {
        () = signals.stop(reload) => false,
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

/// Says what the start would do, or why it would refuse. Makes and changes no file.
pub(crate) async fn check(path: Option<&Path>, make_missing: bool) -> anyhow::Result<()> {
    let settings = Settings::read(path)?;
    let prepared = prepare(&settings, make_missing)?;
    match path {
        Some(path) => tracing::info!("checked: {} has known keys only, and numbers in their ranges", path.display()),
        None => tracing::info!("checked: there is no configuration file, and the defaults hold"),
    }
    if let Some(tls) = &prepared.tls {
        tls.check();
    }
    match &prepared.storage {
        Some(storage) => storage.check()?,
        None => tracing::info!("checked: there is no [storage]; rooms are kept in memory and end with the process"),
    }
    let mut listeners: Vec<Listener> = Vec::new();
    for address in &settings.listen {
        match Listener::open(*address, prepared.certificates()).await {
            Ok(listener) => listeners.push(listener),
            // A relay that runs already, most likely: who checks before a restart is not to be refused for that.
            Err(error @ BindError::Taken(_))
                if !listeners.iter().any(|other| other.address().port() == address.port()) =>
            {
                tracing::warn!("listen: {error}; if it is this relay, all is well");
                continue;
            }
            Err(error) => return Err(error).context("listen"),
        }
        let how = if prepared.tls.is_some() { "with TLS" } else { "without TLS, for this computer only" };
        tracing::info!("checked: listen: {address} is free, to be served {how}");
    }
    tracing::info!("the configuration is valid; nothing was made or changed");
    Ok(())
}

fn log(storage: Option<storage::Prepared<'_>>) -> anyhow::Result<Arc<dyn Storage>> {
    let Some(storage) = storage else {
        tracing::warn!("rooms are kept in memory and end with this process: set [storage] to keep them");
        return Ok(Arc::new(MemoryLog::new()));
    };
    Ok(Arc::new(storage.open()?))
}
