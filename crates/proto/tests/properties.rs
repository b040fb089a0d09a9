//! What holds for every input.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use conclave_proto::{
    codec,
    content::{
        AppMsg, Body, CallNote, CallOutcome, Erase, FileKey, FileRef, Files, Reaction, Receipt, ReceiptKind, Text,
        ViewOnce,
    },
    credential::{Credential, CredentialFields},
    deed::{Deed, PanicBy, Policy},
    error::DecodeError,
    frame::*,
    id::*,
    owner::{HeadOrder, Order, PanicStatement, Statement},
    padding::{FrameKind, bucket, pad, unpad},
    params::{Calls, History, Params, ParamsFields, Receipts, RoomPolicy, StandbyRelay},
};
use proptest::prelude::*;

/// Any canonical item without null, floats and tags, as a list of bytes.
fn canonical_item() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(|v| minicbor::to_vec(v).unwrap()),
        (0_u64..30).prop_map(|v| minicbor::to_vec(v).unwrap()),
        any::<bool>().prop_map(|v| minicbor::to_vec(v).unwrap()),
        "[a-zé]{0,30}".prop_map(|v| minicbor::to_vec(v).unwrap()),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|v| minicbor::to_vec(minicbor::bytes::ByteVec::from(v)).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| {
                let mut out = Vec::new();
                minicbor::Encoder::new(&mut out).array(items.len() as u64).unwrap();
                items.into_iter().for_each(|item| out.extend(item));
                out
            }),
            prop::collection::btree_map(any::<u32>(), inner, 0..4).prop_map(|items| {
                let mut out = Vec::new();
                minicbor::Encoder::new(&mut out).map(items.len() as u64).unwrap();
                for (key, item) in items {
                    minicbor::Encoder::new(&mut out).u32(key).unwrap();
                    out.extend(item);
                }
                out
            }),
        ]
    })
}

fn publish() -> impl Strategy<Value = (u32, [u8; 16], Vec<u8>, u32, Option<[u8; 32]>)> {
    (
        any::<u32>(),
        any::<[u8; 16]>(),
        prop::collection::vec(any::<u8>(), 0..600),
        any::<u32>(),
        any::<Option<[u8; 32]>>(),
    )
}

/// The largest number that a database counts to.
const NUMBER_MAX: u64 = (1 << 63) - 1;

fn app_msg() -> impl Strategy<Value = AppMsg> {
    let file = (
        any::<[u8; 32]>(),
        any::<u64>(),
        "[a-z]{1,8}",
        prop::option::of("[a-z.]{1,20}"),
        prop::option::of(any::<[u8; 9]>()),
    )
        .prop_map(|(key, size, mime, name, thumbnail)| FileRef {
            blob_id: BlobId([1; 16]),
            key: FileKey::new(key),
            size,
            mime,
            name,
            sha256: key,
            del_token: DelToken([2; 16]),
            thumbnail: thumbnail.map(Vec::from),
        });
    let body = prop_oneof![
        ".{0,200}".prop_map(|text| Body::Text(Text { text })),
        (prop::collection::vec(file.clone(), 0..3), prop::option::of(".{0,9}"))
            .prop_map(|(files, caption)| Body::Files(Files { files, caption })),
        (file, any::<u32>()).prop_map(|(file, seconds)| Body::ViewOnce(ViewOnce { file, seconds })),
        prop::collection::vec(any::<[u8; 16]>(), 0..9).prop_map(|mids| Body::Receipt(Receipt {
            kind: ReceiptKind::Viewed,
            mids: mids.into_iter().map(MessageId).collect()
        })),
        "[a-z]{0,16}".prop_map(|text| Body::Reaction(Reaction { mid: MessageId([3; 16]), text })),
        Just(Body::CallNote(CallNote { call_id: CallId([4; 16]), outcome: CallOutcome::Missed })),
        Just(Body::Erase(Erase {})),
        (100_u32.., canonical_item()).prop_map(|(kind, raw)| Body::Unknown { kind, raw }),
    ];
    (
        0..=NUMBER_MAX,
        any::<[u8; 8]>(),
        any::<u32>().prop_map(u64::from),
        any::<[u8; 16]>(),
        body,
        any::<Option<u32>>(),
        any::<Option<[u8; 16]>>(),
        0..=NUMBER_MAX,
    )
        .prop_map(|(n, prev, ts, mid, body, expire_s, reply_mid, seen_seq)| AppMsg {
            n,
            prev: PrevHash(prev),
            ts,
            mid: MessageId(mid),
            body,
            expire_s,
            reply_mid: reply_mid.map(MessageId),
            seen_seq,
        })
}

proptest! {
    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ClientFrame::decode(&bytes);
        let _ = RelayFrame::decode(&bytes);
        let _ = AppMsg::decode(&bytes);
        let _ = Body::from_draft(&bytes);
        let _ = Params::parse(&bytes);
        let _ = Credential::parse(&bytes);
        let _ = Deed::parse(&bytes);
        let _ = Statement::parse(&bytes);
        let _ = PanicStatement::parse(&bytes);
        let _ = unpad(&bytes);
        let _ = codec::fields(&bytes);
    }

    /// Random bytes are nearly never a frame; frames with a broken byte are the harder input.
    #[test]
    fn a_broken_frame_never_panics_and_never_has_a_second_encoding(
        (rid, id, blob, ttl, hash) in publish(), at: prop::sample::Index, to: u8
    ) {
        let frame = ClientFrame { rid, body: Request::Publish(Publish {
            head: Tag(id), blob: &blob, ttl, cid: Cid(id), del_hash: hash.map(DelHash), replaces: None }) };
        let mut bytes = frame.encode();
        prop_assert_eq!(&ClientFrame::decode(&bytes).unwrap(), &frame);
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(read) = ClientFrame::decode(&bytes) {
            // A changed key may be one that this version skips; everything else must come out as it went in.
            let again = read.encode();
            prop_assert!(again == bytes || again.len() < bytes.len(), "one encoding per value");
        }
    }

    #[test]
    fn every_cut_is_noticed((rid, id, blob, ttl, hash) in publish(), at: prop::sample::Index) {
        let frame = ClientFrame { rid, body: Request::Publish(Publish {
            head: Tag(id), blob: &blob, ttl, cid: Cid(id), del_hash: hash.map(DelHash), replaces: None }) };
        let bytes = frame.encode();
        prop_assert_eq!(ClientFrame::decode(&bytes[..at.index(bytes.len())]), Err(DecodeError::Truncated));
    }

    #[test]
    fn trailing_bytes_are_refused(item in canonical_item(), extra in prop::collection::vec(any::<u8>(), 1..9)) {
        prop_assert_eq!(codec::check(&item), Ok(()));
        let longer = [item, extra.clone()].concat();
        prop_assert_eq!(codec::check(&longer), Err(DecodeError::TrailingBytes(extra.len())));
    }

    #[test]
    fn unknown_fields_of_a_newer_peer_are_skipped(item in canonical_item(), key in 50_u64..1 << 32) {
        let status = RelayFrame { rid: 1, body: Reply::Status(Status { state: RoomState::Locked, deed: vec![1] }) };
        let bytes = status.encode();
        let map = codec::with_field(&bytes[3..], key, &item).unwrap();
        let newer = [&bytes[..3], &map].concat();
        prop_assert_eq!(RelayFrame::decode(&newer).unwrap(), status);
    }

    #[test]
    fn a_message_with_an_absurd_number_is_refused(message in app_msg(), beyond in NUMBER_MAX + 1.., which in 0..3) {
        let mut message = message;
        match which {
            0 => message.n = beyond,
            1 => message.ts = beyond,
            _ => message.seen_seq = beyond,
        }
        prop_assert!(AppMsg::decode(&message.encode()).is_err(), "it would stick in every receiver's database");
    }

    #[test]
    fn a_message_survives_the_trip(message in app_msg()) {
        let bytes = message.encode();
        prop_assert_eq!(codec::check(&bytes), Ok(()));
        let read = AppMsg::decode(&bytes).unwrap();
        prop_assert_eq!(&read, &message);
        prop_assert_eq!(read.encode(), bytes, "one encoding per value");
    }

    #[test]
    fn what_was_composed_comes_back_as_it_was(message in app_msg()) {
        let draft = message.body.to_draft();
        prop_assert_eq!(codec::check(&draft), Ok(()));
        prop_assert_eq!(Body::from_draft(&draft), Ok(message.body));
    }

    #[test]
    fn a_signature_over_params_covers_the_fields_of_a_newer_owner(title in "[a-z]{0,20}", item in canonical_item()) {
        let fields = params(title);
        let known = Params::new(fields.clone(), Signature([9; 64])).unwrap();
        prop_assert_eq!(known.signed_part(), fields.to_bytes());
        let newer = codec::with_field(known.as_bytes(), 77, &item).unwrap();
        let read = Params::parse(&newer).unwrap();
        prop_assert_eq!(read.fields(), &fields);
        prop_assert_eq!(read.as_bytes(), &newer[..], "nothing of a newer owner is lost");
        prop_assert_eq!(read.signed_part(), codec::with_field(&fields.to_bytes(), 77, &item).unwrap());
    }

    #[test]
    fn a_signature_over_a_deed_covers_the_policy_of_a_newer_owner(item in canonical_item(), rev: u64) {
        let policy = policy();
        let deed = Deed::new(PublicKey([1; 32]), PublicKey([2; 32]), policy, rev, Signature([3; 64]));
        let newer_policy = codec::with_field(deed.policy_bytes(), 99, &item).unwrap();
        let newer = codec::with_field(deed.as_bytes(), 2, &newer_policy).unwrap();
        match Deed::parse(&newer) {
            Ok(read) => {
                prop_assert_eq!(read.policy(), policy);
                prop_assert_eq!(read.policy_bytes(), &newer_policy[..]);
                prop_assert_eq!(read.as_bytes(), &newer[..]);
            }
            Err(error) => prop_assert!(newer.len() > 1024 || error == DecodeError::TooDeep, "{error}"),
        }
    }

    #[test]
    fn owner_statements_survive_the_trip(counter: u64, tag: [u8; 16], which in 0..5) {
        let order = match which {
            0 => Order::Lock(HeadOrder::at(Tag(tag))),
            1 => Order::Unlock(HeadOrder { head: Tag(tag), base: Tag([1; 16]), commit: Some(Tag([2; 16])) }),
            2 => Order::SetHead(HeadOrder { head: Tag(tag), base: Tag([1; 16]), commit: None }),
            3 => Order::Close,
            _ => Order::Policy(Deed::new(PublicKey([1; 32]), PublicKey([2; 32]), policy(), counter, Signature([3; 64]))),
        };
        let statement = Statement { room_id: RoomId([4; 32]), counter, order };
        let bytes = statement.to_bytes();
        prop_assert_eq!(Statement::parse(&bytes).unwrap(), statement);
        prop_assert!(Statement::parse(&[&bytes[..], &[0]].concat()).is_err(), "nothing may follow what is signed");
    }

    #[test]
    fn padding_says_the_bucket_and_no_more(data in prop::collection::vec(any::<u8>(), 0..3000), at: prop::sample::Index) {
        let frame = pad(FrameKind::Mls, &data).unwrap();
        prop_assert_eq!(frame.len(), bucket(data.len() + 5));
        prop_assert_eq!(unpad(&frame), Ok((FrameKind::Mls, &data[..])));
        let mut dirty = frame.clone();
        let at = at.index(frame.len());
        dirty[at] ^= 1;
        if at >= data.len() + 5 {
            prop_assert!(unpad(&dirty).is_err(), "padding must be zero");
        }
        prop_assert!(unpad(&[&frame[..], &[0]].concat()).is_err(), "a size that is no bucket");
    }
}

fn policy() -> Policy {
    Policy { msg_ttl: 604_800, idle_ttl: 86_400, panic_by: PanicBy::AnyMember, max_members: 16 }
}

fn params(title: String) -> ParamsFields {
    ParamsFields {
        version: 1,
        opk: PublicKey([1; 32]),
        r: [2; 32],
        genesis_nonce: [3; 16],
        created_at: 1_700_000_000,
        rev: 1,
        title,
        note: "hello".into(),
        policy: RoomPolicy {
            msg_ttl: 604_800,
            idle_ttl: 86_400,
            max_members: 16,
            need_pass: false,
            panic_by: PanicBy::Owner,
            owner_leave_closes: true,
            history: History::None,
            calls: Calls::RelayOnly,
            everything_view_once: false,
            presence: true,
            receipts: Receipts::None,
        },
        deed: Some(vec![1]),
        standby: Some(vec![StandbyRelay { address: "relay.example.org".into(), pin: None }]),
    }
}

#[test]
fn a_credential_says_who_somebody_claims_to_be() {
    let fields = |nick: &str| CredentialFields {
        nick: nick.into(),
        call_pk: PublicKey([1; 32]),
        owner_cert: Some(Signature([2; 64])),
        caps: 0,
        since: Some(7),
    };
    let alice = Credential::new(fields("Alice")).unwrap();
    assert_eq!(Credential::parse(alice.as_bytes()), Ok(alice.clone()));
    assert_eq!(alice.nick, "Alice");
    for nick in [
        "",
        "Ali\u{202e}ce",
        "Ali\u{200b}ce",
        "Al\nice",
        " Alice",
        "Alice\u{feff}",
        "Al\u{200d}ice",
        "Alice\u{fe0f}",
        &"a".repeat(33),
    ] {
        assert!(matches!(Credential::new(fields(nick)), Err(DecodeError::Value(_))), "{nick:?} could pass for another");
    }
    let blanks =
        ["\u{2800}", "Ali\u{2800}ce", "Alice\u{a0}B", "\u{3000}Alice", "Al\u{2003}ice", "\u{1d159}", "\u{16fe4}"];
    let undrawn = ["\u{fffc}", "Ali\u{13441}ce", "Al\u{1bca0}ice", "\u{1d173}Alice"];
    let nothing = ["\u{301}", "\u{301} \u{20dd}", "\u{1ab0}", "\u{1dc0}", "\u{fe20}"];
    for nick in blanks.into_iter().chain(undrawn).chain(nothing) {
        assert!(
            matches!(Credential::new(fields(nick)), Err(DecodeError::Value(_))),
            "{nick:?} shows nothing, or a hole"
        );
        let unchecked = minicbor::to_vec(fields(nick)).unwrap();
        assert!(Credential::parse(&unchecked).is_err(), "nor is {nick:?} taken from others");
    }
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
    for nick in [family, "\u{2764}\u{fe0f} Ann", "Al ice", "A\u{301}", "\u{1f98a}", "!", "\u{5d0}\u{5b7}", "\u{e000}"] {
        assert!(Credential::new(fields(nick)).is_ok(), "{nick:?} shows something");
    }
}
