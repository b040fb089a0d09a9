//! Where data lives. Everything that the application writes goes through this type.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// Where data lives.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    root: PathBuf,
    portable: bool,
}

/// Why there is no place for data.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PathsError {
    /// An argument that the application does not know.
    #[error("unknown argument {0:?}; the only one is --data FOLDER")]
    Argument(OsString),
    /// The system names no folder for data.
    #[error("this system names no folder for data; start with --data FOLDER")]
    NoFolder,
    /// The folder cannot be made.
    #[error("the folder {0} cannot be used")]
    Io(PathBuf, #[source] io::Error),
}

impl Paths {
    /// `--data FOLDER`, else `data/` beside the executable if the portable marker is there, else the system's folder.
    ///
    /// # Errors
    /// [`PathsError`].
    pub(crate) fn find(arguments: impl Iterator<Item = OsString>) -> Result<Self, PathsError> {
        Self::beside(executable_folder(), arguments)
    }

    fn beside(program: Option<PathBuf>, mut arguments: impl Iterator<Item = OsString>) -> Result<Self, PathsError> {
        match arguments.next() {
            Some(argument) if argument == "--data" => {
                let root = arguments.next().ok_or(PathsError::NoFolder)?;
                return Ok(Self { root: root.into(), portable: false });
            }
            Some(argument) => return Err(PathsError::Argument(argument)),
            None => {}
        }
        if let Some(folder) = program.filter(|folder| folder.join(MARKER).exists()) {
            return Ok(Self { root: folder.join("data"), portable: true });
        }
        let root = system_folder().ok_or(PathsError::NoFolder)?.join("conclave");
        Ok(Self { root, portable: false })
    }

    /// Makes the folders, readable by this user only.
    ///
    /// # Errors
    /// [`PathsError::Io`].
    pub(crate) fn create(&self) -> Result<(), PathsError> {
        for folder in [self.data(), &self.webview(), &self.temporary()] {
            let failed = |error| PathsError::Io(folder.to_owned(), error);
            fs::create_dir_all(folder).map_err(failed)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                match fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) {
                    // A stick with FAT knows no permissions.
                    Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(failed(error)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The vault and the rooms.
    pub(crate) fn data(&self) -> &Path {
        &self.root
    }

    /// What the system's webview insists on writing.
    pub(crate) fn webview(&self) -> PathBuf {
        self.root.join("webview")
    }

    /// Temporary files, where the system's own place must not be used.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// No file is written outside the folder.
    pub(crate) fn is_portable(&self) -> bool {
        self.portable
    }
}

/// The folder of the executable; of the bundle on macOS, of the image for an AppImage.
fn executable_folder() -> Option<PathBuf> {
    if let Some(image) = std::env::var_os("APPIMAGE") {
        return Path::new(&image).parent().map(Path::to_owned);
    }
    let executable = std::env::current_exe().ok()?;
    let folder = executable.parent()?;
    let inside_bundle = folder.ends_with("Contents/MacOS");
    if inside_bundle { folder.ancestors().nth(3).map(Path::to_owned) } else { Some(folder.to_owned()) }
}

#[cfg(target_os = "windows")]
fn system_folder() -> Option<PathBuf> {
    std::env::var_os("LOCALAPPDATA").map(PathBuf::from)
}

#[cfg(target_os = "macos")]
fn system_folder() -> Option<PathBuf> {
    std::env::var_os("HOME").map(|home| Path::new(&home).join("Library/Application Support"))
}

#[cfg(not(any(target_os = "windows", target_os = "macos")))]
fn system_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))
}

/// Beside the executable it makes the application portable.
const MARKER: &str = "portable.txt";

#[cfg(test)]
mod tests {
    use super::*;

    fn found(stick: &Path, arguments: &[&str]) -> Result<Paths, PathsError> {
        Paths::beside(Some(stick.to_owned()), arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_marker_beside_the_program_keeps_everything_beside_the_program() {
        let stick = tempfile::tempdir().unwrap();
        fs::write(stick.path().join(MARKER), "").unwrap();
        let paths = found(stick.path(), &[]).unwrap();
        assert!(paths.is_portable());
        for folder in [paths.data().to_owned(), paths.webview(), paths.temporary()] {
            assert!(folder.starts_with(stick.path().join("data")), "{}", folder.display());
        }
    }

    #[test]
    fn without_the_marker_data_lives_where_the_system_says() {
        let place = tempfile::tempdir().unwrap();
        let paths = found(place.path(), &[]).unwrap();
        assert!(!paths.is_portable());
        assert!(!paths.data().starts_with(place.path()));
        assert_eq!(paths.data(), system_folder().unwrap().join("conclave"));
    }

    #[test]
    fn a_named_folder_is_meant_and_anything_else_is_said() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(MARKER), "").unwrap();
        assert_eq!(found(place.path(), &["--data", "/srv/elsewhere"]).unwrap().data(), Path::new("/srv/elsewhere"));
        assert!(matches!(found(place.path(), &["--data"]), Err(PathsError::NoFolder)));
        assert!(matches!(found(place.path(), &["--date", "x"]), Err(PathsError::Argument(name)) if name == "--date"));
    }
}
