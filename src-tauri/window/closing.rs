//! The close button. Where the end of the application is felt, the page asks first; a page that cannot ask keeps no
//! window open.

use std::{sync::Arc, time::Duration};

use tauri::{Manager as _, Runtime, WebviewWindow, WindowEvent};
use tokio::{sync::Notify, time::timeout};

use crate::{
    events::{self, ShellEvent},
    state::Shell,
};

/// Follows the close button until the application ends.
pub(super) fn follow<R: Runtime>(window: WebviewWindow<R>) {
    let pressed = Arc::new(Notify::new());
    let notifier = Arc::clone(&pressed);
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            api.prevent_close();
            notifier.notify_one();
        }
    });
    tauri::async_runtime::spawn(async move {
        loop {
            pressed.notified().await;
            if !is_asked(&window, &pressed).await {
                window.app_handle().exit(0);
            }
        }
    });
}

/// Whether a person is asked before the window closes. Not if its end is not felt, if the page does not say in time that
/// it asks, or if the button is pressed again meanwhile.
pub(crate) async fn is_asked<R: Runtime>(window: &WebviewWindow<R>, pressed: &Notify) -> bool {
    tokio::select! {
        asked = timeout(PATIENCE, ask(window)) => asked.unwrap_or(false),
        () = insist(pressed) => false,
    }
}

/// Resolves once the page asks, or as soon as nobody is to be asked.
async fn ask<R: Runtime>(window: &WebviewWindow<R>) -> bool {
    let shell = window.state::<Shell>();
    if !shell.engine.is_end_felt().await {
        return false;
    }
    // Waits from here on: the answer may come before the next line is done.
    let asks = shell.asks_to_close.notified();
    // An event that was taken is an event on its way to a page that may be busy, or dead.
    if !shell.tell(ShellEvent::Window(events::WindowEvent::CloseRequested)) {
        return false;
    }
    let _ = window.set_focus();
    asks.await;
    true
}

/// Resolves when the button is pressed again: somebody has waited long enough.
async fn insist(pressed: &Notify) {
    let same = async {
        loop {
            pressed.notified().await;
        }
    };
    // It never ends by itself.
    let _ = timeout(AT_ONCE, same).await;
    pressed.notified().await;
}

/// How long a page may take until its question is on the screen.
const PATIENCE: Duration = Duration::from_secs(5);
/// Presses within this time are one: a double click is no impatience.
const AT_ONCE: Duration = Duration::from_secs(1);
