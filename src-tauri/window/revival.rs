//! A web process that ends (out of memory, a fault of WebKit) takes the page with it, and WebKitGTK leaves a view behind
//! that does nothing. The engine is in this process and goes on, so the page is loaded again, as Tauri does on macOS.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tauri::{Runtime, WebviewWindow};
use webkit2gtk::WebViewExt as _;

/// Loads the page again whenever its process has ended.
///
/// # Errors
/// What the system's webview says.
pub(super) fn follow<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    let revival = Revival::default();
    window.with_webview(move |webview| {
        webview.inner().connect_web_process_terminated(move |page, _| {
            if revival.begin() {
                page.reload();
            }
        });
    })
}

/// How often it may be done.
#[derive(Default)]
struct Revival {
    is_young: Arc<AtomicBool>,
}

impl Revival {
    /// Whether the page is loaded again. Not if it has just been: one that ends its process by itself would do so for
    /// ever.
    fn begin(&self) -> bool {
        let was_young = self.is_young.swap(true, Ordering::Relaxed);
        if !was_young {
            let is_young = Arc::clone(&self.is_young);
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(YOUTH).await;
                is_young.store(false, Ordering::Relaxed);
            });
        }
        !was_young
    }
}

/// A page that dies within this time after it was loaded again is left alone; the close button still ends the
/// application.
const YOUTH: Duration = Duration::from_secs(10);
