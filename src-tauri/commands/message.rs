//! Messages of a room.

use conclave_engine::{
    api::{OfRoom, PageMessages, SendMessage, WithdrawMessage},
    snapshot::{ItemId, Page},
};
use tauri::State;

use super::Answer;
use crate::state::Shell;

#[tauri::command]
pub(super) async fn page_messages(request: PageMessages, shell: State<'_, Shell>) -> Answer<Page> {
    Ok(shell.engine.page_messages(request).await?)
}

#[tauri::command]
pub(super) async fn send_message(request: SendMessage, shell: State<'_, Shell>) -> Answer<ItemId> {
    Ok(shell.engine.send_message(request).await?)
}

#[tauri::command]
pub(super) async fn withdraw_message(request: WithdrawMessage, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.withdraw_message(request).await?)
}

#[tauri::command]
pub(super) async fn mark_read(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.mark_read(request).await?)
}
