use std::net::Ipv4Addr;

use tempfile::TempDir;
use tokio::{net::TcpListener, time::timeout};

use super::*;
use crate::{
    DataFolder, Environment,
    api::{CreateVault, HostRoom, OfRoom, PageMessages, Protection, SecretText, UnlockVault},
    engine::Entry,
    host::{self, Log},
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
            message_ttl: 3600,
            max_members: 16,
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
    let mut open = engine.inner.open.lock().await;
    let Open { vault, rooms, .. } = open.as_mut().unwrap();
    let Entry { handle, hosted, state, .. } = rooms.get_mut(room).unwrap();
    let (_, served) = state.running().unwrap();
    served.take().unwrap().stop().await;
    *served = Some(match hosted {
        Some((identity, log, port)) => host::tests::dying(identity, *port, Log::Memory(Arc::clone(log))).await,
        None => {
            let stored = vault.hosted(*handle).unwrap().unwrap();
            let log = Log::File(vault.relay_log(*handle).unwrap());
            host::tests::dying(&host::Identity::from_stored(&stored).unwrap(), stored.port, log).await
        }
    });
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

#[test]
fn a_relay_that_dies_again_and_again_is_started_less_and_less_often_and_said_once() {
    let mut retry = Retry::default();
    let mut now = Duration::ZERO;
    let mut pauses = Vec::new();
    for _ in 0..7 {
        retry.started(now, Ok(()));
        assert!(!retry.is_due());
        now += Duration::from_millis(10);
        retry.died(now);
        pauses.push((retry.due.unwrap() - now).as_secs());
        assert_eq!(std::mem::take(&mut retry.died), pauses.len() == 1);
        now = retry.due.unwrap();
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    // One that ran long begins anew.
    retry.started(now, Ok(()));
    now += STABLE;
    retry.died(now);
    assert_eq!(retry.due.unwrap() - now, FIRST_PAUSE);
    assert!(retry.died);
}

#[test]
fn what_only_a_person_can_put_right_is_not_tried_again() {
    let mut retry = Retry::default();
    retry.started(Duration::ZERO, Err(ErrorCode::PortTaken));
    assert!(retry.is_due());
    retry.started(Duration::ZERO, Err(ErrorCode::HostedFileDamaged));
    assert!(!retry.is_due());
}
