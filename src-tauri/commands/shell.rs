//! What concerns the window and the computer rather than a room.

use conclave_engine::{ErrorCode, api::OfRoom, snapshot::RoomHandle};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Runtime, State, WebviewWindow, ipc::Channel};

use super::Answer;
use crate::{events::ShellEvent, keyring, paths::Trouble, state::Shell};

/// What the window needs before it draws anything.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Boot {
    locale: &'static str,
    /// The Fluent file of the locale.
    strings: &'static str,
    portable: bool,
    /// The system's keyring can be used.
    keyring: bool,
    data_folder: String,
    /// Why the folder cannot be used; looked at with every call.
    trouble: Option<Trouble>,
    version: &'static str,
    platform: &'static str,
}

#[tauri::command]
pub(super) async fn boot(shell: State<'_, Shell>) -> Answer<Boot> {
    let portable = shell.paths.is_portable();
    Ok(Boot {
        locale: "en",
        strings: include_str!("../../ui/locales/en/conclave.ftl"),
        portable,
        keyring: !portable && keyring::is_there().await,
        data_folder: shell.paths.data().display().to_string(),
        trouble: shell.paths.create().err().map(|error| Trouble::from(&error)),
        version: env!("CARGO_PKG_VERSION"),
        platform: std::env::consts::OS,
    })
}

/// The first screen is drawn: show the window.
#[tauri::command]
pub(super) fn ready<R: Runtime>(window: WebviewWindow<R>) -> Answer<()> {
    window.show().map_err(|_| ErrorCode::Internal)?;
    Ok(())
}

/// The question whether to close is on the screen: the window waits for its answer.
#[tauri::command]
pub(super) fn asks_to_close(shell: State<'_, Shell>) -> Answer<()> {
    // Kept for nobody: only a press of the close button waits for it.
    shell.asks_to_close.notify_waiters();
    Ok(())
}

/// Delivers every later event.
#[tauri::command]
pub(super) async fn subscribe(channel: Channel<ShellEvent>, shell: State<'_, Shell>) -> Answer<()> {
    let mut events = shell.engine.events();
    shell.attach(channel.clone());
    tauri::async_runtime::spawn(async move {
        while let Some(event) = events.next().await {
            // The page was loaded anew and listens on another channel.
            if channel.send(ShellEvent::Engine(Box::new(event))).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Which form of an invitation goes to the clipboard.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Form {
    Link,
    Code,
    Words,
    /// Where the room is, for code and words.
    Address,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CopyInvitation {
    room: RoomHandle,
    form: Form,
}

/// Puts an invitation on the clipboard and takes it off after a minute.
#[tauri::command]
pub(super) async fn copy_invitation(request: CopyInvitation, shell: State<'_, Shell>) -> Answer<()> {
    let invitation = shell.engine.view_invitation(OfRoom { room: request.room }).await?;
    let text = match request.form {
        Form::Link => invitation.link,
        Form::Code => invitation.code,
        Form::Words => invitation.words.join(" "),
        Form::Address => invitation.address,
    };
    shell.clipboard.put(text).await?;
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProtectWindow {
    /// Something is open that can be read once.
    on: bool,
}

/// Keeps the window out of captures of the screen, where the system can (Windows, macOS), or lets it be captured again.
#[tauri::command]
pub(super) fn protect_window<R: Runtime>(request: ProtectWindow, window: WebviewWindow<R>) -> Answer<()> {
    // Linux has no such thing: the card says that pictures of the screen are beyond what an app can prevent.
    window.set_content_protected(request.on).map_err(|_| ErrorCode::Internal)?;
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CloseWindow {
    confirmed: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closing {
    closed: bool,
}

/// Closes the window, unless its end is felt and nobody confirmed.
#[tauri::command]
pub(super) async fn close_window<R: Runtime>(
    request: CloseWindow,
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Answer<Closing> {
    let closed = request.confirmed || !shell.engine.is_end_felt().await;
    if closed {
        app.exit(0);
    }
    Ok(Closing { closed })
}
