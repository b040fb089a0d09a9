//! The rules of the encoding, the limits and the texts, one case each.

use conclave_proto::{
    Authority, DecodeError,
    codec::check,
    content::{AppMsg, Body, FileKey, Text},
    frame::{ClientFrame, RelayFrame},
    id::{DelToken, MessageId, PrevHash, RoomId},
    limits,
    padding::{bucket, padme},
};

#[test]
fn what_has_a_shorter_form_is_refused() {
    let not_canonical = |bytes: &[u8], why: &str| {
        assert!(matches!(check(bytes), Err(DecodeError::NotCanonical(_))), "{why}: {:?}", check(bytes));
    };
    not_canonical(&[0x18, 0x17], "23 fits the first byte");
    not_canonical(&[0x19, 0x00, 0xff], "255 fits one byte");
    not_canonical(&[0x1a, 0, 0, 0xff, 0xff], "65535 fits two bytes");
    not_canonical(&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], "2^32-1 fits four bytes");
    not_canonical(&[0x58, 0x01, 0xaa], "a length that fits the first byte");
    not_canonical(&[0x5f, 0x41, 0xaa, 0xff], "bytes in pieces");
    not_canonical(&[0x9f, 0xff], "an array without a length");
    not_canonical(&[0xbf, 0xff], "a map without a length");
    not_canonical(&[0xa2, 0x01, 0x00, 0x00, 0x00], "keys that descend");
    not_canonical(&[0xa2, 0x01, 0x00, 0x01, 0x00], "a key twice");
    not_canonical(&[0xa1, 0x41, 0x00, 0x00], "a key that is no integer");
    not_canonical(&[0xa1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0, 0x00], "a key beyond 32 bits");
    not_canonical(&[0xc0, 0x00], "a tag");
    not_canonical(&[0xf6], "null");
    not_canonical(&[0xf7], "undefined");
    not_canonical(&[0xf9, 0, 0], "a float");
    not_canonical(&[0xf8, 0x20], "a simple value");
    not_canonical(&[0x61, 0xff], "text that is not UTF-8");
}

#[test]
fn a_length_beyond_the_input_is_refused_before_anything_is_allocated() {
    for bytes in [
        &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..],
        &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xba, 0xff, 0xff, 0xff, 0xff],
        &[0x42, 0x00],
        &[],
    ] {
        assert_eq!(check(bytes), Err(DecodeError::Truncated));
    }
}

#[test]
fn nesting_ends_at_eight() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
    assert_eq!(check(&nested(limits::DEPTH)), Ok(()));
    assert_eq!(check(&nested(limits::DEPTH + 1)), Err(DecodeError::TooDeep));
    assert_eq!(check(&nested(1_000_000)), Err(DecodeError::TooDeep), "the walk must not use up the stack");
}

#[test]
fn a_frame_of_the_other_direction_is_not_understood() {
    assert_eq!(
        ClientFrame::decode(&[0x83, 0x01, 0x00, 0xa0]),
        Err(DecodeError::UnknownOp(1)),
        "HELLO comes from relays"
    );
    assert_eq!(RelayFrame::decode(&[0x83, 0x18, 0x63, 0x00, 0xa0]), Err(DecodeError::UnknownOp(99)));
    assert_eq!(ClientFrame::decode(&[0x83, 0x05, 0x07, 0x80]), Err(DecodeError::Schema), "LEASE carries a map");
    assert_eq!(ClientFrame::decode(&[0x82, 0x05, 0xa0]), Err(DecodeError::Schema), "the rid is missing");
    assert_eq!(
        ClientFrame::peek_rid(&[0x83, 0x18, 0x63, 0x07, 0xa0]),
        7,
        "the refusal of an unknown operation names it"
    );
}

#[test]
fn a_text_beyond_its_limit_is_refused() {
    let message = |len: usize| AppMsg {
        n: 1,
        prev: PrevHash([0; 8]),
        ts: 0,
        mid: MessageId([1; 16]),
        body: Body::Text(Text { text: "x".repeat(len) }),
        expire_s: None,
        reply_mid: None,
        seen_seq: 0,
    };
    assert!(AppMsg::decode(&message(limits::TEXT).encode()).is_ok());
    assert!(matches!(AppMsg::decode(&message(limits::TEXT + 1).encode()), Err(DecodeError::Value(_))));
}

#[test]
fn sizes_say_only_the_bucket() {
    for (len, size) in [(0, 512), (512, 512), (513, 1024), (16_384, 16_384)] {
        assert_eq!(bucket(len), size);
    }
    // The table that an independent implementation agrees with.
    for (len, size) in
        [(16_385, 17_408), (20_000, 20_480), (100_000, 100_352), (1_000_000, 1_015_808), (10_000_001, 10_223_616)]
    {
        assert_eq!((bucket(len), padme(len)), (size, size));
    }
}

#[test]
fn a_relay_has_one_spelling() {
    let onion = format!("{}.onion", "a2".repeat(28));
    let pin = "pin:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    for (text, printed) in [
        ("relay.example.org", "relay.example.org"),
        ("Relay.Example.ORG:443", "relay.example.org"),
        ("relay.example.org:8443", "relay.example.org:8443"),
        ("192.168.1.2:7000", "192.168.1.2:7000"),
        ("[fe80::1]:7000", "[fe80::1]:7000"),
        ("[fe80::1]", "[fe80::1]"),
        (&*onion, &*onion),
        (&*onion.to_uppercase(), &*onion),
        (&*format!("{onion}:443"), &*onion),
        (pin, pin),
    ] {
        assert_eq!(text.parse::<Authority>().map(|authority| authority.to_string()), Ok(printed.to_owned()));
    }
    assert_eq!(pin.parse(), Ok(Authority::Pin([1; 32])));
    // What ends in .onion is never the name of a host, which would be asked for in the DNS.
    let (elsewhere, below) = (format!("{onion}:7443"), format!("www.{onion}"));
    for text in [
        "",
        "a b",
        "-a.org",
        "a..b",
        "a:0",
        "a:70000",
        "a:b:c",
        "pin:AQ",
        &format!("{pin}A"),
        "short.onion",
        "short.onion:443",
        &elsewhere,
        &below,
        "fe80::1",
    ] {
        assert!(text.parse::<Authority>().is_err(), "{text:?} names no relay");
    }
    // The last symbol of a pin has two bits to spare; used, they would make a second spelling.
    assert!("pin:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF".parse::<Authority>().is_err());
}

#[test]
fn names_are_shortened_and_secrets_silent_in_debug_output() {
    assert_eq!(format!("{:?}", RoomId([0xab; 32])), "RoomId(abababab..)");
    assert_eq!(format!("{:?}", DelToken([0xab; 16])), "DelToken(..)");
    assert_eq!(format!("{:?}", FileKey::new([0xab; 32])), "FileKey(..)");
    assert_eq!(format!("{:?}", Text { text: "meet at noon".into() }), "Text(..)");
}
