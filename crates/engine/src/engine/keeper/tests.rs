use std::net::Ipv4Addr;

use tempfile::TempDir;
use tokio::{net::TcpListener, time::timeout};

use super::*;
use crate::{
    DataFolder, Environment,
    api::{CreateVault, HostRoom, OfRoom, PageMessages, Protection, SecretText, UnlockVault},
    engine::hosting::Place,
    host,
    snapshot::{ItemBody, SystemLine},
};

fn engine(folder: &TempDir) -> Engine {
    Engine::new(Environment::system(DataFolder::At(folder.path().to_owned()), None))
}

fn passphrase() -> Option<SecretText> {
    Some(SecretText::new("correct horse".to_owned()))
}

async fn hosts(engine: &Engine, in_memory: bool) -> RoomHandle {
    engine
        .host_room(HostRoom {
            title: "Room".to_owned(),
            note: String::new(),
            nick: "Alice".to_owned(),
            rules: crate::api::NewRules { message_ttl: 3600, ..crate::api::NewRules::default() },
            passphrase: None,
            in_memory,
        })
        .await
        .unwrap()
}

async fn state(engine: &Engine, room: &RoomHandle) -> HostingState {
    let view = engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    view.summary.hosting.unwrap().state
}

async fn until(engine: &Engine, room: &RoomHandle, expected: HostingState) {
    let reached = async {
        while state(engine, room).await != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(60), reached).await.unwrap_or_else(|_| panic!("never {expected:?}"));
}

/// How often the room says that its relay was started again.
async fn said(engine: &Engine, room: &RoomHandle) -> usize {
    let request = PageMessages { room: room.clone(), before: None, limit: 200 };
    let items = engine.page_messages(request).await.unwrap().items;
    let is_said = |body: &ItemBody| matches!(body, ItemBody::System { event: SystemLine::RelayRestarted });
    items.iter().filter(|item| is_said(&item.body)).count()
}

/// Puts a relay that dies soon in the place of the one that serves a room.
async fn make_it_die(engine: &Engine, room: &RoomHandle) {
    let turn = engine.inner.registry.turn().await;
    let served = turn.with(|open| Ok(open.entry(room)?.state.running()?.1.take())).unwrap();
    served.unwrap().stop().await;
    let Place { identity, log, port, .. } = turn.with(|open| Place::of(open, room)).unwrap().unwrap();
    let dying = host::tests::dying(&identity, port, log).await;
    turn.with(|open| {
        *open.entry(room)?.state.running()?.1 = Some(dying);
        Ok(())
    })
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_dies_is_started_again_and_the_room_says_so() {
    let folder = TempDir::new().unwrap();
    let engine = engine(&folder);
    engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase: passphrase() }).await.unwrap();
    for in_memory in [false, true] {
        let room = hosts(&engine, in_memory).await;
        let address = engine.view_invitation(OfRoom { room: room.clone() }).await.unwrap().address;
        make_it_die(&engine, &room).await;
        until(&engine, &room, HostingState::Starting).await;
        until(&engine, &room, HostingState::Running).await;
        let told = async {
            while said(&engine, &room).await != 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), told).await.expect("one line says it");
        assert_eq!(engine.view_invitation(OfRoom { room: room.clone() }).await.unwrap().address, address);
    }
    engine.lock_vault().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_whose_port_was_taken_is_served_by_itself_once_it_is_free() {
    let folder = TempDir::new().unwrap();
    let engine = engine(&folder);
    engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase: passphrase() }).await.unwrap();
    let room = hosts(&engine, false).await;
    let address = engine.view_invitation(OfRoom { room: room.clone() }).await.unwrap().address;
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    engine.lock_vault().await;

    let thief = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
    engine.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
    assert_eq!(state(&engine, &room).await, HostingState::PortTaken);
    drop(thief);
    until(&engine, &room, HostingState::Running).await;
    assert_eq!(said(&engine, &room).await, 0, "nothing had died");
    engine.lock_vault().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_stopped_stays_stopped() {
    let folder = TempDir::new().unwrap();
    let engine = engine(&folder);
    engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase: passphrase() }).await.unwrap();
    let room = hosts(&engine, false).await;
    let of_room = || OfRoom { room: room.clone() };
    let address = engine.view_invitation(of_room()).await.unwrap().address;
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    engine.lock_vault().await;
    let thief = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
    engine.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();

    engine.stop_hosting(of_room()).await.unwrap();
    assert_eq!(state(&engine, &room).await, HostingState::Stopped, "also while it only waited for its port");
    drop(thief);
    tokio::time::sleep(LOOK * 4).await;
    assert_eq!(state(&engine, &room).await, HostingState::Stopped);
    assert_eq!(engine.stop_hosting(of_room()).await.unwrap_err(), ErrorCode::NotHosted);
    engine.lock_vault().await;
}
