//! Files and folders for their owner alone: made so whatever the umask, and pressed onto the disk.

use std::{
    fs::{self, DirBuilder, File},
    io,
    path::Path,
};

/// Makes a folder, and those above it, for its owner alone, whatever the umask. One that is there stays as it is.
pub(crate) fn private_dir(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        private_dir(above)?;
    }
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode is one of Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Race with another process, or a path that leads back up (`..`).
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        made => made?,
    }
    #[cfg(unix)]
    restrict(&fs::metadata(folder)?, 0o700, |rights| fs::set_permissions(folder, rights))?;
    Ok(())
}

/// Opens a file of ours, and where it is made, makes it for its owner alone from the first byte on, whatever the umask.
pub(crate) fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    restrict(&file.metadata()?, 0o600, |rights| file.set_permissions(rights))?;
    Ok(file)
}

/// Gives a file or folder exactly these rights: a umask may have taken away the owner's as well.
#[cfg(unix)]
fn restrict(found: &fs::Metadata, mode: u32, set: impl FnOnce(fs::Permissions) -> io::Result<()>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if found.permissions().mode() & 0o777 == mode {
        return Ok(());
    }
    match set(fs::Permissions::from_mode(mode)) {
        // FAT and some disks of a network know no permissions: what their mount says holds (EPERM, ENOTSUP, ENOSYS).
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

/// Refuses what is there and no regular file: opening a pipe blocks until its other end is opened.
pub(crate) fn check_regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(other_kind(&found)),
        Err(error) if !is_missing(&error) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What is wrong with something that has the name of a file or folder of ours.
pub(crate) fn other_kind(found: &fs::Metadata) -> io::Error {
    match () {
        () if found.is_dir() => io::ErrorKind::IsADirectory.into(),
        () if found.is_file() => io::ErrorKind::NotADirectory.into(),
        () => io::Error::other("it is no regular file, but a pipe, a socket or a device"),
    }
}

/// ENOENT, or ENOTDIR: a part of the path is a file, which shows when that part is looked at.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Presses renamed, new and removed names of a folder onto the disk.
pub(crate) fn sync_dir(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A stick, or a share of another system.
    #[test]
    fn a_disk_that_knows_no_rights_is_no_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
        let found = file.as_file().metadata().unwrap();
        for refused in [io::ErrorKind::PermissionDenied, io::ErrorKind::Unsupported] {
            restrict(&found, 0o600, |_| Err(refused.into())).unwrap();
        }
        restrict(&found, 0o600, |_| Err(io::ErrorKind::ReadOnlyFilesystem.into())).unwrap_err();
    }
}
