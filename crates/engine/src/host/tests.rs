use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use super::*;

fn system() -> Arc<dyn Listen> {
    Arc::new(SystemListen)
}

async fn host() -> Host {
    let identity = Identity::generate(&mut OsRng).unwrap();
    Host::start(&system(), &identity, 0, Log::Memory(Arc::new(MemoryLog::new()))).await.unwrap()
}

/// A host that runs, and dies of a fault with its next sweep.
pub(crate) async fn dying(identity: &Identity, port: u16, log: Log) -> Host {
    let config = Config { dedicated: true, sweep_interval: Duration::from_millis(50), ..Config::default() };
    Host::start_with(&config, Arc::new(Broken), &system(), identity, port, log).await.unwrap()
}

#[derive(Debug)]
struct Broken;

impl Clock for Broken {
    fn unix(&self) -> u64 {
        panic!("a fault of ours")
    }
}

#[tokio::test]
async fn a_host_answers_on_the_addresses_of_the_invitation_and_on_loopback_and_nowhere_else() {
    let host = host().await;
    let port = host.port();
    for address in host.addresses().iter().chain([&host.local_address()]) {
        let Authority::Host { name, .. } = address else { panic!("{address}") };
        TcpStream::connect((name.as_str(), port)).await.unwrap();
    }
    // Another address of this computer, which no invitation names.
    let elsewhere = TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).await;
    assert!(elsewhere.is_err(), "somebody answers on an address that is nobody's business");
    host.stop().await;
}

#[tokio::test]
async fn a_hosts_connections_are_bounded_and_the_next_one_comes_in() {
    let host = host().await;
    let mut flood = Vec::new();
    for _ in 0..=SOCKETS {
        flood.push(TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).await.unwrap());
    }
    let mut last = flood.pop().unwrap();
    let mut first = flood.swap_remove(0);
    assert_eq!(first.read(&mut [0; 1]).await.unwrap_or(0), 0, "the longest unproven one went");
    assert!(timeout(Duration::from_millis(200), last.read(&mut [0; 1])).await.is_err(), "the newest one is served");
    assert!(host.others() < u32::try_from(SOCKETS).unwrap(), "{}", host.others());
    host.stop().await;
}

// A connection of any program takes an ephemeral port, and keeps it for a minute after it has ended (TIME-WAIT, RFC 9293 section
// 3.6.1): a room with such a port might not be served again.
#[tokio::test]
async fn a_hosts_port_is_none_that_the_system_gives_to_connections() {
    for _ in 0..8 {
        let host = host().await;
        assert!((16_384..32_768).contains(&host.port()), "{}", host.port());
        host.stop().await;
    }
}

#[tokio::test]
async fn a_port_that_another_program_has_is_said() {
    let taken = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let identity = Identity::generate(&mut OsRng).unwrap();
    let started = Host::start(&system(), &identity, port, Log::Memory(Arc::new(MemoryLog::new()))).await;
    assert_eq!(started.err(), Some(ErrorCode::PortTaken));
}
