//! The configuration file. Unknown keys are errors: a misspelt limit must not be a missing one.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use conclave_proto::Authority;
use conclave_relay::Config;
use serde::Deserialize;

use crate::{
    files::{Named, reason},
    limits::Limits,
};

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
    file: PathBuf,
    /// The file that holds the key of that file. Made if absent; keep it on another disk or out of the backup.
    key_file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "TlsKeys")]
pub(crate) enum Tls {
    /// Certificates of an authority.
    Certified { certificate: PathBuf, key: PathBuf },
    /// A key of one's own; its pin goes into invitations. Made if absent.
    SelfSigned { self_signed_key: PathBuf },
}

/// All keys of both kinds, so that an unknown one is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsKeys {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    self_signed_key: Option<PathBuf>,
}

impl TryFrom<TlsKeys> for Tls {
    type Error = &'static str;

    fn try_from(keys: TlsKeys) -> Result<Self, Self::Error> {
        match (keys.certificate, keys.key, keys.self_signed_key) {
            (Some(certificate), Some(key), None) => Ok(Self::Certified { certificate, key }),
            (None, None, Some(self_signed_key)) => Ok(Self::SelfSigned { self_signed_key }),
            _ => Err("[tls] takes either certificate and key, or self_signed_key alone"),
        }
    }
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
        let text =
            text(path).map_err(|error| anyhow!("--config {} cannot be read: {}", path.display(), reason(&error)))?;
        anyhow::ensure!(
            u64::try_from(text.len()).is_ok_and(|bytes| bytes <= MOST),
            "--config {} has more than {MOST} bytes, and no configuration has; name the right file",
            path.display()
        );
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
        self.check_listen()?;
        self.check_paths()?;
        self.limits.put_into(&mut config)?;
        Ok(config)
    }

    fn check_listen(&self) -> anyhow::Result<()> {
        if self.listen.is_empty() {
            bail!("listen: name at least one address, for example \"127.0.0.1:7700\"");
        }
        for (place, address) in self.listen.iter().enumerate() {
            // Port 0 is another one each time.
            let same =
                |other: &&SocketAddr| other.port() == address.port() && address.port() != 0 && meet(other, address);
            if let Some(other) = self.listen.iter().take(place).find(same) {
                bail!("listen: {address} is taken already by {other} in the same list; name it once");
            }
        }
        Ok(())
    }

    /// A file under two keys, or one that is made beside another, would be overwritten.
    fn check_paths(&self) -> anyhow::Result<()> {
        // Each with what is put behind its name, for a file that the relay or SQLite makes beside it.
        let mut named: Vec<(Named<'_>, &[&str])> = Vec::new();
        if let Some(storage) = &self.storage {
            named.extend([(storage.file(), BESIDE_STORAGE), (storage.key_file(), BESIDE_KEY)]);
        }
        if let Some(tls) = &self.tls {
            let beside = if tls.own_key().is_some() { BESIDE_KEY } else { READ_ONLY };
            named.extend(tls.files().into_iter().map(|file| (file, beside)));
        }
        for (file, _) in &named {
            file.check_name()?;
        }
        if let Some(storage) = &self.storage {
            storage.file().check_sqlite_name()?;
        }
        for (place, (file, beside)) in named.iter().enumerate() {
            for (other, beside_other) in named.iter().take(place) {
                // A certificate and its key may be in one file.
                let are_read_only = beside.is_empty() && beside_other.is_empty();
                if !are_read_only && file.is(*other, "") {
                    bail!("{other} is {} as well; give each a file of its own", file.key);
                }
                for (one, two, beside) in [(file, other, beside_other), (other, file, beside)] {
                    if beside.iter().any(|suffix| one.is(*two, suffix)) {
                        bail!("{one} is made by the relay itself, beside {two}; name another file");
                    }
                }
            }
        }
        named.iter().try_for_each(|(file, _)| file.check_absolute())
    }
}

/// The text of the configuration, and a byte beyond the most at the most. It may come out of a pipe, as a shell's
/// `<(...)` gives one; so what is waited for is said.
fn text(path: &Path) -> io::Result<String> {
    let found = fs::metadata(path)?;
    if !found.is_file() && !found.is_dir() {
        tracing::info!("--config {} is no regular file: waiting until it is written and closed", path.display());
    }
    let mut text = String::new();
    File::open(path)?.take(MOST.saturating_add(1)).read_to_string(&mut text)?;
    Ok(text)
}

/// Whether two addresses of one port are one to the system.
fn meet(one: &SocketAddr, two: &SocketAddr) -> bool {
    let any = one.ip().is_unspecified() || two.ip().is_unspecified();
    one.ip() == two.ip() || any && one.is_ipv4() == two.is_ipv4()
}

impl Storage {
    pub(crate) fn file(&self) -> Named<'_> {
        Named::new("storage.file", &self.file)
    }

    pub(crate) fn key_file(&self) -> Named<'_> {
        Named::new("storage.key_file", &self.key_file)
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

/// What SQLite and the relay put behind the name of a storage for files of their own: see `lock.rs`, and how a storage
/// is made.
const BESIDE_STORAGE: &[&str] =
    &["-wal", "-shm", "-journal", ".lock", ".begun", ".begun-wal", ".begun-shm", ".begun-journal"];
/// And behind that of a key that is made.
const BESIDE_KEY: &[&str] = &[".begun"];
const READ_ONLY: &[&str] = &[];
/// Hundreds of times the example.
const MOST: u64 = 1024 * 1024;

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
            ("listen = ['127.0.0.1:7700', '127.0.0.1:7700']", "listen: 127.0.0.1:7700"),
            ("listen = ['0.0.0.0:7700', '127.0.0.1:7700']", "listen: 127.0.0.1:7700"),
            ("listen = ['[::1]:7700', '[::]:7700']", "listen: [::]:7700"),
            ("[tls]\nself_signed_kye = 'a'", "self_signed_kye"),
            ("[tls]\ncertificate = 'a'", "[tls]"),
            ("[tls]\ncertificate = 'a'\nkey = 'b'\nself_signed_key = 'c'", "[tls]"),
            ("[storage]\nfile = 'a'\nkey_file = 'a'", "storage.key_file"),
            ("[storage]\nfile = 'a'\nkey_file = 'b'\n[tls]\nself_signed_key = 'b'", "tls.self_signed_key"),
            ("[storage]\nfile = 'a'\nkey_file = 'b'\n[tls]\ncertificate = 'b'\nkey = 'c'", "tls.certificate"),
            ("[storage]\nfile = ''\nkey_file = 'b'", "storage.file is empty"),
            ("[storage]\nfile = 'a'\nkey_file = ''", "storage.key_file is empty"),
            ("[tls]\nself_signed_key = ''", "tls.self_signed_key is empty"),
            ("[tls]\ncertificate = ''\nkey = 'c'", "tls.certificate is empty"),
            ("[storage]\nfile = ':memory:'\nkey_file = 'b'", "storage.file :memory:: SQLite takes"),
            ("[storage]\nfile = 'file:a?mode=memory'\nkey_file = 'b'", "storage.file file:a?mode=memory: SQLite takes"),
            ("[storage]\nfile = 'rooms/'\nkey_file = 'b'", "storage.file rooms/: it is a folder"),
            ("[storage]\nfile = 'rooms/.'\nkey_file = 'b'", "storage.file rooms/.: it is a folder"),
            ("[storage]\nfile = 'a'\nkey_file = '..'", "storage.key_file ..: it is a folder"),
            ("[tls]\ncertificate = 'c/'\nkey = 'c'", "tls.certificate c/: it is a folder"),
            ("[storage]\nfile = 'a'\nkey_file = 'a-wal'", "storage.key_file a-wal is made by the relay itself"),
            ("[storage]\nfile = 'a'\nkey_file = './a-shm'", "storage.key_file ./a-shm is made by"),
            ("[storage]\nfile = 'a'\nkey_file = 'a-journal'", "beside storage.file a"),
            (
                "[storage]\nfile = 'a.lock'\nkey_file = 'b'\n[tls]\nself_signed_key = 'a.lock.lock'",
                "tls.self_signed_key",
            ),
            ("[storage]\nfile = 'b.begun'\nkey_file = 'b'", "storage.file b.begun is made by"),
            ("[storage]\nfile = 'a'\nkey_file = 'b'\n[tls]\ncertificate = 'c'\nkey = 'a.begun'", "tls.key a.begun"),
            ("[storage]\nfile = 'a'\nkey_file = 'c.begun'\n[tls]\nself_signed_key = 'c'", "storage.key_file c.begun"),
            ("[storage]\nfile = \"a\"", "key_file"),
            ("[storage]\nfile = 'rooms.db'\nkey_file = '/r/b'", "storage.file rooms.db is another file wherever"),
            ("[storage]\nfile = '/r/a'\nkey_file = './b'", "storage.key_file ./b is another file wherever"),
            ("[tls]\nself_signed_key = 'tls.key'", "tls.self_signed_key tls.key is another file wherever"),
        ] {
            let error = format!("{:#}", Settings::parse(text).unwrap_err());
            assert!(error.contains(named), "{text:?}: {error}");
        }
    }

    #[test]
    fn names_that_only_look_like_those_are_taken() {
        for text in [
            "[storage]\nfile = '/r/:memory:'\nkey_file = '/r/rooms.key'",
            "[storage]\nfile = '/r/rooms.db'\nkey_file = '/r/rooms.db-wall'",
            "[tls]\ncertificate = '/r/relay.pem'\nkey = '/r/relay.pem'",
        ] {
            Settings::parse(text).unwrap();
        }
    }

    #[test]
    fn addresses_of_two_kinds_or_ports_do_not_meet() {
        for listen in
            ["'127.0.0.1:0', '127.0.0.1:0'", "'0.0.0.0:7700', '[::1]:7700'", "'127.0.0.1:7700', '127.0.0.1:7701'"]
        {
            Settings::parse(&format!("listen = [{listen}]")).unwrap();
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
