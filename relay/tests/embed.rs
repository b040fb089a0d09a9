//! A relay lives and dies inside another process, over TCP and TLS.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;
#[path = "lab/tls.rs"]
mod tls;

use std::sync::Arc;

use conclave_proto::{ErrorCode, Role};
use conclave_relay::{BindError, Security, TlsIdentity};
use lab::*;
use tls::connect_tls;
use tokio::net::TcpStream;

fn loopback() -> std::net::SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[tokio::test]
async fn a_hosted_room_is_reached_through_the_pin_of_its_invitation() {
    let lab = Lab::new();
    let identity = TlsIdentity::generate().unwrap();
    let pin = identity.pin();
    let name = identity.authority().to_string();
    let address = lab.relay.bind(loopback(), Security::Tls(identity)).await.unwrap();
    let room = TestRoom::new(1);
    let mut alice = connect_tls(address, pin).await.unwrap();
    assert!(alice.hello.exporter_bound);
    room.create_with(&mut alice).await;
    let proof = alice.proof(&room, Role::Join, &room.access, &name);
    assert!(alice.ask(conclave_proto::frame::Request::Auth(proof)).await.is_ok(), "the pin is a name of the relay");
    alice.publish(room.genesis, &[7; 60_000], 1).await.unwrap();
    assert_eq!(alice.entry().await.blob.len(), 60_000);

    let error = connect_tls(address, [0; 32]).await.err().unwrap();
    assert!(error.to_string().contains("another key"), "{error}");
}

#[tokio::test]
async fn a_proof_without_the_tls_session_is_refused() {
    let lab = Lab::new();
    let identity = TlsIdentity::generate().unwrap();
    let pin = identity.pin();
    let address = lab.relay.bind(loopback(), Security::Tls(identity)).await.unwrap();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut bob = connect_tls(address, pin).await.unwrap();
    bob.exporter = [0; 32];
    assert_eq!(bob.auth(&room, Role::Join, &room.access).await, Err(ErrorCode::BadSignature));
}

#[tokio::test]
async fn a_restarted_host_keeps_its_pin() {
    let identity = TlsIdentity::generate().unwrap();
    let again = TlsIdentity::from_key(identity.key_der()).unwrap();
    assert_eq!(identity.pin(), again.pin());
    assert_ne!(identity.pin(), TlsIdentity::generate().unwrap().pin());
    assert_eq!(format!("{identity:?}"), "TlsIdentity(..)");
}

#[tokio::test]
async fn loopback_needs_no_tls_and_everything_else_does() {
    let lab = Lab::new();
    let address = lab.relay.bind(loopback(), Security::Plain).await.unwrap();
    let room = TestRoom::new(1);
    let mut alice = Client::over(TcpStream::connect(address).await.unwrap(), [0; 32]).await;
    room.create_with(&mut alice).await;
    assert!(!alice.hello.exporter_bound);

    let exposed = lab.relay.bind("0.0.0.0:0".parse().unwrap(), Security::Plain).await.unwrap_err();
    assert!(matches!(exposed, BindError::Exposed(_)), "{exposed}");
    let taken = Lab::new().relay.bind(address, Security::Plain).await.unwrap_err();
    assert!(matches!(taken, BindError::Taken(_)), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_is_dropped_leaves_nothing_behind() {
    let log: Arc<dyn conclave_relay::blob::Storage> = Arc::new(conclave_relay::log::MemoryLog::new());
    let lab = Lab::over(Arc::clone(&log), |_| {});
    let alice = TestRoom::new(1).create(&lab).await;
    drop((lab, alice));
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    assert_eq!(Arc::strong_count(&log), 1, "no task holds the log");
}

#[tokio::test]
async fn two_relays_live_side_by_side_and_one_dies() {
    let (one, two) = (Lab::new(), Lab::new());
    let room = TestRoom::new(1);
    let mut alice = room.create(&one).await;
    let mut bob = room.create(&two).await;
    one.relay.shutdown().await;
    assert!(bob.publish(room.genesis, b"still here", 1).await.is_ok());
    assert_eq!(two.relay.status().connections, 1);
    while alice.try_next().await.is_some() {}
    assert_eq!(one.relay.status().connections, 0);
}
