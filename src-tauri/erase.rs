//! Erasing this computer, as far as the window and its processes are concerned.

use conclave_engine::{Engine, api::EraseDevice, event::Event};
use tauri::{AppHandle, Manager as _, Runtime};

use crate::state::Shell;

/// Once everything is erased the application starts anew, as on its first run: what was read is also in the memory of the page's
/// processes, which nobody but the system can take back. Where something is left, the page says what.
pub(crate) fn begin_anew<R: Runtime>(app: AppHandle<R>) {
    let mut events = app.state::<Shell>().engine.events();
    tauri::async_runtime::spawn(async move {
        while let Some(event) = events.next().await {
            let Event::DeviceErased { erasure } = event else { continue };
            app.state::<Shell>().clipboard.clear();
            if erasure.left.is_empty() {
                app.request_restart();
                return;
            }
        }
    });
}

/// Erases without a page, which may hang.
#[cfg(target_os = "linux")]
pub(crate) fn at_once(engine: Engine) {
    tauri::async_runtime::spawn(async move { engine.erase_device(EraseDevice { tell_rooms: false }).await });
}
