//! How this computer serves a room, and who can come.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{error::ErrorCode, silent::silent};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// How this computer serves a room.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Hosting {
    /// Running, stopped by the person, or failed.
    pub state: HostingState,
    /// The addresses in the invitation, `host:port`.
    pub addresses: Vec<String>,
    /// Who can come, by these addresses.
    pub reach: HostingReach,
    /// Other people's connections right now.
    pub connected: u32,
    /// Why it could not start.
    pub reason: Option<ErrorCode>,
    /// The file of the embedded relay, if that is damaged or missing.
    pub file: Option<String>,
}

impl Hosting {
    /// Reads from the addresses who can come.
    #[must_use]
    pub fn new(state: HostingState, addresses: Vec<String>, connected: u32) -> Self {
        let reach = HostingReach::of(&addresses);
        Self { state, addresses, reach, connected, reason: None, file: None }
    }

    /// Adds why it could not start, and which file is to blame.
    #[must_use]
    pub fn because(self, reason: ErrorCode, file: Option<String>) -> Self {
        Self { reason: Some(reason), file, ..self }
    }
}

/// Whether the embedded relay runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum HostingState {
    /// Being started.
    Starting,
    /// Serving.
    Running,
    /// Stopped by the person; members' messages wait.
    Stopped,
    /// The port is in use by another program: free it, or make a new invitation with another port.
    PortTaken,
    /// It could not start for another reason.
    Failed,
}

/// Who can come to a room that this computer serves: as far as its addresses are routed (the special-purpose registries of IANA,
/// RFC 6890). What a router or a firewall in between does is not known.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum HostingReach {
    /// Only people at this computer: it is in no network.
    Here,
    /// People in the same network: at home, in an office, behind one provider's NAT, in a VPN.
    Network,
    /// Anybody: an address is public.
    Anywhere,
}

impl HostingReach {
    /// The widest that one of the addresses gives, `host:port` each.
    pub(crate) fn of(addresses: &[String]) -> Self {
        addresses.iter().map(|address| Self::of_address(address)).max().unwrap_or(Self::Here)
    }

    fn of_address(address: &str) -> Self {
        match ip_of(address).map(|ip| ip.to_canonical()) {
            Some(ip) if ip.is_loopback() => Self::Here,
            Some(IpAddr::V4(ip)) if is_public_v4(ip) => Self::Anywhere,
            Some(IpAddr::V6(ip)) if is_public_v6(ip) => Self::Anywhere,
            // A name may be one that a single network knows.
            Some(_) | None => Self::Network,
        }
    }
}

fn ip_of(address: &str) -> Option<IpAddr> {
    // An address at the port of HTTPS is written without it.
    let bare = || address.trim_start_matches('[').trim_end_matches(']').parse();
    address.parse().map(|socket: SocketAddr| socket.ip()).or_else(|_| bare()).ok()
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    match ip.octets() {
        // This network and reserved; carrier-grade NAT (RFC 6598); protocol assignments; benchmarking.
        [0 | 240..=255, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => false,
        _ => !(ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation()),
    }
}

/// Whether it is a global unicast address; unique local (ULA) and link-local ones lie outside of that block.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let is_documentation = matches!(ip.segments(), [0x2001, 0xdb8, ..]);
    matches!(ip.segments(), [0x2000..=0x3fff, ..]) && !is_documentation
}

silent! {
    Hosting { state, connected, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(addresses: &[&str]) -> HostingReach {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        Hosting::new(HostingState::Running, addresses, 0).reach
    }

    #[test]
    fn an_address_says_how_far_its_network_goes() {
        for here in ["127.0.0.1:7443", "127.8.9.10:20000", "[::1]:7443", "[::ffff:127.0.0.1]:7443"] {
            assert_eq!(reach(&[here]), HostingReach::Here, "{here}");
        }
        for network in [
            "10.0.0.5:7443",
            "172.16.0.1:7443",
            "172.31.255.254:7443",
            "192.168.1.20:7443",
            "100.64.0.1:7443",
            "100.127.255.254:7443",
            "169.254.3.4:7443",
            "198.18.0.1:7443",
            "10.0.0.5",
            "[fd00::20]:7443",
            "[fe80::1]:7443",
            "[::ffff:192.168.1.20]:7443",
            "attic.local:7443",
        ] {
            assert_eq!(reach(&[network]), HostingReach::Network, "{network}");
        }
        for anywhere in [
            "203.0.114.7:20000",
            "172.32.0.1:7443",
            "100.63.0.1:7443",
            "100.128.0.1:7443",
            "9.9.9.9",
            "[2a00:1450::1]:7443",
            "[2a00:1450::1]",
            "[::ffff:9.9.9.9]:7443",
        ] {
            assert_eq!(reach(&[anywhere]), HostingReach::Anywhere, "{anywhere}");
        }
    }

    #[test]
    fn the_widest_address_counts_wherever_it_stands() {
        assert_eq!(reach(&[]), HostingReach::Here);
        assert_eq!(reach(&["127.0.0.1:7443", "192.168.1.20:7443"]), HostingReach::Network);
        assert_eq!(reach(&["192.168.1.20:7443", "203.0.114.7:7443", "10.0.0.5:7443"]), HostingReach::Anywhere);
    }
}
