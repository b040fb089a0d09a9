//! What of the window and of the relay used last is there again after a restart, and what is not.

use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode,
    api::{CreateVault, JoinRoom, OfRoom, Protection, SecretText, SetTheme},
    snapshot::{Theme, VaultState, WindowSize},
};
use conclave_store::{Durability, Unlock, Vault};

use conclave_testkit::app::{App, PASSPHRASE};

const LARGE: WindowSize = WindowSize { width: 1500, height: 900, is_maximised: false };
const MAXIMISED: WindowSize = WindowSize { is_maximised: true, ..LARGE };

async fn theme(engine: &Engine) -> Theme {
    engine.snapshot().await.unwrap().theme
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn theme_window_and_the_last_relay_are_there_again_after_a_restart() {
    let mut alice = App::new().await;
    assert_eq!((theme(&alice.engine).await, alice.engine.window_size().await), (Theme::System, Ok(None)));
    alice.engine.set_theme(SetTheme { theme: Theme::Dark }).await.unwrap();
    alice.engine.remember_window(LARGE).await.unwrap();
    let host = App::new().await;
    let invitation = host.engine.view_invitation(OfRoom { room: host.host().await }).await.unwrap();
    let code = JoinRoom {
        invitation: SecretText::new(invitation.code),
        address: Some(invitation.address.clone()),
        passphrase: None,
        nick: "Alice".to_owned(),
        in_memory: false,
    };
    alice.engine.join_room(code).await.unwrap();

    alice.engine.lock_vault().await;
    assert_eq!(theme(&alice.engine).await, Theme::System, "a vault that is closed says nothing");
    assert_eq!(alice.engine.window_size().await, Err(ErrorCode::VaultLocked));
    assert_eq!(alice.engine.remember_window(MAXIMISED).await, Err(ErrorCode::VaultLocked));
    alice.restart().await;
    assert_eq!((theme(&alice.engine).await, alice.engine.window_size().await), (Theme::Dark, Ok(Some(LARGE))));
    assert_eq!(alice.engine.snapshot().await.unwrap().last_address, Some(invitation.address));

    alice.engine.set_theme(SetTheme { theme: Theme::System }).await.unwrap();
    alice.engine.remember_window(MAXIMISED).await.unwrap();
    alice.restart().await;
    assert_eq!((theme(&alice.engine).await, alice.engine.window_size().await), (Theme::System, Ok(Some(MAXIMISED))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_neither_kept_nor_read() {
    let mut alice = App::new().await;
    for nonsense in [WindowSize { width: 0, ..LARGE }, WindowSize { height: 100_000, ..LARGE }] {
        assert_eq!(alice.engine.remember_window(nonsense).await, Err(ErrorCode::InvalidRequest));
    }
    alice.engine.remember_window(LARGE).await.unwrap();
    alice.engine.lock_vault().await;
    // As another version, or somebody with the passphrase, may have written it.
    let vault = Vault::open(alice.folder.path(), Unlock::Passphrase(PASSPHRASE), Durability::Full).unwrap();
    vault.set_setting("theme", "purple").unwrap();
    vault.set_setting("window", "99999x800").unwrap();
    drop(vault);
    alice.restart().await;
    assert_eq!((theme(&alice.engine).await, alice.engine.window_size().await), (Theme::System, Ok(None)));
}

#[tokio::test]
async fn a_vault_in_memory_takes_its_look_with_it() {
    let engine = Engine::new(Environment::system(DataFolder::None, None));
    let begin = || CreateVault { protection: Protection::MemoryOnly, passphrase: None };
    engine.create_vault(begin()).await.unwrap();
    engine.set_theme(SetTheme { theme: Theme::Light }).await.unwrap();
    assert_eq!(theme(&engine).await, Theme::Light, "as long as it is open");
    engine.lock_vault().await;
    engine.create_vault(begin()).await.unwrap();
    assert_eq!(engine.snapshot().await.unwrap().vault, VaultState::OpenInMemory);
    assert_eq!((theme(&engine).await, engine.window_size().await), (Theme::System, Ok(None)));
}
