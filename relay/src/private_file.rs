//! Files that only their owner may read.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Opens a file, and where it is made, makes it for its owner alone from the first byte on, whatever the umask, and
/// whatever rights an earlier start left it with. What is no regular file keeps its rights, and so does everything on a
/// disk that knows none.
///
/// # Errors
/// What the system says.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, MODE);
    let file = options.open(path)?;
    #[cfg(unix)]
    restrict(&file.metadata()?, |rights| file.set_permissions(rights))?;
    Ok(file)
}

/// Gives a regular file exactly these rights. A umask takes away more than others' if somebody set it so.
#[cfg(unix)]
fn restrict(found: &std::fs::Metadata, set: impl FnOnce(std::fs::Permissions) -> io::Result<()>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if !found.is_file() || found.permissions().mode() & 0o777 == MODE {
        return Ok(());
    }
    match set(std::fs::Permissions::from_mode(MODE)) {
        // FAT and some disks of a network know no permissions: what their mount says holds (EPERM, ENOTSUP, ENOSYS).
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

#[cfg(unix)]
const MODE: u32 = 0o600;

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    /// A relay on a stick, or on a share of another system.
    #[test]
    fn a_disk_that_knows_no_rights_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let found = fs::metadata(&path).unwrap();
        for refused in [io::ErrorKind::PermissionDenied, io::ErrorKind::Unsupported] {
            restrict(&found, |_| Err(refused.into())).unwrap();
        }
        restrict(&found, |_| Err(io::ErrorKind::ReadOnlyFilesystem.into())).unwrap_err();
        open_private(&path, File::options().write(true)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE, "a disk that does is told");
    }
}
