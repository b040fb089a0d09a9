//! The one window: hidden until its first screen is drawn, locked to its own pages, writing nothing outside its folder.

use std::{path::PathBuf, time::Duration};

use tauri::{
    AppHandle, Manager as _, Runtime, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{Color, NewWindowResponse, PermissionResponse},
};

use crate::state::Shell;

pub(crate) mod closing;
#[cfg(target_os = "linux")]
mod erase_keys;
#[cfg(target_os = "linux")]
mod revival;
mod size;

/// Builds the window. What the system's webview insists on writing goes into the folder.
///
/// # Errors
/// What the system's webview says.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, webview: PathBuf) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Conclave")
        .inner_size(f64::from(size::FIRST.width), f64::from(size::FIRST.height))
        .min_inner_size(f64::from(size::SMALLEST.width), f64::from(size::SMALLEST.height))
        .visible(false)
        .background_color(GROUND)
        .zoom_hotkeys_enabled(true)
        .devtools(cfg!(debug_assertions))
        .general_autofill_enabled(false)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny)
        .initialization_script(NO_PEER_CONNECTIONS)
        // Both: with `incognito` alone a folder of the system is still created.
        .data_directory(webview)
        // A window that WebDriver drives must not be private: WebKit switches automation off there.
        .incognito(cfg!(not(feature = "e2e")))
        .build()?;
    show_anyway(window.clone());
    size::follow(window.clone(), app.state::<Shell>().engine.clone());
    closing::follow(window.clone());
    #[cfg(target_os = "linux")]
    {
        revival::follow(&window)?;
        erase_keys::follow(&window, app.state::<Shell>().engine.clone())?;
    }
    Ok(())
}

/// A page that fails before its first screen must not leave an invisible window behind.
fn show_anyway<R: Runtime>(window: WebviewWindow<R>) {
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(WATCHDOG).await;
        if matches!(window.is_visible(), Ok(false)) {
            let _ = window.show();
        }
    });
}

fn is_own_page(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "tauri" => host == "localhost",
        // The same origin on Windows.
        "http" | "https" => cfg!(windows) && host == "tauri.localhost",
        _ => false,
    }
}

/// Matches the darker theme, so that a slow first frame does not flash.
const GROUND: Color = Color(17, 18, 20, 255);
const WATCHDOG: Duration = Duration::from_millis(1500);
/// Where the webview could open connections of its own, it must not: they would show addresses that the engine hides.
const NO_PEER_CONNECTIONS: &str = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) \
     { try { delete window[name]; } catch {} }";
