//! Under which addresses others find a hosted room: those that it listens on and that the invitation names.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use conclave_crypto::link::MAX_ADDRESSES;

/// An IPv4 address of this computer, as the system tells it. The relay listens on IPv4.
struct Found {
    ip: Ipv4Addr,
    interface: String,
    is_up: bool,
}

/// The addresses under which others may find this computer, the likeliest first, at most as many as an invitation names.
pub(super) fn addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let found = interfaces.into_iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(ip) => Some(Found { ip, is_up: interface.is_oper_up(), interface: interface.name }),
        IpAddr::V6(_) => None,
    });
    ranked(found.collect(), default_route())
}

/// The address that leads out of this computer first, and those of bridges only where there is no other: they lead to containers
/// and virtual machines of this computer.
fn ranked(mut found: Vec<Found>, default_route: Option<Ipv4Addr>) -> Vec<IpAddr> {
    found.retain(|found| found.is_up && leads_out(found.ip));
    let rank = |found: &Found| {
        let is_default = Some(found.ip) == default_route;
        // Whoever has bridged the network itself has its address there.
        (!is_default, !is_default && is_bridge(&found.interface), found.ip.is_link_local())
    };
    found.sort_by_key(|found| (rank(found), found.ip));
    if found.first().is_some_and(|first| !rank(first).1) {
        found.retain(|found| !rank(found).1);
    }
    let mut addresses: Vec<IpAddr> = found.into_iter().map(|found| found.ip.into()).collect();
    addresses.dedup();
    addresses.truncate(MAX_ADDRESSES);
    addresses
}

fn leads_out(ip: Ipv4Addr) -> bool {
    !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast() || ip.is_documentation())
}

/// Whether an interface has the name of a bridge for containers or virtual machines.
fn is_bridge(name: &str) -> bool {
    BRIDGES.iter().any(|bridge| name.get(..bridge.len()).is_some_and(|start| start.eq_ignore_ascii_case(bridge)))
}

/// The address that packets to others leave from. Nothing is sent: a UDP socket only chooses it.
fn default_route() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(ip) if leads_out(ip) => Some(ip),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// What the names of interfaces begin with that Docker, Podman, libvirt, LXC, Kubernetes, VirtualBox, VMware, Hyper-V and macOS make.
const BRIDGES: [&str; 17] = [
    "docker",
    "br-",
    "podman",
    "cni",
    "virbr",
    "veth",
    "vnet",
    "lxcbr",
    "lxdbr",
    "incusbr",
    "flannel",
    "cali",
    "vboxnet",
    "vmnet",
    "VirtualBox",
    "vEthernet",
    "bridge1",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(interface: &str, ip: [u8; 4]) -> Found {
        Found { ip: ip.into(), interface: interface.to_owned(), is_up: true }
    }

    fn named(found: Vec<Found>, default_route: Option<[u8; 4]>) -> Vec<String> {
        ranked(found, default_route.map(Into::into)).iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn nine_bridges_do_not_hide_the_address_that_others_reach() {
        let bridge = |n: u8| found(&format!("br-{n:012x}"), [172, 17 + n, 0, 1]);
        let mut all: Vec<_> = (0..9).map(bridge).collect();
        all.extend([
            found("docker0", [172, 17, 0, 1]),
            found("wlp3s0", [192, 168, 1, 20]),
            found("lo", [127, 0, 0, 1]),
        ]);
        assert_eq!(named(all, Some([192, 168, 1, 20])), ["192.168.1.20"]);
    }

    #[test]
    fn the_way_out_comes_first_and_what_is_down_not_at_all() {
        let mut all = vec![
            found("eth0", [10, 0, 0, 5]),
            found("tailscale0", [100, 101, 102, 103]),
            found("wan", [203, 0, 114, 7]),
            found("wlp3s0", [192, 168, 1, 20]),
            found("usb0", [169, 254, 3, 4]),
        ];
        all.push(Found { is_up: false, ..found("eth1", [10, 0, 0, 6]) });
        let expected = ["192.168.1.20", "10.0.0.5", "100.101.102.103", "203.0.114.7", "169.254.3.4"];
        assert_eq!(named(all, Some([192, 168, 1, 20])), expected);
    }

    #[test]
    fn a_network_that_is_bridged_itself_is_named_and_so_are_bridges_where_there_is_nothing_else() {
        let all = || vec![found("docker0", [172, 17, 0, 1]), found("virbr0", [192, 168, 122, 1])];
        assert_eq!(named(all(), Some([192, 168, 122, 1])), ["192.168.122.1"]);
        assert_eq!(named(all(), None), ["172.17.0.1", "192.168.122.1"]);
        assert_eq!(named(vec![found("lo", [127, 0, 0, 1])], None), [""; 0]);
    }
}
