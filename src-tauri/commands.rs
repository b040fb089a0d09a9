//! Every command of the window. Those of the engine are forwarded as they are, from its own table; those of the shell are in
//! [`shell`]. What the window may call is in `permissions/app.toml`.

mod shell;

use conclave_engine::{ErrorCode, InvitationError, api::*, snapshot::*};
use tauri::{Runtime, State, ipc::Invoke};

use crate::{error::CommandError, state::Shell};

/// The answer of a command.
type Answer<T> = Result<T, CommandError>;

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident($($request:ident: $type:ty)?) -> $reply:ty),* $(,)?) => {
        $(
            $(#[$doc])*
            #[tauri::command]
            async fn $name($($request: $type,)? shell: State<'_, Shell>) -> Answer<$reply> {
                shell.engine.$name($($request)?).await.answer()
            }
        )*

        /// Routes a call of the window to its command.
        pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![
                $($name,)*
                shell::asks_to_close,
                shell::boot,
                shell::close_window,
                shell::copy_invitation,
                shell::protect_window,
                shell::ready,
                shell::subscribe,
            ]
        }
    };
}
conclave_engine::commands!(forward);

/// What a method of the engine returns, as an answer to the window.
trait Answers<T> {
    fn answer(self) -> Answer<T>;
}

/// What cannot fail.
impl<T> Answers<T> for T {
    fn answer(self) -> Answer<T> {
        Ok(self)
    }
}

impl<T> Answers<T> for Result<T, ErrorCode> {
    fn answer(self) -> Answer<T> {
        Ok(self?)
    }
}

/// With the place of the slip in the invitation.
impl<T> Answers<T> for Result<T, InvitationError> {
    fn answer(self) -> Answer<T> {
        Ok(self?)
    }
}
