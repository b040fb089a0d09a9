//! What `Debug` says of a relay's keys and names: nothing.

use conclave_proto::Authority;
use conclave_relay::{Certificates, Config, Security, TlsIdentity, log::StorageKey};

#[test]
fn keys_and_names_are_not_printed() {
    let identity = TlsIdentity::generate().unwrap();
    let pin = numbers(&identity.pin());
    let key = numbers(identity.key_der());
    let authorities: Vec<Authority> = vec!["zzzz.example".parse().unwrap(), identity.authority()];
    let printed = [
        format!("{:?}", StorageKey::from_bytes(&[0x5a; 32])),
        format!("{identity:?}"),
        format!("{:?}", Certificates::new(&identity).unwrap()),
        format!("{:?}", Security::Tls(identity)),
        format!("{:?}", Config { authorities, ..Config::default() }.authorities),
    ];
    let printed = printed.join("\n");
    for marker in ["zzzz", "90, 90", "5a5a", &pin, &key] {
        assert!(!printed.to_lowercase().contains(marker), "{marker} was printed:\n{printed}");
    }
    insta::assert_snapshot!(printed);
}

/// How a derived `Debug` begins to print bytes.
fn numbers(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(u8::to_string).collect::<Vec<_>>().join(", ")
}
