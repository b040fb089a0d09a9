//! Where data lives. Everything that the application writes goes through this type.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

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

    /// Makes the folders, readable by this user only, and sees whether anything can be kept there.
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
        self.try_to_write().map_err(|error| PathsError::Io(self.root.clone(), error))
    }

    /// Folders that are there already say nothing of whether anything can be kept in them. A full disk can still be read.
    fn try_to_write(&self) -> io::Result<()> {
        let attempt = self.root.join(format!("attempt-{}", std::process::id()));
        match fs::File::create(&attempt).and_then(|_| fs::remove_file(&attempt)) {
            Err(error) if is_full(&error) => Ok(()),
            tried => tried,
        }
    }

    /// A folder for what the system's webview insists on writing while there is none for data: in the system's place for
    /// temporary files, until [`Stopgap::remove`]. A portable installation writes nowhere else, so there it is the nearest folder
    /// that is there.
    ///
    /// # Errors
    /// [`PathsError::Io`].
    pub(crate) fn stopgap(&self) -> Result<Stopgap, PathsError> {
        if self.portable {
            let nearest = self.root.ancestors().find(|folder| folder.is_dir()).unwrap_or(&self.root);
            return Ok(Stopgap { folder: nearest.to_owned(), is_own: false });
        }
        let folder = std::env::temp_dir().join(format!("conclave-{}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| PathsError::Io(folder.clone(), error))?;
        Ok(Stopgap { folder, is_own: true })
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

    /// What is beside the vault in the folder: written by the webview and the system's libraries, of which nothing is to stay.
    pub(crate) fn beside_the_vault(&self) -> Vec<PathBuf> {
        vec![self.webview(), self.temporary(), self.redirected()]
    }

    /// Where what GTK and others would write into the person's own folders goes, in portable mode.
    pub(crate) fn redirected(&self) -> PathBuf {
        self.root.join(REDIRECTED)
    }

    /// No file is written outside the folder.
    pub(crate) fn is_portable(&self) -> bool {
        self.portable
    }
}

/// See [`Paths::stopgap`].
#[derive(Debug)]
pub(crate) struct Stopgap {
    folder: PathBuf,
    /// It was made for this.
    is_own: bool,
}

impl Stopgap {
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what was made. The process ends without destructors.
    pub(crate) fn remove(&self) {
        if self.is_own {
            // What is left is empty files of the webview, in the system's own place for what is left.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Why the folder for data cannot be used, by what a person can do about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Trouble {
    /// Something else has the name of the folder, or of one above it.
    NotAFolder,
    /// The disk is write-protected.
    ReadOnly,
    /// This user may not.
    Denied,
    /// The disk has no place for a folder.
    Full,
    /// The disk fails, or is gone.
    Disk,
}

impl From<&PathsError> for Trouble {
    fn from(error: &PathsError) -> Self {
        let PathsError::Io(_, error) = error else { return Self::Disk };
        let is = |kinds: &[io::ErrorKind]| kinds.contains(&error.kind());
        if is_full(error) {
            Self::Full
        } else if is(&[io::ErrorKind::NotADirectory, io::ErrorKind::AlreadyExists]) {
            Self::NotAFolder
        } else if is(&[io::ErrorKind::ReadOnlyFilesystem]) {
            Self::ReadOnly
        } else if is(&[io::ErrorKind::PermissionDenied]) {
            Self::Denied
        } else {
            Self::Disk
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
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

const REDIRECTED: &str = "xdg";
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
    fn a_folder_that_cannot_be_used_is_said_with_what_a_person_can_do() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("conclave");
        fs::write(&file, "somebody's").unwrap();
        for folder in [file.clone(), file.join("data")] {
            let paths = found(place.path(), &["--data", folder.to_str().unwrap()]).unwrap();
            let error = paths.create().unwrap_err();
            assert_eq!(Trouble::from(&error), Trouble::NotAFolder, "{error:?}");
            assert_eq!(fs::read(&file).unwrap(), b"somebody's", "and stays as it is");
        }
        let kind = |kind: io::ErrorKind| Trouble::from(&PathsError::Io(file.clone(), kind.into()));
        assert_eq!(kind(io::ErrorKind::ReadOnlyFilesystem), Trouble::ReadOnly);
        assert_eq!(kind(io::ErrorKind::PermissionDenied), Trouble::Denied);
        assert_eq!(kind(io::ErrorKind::StorageFull), Trouble::Full);
        assert_eq!(kind(io::ErrorKind::NotFound), Trouble::Disk);
        fs::remove_file(&file).unwrap();
        let paths = found(place.path(), &["--data", file.to_str().unwrap()]).unwrap();
        paths.create().unwrap();
        let mut left: Vec<_> = fs::read_dir(&file).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["tmp", "webview"], "the attempt to write leaves nothing");
    }

    #[test]
    fn without_a_folder_for_data_the_webview_has_one_that_goes() {
        let stick = tempfile::tempdir().unwrap();
        let paths = found(stick.path(), &["--data", "/nowhere"]).unwrap();
        let stopgap = paths.stopgap().unwrap();
        let folder = stopgap.folder().to_owned();
        assert!(folder.is_dir());
        stopgap.remove();
        assert!(!folder.exists());
        fs::write(stick.path().join(MARKER), "").unwrap();
        let stopgap = found(stick.path(), &[]).unwrap().stopgap().unwrap();
        assert_eq!(stopgap.folder(), stick.path(), "a stick is left for no other place");
        stopgap.remove();
        assert!(stick.path().exists());
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
