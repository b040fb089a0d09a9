//! Every command of the window: it translates and forwards. The names stand here and in `permissions/app.toml`.

mod message;
mod room;
mod shell;
mod vault;

use tauri::{Runtime, ipc::Invoke};

use crate::error::CommandError;

/// The answer of a command.
type Answer<T> = Result<T, CommandError>;

/// Routes a call of the window to its command.
pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        message::mark_read,
        message::page_messages,
        message::send_message,
        message::withdraw_message,
        room::create_room,
        room::host_room,
        room::hosting_reach,
        room::join_room,
        room::leave_room,
        room::preview_room,
        room::read_invitation,
        room::remove_room,
        room::renew_address,
        room::relocate_room,
        room::rejoin_room,
        room::stay_in_room,
        room::retry_room,
        room::start_hosting,
        room::stop_hosting,
        room::suggest_nick,
        room::view_invitation,
        room::view_room,
        shell::boot,
        shell::close_window,
        shell::copy_invitation,
        shell::ready,
        shell::subscribe,
        vault::create_vault,
        vault::lock_vault,
        vault::set_theme,
        vault::set_vault_aside,
        vault::snapshot,
        vault::unlock_vault,
    ]
}
