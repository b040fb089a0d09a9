//! Checks and opens the files that the configuration names. An error names the key there, the path, the reason, and
//! what to do.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use conclave_relay::open_private;
use zeroize::Zeroizing;

/// A path and the key of the configuration that names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) key: &'static str,
    pub(crate) path: &'a Path,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.path.display())
    }
}

impl<'a> Named<'a> {
    pub(crate) fn new(key: &'static str, path: &'a Path) -> Self {
        Self { key, path }
    }

    /// The name under which the file is begun, so that it gets its own when it is whole.
    pub(crate) fn begun(self) -> PathBuf {
        self.beside(".begun")
    }

    /// The path with this behind the name.
    pub(crate) fn beside(self, suffix: &str) -> PathBuf {
        with_suffix(self.path, suffix)
    }

    /// Refuses a path that names no file, whatever is there.
    pub(crate) fn check_name(self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.path.as_os_str().is_empty(), "{} is empty; name a file", self.key);
        // A path is compared, and its last part told, without what is left out here.
        let written = self.path.as_os_str().to_string_lossy();
        let last = written.rsplit(std::path::is_separator).next().unwrap_or_default();
        let is_folder = matches!(last, "" | "." | "..");
        anyhow::ensure!(!is_folder, "{self}: {}", reason(&io::ErrorKind::IsADirectory.into()));
        Ok(())
    }

    /// Refuses what SQLite would not take for the path of a file.
    pub(crate) fn check_sqlite_name(self) -> anyhow::Result<()> {
        let written = self.path.as_os_str().to_string_lossy();
        anyhow::ensure!(
            !written.starts_with(':') && !written.starts_with("file:"),
            "{self}: SQLite takes such a name for something else than a file; write all of its path, or leave \
             [storage] out to keep rooms in memory"
        );
        Ok(())
    }

    /// Refuses a relative path: it depends on the folder that the relay is started in, and from another one the relay
    /// would make an empty storage and new keys, which no invitation knows.
    pub(crate) fn check_absolute(self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.path.is_absolute(),
            "{self} is another file wherever the relay is started; write all of its path, from the root on"
        );
        Ok(())
    }

    /// Whether this is the file of another path, with this behind its name. Two ways to write one path are one file; a
    /// path that leads nowhere is refused later.
    pub(crate) fn is(self, other: Named<'_>, suffix: &str) -> bool {
        self.path == other.beside(suffix)
            || matches!((self.resolved(), other.resolved()), (Ok(one), Ok(two)) if one == with_suffix(&two, suffix))
    }

    /// Whether something is there; an emptied file is.
    pub(crate) fn exists(self) -> anyhow::Result<bool> {
        match fs::symlink_metadata(self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(anyhow!("{self} cannot be looked at: {}", reason(&error))),
        }
    }

    /// What the file holds, which is a key or certificates.
    pub(crate) fn read(self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        self.check_regular()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(USUAL));
        let read = File::open(self.path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(bytes),
            Err(error) => Err(anyhow!("{self} cannot be read: {}", reason(&error))),
        }
    }

    /// Refuses a folder, a device, and a pipe, which would be waited for until somebody writes into it.
    fn check_regular(self) -> anyhow::Result<()> {
        match fs::metadata(self.path) {
            Ok(found) if found.is_file() => Ok(()),
            Ok(found) if found.is_dir() => Err(anyhow!("{self}: {}", reason(&io::ErrorKind::IsADirectory.into()))),
            Ok(_) => Err(anyhow!("{self} is no regular file, but a pipe, a socket or a device; name a file")),
            Err(error) => Err(anyhow!("{self} cannot be read: {}", reason(&error))),
        }
    }

    /// Refuses a file that SQLite could not change.
    pub(crate) fn check_changeable(self) -> anyhow::Result<()> {
        self.check_regular()?;
        self.check_length("")?;
        access(self.path, false).map_err(|error| anyhow!("{self} cannot be changed: {}", reason(&error)))?;
        self.check_folder()
    }

    /// Refuses a path that is too long for SQLite with what it puts behind it, and `begun` before that.
    pub(crate) fn check_length(self, begun: &str) -> anyhow::Result<()> {
        let len = self.resolved()?.as_os_str().len();
        let most = SQLITE_PATH.saturating_sub(begun.len()).saturating_sub(SQLITE_SUFFIX.len());
        anyhow::ensure!(len <= most, "{self}: the path has {len} bytes, and {most} are the most; name a shorter one");
        Ok(())
    }

    fn folder(self) -> &'a Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// The file's own path: without links, and without `..`, which SQLite takes literally where a folder is missing.
    pub(crate) fn resolved(self) -> anyhow::Result<PathBuf> {
        let found = match fs::canonicalize(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::canonicalize(self.folder()).map(|folder| folder.join(self.path.file_name().unwrap_or_default()))
            }
            found => found,
        };
        found.map_err(|error| anyhow!("{self} cannot be looked at: {}", reason(&error)))
    }

    /// Refuses a folder in which nothing can be made.
    pub(crate) fn check_folder(self) -> anyhow::Result<()> {
        let folder = self.folder();
        let found = match fs::metadata(folder) {
            Ok(found) if found.is_dir() => access(folder, true),
            Ok(_) => Err(io::ErrorKind::NotADirectory.into()),
            Err(error) => Err(error),
        };
        found.map_err(|error| {
            anyhow!("{self}: nothing can be made in the folder {}: {}", folder.display(), reason(&error))
        })
    }

    /// Writes a file that only its owner may read under the name for what is begun.
    pub(crate) fn begin_private(self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let written = open_private(&self.begun(), &mut options).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(|error| self.cannot_be_made(&error))
    }

    /// Gives what is begun its name.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        fs::rename(self.begun(), self.path).map_err(|error| self.cannot_be_made(&error))
    }

    fn cannot_be_made(self, error: &io::Error) -> anyhow::Error {
        anyhow!("{self} cannot be made: {}", reason(error))
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The reason, and what to do where that is clear.
pub(crate) fn reason(error: &io::Error) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the system's own list; the rest says what it is")]
    let said = match error.kind() {
        io::ErrorKind::NotFound => "there is nothing; correct the path, or put it there",
        io::ErrorKind::PermissionDenied => "permission denied; allow it to the user that runs the relay",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only; name a place that can be written to",
        io::ErrorKind::IsADirectory => "it is a folder; name a file in it",
        io::ErrorKind::NotADirectory => "a part of the path is a file; correct the path",
        io::ErrorKind::InvalidFilename => "the path is too long, or holds what no name may; name another one",
        io::ErrorKind::FileTooLarge => "it would be larger than this process may write (ulimit -f); raise that limit",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full; free some space",
        _ => return error.to_string(),
    };
    said.to_owned()
}

/// Asks the system whether this process may change the file, or make files in the folder, without trying.
#[cfg(unix)]
fn access(path: &Path, folder: bool) -> io::Result<()> {
    use rustix::fs::Access;
    let wanted = if folder { Access::WRITE_OK | Access::EXEC_OK } else { Access::READ_OK | Access::WRITE_OK };
    Ok(rustix::fs::access(path, wanted)?)
}

/// Only trying would tell.
#[cfg(windows)]
fn access(_: &Path, _: bool) -> io::Result<()> {
    Ok(())
}

/// SQLite's longest path, and the longest of what it puts behind one.
const SQLITE_PATH: usize = 512;
const SQLITE_SUFFIX: &str = "-journal";
/// A key, or a chain of certificates.
const USUAL: usize = 8 * 1024;
const MOST: u64 = 1024 * 1024;
