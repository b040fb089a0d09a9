//! Rooms: making, entering, hosting and leaving them.

use conclave_engine::{
    api::{CreateRoom, HostRoom, JoinRoom, OfRoom, PreviewRoom, ReadInvitation, RejoinRoom, RelocateRoom, StayInRoom},
    snapshot::{
        Creation, Departure, HostingReach, InvitationPreview, InvitationView, RoomHandle, RoomPreview, RoomView,
    },
};
use tauri::State;

use super::Answer;
use crate::state::Shell;

#[tauri::command]
pub(super) fn hosting_reach(shell: State<'_, Shell>) -> HostingReach {
    shell.engine.hosting_reach()
}

#[tauri::command]
pub(super) async fn host_room(request: HostRoom, shell: State<'_, Shell>) -> Answer<RoomHandle> {
    Ok(shell.engine.host_room(request).await?)
}

#[tauri::command]
pub(super) async fn create_room(request: CreateRoom, shell: State<'_, Shell>) -> Answer<Creation> {
    Ok(shell.engine.create_room(request).await?)
}

#[tauri::command]
pub(super) async fn read_invitation(request: ReadInvitation, shell: State<'_, Shell>) -> Answer<InvitationPreview> {
    Ok(shell.engine.read_invitation(request).await?)
}

#[tauri::command]
pub(super) async fn preview_room(request: PreviewRoom, shell: State<'_, Shell>) -> Answer<RoomPreview> {
    Ok(shell.engine.preview_room(request).await?)
}

#[tauri::command]
pub(super) async fn join_room(request: JoinRoom, shell: State<'_, Shell>) -> Answer<RoomHandle> {
    Ok(shell.engine.join_room(request).await?)
}

#[tauri::command]
pub(super) fn suggest_nick(shell: State<'_, Shell>) -> String {
    shell.engine.suggest_nick()
}

#[tauri::command]
pub(super) async fn view_room(request: OfRoom, shell: State<'_, Shell>) -> Answer<RoomView> {
    Ok(shell.engine.view_room(request).await?)
}

#[tauri::command]
pub(super) async fn view_invitation(request: OfRoom, shell: State<'_, Shell>) -> Answer<InvitationView> {
    Ok(shell.engine.view_invitation(request).await?)
}

#[tauri::command]
pub(super) async fn retry_room(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.retry_room(request).await?)
}

#[tauri::command]
pub(super) async fn rejoin_room(request: RejoinRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.rejoin_room(request).await?)
}

#[tauri::command]
pub(super) async fn stay_in_room(request: StayInRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.stay_in_room(request).await?)
}

#[tauri::command]
pub(super) async fn relocate_room(request: RelocateRoom, shell: State<'_, Shell>) -> Answer<RoomHandle> {
    Ok(shell.engine.relocate_room(request).await?)
}

#[tauri::command]
pub(super) async fn start_hosting(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.start_hosting(request).await?)
}

#[tauri::command]
pub(super) async fn stop_hosting(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.stop_hosting(request).await?)
}

#[tauri::command]
pub(super) async fn renew_address(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.renew_address(request).await?)
}

#[tauri::command]
pub(super) async fn leave_room(request: OfRoom, shell: State<'_, Shell>) -> Answer<Departure> {
    Ok(shell.engine.leave_room(request).await?)
}

#[tauri::command]
pub(super) async fn remove_room(request: OfRoom, shell: State<'_, Shell>) -> Answer<()> {
    Ok(shell.engine.remove_room(request).await?)
}
