//! SIGHUP: new certificates for new connections, and never an end.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use conclave_proto::{
    Authority, ErrorCode, Role,
    frame::{Reply, Request},
};
use conclave_relay::TlsIdentity;

use crate::{check::Place, lab::*, process::*, tls::connect_tls};

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_those_that_stand_stay() {
    let place = Place::new();
    let (old, old_key, old_pin) = certificate();
    fs::write(place.path("fullchain.pem"), old).unwrap();
    fs::write(place.path("privkey.pem"), &old_key).unwrap();
    place.configure(&place.whole());
    let mut server = Server::start(&place.config());
    let room = TestRoom::new(1);
    let mut alice = connect_tls(server.address, old_pin).await.unwrap();
    room.create_with(&mut alice).await;

    let (new, new_key, new_pin) = certificate();
    fs::write(place.path("fullchain.pem"), &new).unwrap();
    server.signal("-HUP");
    let said = server.says("not replaced");
    assert!(said.contains("privkey.pem") && said.contains("fullchain.pem") && said.contains("name the key"), "{said}");
    assert!(connect_tls(server.address, old_pin).await.is_ok(), "half of a renewal changes nothing");

    fs::write(place.path("privkey.pem"), &new_key).unwrap();
    server.signal("-HUP");
    server.says("new connections are shown");
    assert!(connect_tls(server.address, old_pin).await.is_err());
    let mut bob = connect_tls(server.address, new_pin).await.unwrap();
    let proof = bob.proof(&room, Role::Join, &room.access, &Authority::Pin(new_pin).to_string());
    assert!(bob.ask(Request::Auth(proof)).await.is_ok(), "the new pin is a name of the relay");
    alice.publish(room.genesis, b"still here", 1).await.unwrap();

    for (file, garbage) in [("fullchain.pem", "garbage"), ("privkey.pem", "garbage"), ("privkey.pem", &old_key)] {
        let before = fs::read(place.path(file)).unwrap();
        fs::write(place.path(file), garbage).unwrap();
        server.signal("-HUP");
        let said = server.says("not replaced");
        assert!(said.contains(file), "{said}");
        assert!(connect_tls(server.address, new_pin).await.is_ok(), "the one of before stays: {file}");
        fs::remove_file(place.path(file)).unwrap();
        server.signal("-HUP");
        let said = server.says("not replaced");
        assert!(said.contains(file) && said.contains("there is nothing"), "{said}");
        assert!(!place.path(file).exists() && connect_tls(server.address, new_pin).await.is_ok());
        fs::write(place.path(file), before).unwrap();
    }
    alice.publish(room.genesis, b"after all of it", 2).await.unwrap();
    server.stop();
}

#[tokio::test]
async fn a_closed_terminal_ends_no_relay() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    fs::write(&config, format!("listen = ['127.0.0.1:0']\nauthorities = ['{AUTHORITY}']\n")).unwrap();
    let mut server = Server::start(&config);
    let room = TestRoom::new(1);
    let mut alice = server.connect().await;
    room.create_with(&mut alice).await;
    for cid in 1..4 {
        server.signal("-HUP");
        server.says("there is no certificate to read again");
        alice.publish(room.genesis, b"still here", cid).await.unwrap();
        alice.entry().await;
    }
    server.stop();
    assert!(matches!(alice.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::ShuttingDown));
}

/// `nohup`, or a script that starts it with `&`: Ctrl+C is meant for others, and a renewal hook still for this relay.
#[tokio::test]
async fn a_relay_in_the_background_hears_of_certificates_and_of_no_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    fs::write(&config, format!("listen = ['127.0.0.1:0']\nauthorities = ['{AUTHORITY}']\n")).unwrap();
    let mut server = Server::try_start_as(program_in("trap '' HUP INT; exec", &config)).unwrap();
    let room = TestRoom::new(1);
    let mut alice = server.connect().await;
    room.create_with(&mut alice).await;
    server.signal("-INT");
    server.signal("-HUP");
    alice.publish(room.genesis, b"still here", 1).await.unwrap();
    alice.entry().await;
    server.says("there is no certificate to read again");
    server.stop();
    assert!(matches!(alice.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::ShuttingDown));
}

/// The configuration is a pipe, which is opened by the relay when it reads and ends when it is written: in between it
/// starts.
#[test]
fn a_signal_that_comes_before_the_relay_listens_is_not_lost_and_no_end_without_goodbye() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    assert!(Command::new("mkfifo").arg(&config).status().unwrap().success());
    for (signal, said) in [("-HUP", "there is no certificate to read again"), ("-TERM", "stopping: clients are told")] {
        let mut relay = Ends(program(&config).stderr(Stdio::piped()).spawn().unwrap());
        let mut pipe = File::options().write(true).open(&config).unwrap();
        let id = relay.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        pipe.write_all(b"listen = ['127.0.0.1:0']").unwrap();
        drop(pipe);
        let lines = BufReader::new(relay.0.stderr.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<_> = lines.inspect(|line| assert!(!line.contains("ERROR"), "{line}")).take(4).collect();
        assert!(lines.iter().any(|line| line.contains("listening on")), "{signal}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains(said)), "{signal}: {lines:?}");
    }
}

#[tokio::test]
async fn a_key_of_ones_own_keeps_its_pin_and_is_never_made_for_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = (folder.path().join("relay.toml"), folder.path().join("tls.key"));
    fs::write(&config, format!("listen = ['127.0.0.1:0']\n[tls]\nself_signed_key = {key:?}\n")).unwrap();
    let mut server = Server::start(&config);
    let pin = TlsIdentity::from_key(&fs::read(&key).unwrap()).unwrap().pin();
    server.signal("-HUP");
    let said = server.says("the pin for invitations");
    assert!(said.contains(&Authority::Pin(pin).to_string()), "{said}");
    fs::remove_file(&key).unwrap();
    server.signal("-HUP");
    let said = server.says("not replaced");
    assert!(said.contains("tls.self_signed_key") && !key.exists(), "{said}");
    assert!(connect_tls(server.address, pin).await.is_ok());
    server.stop();
}
