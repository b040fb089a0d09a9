//! What members say to each other, before it is sealed.

use conclave_proto::{
    content::*,
    handover::Handover,
    id::*,
    knock::*,
    padding::{FrameKind, pad, unpad},
};

use crate::{hex, x};

fn message(body: Body) -> AppMsg {
    AppMsg {
        n: 2,
        prev: PrevHash([3; 8]),
        ts: 1_700_000_000,
        mid: MessageId([4; 16]),
        body,
        expire_s: None,
        reply_mid: None,
        seen_seq: 9,
    }
}

/// Expects the parts, joined, to be the encoding of `message`, and `message` to be their decoding.
fn pinned(message: &AppMsg, parts: &[&str]) {
    let bytes = message.encode();
    assert_eq!(hex(&bytes), parts.concat(), "members of other versions read it: kind {}", message.body.kind());
    assert_eq!(AppMsg::decode(&bytes).as_ref(), Ok(message));
}

/// Expects a message of this kind, with nothing optional around it, to have this body, also while it is a draft.
fn body(kind: &str, value: Body, parts: &[&str]) {
    let draft = value.to_draft();
    assert_eq!(hex(&draft), format!("a200{kind}05{}", parts.concat()), "clients have it in their files: kind {kind}");
    assert_eq!(Body::from_draft(&draft).as_ref(), Ok(&value));
    pinned(
        &message(value),
        &[
            "a7",                             // seven fields
            &format!("00{kind}"),             // kind
            "0102",                           // n
            &format!("0248{}", x(3, 8)),      // hash of the previous one
            "031a6553f100",                   // time
            &format!("0450{}", x(4, 16)),     // message id
            &format!("05{}", parts.concat()), // body
            "0809",                           // last number seen
        ],
    );
}

#[test]
fn a_publication_is_pinned() {
    let link = LeafLink { former: PublicKey([8; 32]), sig: Signature([9; 64]) };
    let plain = Publication { message: vec![1, 2], age_s: 0, links: Vec::new() };
    let whole = Publication { age_s: 60, links: vec![link], ..plain.clone() };
    let link = format!("a2005820{}015840{}", x(8, 32), x(9, 64));
    for (publication, bytes) in [(plain, "a100420102".to_owned()), (whole, format!("a30042010201183c0281{link}"))] {
        assert_eq!(hex(&publication.encode()), bytes);
        assert_eq!(Publication::decode(&publication.encode()).as_ref(), Ok(&publication));
    }
    let too_many = vec![LeafLink { former: PublicKey([8; 32]), sig: Signature([9; 64]) }; 9];
    let publication = Publication { message: vec![], age_s: 0, links: too_many };
    assert!(Publication::decode(&publication.encode()).is_err(), "each costs a check");
    assert!(Publication::decode(&[0xa2, 0, 0x41, 1, 1, 0]).is_err(), "an age of nothing is left out");
}

#[test]
fn a_message_with_everything_around_its_body_is_pinned() {
    let plain = message(Body::Text(Text { text: "hi".into() }));
    pinned(
        &AppMsg { expire_s: Some(3600), reply_mid: Some(MessageId([7; 16])), ..plain },
        &[
            "a9",                         // nine fields
            "0001",                       // kind
            "0102",                       // n
            &format!("0248{}", x(3, 8)),  // hash of the previous one
            "031a6553f100",               // time
            &format!("0450{}", x(4, 16)), // message id
            "05a100626869",               // body
            "06190e10",                   // burns after an hour
            &format!("0750{}", x(7, 16)), // answers this message
            "0809",                       // last number seen
        ],
    );
}

/// A file with everything that may be said of it, and its bytes.
fn file() -> (FileRef, String) {
    let (bare, golden) = bare_file();
    let value = FileRef { name: Some("n".into()), thumbnail: Some(vec![7]), ..bare };
    // Eight fields; the name and the thumbnail stand where their numbers belong.
    let golden = golden.replacen("a6", "a8", 1).replace("055820", "04616e055820") + "074107";
    (value, golden)
}

fn bare_file() -> (FileRef, String) {
    let value = FileRef {
        blob_id: BlobId([1; 16]),
        key: FileKey::new([2; 32]),
        size: 3,
        mime: "image/png".into(),
        name: None,
        sha256: [5; 32],
        del_token: DelToken([6; 16]),
        thumbnail: None,
    };
    let golden = [
        "a6",                           // six fields
        &format!("0050{}", x(1, 16)),   // blob
        &format!("015820{}", x(2, 32)), // key
        "0203",                         // size
        "0369696d6167652f706e67",       // type
        &format!("055820{}", x(5, 32)), // hash of the ciphertext
        &format!("0650{}", x(6, 16)),   // delete token
    ];
    (value, golden.concat())
}

#[test]
fn bodies_that_people_read_are_pinned() {
    body("01", Body::Text(Text { text: "hi".into() }), &["a1", "00626869"]);
    let (file, golden) = file();
    let files = Files { files: vec![file.clone()], caption: Some("c".into()) };
    body("02", Body::Files(files), &["a2", "0081", &golden, "016163"]); // one file, caption
    let (bare, bare_golden) = bare_file();
    body("02", Body::Files(Files { files: vec![bare], caption: None }), &["a1", "0081", &bare_golden]);
    body("03", Body::ViewOnce(ViewOnce { file: file.clone(), seconds: 10 }), &["a2", "00", &golden, "010a"]); // seconds
    let reaction = Reaction { mid: MessageId([1; 16]), text: "\u{1f44d}".into() };
    body("06", Body::Reaction(reaction), &["a2", "0050", &x(1, 16), "0164f09f918d"]); // to a message, thumb up
    let offer = HistoryOffer { file, member: MemberId([8; 16]) };
    body("0a", Body::History(offer), &["a2", "00", &golden, "0150", &x(8, 16)]); // for this member
}

#[test]
fn bodies_that_clients_act_on_are_pinned() {
    let mids = vec![MessageId([1; 16]), MessageId([2; 16])];
    let golden = format!("8250{}50{}", x(1, 16), x(2, 16));
    for (kind, number) in [(ReceiptKind::Delivered, "0001"), (ReceiptKind::Viewed, "0002")] {
        body("04", Body::Receipt(Receipt { kind, mids: mids.clone() }), &["a2", number, "01", &golden]);
    }
    body("05", Body::Retract(Retract { mids: mids.clone(), numbers: None }), &["a1", "00", &golden]);
    body("05", Body::Retract(Retract { mids, numbers: Some(vec![7, 0]) }), &["a2", "00", &golden, "01820700"]); // numbers
    let hello = Hello { roster: [1; 32], head_seq: 9 };
    body("07", Body::Hello(hello), &["a2", "005820", &x(1, 32), "0109"]); // roster, head's number
    let note = RoomStateNote { statement: vec![1], sig: Signature([2; 64]), epoch: None };
    body("08", Body::RoomState(note.clone()), &["a2", "004101", "015840", &x(2, 64)]); // statement, signature
    let note = RoomStateNote { epoch: Some(7), ..note };
    body("08", Body::RoomState(note), &["a3", "004101", "015840", &x(2, 64), "0207"]); // the same, epoch
    let to = Move { link: "c".into(), passphrase: None };
    body("09", Body::Move(to), &["a1", "006163"]); // link
    let to = Move { link: "c".into(), passphrase: Some(PassphraseKey::new([3; 32])) };
    body("09", Body::Move(to), &["a2", "006163", "015820", &x(3, 32)]); // link, key
    for (outcome, number) in [(CallOutcome::Missed, "0100"), (CallOutcome::Ended, "0101")] {
        let note = CallNote { call_id: CallId([1; 16]), outcome };
        body("0b", Body::CallNote(note), &["a2", "0050", &x(1, 16), number]);
    }
    body("0c", Body::Erase(Erase {}), &["a0"]);
    body("1903e8", Body::Unknown { kind: 1000, raw: vec![0xa1, 0, 1] }, &["a10001"]); // kept as it came
}

#[test]
fn ephemerals_are_pinned() {
    let value = Ephemeral { leaf: 1, ctr: 2, ts: 1_700_000_000, kind: 4, body: vec![5], sig: Signature([6; 64]) };
    let golden = [
        "86",         // six elements
        "01",         // leaf
        "02",         // counter
        "1a6553f100", // time
        "04",         // type
        "4105",       // body
        "5840",
        &x(6, 64), // signature
    ];
    assert_eq!(hex(&value.encode()), golden.concat(), "members of other versions read it");
    assert_eq!(Ephemeral::decode(&value.encode()).as_ref(), Ok(&value));
    let signed = [&x(7, 16), "00000001", "0000000000000002", "6553f100", "04", "05"]; // base, then fixed widths
    assert_eq!(hex(&value.signed_part(&Tag([7; 16]))), signed.concat(), "the leaf's key signs these bytes");
    let numbers: Vec<_> = (0..=u8::MAX).filter_map(EphemeralType::from_number).map(EphemeralType::number).collect();
    assert_eq!(numbers, [1, 2, 3, 4], "numbers are never given to another meaning");
    assert_eq!(
        [1, 2, 3, 4].map(EphemeralType::from_number),
        [EphemeralType::Online, EphemeralType::TypingStart, EphemeralType::TypingStop, EphemeralType::CallSignal]
            .map(Some)
    );
}

#[test]
fn padded_frames_are_pinned() {
    for (kind, number) in [(FrameKind::Mls, "01"), (FrameKind::Ephemeral, "02"), (FrameKind::GroupInfo, "03")] {
        let frame = pad(kind, &[7, 8]).unwrap();
        assert_eq!(
            hex(&frame),
            [number, "00000002", "0708", &x(0, 505)].concat(),
            "kind, length, data, zeros up to 512"
        );
        assert_eq!(unpad(&frame), Ok((kind, &[7, 8][..])));
    }
}

#[test]
fn what_a_spoken_invitation_hands_over_is_pinned() {
    let open = Handover { link: "conclave://r/#c".to_owned(), token: None };
    let locked = Handover { link: open.link.clone(), token: Some(KnockToken([7; 16])) };
    let link = "006f636f6e636c6176653a2f2f722f2363";
    for (handover, bytes) in [(open, format!("a1{link}")), (locked, format!("a2{link}0150{}", x(7, 16)))] {
        assert_eq!(hex(&handover.to_bytes()), bytes, "the app on the other side may be of another version");
        assert_eq!(Handover::parse(&handover.to_bytes()).as_ref(), Ok(&handover));
    }
    let long = Handover { link: "c".repeat(conclave_proto::limits::HANDOVER_LINK + 1), token: None };
    assert!(Handover::parse(&long.to_bytes()).is_err(), "no invitation is as long");
    let short_token = [&[0xa2, 0x00, 0x61, b'c', 0x01, 0x4f][..], &[7; 15]].concat();
    assert!(Handover::parse(&short_token).is_err(), "a token has sixteen bytes");
}

#[test]
fn what_is_inside_of_knocks_and_their_answers_is_pinned() {
    let bare = KnockContent { key_package: vec![1, 2], note: String::new(), token: None };
    let whole = KnockContent { note: "It is Bob.".into(), token: Some(KnockToken([3; 16])), ..bare.clone() };
    let golden = [
        (bare, "a20042010202".to_owned() + "60"),
        (whole, format!("a30042010202{}0350{}", "6a497420697320426f622e", x(3, 16))),
    ];
    for (value, bytes) in golden {
        assert_eq!(hex(&value.encode()), bytes);
        assert_eq!(KnockContent::decode(&value.encode()), Ok(value));
    }

    let admission = KnockAdmission {
        tag: Tag([4; 16]),
        seq: 300,
        place: vec![5],
        welcome: vec![6],
        passphrase: Some(PassphraseKey::new([7; 32])),
    };
    let bytes = format!("a50050{}0119012c024105034106045820{}", x(4, 16), x(7, 32));
    assert_eq!(hex(&admission.encode()), bytes);
    assert_eq!(KnockAdmission::decode(&admission.encode()), Ok(admission.clone()));
    let without = KnockAdmission { passphrase: None, ..admission };
    assert_eq!(hex(&without.encode()), format!("a40050{}0119012c024105034106", x(4, 16)));

    let refusal = KnockReply { sig: Signature([8; 64]), admission: None };
    assert_eq!(hex(&refusal.encode()), format!("a1005840{}", x(8, 64)));
    let reply = KnockReply { admission: Some(vec![9]), ..refusal };
    assert_eq!(hex(&reply.encode()), format!("a2005840{}014109", x(8, 64)));
    assert_eq!(KnockReply::decode(&reply.encode()), Ok(reply));
}
