//! Every task ends, every client is told.

#[path = "lab/lab.rs"]
mod lab;

use conclave_proto::{ErrorCode, frame::Reply};
use conclave_relay::Security;
use lab::*;

#[tokio::test]
async fn clients_are_told_before_the_relay_stops() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut stranger = lab.connect().await;
    lab.relay.shutdown().await;
    for client in [&mut alice, &mut stranger] {
        assert!(matches!(client.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::ShuttingDown));
        assert!(client.try_next().await.is_none(), "and then the connection ends");
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_delivered_before_the_goodbye() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    for cid in 1..=50 {
        alice.publish(room.genesis, &[cid; 1000], cid).await.unwrap();
    }
    lab.relay.shutdown().await;
    for seq in 1..=50 {
        assert_eq!(bob.entry().await.seq, seq);
    }
    assert!(matches!(bob.push().await, Reply::Refused(_)));
}

#[tokio::test]
async fn nobody_holds_a_shutdown_up() {
    let lab = Lab::with(|config| config.handshake_timeout = std::time::Duration::from_secs(3600));
    let address = lab.relay.bind("127.0.0.1:0".parse().unwrap(), Security::Plain).await.unwrap();
    // One never speaks, one never reads.
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let deaf = lab.connect().await;
    lab.relay.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "the port is free again");
    drop((silent, deaf));
}
