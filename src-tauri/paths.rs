//! Where data lives. Everything that the application writes goes through this type.

use std::{
    ffi::{OsStr, OsString},
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

fn executable_folder() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    folder_of(&executable, std::env::var_os("APPIMAGE").as_deref(), std::env::var_os("APPDIR").as_deref())
}

/// The folder of the executable; of the bundle on macOS, of the image for an AppImage.
///
/// `APPIMAGE` is believed only if the program lies inside the mounted image, `APPDIR`. Both variables are inherited: a program
/// that is started by somebody else's AppImage finds that one's, and would look for its marker in a foreign folder.
fn folder_of(executable: &Path, image: Option<&OsStr>, mounted_at: Option<&OsStr>) -> Option<PathBuf> {
    // The path of the executable has no symbolic links; the variable may. Every program lies inside of `/`, which is no image.
    let mounted_at =
        mounted_at.and_then(|folder| fs::canonicalize(folder).ok()).filter(|folder| folder.parent().is_some());
    if let Some(image) = image
        && mounted_at.is_some_and(|folder| executable.starts_with(folder))
    {
        return Path::new(image).parent().map(Path::to_owned);
    }
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
    fn the_variables_of_a_foreign_image_do_not_move_the_stick() {
        let stick = tempfile::tempdir().unwrap();
        let foreign = tempfile::tempdir().unwrap();
        let program = fs::canonicalize(stick.path()).unwrap().join("conclave");
        let image = foreign.path().join("Editor.AppImage").into_os_string();
        let nowhere = foreign.path().join("unmounted").into_os_string();
        let elsewhere = foreign.path().as_os_str();
        // Left over from an image that was closed, empty, everywhere, or missing: none of them is this program's.
        for mounted_at in [Some(elsewhere), Some(nowhere.as_os_str()), Some("".as_ref()), Some("/".as_ref()), None] {
            let folder = folder_of(&program, Some(&image), mounted_at);
            assert_eq!(folder.as_deref(), program.parent(), "{mounted_at:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_image_keeps_everything_beside_the_image() {
        let (mounts, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mounted = mounts.path().join("mounted");
        fs::create_dir(&mounted).unwrap();
        let link = mounts.path().join("link");
        std::os::unix::fs::symlink(&mounted, &link).unwrap();
        let program = fs::canonicalize(&mounted).unwrap().join("usr/bin/conclave");
        let image = stick.path().join("Conclave.AppImage").into_os_string();
        for mounted_at in [&mounted, &link] {
            let folder = folder_of(&program, Some(&image), Some(mounted_at.as_os_str()));
            assert_eq!(folder.as_deref(), Some(stick.path()), "{}", mounted_at.display());
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
