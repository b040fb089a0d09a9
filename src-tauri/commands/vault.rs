//! The vault.

use conclave_engine::{
    api::{CreateVault, SetTheme, UnlockVault},
    snapshot::Snapshot,
};
use tauri::State;

use super::Answer;
use crate::state::Shell;

#[tauri::command]
pub(super) async fn snapshot(shell: State<'_, Shell>) -> Answer<Snapshot> {
    Ok(shell.engine.snapshot().await?)
}

#[tauri::command]
pub(super) async fn create_vault(request: CreateVault, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.create_vault(request).await?)
}

#[tauri::command]
pub(super) async fn unlock_vault(request: UnlockVault, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.unlock_vault(request).await?)
}

#[tauri::command]
pub(super) async fn set_vault_aside(shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.set_vault_aside().await?)
}

#[tauri::command]
pub(super) async fn set_theme(request: SetTheme, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.set_theme(request).await?)
}

#[tauri::command]
pub(super) async fn lock_vault(shell: State<'_, Shell>) -> Answer<()> {
    shell.engine.lock_vault().await;
    Ok(())
}
