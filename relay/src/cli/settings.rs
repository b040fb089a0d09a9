//! The configuration file. Unknown keys are errors: a misspelt limit must not be a missing one.

use std::{
    fmt, fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use conclave_proto::Authority;
use conclave_relay::Config;
use serde::Deserialize;

/// The file as it is written; `relay.example.toml` shows every key with its default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: Vec<SocketAddr>,
    /// The names that clients know the relay by.
    pub(crate) authorities: Vec<String>,
    /// Where rooms are kept; in memory if absent.
    pub(crate) storage: Option<Storage>,
    /// How to encrypt; required on addresses that others reach.
    pub(crate) tls: Option<Tls>,
    /// What is refused.
    pub(crate) limits: Limits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    /// The file that holds the rooms.
    pub(crate) file: PathBuf,
    /// The file that holds the key of that file. Made if absent; keep it on another disk or out of the backup.
    pub(crate) key_file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub(crate) enum Tls {
    /// Certificates of an authority.
    Certified { certificate: PathBuf, key: PathBuf },
    /// A key of one's own; its pin goes into invitations. Made if absent.
    SelfSigned { self_signed_key: PathBuf },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    rooms: usize,
    sockets: usize,
    sockets_per_source: usize,
    sockets_per_room: usize,
    entries_per_room: u64,
    bytes_per_room: u64,
    outgoing_bytes: usize,
    unproven_bytes: usize,
    large_bytes: usize,
    ping_seconds: u64,
    sweep_seconds: u64,
}

/// A server's addresses and names have no place in a log.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings(..)")
    }
}

impl Settings {
    /// Reads the file, or takes the defaults if there is none.
    pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not valid", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let settings: Self = toml::from_str(text)?;
        settings.config()?;
        Ok(settings)
    }

    /// What the library wants to know.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::default();
        for name in &self.authorities {
            let authority: Authority = name.parse().with_context(|| format!("authorities: \"{name}\""))?;
            config.authorities.push(authority);
        }
        if self.listen.is_empty() {
            bail!("listen: name at least one address, for example \"127.0.0.1:7700\"");
        }
        let limits = &self.limits;
        let least = usize::try_from(config.limits.message)?.saturating_mul(2);
        if limits.outgoing_bytes < least {
            bail!("limits.outgoing_bytes: must be at least {least}, twice the largest message");
        }
        for (name, bytes) in [("unproven_bytes", limits.unproven_bytes), ("large_bytes", limits.large_bytes)] {
            if bytes < least {
                bail!("limits.{name}: must be at least {least}, twice the largest message");
            }
        }
        if limits.ping_seconds == 0 || limits.sweep_seconds == 0 {
            bail!("limits.ping_seconds, limits.sweep_seconds: must be at least 1");
        }
        config.max_rooms = limits.rooms;
        config.max_sockets = limits.sockets;
        config.max_sockets_per_source = limits.sockets_per_source;
        config.max_sockets_per_room = limits.sockets_per_room;
        config.quota.entries = limits.entries_per_room;
        config.quota.bytes = limits.bytes_per_room;
        config.outgoing = limits.outgoing_bytes;
        config.unproven_bytes = limits.unproven_bytes;
        config.large_bytes = limits.large_bytes;
        config.ping_interval = Duration::from_secs(limits.ping_seconds);
        config.sweep_interval = Duration::from_secs(limits.sweep_seconds);
        Ok(config)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 7700))],
            authorities: vec!["localhost:7700".to_owned(), "127.0.0.1:7700".to_owned()],
            storage: None,
            tls: None,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let config = Config::default();
        Self {
            rooms: config.max_rooms,
            sockets: config.max_sockets,
            sockets_per_source: config.max_sockets_per_source,
            sockets_per_room: config.max_sockets_per_room,
            entries_per_room: config.quota.entries,
            bytes_per_room: config.quota.bytes,
            outgoing_bytes: config.outgoing,
            unproven_bytes: config.unproven_bytes,
            large_bytes: config.large_bytes,
            ping_seconds: config.ping_interval.as_secs(),
            sweep_seconds: config.sweep_interval.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_every_key_with_its_default() {
        let example = Settings::parse(include_str!("../../relay.example.toml")).unwrap();
        let defaults = Settings::default();
        assert_eq!(format!("{:?}", example.limits), format!("{:?}", defaults.limits));
        assert_eq!((example.listen, example.authorities), (defaults.listen, defaults.authorities));
    }

    #[test]
    fn what_is_commented_out_in_the_example_is_valid_too() {
        let example = include_str!("../../relay.example.toml");
        let all = example.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let settings = Settings::parse(&all).unwrap();
        assert!(settings.storage.is_some());
        assert!(matches!(settings.tls, Some(Tls::SelfSigned { .. })));
    }

    #[test]
    fn a_mistake_is_named_with_its_key() {
        for (text, named) in [
            ("listne = []", "listne"),
            ("[limits]\nroom = 1", "room"),
            ("[limits]\nrooms = -1", "rooms"),
            ("listen = [\"nowhere\"]", "listen"),
            ("listen = []", "listen"),
            ("authorities = [\"not a name\"]", "not a name"),
            ("[limits]\noutgoing_bytes = 1", "outgoing_bytes"),
            ("[limits]\nunproven_bytes = 1", "unproven_bytes"),
            ("[storage]\nfile = \"a\"", "key_file"),
        ] {
            let error = format!("{:#}", Settings::parse(text).unwrap_err());
            assert!(error.contains(named), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = format!("{:#}", Settings::read(Some(Path::new("/nonexistent/relay.toml"))).unwrap_err());
        assert!(error.contains("/nonexistent/relay.toml"), "{error}");
    }

    #[test]
    fn addresses_and_names_are_not_printed() {
        let settings = Settings::parse("listen = ['127.0.0.1:7799']\nauthorities = ['zzzz.example']").unwrap();
        assert_eq!(format!("{settings:?}"), "Settings(..)");
    }
}
