//! Connections over the computer's own network: TCP, and TLS 1.3 above it.

use std::time::Duration;

use conclave_proto::authority::Authority;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::net::TcpStream;

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
    let mut attempts = FuturesUnordered::new();
    for (turn, address) in (0..).zip(others) {
        let may_renew = target.may_renew_at.as_ref() == Some(&address);
        attempts.push(async move {
            // Side by side, but not all at once: the first has a head start.
            tokio::time::sleep(HEAD_START.saturating_mul(turn)).await;
            match tokio::time::timeout(PATIENCE, connect(address, target.pin, may_renew)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(LinkFault::Unreachable),
            }
        });
    }
    let mut fault = LinkFault::Unreachable;
    while let Some(outcome) = attempts.next().await {
        match outcome {
            Ok(reached) => return Ok(reached),
            // A wrong key says more than silence.
            Err(LinkFault::Unreachable) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

async fn connect(address: Authority, pin: Option<[u8; 32]>, may_renew: bool) -> Result<tls::Reached, LinkFault> {
    let Authority::Host { name, port } = &address else { return Err(LinkFault::Unreachable) };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let socket = TcpStream::connect((bare, *port)).await.map_err(|_| LinkFault::Unreachable)?;
    socket.set_nodelay(true).map_err(|_| LinkFault::Unreachable)?;
    tls::wrap(socket, bare.to_owned(), address, pin, may_renew).await
}

/// How much earlier than the next an address is tried.
const HEAD_START: Duration = Duration::from_millis(250);
/// How long one address may take, TLS included.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

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
}
