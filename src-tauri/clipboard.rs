//! The clipboard, for invitations only: marked as secret where the system knows such marks, and cleared after a minute.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_engine::ErrorCode;
use zeroize::Zeroizing;

/// The clipboard. On Linux the application itself serves what it copied, so the handle lives as long as the application.
#[derive(Clone, Default)]
pub(crate) struct Clipboard {
    handle: Arc<Mutex<Option<arboard::Clipboard>>>,
}

impl Clipboard {
    /// Puts a text on the clipboard and takes it off after a minute, if it is still there.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] if the system has no clipboard.
    pub(crate) async fn put(&self, text: String) -> Result<(), ErrorCode> {
        let text = Zeroizing::new(text);
        let (clipboard, copy) = (self.clone(), text.clone());
        let put = tauri::async_runtime::spawn_blocking(move || clipboard.with(|handle| set(handle, &copy)));
        put.await.map_err(|_| ErrorCode::Internal)?.ok_or(ErrorCode::Internal)?;
        let clipboard = self.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(LIFETIME).await;
            let cleared = tauri::async_runtime::spawn_blocking(move || {
                clipboard.with(|handle| {
                    let current = Zeroizing::new(handle.get_text().ok()?);
                    if *current == *text { handle.clear().ok() } else { Some(()) }
                })
            });
            let _ = cleared.await;
        });
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&mut arboard::Clipboard) -> Option<T>) -> Option<T> {
        let mut handle = self.handle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if handle.is_none() {
            *handle = arboard::Clipboard::new().ok();
        }
        work(handle.as_mut()?)
    }
}

#[cfg(target_os = "linux")]
fn set(handle: &mut arboard::Clipboard, text: &str) -> Option<()> {
    use arboard::SetExtLinux as _;
    handle.set().exclude_from_history().text(text).ok()
}

#[cfg(target_os = "windows")]
fn set(handle: &mut arboard::Clipboard, text: &str) -> Option<()> {
    use arboard::SetExtWindows as _;
    handle.set().exclude_from_cloud().exclude_from_history().exclude_from_monitoring().text(text).ok()
}

#[cfg(target_os = "macos")]
fn set(handle: &mut arboard::Clipboard, text: &str) -> Option<()> {
    use arboard::SetExtApple as _;
    handle.set().exclude_from_history().text(text).ok()
}

const LIFETIME: Duration = Duration::from_secs(60);
