//! What a client and a relay say to each other.

use conclave_proto::{
    error::ErrorCode,
    frame::*,
    id::*,
    owner::{SignedStatement, Tombstone},
};

use crate::{hex, x};

/// Expects the parts, joined, to be the encoding of `frame`, and `frame` to be their decoding.
fn client(frame: Request<'_>, parts: &[&str]) {
    let frame = ClientFrame { rid: 7, body: frame };
    let bytes = frame.encode();
    assert_eq!(hex(&bytes), parts.concat(), "v1 is on the wire: op {}", frame.body.op());
    assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
}

fn relay(rid: u32, body: Reply, parts: &[&str]) {
    let frame = RelayFrame { rid, body };
    let bytes = frame.encode();
    assert_eq!(hex(&bytes), parts.concat(), "v1 is on the wire: op {}", frame.body.op());
    assert_eq!(RelayFrame::decode(&bytes), Ok(frame));
}

#[test]
fn requests_for_rooms_are_pinned() {
    client(
        Request::Create(Create {
            deed: b"d",
            mpk: PublicKey([1; 32]),
            group_info: b"g",
            client_nonce: ClientNonce([2; 16]),
            sig: Signature([3; 64]),
            pow: None,
            authority: "a",
            place: b"p",
        }),
        &[
            "830207",                       // [CREATE, rid 7, map]
            "a7",                           // seven fields
            "004164",                       // deed
            &format!("015820{}", x(1, 32)), // mpk
            "024167",                       // GroupInfo
            &format!("0350{}", x(2, 16)),   // client nonce
            &format!("045840{}", x(3, 64)), // signature of the access key
            "066161",                       // authority
            "074170",                       // place
        ],
    );
    client(
        Request::Auth(Auth {
            role: Role::Member,
            room_id: RoomId([1; 32]),
            pk: PublicKey([2; 32]),
            client_nonce: ClientNonce([3; 16]),
            sig: Signature([4; 64]),
            pow: Some(vec![9]),
            opk: Some(PublicKey([5; 32])),
            authority: "a".into(),
        }),
        &[
            "830307",                       // [AUTH, rid 7, map]
            "a8",                           // eight fields
            "0002",                         // role M
            &format!("015820{}", x(1, 32)), // room
            &format!("025820{}", x(2, 32)), // key
            &format!("0350{}", x(3, 16)),   // client nonce
            &format!("045840{}", x(4, 64)), // signature
            "054109",                       // proof of work
            &format!("065820{}", x(5, 32)), // owner's key
            "076161",                       // authority
        ],
    );
    client(Request::GroupInfoGet(GroupInfoGet { before: None }), &["830407", "a0"]);
    client(
        Request::GroupInfoGet(GroupInfoGet { before: Some(Tag([1; 16])) }),
        &["830407", "a1", &format!("0050{}", x(1, 16))], // before this tag
    );
    client(Request::Lease(Empty {}), &["830507", "a0"]);
    client(
        Request::Commit(Commit {
            lane: Lane::Join,
            head: Tag([1; 16]),
            blob: b"b",
            group_info: b"g",
            mpk: PublicKey([2; 32]),
            cid: Cid([3; 16]),
            pow: None,
            place: b"",
        }),
        &[
            "830607",                       // [COMMIT, rid 7, map]
            "a7",                           // seven fields
            "0002",                         // lane J
            &format!("0150{}", x(1, 16)),   // head
            "024162",                       // envelope
            "034167",                       // GroupInfo
            &format!("045820{}", x(2, 32)), // mpk
            &format!("0550{}", x(3, 16)),   // cid
            "0740",                         // an empty place: what is in it is the client's business
        ],
    );
    client(
        Request::Publish(Publish {
            head: Tag([1; 16]),
            blob: b"b",
            ttl: 3600,
            cid: Cid([2; 16]),
            del_hash: Some(DelHash([3; 32])),
            replaces: None,
        }),
        &[
            "830707",                       // [PUB, rid 7, map]
            "a5",                           // five fields
            &format!("0050{}", x(1, 16)),   // head
            "014162",                       // envelope
            "02190e10",                     // ttl
            &format!("0350{}", x(2, 16)),   // cid
            &format!("045820{}", x(3, 32)), // delete hash
        ],
    );
    client(
        Request::Fetch(Fetch { after: 5, max_n: 100, max_bytes: 65_536 }),
        &["830807", "a3", "0005", "011864", "021a00010000"], // after, entries, bytes
    );
    client(Request::Ephemeral(Ephemeral { blob: b"e" }), &["830a07", "a1", "004165"]);
    client(
        Request::Del(Del { target: DelTarget::Entry(9), token: DelToken([1; 16]) }),
        &["830b07", "a2", "0009", &format!("0150{}", x(1, 16))], // entry, token
    );
    client(
        Request::Del(Del { target: DelTarget::Blob(BlobId([2; 16])), token: DelToken([1; 16]) }),
        &["830b07", "a2", &format!("0050{}", x(2, 16)), &format!("0150{}", x(1, 16))], // blob, token
    );
    client(
        Request::Owner(OwnerOrder { statement: b"s", sig: Signature([1; 64]), commit: None }),
        &["831007", "a2", "004173", &format!("015840{}", x(1, 64))], // statement, signature
    );
    let commit = Commit {
        lane: Lane::Commit,
        head: Tag([1; 16]),
        blob: b"b",
        group_info: b"g",
        mpk: PublicKey([2; 32]),
        cid: Cid([3; 16]),
        pow: None,
        place: b"p",
    };
    client(
        Request::Owner(OwnerOrder { statement: b"s", sig: Signature([1; 64]), commit: Some(commit) }),
        &[
            "831007",                       // [OWNER, rid 7, map]
            "a3",                           // three fields
            "004173",                       // statement
            &format!("015840{}", x(1, 64)), // signature
            "02a7",                         // a COMMIT of seven fields:
            "0003",                         //   lane C
            &format!("0150{}", x(1, 16)),   //   head: the base of the statement
            "024162",                       //   envelope
            "034167",                       //   GroupInfo
            &format!("045820{}", x(2, 32)), //   mpk
            &format!("0550{}", x(3, 16)),   //   cid
            "074170",                       //   place
        ],
    );
    client(
        Request::Panic(Panic {
            statement: b"s",
            sig_access: Signature([1; 64]),
            pk: PublicKey([2; 32]),
            sig: Signature([3; 64]),
        }),
        &[
            "831107",                       // [PANIC, rid 7, map]
            "a4",                           // four fields
            "004173",                       // statement
            &format!("015840{}", x(1, 64)), // signature of the access key
            &format!("025820{}", x(2, 32)), // the other key
            &format!("035840{}", x(3, 64)), // its signature
        ],
    );
    client(Request::Status(Empty {}), &["831307", "a0"]);
    client(Request::Burned(Burned { sig: Signature([1; 64]) }), &["831707", "a1", &format!("005840{}", x(1, 64))]);
}

#[test]
fn requests_for_blobs_seats_and_boxes_are_pinned() {
    let blob_id = BlobId([1; 16]);
    client(
        Request::BlobNew(BlobNew { size: 1, del_hash: DelHash([2; 32]), ttl: 60 }),
        &["830c07", "a3", "0001", &format!("015820{}", x(2, 32)), "02183c"], // size, delete hash, ttl
    );
    client(
        Request::BlobPut(BlobPut { blob_id, offset: 0, bytes: b"p" }),
        &["830d07", "a3", &format!("0050{}", x(1, 16)), "0100", "024170"], // blob, offset, part
    );
    client(
        Request::BlobEnd(BlobEnd { blob_id, sha256: [3; 32] }),
        &["830e07", "a2", &format!("0050{}", x(1, 16)), &format!("015820{}", x(3, 32))], // blob, hash
    );
    client(
        Request::BlobGet(BlobGet { blob_id, offset: 1, len: 2 }),
        &["830f07", "a3", &format!("0050{}", x(1, 16)), "0101", "0202"], // blob, offset, length
    );
    client(
        Request::Reseat(Reseat {
            deed: b"d",
            owner: Some(SignedStatement { statement: vec![7], sig: Signature([1; 64]) }),
            mpk: PublicKey([2; 32]),
            head: Tag([3; 16]),
            group_info: b"g",
            client_nonce: ClientNonce([4; 16]),
            sig: Signature([5; 64]),
            pow: None,
            authority: "a",
            place: b"p",
        }),
        &[
            "831607",                                 // [RESEAT, rid 7, map]
            "a9",                                     // nine fields
            "004164",                                 // deed
            &format!("01a2004107015840{}", x(1, 64)), // owner's statement
            &format!("025820{}", x(2, 32)),           // mpk
            &format!("0350{}", x(3, 16)),             // head
            "044167",                                 // GroupInfo
            &format!("0550{}", x(4, 16)),             // client nonce
            &format!("065840{}", x(5, 64)),           // signature
            "086161",                                 // authority
            "094170",                                 // place
        ],
    );
    client(
        Request::ReseatPut(ReseatPut {
            entries: vec![ReseatEntry {
                lane: Lane::Application,
                blob: vec![1],
                cid: Cid([2; 16]),
                expires: 3,
                mpk: None,
                del_hash: Some(DelHash([4; 32])),
            }],
        }),
        &[
            "83181807",                     // [RESEAT_PUT, rid 7, map]
            "a10081a5",                     // one entry of five fields
            "0001",                         // lane A
            "014101",                       // envelope
            &format!("0250{}", x(2, 16)),   // cid
            "0303",                         // expires
            &format!("055820{}", x(4, 32)), // delete hash
        ],
    );
    client(Request::ReseatEnd(Empty {}), &["83181907", "a0"]);
    client(Request::BoxNew(BoxNew { pow: None }), &["83181e07", "a0"]);
    client(Request::BoxJoin(BoxJoin { nameplate: "4172", pow: None }), &["83181f07", "a1", "006434313732"]);
    client(Request::BoxSend(BoxSend { phase: 1, bytes: b"y" }), &["83182007", "a2", "0001", "014179"]);
    client(Request::BoxClose(BoxClose { mood: 0 }), &["83182207", "a1", "0000"]);
    client(Request::Knock(Knock { blob: b"k", pow: None }), &["83182307", "a1", "00416b"]);
    client(
        Request::KnockAnswer(KnockAnswer { knock_id: KnockId([1; 16]), blob: b"a" }),
        &["83182507", "a2", &format!("0050{}", x(1, 16)), "014161"], // knock, answer
    );
}

fn tombstone() -> (Tombstone, String) {
    let value = Tombstone {
        room_id: RoomId([1; 32]),
        statement: vec![2],
        sig_access: None,
        pk: PublicKey([3; 32]),
        sig: Signature([4; 64]),
        deed: vec![5],
    };
    let hex = ["a5", "005820", &x(1, 32), "014102", "035820", &x(3, 32), "045840", &x(4, 64), "054105"].concat();
    (value, hex)
}

#[test]
fn tombstones_are_pinned() {
    let (value, hex) = tombstone();
    client(Request::Tombstone(value.clone()), &["831207", &hex]);
    relay(0, Reply::Tombstone(value.clone()), &["831200", &hex]);
    let data = ErrorData { tombstone: Some(Box::new(value)), ..ErrorData::default() };
    relay(
        7,
        Reply::Refused(Refusal::with(ErrorCode::RoomGone, data)),
        &["831507", "a2", "000d", "02a104", &hex], // code 13, data with a tombstone
    );
}

#[test]
fn pushes_are_pinned() {
    relay(
        0,
        Reply::Hello(Hello {
            versions: vec![1],
            nonce: ServerNonce([1; 32]),
            limits: Limits::default(),
            pow: None,
            exporter_bound: true,
            time: 1_700_000_000,
        }),
        &[
            "830100",                       // [HELLO, push, map]
            "a5",                           // five fields
            "008101",                       // versions
            &format!("015820{}", x(1, 32)), // nonce
            "02a7",                         // limits:
            "001a001c0000",                 //   message
            "011a00010000",                 //   application
            "021a00080000",                 //   commit
            "031a00100000",                 //   GroupInfo
            "04192000",                     //   ephemeral
            "051a01900000",                 //   blob
            "06190100",                     //   members
            "04f5",                         // bound to the TLS exporter
            "051a6553f100",                 // time
        ],
    );
    let blob = vec![0xbb];
    let mpk = Some(PublicKey([2; 32]));
    // seq, lane, envelope, prev, mpk, place
    let golden = ["830900", "a6", "0005", "0103", "0241bb", "0304", "045820", &x(2, 32), "0541cc"];
    let entry = EntryPush { seq: 5, lane: Lane::Commit, blob: blob.clone(), prev: 4, mpk, place: Some(vec![0xcc]) };
    relay(0, Reply::Entry(entry), &golden);
    let mut out = vec![];
    EntryView { seq: 5, lane: Lane::Commit, blob: &blob, prev: 4, mpk, place: Some(&[0xcc]) }.encode_into(&mut out);
    assert_eq!(hex(&out), golden.concat(), "the borrowed form writes the same bytes");
    relay(0, Reply::Ephemeral(EphemeralPush { blob }), &["830a00", "a1", "0041bb"]);
    relay(0, Reply::Burned(BurnedPush { sig: Signature([1; 64]) }), &["831700", "a1", "005840", &x(1, 64)]);
    relay(0, Reply::BoxJoined(BoxJoined { box_id: BoxId([1; 16]) }), &["83181f00", "a1", "0050", &x(1, 16)]);
    let knock_id = KnockId([1; 16]);
    let over = KnockPending { knock_id, ttl: 0, owner_here: true };
    relay(0, Reply::KnockPending(over), &["83182300", "a3", "0050", &x(1, 16), "0100", "02f5"]); // over, owner is here
    let knocked = |blob| Reply::Knocked(Knocked { knock_id, blob });
    relay(0, knocked(Some(vec![3])), &["83182400", "a2", "0050", &x(1, 16), "014103"]);
    relay(0, knocked(None), &["83182400", "a1", "0050", &x(1, 16)]); // it is over
    let answer = KnockAnswerPush { knock_id, blob: vec![3] };
    relay(0, Reply::KnockAnswer(answer), &["83182500", "a2", "0050", &x(1, 16), "014103"]);
    relay(0, Reply::BoxMessage(BoxMessage { phase: 2, bytes: vec![3] }), &["83182100", "a2", "0002", "014103"]);
}

#[test]
fn replies_are_pinned() {
    let admission = Admission {
        next_nonce: ServerNonce([1; 32]),
        state: RoomState::Locked,
        head: Tag([2; 16]),
        head_seq: 3,
        oldest_seq: 4,
        pushed_out: None,
        full: false,
        deed: vec![5],
        owner: None,
        seat: Seat([6; 16]),
    };
    let map = [
        "a8", // eight fields
        "005820",
        &x(1, 32), // next nonce
        "0101",    // locked
        "0250",
        &x(2, 16), // head
        "0303",    // head's number
        "0404",    // oldest number
        "054105",  // deed
        "0750",
        &x(6, 16), // seat
        "09f4",    // not full
    ]
    .concat();
    relay(7, Reply::Created(admission.clone()), &["830207", &map]);
    relay(7, Reply::Authenticated(admission.clone()), &["830307", &map]);
    relay(7, Reply::Reseating(admission), &["831607", &map]);
    let mpk = Some(PublicKey([2; 32]));
    relay(
        7,
        Reply::GroupInfos(GroupInfos {
            group_info: Some(GroupInfoAt { tag: Tag([1; 16]), seq: 2, blob: vec![3], place: Some(vec![7]) }),
            commits: vec![FetchedEntry { seq: 4, lane: Lane::Join, blob: vec![5], mpk, place: Some(vec![6]) }],
            more: false,
        }),
        &[
            "830407",                                       // [GINFO_GET, rid 7, map]
            "a3",                                           // three fields
            &format!("008450{}0241034107", x(1, 16)),       // [tag, seq, envelope, place]
            &format!("018185040241055820{}4106", x(2, 32)), // one commit with its place
            "02f4",                                         // no more
        ],
    );
    relay(
        7,
        Reply::GroupInfos(GroupInfos {
            group_info: Some(GroupInfoAt { tag: Tag([1; 16]), seq: 2, blob: vec![3], place: None }),
            commits: vec![FetchedEntry { seq: 4, lane: Lane::Join, blob: vec![5], mpk, place: None }],
            more: true,
        }),
        // Without places, because the relay keeps those of the newest commits only.
        &["830407", "a3", &format!("008350{}024103", x(1, 16)), &format!("018184040241055820{}", x(2, 32)), "02f5"],
    );
    relay(7, Reply::Leased(Leased { ms: 8000, head: Tag([1; 16]) }), &["830507", "a2", "00191f40", "0150", &x(1, 16)]);
    relay(7, Reply::Committed(Committed { seq: 9, tag: Tag([1; 16]) }), &["830607", "a2", "0009", "0150", &x(1, 16)]);
    relay(7, Reply::Published(Published { seq: 9, full: true }), &["830707", "a2", "0009", "01f5"]);
    relay(
        7,
        Reply::Fetched(Fetched {
            entries: vec![FetchedEntry { seq: 1, lane: Lane::Application, blob: vec![2], mpk: None, place: None }],
            more: true,
            head_seq: 3,
        }),
        &["830807", "a3", "008183", "0101", "4102", "01f5", "0203"], // [seq, lane, envelope], more, head's number
    );
    relay(7, Reply::BlobReserved(BlobReserved { blob_id: BlobId([1; 16]) }), &["830c07", "a1", "0050", &x(1, 16)]);
    relay(7, Reply::BlobBytes(BlobBytes { bytes: vec![1] }), &["830f07", "a1", "004101"]);
    let status = Status { state: RoomState::Open, deed: vec![5] };
    relay(7, Reply::Status(status), &["831307", "a2", "0000", "014105"]);
    let ordered = Ordered { seq: Some(9), tag: Some(Tag([1; 16])) };
    relay(7, Reply::Ordered(ordered), &["831007", "a2", "0009", "0150", &x(1, 16)]);
    relay(
        7,
        Reply::BoxOpened(BoxOpened { nameplate: "4172".into(), box_id: BoxId([1; 16]), ttl: 600 }),
        &["83181e07", "a3", "006434313732", "0150", &x(1, 16), "02190258"], // digits, box, seconds
    );
    relay(7, Reply::BoxJoined(BoxJoined { box_id: BoxId([1; 16]) }), &["83181f07", "a1", "0050", &x(1, 16)]);
    let pending = KnockPending { knock_id: KnockId([1; 16]), ttl: 600, owner_here: false };
    relay(7, Reply::KnockPending(pending), &["83182307", "a3", "0050", &x(1, 16), "01190258", "02f4"]);
    for (body, golden) in [
        (Reply::Deleted(Empty {}), "830b07a0"),
        (Reply::BlobStored(Empty {}), "830d07a0"),
        (Reply::BlobComplete(Empty {}), "830e07a0"),
        (Reply::Ordered(Ordered::default()), "831007a0"),
        (Reply::Panicked(Empty {}), "831107a0"),
        (Reply::ReseatStored(Empty {}), "83181807a0"),
        (Reply::Reseated(Empty {}), "83181907a0"),
        (Reply::BoxSent(Empty {}), "83182007a0"),
        (Reply::BoxClosed(Empty {}), "83182207a0"),
        (Reply::KnockAnswered(Empty {}), "83182507a0"),
    ] {
        relay(7, body, &[golden]);
    }
}

#[test]
fn refusals_are_pinned() {
    relay(7, Reply::Refused(Refusal::bare(ErrorCode::NoSuchRoom)), &["831507", "a1", "000a"]);
    relay(7, Reply::Refused(Refusal::retry(ErrorCode::Overloaded, 1000)), &["831507", "a2", "001833", "011903e8"]);
    let data = ErrorData { head: Some(Tag([1; 16])), seq: Some(2), ..ErrorData::default() };
    relay(
        7,
        Reply::Refused(Refusal::with(ErrorCode::StaleHead, data)),
        &["831507", "a2", "0010", "02a2", "0050", &x(1, 16), "0102"], // code 16, data with head and its number
    );
    relay(
        7,
        Reply::Refused(Refusal::with(ErrorCode::BlobOffset, ErrorData { seq: Some(262_144), ..ErrorData::default() })),
        &["831507", "a2", "0017", "02a1", "011a00040000"], // code 23, data with how many bytes are there
    );
    let numbers: Vec<u16> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(
        numbers,
        [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 30, 31, 32, 50, 51, 52],
        "numbers are never given to another meaning"
    );
    assert_eq!(ErrorCode::from_number(999), ErrorCode::Unknown(999), "a newer relay's code is a refusal still");
}
