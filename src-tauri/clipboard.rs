//! The clipboard, for invitations only: marked as secret where the system knows such marks, and cleared after a minute.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_engine::ErrorCode;
use zeroize::Zeroizing;

/// The clipboard. On Linux the application itself serves what it copied, so the handle lives as long as the application.
#[derive(Clone, Default)]
pub(crate) struct Clipboard(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    handle: Option<arboard::Clipboard>,
    /// What was put there last and not taken off yet.
    placed: Option<Zeroizing<String>>,
}

impl Clipboard {
    /// Puts a text on the clipboard and takes it off after a minute, if it is still there.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] if the system has no clipboard.
    pub(crate) async fn put(&self, text: String) -> Result<(), ErrorCode> {
        let text = Zeroizing::new(text);
        let (clipboard, copy) = (self.clone(), text.clone());
        let put = tauri::async_runtime::spawn_blocking(move || clipboard.place(copy));
        put.await.map_err(|_| ErrorCode::Internal)?.ok_or(ErrorCode::Internal)?;
        let clipboard = self.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(LIFETIME).await;
            let _ = tauri::async_runtime::spawn_blocking(move || clipboard.take_off(Some(&text))).await;
        });
        Ok(())
    }

    /// Takes off at once what is still there: the application ends, and other systems keep a clipboard beyond that.
    pub(crate) fn clear(&self) {
        self.take_off(None);
    }

    fn place(&self, text: Zeroizing<String>) -> Option<()> {
        let mut held = self.held();
        if held.handle.is_none() {
            held.handle = arboard::Clipboard::new().ok();
        }
        set(held.handle.as_mut()?, &text)?;
        held.placed = Some(text);
        Some(())
    }

    /// Clears the clipboard if it holds what was placed last, or only if that is `wanted`.
    fn take_off(&self, wanted: Option<&Zeroizing<String>>) {
        let mut held = self.held();
        if wanted.is_some_and(|wanted| held.placed.as_ref() != Some(wanted)) {
            return;
        }
        let (Some(placed), Some(handle)) = (held.placed.take(), held.handle.as_mut()) else { return };
        if handle.get_text().is_ok_and(|current| *Zeroizing::new(current) == *placed) {
            // A clipboard that cannot be cleared belongs to somebody else by now.
            let _ = handle.clear();
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
