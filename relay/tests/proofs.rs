//! Who may come in: opening a room, proving a key, and what nobody gets without.

#[path = "lab/lab.rs"]
mod lab;

use conclave_proto::{
    ErrorCode, Lane, Role, RoomState,
    frame::{Del, DelTarget, Empty, Ephemeral, GroupInfoGet, Request},
    id::*,
};
use conclave_seal::id;
use lab::*;

#[tokio::test]
async fn a_room_is_created_once_and_only_by_who_knows_code_and_owner_key() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut mallory = lab.connect().await;
    let mut create = room.founding(&mallory, AUTHORITY);
    create.mpk = PublicKey([1; 32]);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "mpk is signed");
    let create = room.founding(&mallory, "evil.example.org");
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "not our name");
    let mut forged = TestRoom::new(1);
    forged.deed = deed(&forged.access, &key(99), room.deed.policy(), 1);
    forged.deed =
        conclave_proto::deed::Deed::new(forged.deed.apk(), room.deed.opk(), room.deed.policy(), 1, forged.deed.sig());
    let create = forged.founding(&mallory, AUTHORITY);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "not the owner");

    room.create(&lab).await;
    let create = room.founding(&mallory, AUTHORITY);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::RoomExists);
}

#[tokio::test]
async fn each_role_is_proven_by_its_own_key() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut bob = lab.connect().await;
    assert_eq!(bob.auth(&room, Role::Member, &room.access).await, Err(ErrorCode::NotAuthorised));
    assert_eq!(bob.auth(&room, Role::Join, &room.member).await, Err(ErrorCode::NotAuthorised));
    assert_eq!(bob.auth(&room, Role::Owner, &room.member).await, Err(ErrorCode::NotAuthorised));
    let unknown = TestRoom::new(2);
    assert_eq!(bob.auth(&unknown, Role::Join, &unknown.access).await, Err(ErrorCode::NoSuchRoom));
    let admission = bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!((admission.head, admission.head_seq, admission.state), (room.genesis, 0, RoomState::Open));
    assert_eq!(admission.deed, room.deed.as_bytes());
    assert_eq!(admission.seat, Seat(id::seat(AUTHORITY, &[9; 16])), "the seat is named by its founding");
    assert!(bob.auth(&room, Role::Member, &room.member).await.is_ok(), "roles stand side by side");
    assert!(bob.auth(&room, Role::Owner, &room.owner).await.is_ok());
    let other = TestRoom::new(3);
    other.create(&lab).await;
    assert_eq!(bob.auth(&other, Role::Join, &other.access).await, Err(ErrorCode::NotAuthorised), "one room a socket");
}

#[tokio::test]
async fn a_proof_is_worth_nothing_on_another_connection_relay_or_a_second_time() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut bob, mut mallory) = (lab.connect().await, lab.connect().await);
    let proof = bob.proof(&room, Role::Join, &room.access, AUTHORITY);
    let refused = mallory.ask(Request::Auth(proof.clone())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadSignature, "the nonce is another connection's");
    assert!(bob.ask(Request::Auth(proof.clone())).await.is_ok());
    let refused = bob.ask(Request::Auth(proof)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadSignature, "the nonce is used");
    let elsewhere = mallory.proof(&room, Role::Join, &room.access, "other.example.org");
    assert_eq!(mallory.ask(Request::Auth(elsewhere)).await.unwrap_err().code, ErrorCode::BadSignature);
    let mut claimed = mallory.proof(&room, Role::Join, &room.access, "other.example.org");
    claimed.authority = AUTHORITY.into();
    assert_eq!(
        mallory.ask(Request::Auth(claimed)).await.unwrap_err().code,
        ErrorCode::BadSignature,
        "the name is signed"
    );
    lab.relay.add_authority("other.example.org".parse().unwrap());
    let mut bob = lab.connect().await;
    let proof = bob.proof(&room, Role::Join, &room.access, "other.example.org");
    assert!(bob.ask(Request::Auth(proof)).await.is_ok(), "a relay gains names while it runs");
}

#[tokio::test]
async fn a_proof_is_bound_to_the_tls_session() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let info = conclave_relay::ConnectionInfo { exporter: Some([5; 32]), source: None };
    let mut bob = Client::over(lab.pipe(info), [5; 32]).await;
    assert!(bob.hello.exporter_bound);
    assert!(bob.auth(&room, Role::Join, &room.access).await.is_ok());
    let mut mallory = Client::over(lab.pipe(info), [6; 32]).await;
    assert_eq!(
        mallory.auth(&room, Role::Join, &room.access).await,
        Err(ErrorCode::BadSignature),
        "a man in the middle"
    );
}

#[tokio::test]
async fn who_guesses_proofs_is_cut_off() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut mallory = lab.connect().await;
    for _ in 0..9 {
        assert_eq!(mallory.auth(&room, Role::Member, &key(99)).await, Err(ErrorCode::NotAuthorised));
    }
    assert!(mallory.try_next().await.is_none(), "the connection is closed");
}

#[tokio::test]
async fn a_client_that_expects_another_owner_finds_no_room() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut bob = lab.connect().await;
    let mut proof = bob.proof(&room, Role::Member, &room.member, AUTHORITY);
    proof.opk = Some(PublicKey([1; 32]));
    assert_eq!(bob.ask(Request::Auth(proof)).await.unwrap_err().code, ErrorCode::NoSuchRoom);
}

#[tokio::test]
async fn nothing_is_done_without_a_proof() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut mallory = lab.connect().await;
    for request in [
        Request::GroupInfoGet(GroupInfoGet::default()),
        Request::Lease(Empty {}),
        Request::Commit(commit(Lane::Join, room.genesis, &key(9), 1)),
        Request::Publish(publish(room.genesis, b"x", 2)),
        Request::Ephemeral(Ephemeral { blob: b"x" }),
        Request::Status(Empty {}),
        Request::Del(Del { target: DelTarget::Entry(1), token: DelToken([0; 16]) }),
    ] {
        assert_eq!(mallory.ask(request).await.unwrap_err().code, ErrorCode::NotAuthorised);
    }
    assert_eq!(mallory.fetch(0).await.unwrap_err().code, ErrorCode::NotAuthorised);
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!(mallory.fetch(0).await.unwrap_err().code, ErrorCode::NotAuthorised, "the code alone fetches nothing");
    assert_eq!(mallory.publish(room.genesis, b"x", 3).await.unwrap_err().code, ErrorCode::NotAuthorised);
    let refused = mallory.commit(Lane::Commit, room.genesis, &key(9), 4).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised);
    assert!(mallory.ask(Request::Status(Empty {})).await.is_ok());
}
