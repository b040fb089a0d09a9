//! Connections over the computer's own network: TCP, and TLS 1.3 above it.

use std::{iter, mem, net::SocketAddr, time::Duration};

use conclave_proto::authority::Authority;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{sleep, timeout},
};

use super::{Dialer, Dialled, Target, tls, websocket};
use crate::{snapshot::LinkFault, tasks::BoxFuture};

/// Dials over the computer's own network.
///
/// Always TLS 1.3: with a pin, any certificate whose key matches it; without, a certificate that the system trusts, or else
/// an unvouched one whose key is reported and becomes the room's pin (protocol 4.2, "Where?"). Such a pin gives way to a key that
/// the system trusts.
#[derive(Debug, Default)]
pub struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
        Box::pin(async move {
            let tls::Reached { wire, address, exporter, pin, recognised } = reach(target).await?;
            let (outgoing, incoming) = websocket(wire, &address).await?;
            Ok(Dialled { outgoing, incoming, address, exporter, pin, recognised })
        })
    }
}

/// The first address that answers with a key that will do.
async fn reach(target: Target) -> Result<tls::Reached, LinkFault> {
    let (onions, others): (Vec<_>, Vec<_>) =
        target.addresses.into_iter().partition(|address| matches!(address, Authority::Onion(_)));
    // There is no Tor client yet. Beside an address that can be dialled, the fault of that one is the answer: it may clear.
    if others.is_empty() && !onions.is_empty() {
        return Err(LinkFault::OnionOnly);
    }
    let (pin, renewable) = (target.pin, target.may_renew_at);
    race(others.into_iter().map(|address| {
        let may_renew = renewable.as_ref() == Some(&address);
        connect(address, pin, may_renew)
    }))
    .await
}

async fn connect(address: Authority, pin: Option<[u8; 32]>, may_renew: bool) -> Result<tls::Reached, LinkFault> {
    let Authority::Host { name, port } = &address else { return Err(LinkFault::Unreachable) };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let Ok(Ok(found)) = timeout(PATIENCE, lookup_host((bare, *port))).await else { return Err(LinkFault::Unreachable) };
    first_of(found, |ip| {
        let (bare, address) = (bare.to_owned(), address.clone());
        async move {
            let socket = TcpStream::connect(ip).await.map_err(|_| LinkFault::Unreachable)?;
            socket.set_nodelay(true).map_err(|_| LinkFault::Unreachable)?;
            tls::wrap(socket, bare, address, pin, may_renew).await
        }
    })
    .await
}

/// Connects to the first of a name's IP addresses that answers (RFC 8305, Happy Eyeballs): a family whose packets are swallowed on
/// the way costs a head start, and not the connection.
async fn first_of<T, A>(
    found: impl Iterator<Item = SocketAddr>,
    connect: impl Fn(SocketAddr) -> A,
) -> Result<T, LinkFault>
where
    A: Future<Output = Result<T, LinkFault>>,
{
    let attempt = |ip| {
        let connected = timeout(PATIENCE, connect(ip));
        async { connected.await.unwrap_or(Err(LinkFault::Unreachable)) }
    };
    race(alternating(found).take(TRIED).map(attempt)).await
}

/// The families in turn, the one that the system prefers first (RFC 8305, section 4).
fn alternating(found: impl Iterator<Item = SocketAddr>) -> impl Iterator<Item = SocketAddr> {
    let mut found = found.peekable();
    let is_v6 = found.peek().is_some_and(SocketAddr::is_ipv6);
    let (next, other): (Vec<_>, Vec<_>) = found.partition(|ip| ip.is_ipv6() == is_v6);
    let (mut next, mut other) = (next.into_iter(), other.into_iter());
    iter::from_fn(move || {
        let ip = next.next().or_else(|| other.next());
        mem::swap(&mut next, &mut other);
        ip
    })
}

/// What succeeds first, or the fault that says most. An attempt begins once one before it has failed, or after a head start for those
/// (RFC 8305, section 5).
async fn race<T, A>(attempts: impl Iterator<Item = A>) -> Result<T, LinkFault>
where
    A: Future<Output = Result<T, LinkFault>>,
{
    let (mut waiting, mut begun) = (attempts.peekable(), FuturesUnordered::new());
    let mut fault = LinkFault::Unreachable;
    loop {
        begun.extend(waiting.next());
        let outcome = tokio::select! {
            biased;
            outcome = begun.next() => outcome,
            () = sleep(HEAD_START), if waiting.peek().is_some() => continue,
        };
        match outcome {
            Some(Ok(reached)) => return Ok(reached),
            // A wrong key says more than silence.
            Some(Err(LinkFault::Unreachable)) => {}
            Some(Err(other)) => fault = other,
            None => return Err(fault),
        }
    }
}

/// How much earlier than the next an address is tried.
const HEAD_START: Duration = Duration::from_millis(250);
/// How long a name may take to be looked up, and then each of its IP addresses, TLS included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many IP addresses of a name are tried: whoever answers for the name says how many there are.
const TRIED: usize = 8;

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future, net::Ipv4Addr};

    use tokio::time::Instant;

    use super::*;

    /// What a dialer says of these addresses.
    async fn fault_of(addresses: &[&str]) -> Option<LinkFault> {
        let addresses: Vec<Authority> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let target = Target { authority: Authority::Pin([7; 32]), addresses, pin: Some([7; 32]), may_renew_at: None };
        SystemDialer.dial(target).await.err()
    }

    #[tokio::test]
    async fn onion_addresses_alone_are_out_of_reach_and_beside_others_they_do_not_count() {
        let onion = format!("{}.onion", "a".repeat(56));
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
        assert_eq!(fault_of(&[&onion]).await, Some(LinkFault::OnionOnly));
        for both in [[&onion, &free], [&free, &onion]] {
            let fault = fault_of(&both.map(String::as_str)).await;
            assert_eq!(fault, Some(LinkFault::Unreachable), "the other computer may come back");
        }
        assert_eq!(fault_of(&[]).await, Some(LinkFault::Unreachable), "there is nothing to say");
    }
    /// Addresses as a lookup finds them, in the order of the system.
    fn found(hosts: &[&str]) -> Vec<SocketAddr> {
        hosts.iter().map(|host| SocketAddr::new(host.parse().unwrap(), 443)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_family_whose_packets_are_swallowed_costs_a_head_start() {
        let addresses = found(&["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"]);
        let begun = Instant::now();
        let connect = async |ip: SocketAddr| if ip.is_ipv6() { future::pending().await } else { Ok(ip) };
        let reached = first_of(addresses.iter().copied(), connect).await;
        assert_eq!((reached, begun.elapsed()), (Ok(addresses[2]), HEAD_START));
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_at_once_keeps_no_other_waiting() {
        let addresses = found(&["2001:db8::1", "192.0.2.1"]);
        let begun = Instant::now();
        let connect = async |ip: SocketAddr| if ip.is_ipv6() { Err(LinkFault::Unreachable) } else { Ok(ip) };
        let reached = first_of(addresses.iter().copied(), connect).await;
        assert_eq!((reached, begun.elapsed()), (Ok(addresses[1]), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_that_was_tried_first_is_still_waited_for() {
        let addresses = found(&["2001:db8::1", "192.0.2.1"]);
        let connect = async |ip: SocketAddr| {
            sleep(if ip.is_ipv6() { PATIENCE / 2 } else { PATIENCE }).await;
            Ok(ip)
        };
        assert_eq!(first_of(addresses.iter().copied(), connect).await, Ok(addresses[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_with_many_addresses_is_given_up_in_time_and_the_fault_that_says_most_is_told() {
        let many: Vec<SocketAddr> = (0..100).map(|last| SocketAddr::from(([192, 0, 2, last], 443))).collect();
        let (begun, tried) = (Instant::now(), RefCell::new(Vec::new()));
        let outcome: Result<(), _> = first_of(many.iter().copied(), async |ip| {
            tried.borrow_mut().push(ip);
            if ip == many[1] { Err(LinkFault::WrongPin) } else { future::pending().await }
        })
        .await;
        assert_eq!(outcome, Err(LinkFault::WrongPin));
        assert_eq!(tried.into_inner(), many[..TRIED]);
        assert!(begun.elapsed() < PATIENCE + HEAD_START * 8, "each has its own time: {:?}", begun.elapsed());
        assert_eq!(first_of(iter::empty(), async |ip| Ok(ip)).await, Err(LinkFault::Unreachable), "nothing was found");
    }

    #[test]
    fn families_take_turns_and_the_preferred_one_begins() {
        let turns =
            |hosts: &[&str]| alternating(found(hosts).into_iter()).map(|it| it.ip().to_string()).collect::<Vec<_>>();
        assert_eq!(turns(&["::1", "::2", "::3", "10.0.0.1"]), ["::1", "10.0.0.1", "::2", "::3"]);
        assert_eq!(turns(&["10.0.0.1", "::1", "::2", "10.0.0.2"]), ["10.0.0.1", "::1", "10.0.0.2", "::2"]);
        assert_eq!(turns(&["10.0.0.1", "10.0.0.2"]), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(turns(&[]), [""; 0]);
    }
}
