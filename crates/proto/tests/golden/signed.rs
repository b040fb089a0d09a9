//! What keys sign and everybody checks: deeds, params, credentials, orders.

use conclave_proto::{
    codec,
    credential::{Credential, CredentialFields},
    deed::{Deed, Knocking, PanicBy, Policy},
    id::*,
    owner::{HeadOrder, Order, PanicStatement, Statement},
    params::*,
    place::{CommitPlace, CommitPlaceFields},
};

use crate::{hex, x};

fn deed() -> (Deed, String) {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 604_800, panic_by: PanicBy::AnyMember, max_members: 16 };
    let value = Deed::new(PublicKey([1; 32]), PublicKey([2; 32]), policy, 3, Signature([4; 64]));
    let hex = [
        "a5", // five fields
        "005820",
        &x(1, 32), // access key
        "015820",
        &x(2, 32), // owner's key
        "02",
        POLICY, // policy
        "0303", // revision
        "045840",
        &x(4, 64), // signature
    ]
    .concat();
    (value, hex)
}

/// Seconds of a message, seconds of a silent room, any member may panic, 16 members.
const POLICY: &str = "a400190e10011a00093a8002010310";

#[test]
fn deeds_are_pinned() {
    let (value, golden) = deed();
    assert_eq!(hex(value.as_bytes()), golden, "relays keep it and hand it out");
    assert_eq!(hex(value.policy_bytes()), POLICY, "the owner's signature covers these bytes");
    assert_eq!(Deed::parse(value.as_bytes()), Ok(value));
    let policy = Policy { msg_ttl: 1, idle_ttl: 2, panic_by: PanicBy::Owner, max_members: 3 };
    assert_eq!(hex(&policy.to_bytes()), "a4000101020200".to_owned() + "0303");
}

#[test]
fn deeds_of_rooms_where_somebody_may_knock_are_pinned() {
    let (without, golden) = deed();
    let knocking = Knocking { pk: PublicKey([5; 32]), sealed_r: &[6; 3] };
    let value = without.clone().with_knocking(knocking, Signature([4; 64]));
    let keys = format!("055820{}0643060606", x(5, 32)); // key that knocks are sealed to, sealed random part of the code
    assert_eq!(hex(value.as_bytes()), golden.replacen("a5", "a7", 1) + &keys, "two more fields behind the others");
    assert_eq!((value.knocking(), without.knocking()), (Some(knocking), None));
    assert_eq!(Deed::parse(value.as_bytes()), Ok(value));
    for half in [5, 6] {
        let item = if half == 5 { [&[0x58, 0x20][..], &[5; 32]].concat() } else { vec![0x43, 6, 6, 6] };
        let half = codec::with_field(without.as_bytes(), half, &item).unwrap();
        assert!(Deed::parse(&half).is_err(), "nobody can knock with one of them alone");
    }
}

fn params() -> ParamsFields {
    ParamsFields {
        version: 1,
        opk: PublicKey([1; 32]),
        r: [2; 32],
        genesis_nonce: [3; 16],
        created_at: 1_700_000_000,
        rev: 5,
        title: "t".into(),
        note: "n".into(),
        policy: RoomPolicy {
            msg_ttl: 3600,
            idle_ttl: 604_800,
            max_members: 16,
            need_pass: true,
            panic_by: PanicBy::AnyMember,
            owner_leave_closes: false,
            history: History::ByMembers,
            calls: Calls::DirectAllowed,
            everything_view_once: true,
            presence: true,
            receipts: Receipts::None,
        },
        deed: Some(vec![10]),
        standby: Some(vec![
            StandbyRelay { address: "a".into(), pin: Some([11; 32]) },
            StandbyRelay { address: "b".into(), pin: None },
        ]),
    }
}

/// The policy in the params with these numbers for who may panic, for history and for calls.
fn room_policy(panic_by: &str, history: &str, calls: &str) -> String {
    [
        "08a9",         // nine fields
        "00190e10",     // seconds of a message
        "011a00093a80", // seconds of a silent room
        "0210",         // members
        "03f5",         // a passphrase is needed
        "04",
        panic_by,
        "05f4", // the room stays when its owner leaves
        "06",
        history,
        "08",
        calls,
        "09f5", // everything is shown once
    ]
    .concat()
}

#[test]
fn rules_that_are_as_they_were_are_left_out() {
    let of = |presence, receipts| codec::encode(&RoomPolicy { presence, receipts, ..params().policy });
    let before = of(true, Receipts::None);
    assert_eq!("08".to_owned() + &hex(&before), room_policy("01", "01", "02"), "nine fields, as before");
    let both = of(false, Receipts::Seen);
    assert_eq!(hex(&both), hex(&before).replacen("a9", "ab", 1) + "0af4" + "0b02");
    let read = codec::decode::<RoomPolicy>(&both).map(|policy| (policy.presence, policy.receipts));
    assert_eq!(read, Ok((false, Receipts::Seen)));
    for said in [[0x0a, 0xf5], [0x0b, 0x00]] {
        let mut bytes = [&before[..], &said].concat();
        bytes[0] = 0xaa;
        assert!(codec::decode::<RoomPolicy>(&bytes).is_err(), "{said:?}: what is as it was has no second encoding");
    }
}

#[test]
fn params_are_pinned() {
    let before_sig = [
        "0001", // version
        "015820",
        &x(1, 32), // owner's key
        "025820",
        &x(2, 32), // random part of the code
        "0350",
        &x(3, 16),      // random part of the group's name
        "041a6553f100", // created
        "0505",         // revision
        "066174",       // title
        "07616e",       // note
        &room_policy("01", "01", "02"),
    ]
    .concat();
    let sig = format!("095840{}", x(9, 64));
    let after_sig = [
        "0a410a",         // deed
        "0b82",           // two standby relays:
        "a2006161015820", //   address and pin
        &x(11, 32),
        "a1006162", //   address alone
    ]
    .concat();
    let value = Params::new(params(), Signature([9; 64])).unwrap();
    assert_eq!(hex(value.as_bytes()), ["ac", &before_sig, &sig, &after_sig].concat(), "every member holds it");
    assert_eq!(hex(&value.signed_part()), ["ab", &before_sig, &after_sig].concat(), "the owner signs these bytes");
    assert_eq!(Params::parse(value.as_bytes()), Ok(value));
    let bare = Params::new(ParamsFields { deed: None, standby: None, ..params() }, Signature([9; 64])).unwrap();
    assert_eq!(hex(bare.as_bytes()), ["aa", &before_sig, &sig].concat());
    assert_eq!(Params::parse(bare.as_bytes()), Ok(bare));
}

#[test]
fn the_numbers_of_a_policy_are_pinned() {
    for (panic_by, history, calls, golden) in [
        (PanicBy::Owner, History::None, Calls::Off, room_policy("00", "00", "00")),
        (PanicBy::AnyMember, History::ByMembers, Calls::RelayOnly, room_policy("01", "01", "01")),
        (PanicBy::AnyMember, History::ByMembers, Calls::DirectAllowed, room_policy("01", "01", "02")),
    ] {
        let fields = ParamsFields { policy: RoomPolicy { panic_by, history, calls, ..params().policy }, ..params() };
        let bytes = hex(&fields.to_bytes());
        assert!(bytes.contains(&golden), "{:?} should be {golden} in {bytes}", fields.policy);
    }
}

#[test]
fn credentials_are_pinned() {
    let owner = CredentialFields {
        nick: "Alice".into(),
        call_pk: PublicKey([1; 32]),
        owner_cert: Some(Signature([2; 64])),
        caps: 3,
        since: Some(7),
    };
    let guest = CredentialFields { owner_cert: None, ..owner.clone() };
    let added = CredentialFields { since: None, ..guest.clone() };
    let nick = "0065416c696365";
    let call_pk = format!("015820{}", x(1, 32));
    let cert = format!("025840{}", x(2, 64));
    let (caps, since) = ("0303", "0407");
    for (fields, golden) in [
        (owner, ["a5", nick, &call_pk, &cert, caps, since].concat()),
        (guest, ["a4", nick, &call_pk, caps, since].concat()),
        (added, ["a3", nick, &call_pk, caps].concat()),
    ] {
        let value = Credential::new(fields).unwrap();
        assert_eq!(hex(value.as_bytes()), golden, "members compare it as bytes");
        assert_eq!(Credential::parse(value.as_bytes()), Ok(value));
    }
}

#[test]
fn statements_of_the_owner_are_pinned() {
    let (deed, deed_hex) = deed();
    // The relay's head, the owner's base, the commit that travels along.
    let moved = HeadOrder { head: Tag([7; 16]), base: Tag([8; 16]), commit: Some(Tag([9; 16])) };
    for (order, golden) in [
        (Order::Lock(HeadOrder::at(Tag([7; 16]))), format!("01{}{}", x(7, 16), x(7, 16))),
        (Order::Unlock(moved), format!("02{}{}{}", x(7, 16), x(8, 16), x(9, 16))),
        (Order::SetHead(HeadOrder { commit: None, ..moved }), format!("03{}{}", x(7, 16), x(8, 16))),
        (Order::Close, "04".to_owned()),
        (Order::Policy(deed), format!("05{deed_hex}")),
    ] {
        let value = Statement { room_id: RoomId([1; 32]), counter: 2, order };
        let bytes = value.to_bytes();
        assert_eq!(
            hex(&bytes),
            [&x(1, 32), "0000000000000002", &golden].concat(), // room, counter, order
            "the owner signs these bytes"
        );
        assert_eq!(Statement::parse(&bytes), Ok(value));
    }
}

#[test]
fn the_panic_statement_is_pinned() {
    let value = PanicStatement { room_id: RoomId([1; 32]), time: 1_700_000_000 };
    let bytes = value.to_bytes();
    assert_eq!(hex(&bytes), [&x(1, 32), "10", "000000006553f100"].concat(), "two keys sign these bytes");
    assert_eq!(PanicStatement::parse(&bytes), Ok(value));
}

#[test]
fn places_are_pinned() {
    let bases = vec![Tag([1; 16]), Tag([2; 16])];
    let fields = CommitPlaceFields { bases, group_info: [3; 32], signer: PublicKey([4; 32]), fork: None };
    let place = CommitPlace::new(fields.clone(), Signature([5; 64])).unwrap();
    let signed = [
        "00".to_owned(),                           // bases
        format!("8250{}50{}", x(1, 16), x(2, 16)), // newest first
        format!("015820{}", x(3, 32)),             // SHA-256 of the GroupInfo
        format!("025820{}", x(4, 32)),             // signer
    ]
    .concat();
    assert_eq!(hex(&place.signed_part()), format!("a3{signed}"));
    assert_eq!(hex(place.as_bytes()), format!("a4{signed}035840{}", x(5, 64)));
    assert_eq!(CommitPlace::parse(place.as_bytes()), Ok(place.clone()));
    assert_eq!(place.parent(), Some(Tag([1; 16])));

    let rejoin = CommitPlaceFields { fork: Some(Tag([6; 16])), ..fields.clone() };
    let rejoin = CommitPlace::new(rejoin, Signature([5; 64])).unwrap();
    assert_eq!(hex(rejoin.as_bytes()), format!("a5{signed}035840{}0450{}", x(5, 64), x(6, 16)));
    assert_eq!(hex(&rejoin.signed_part()), format!("a4{signed}0450{}", x(6, 16)), "it is signed, too");

    let with = |count| CommitPlaceFields { bases: vec![Tag([1; 16]); count], ..fields.clone() };
    assert!(CommitPlace::new(with(64), Signature([5; 64])).is_ok());
    assert!(CommitPlace::new(with(65), Signature([5; 64])).is_err(), "sixty-four bases and no more");
}
