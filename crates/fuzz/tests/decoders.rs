//! No input makes a decoder panic, and whatever it accepts has exactly one encoding.

use bolero::check;
use conclave_crypto::{
    code::Code,
    envelope::{self, Place},
    group::{GroupCrypto as _, OpenMls},
    knock,
    link::Invitation,
    paste,
    purpose::EnvelopeKey,
    schedule::RoomKeys,
    spoken::Spoken,
    words,
};
use conclave_proto::{
    Authority, ClientFrame, Lane, RelayFrame,
    content::{AppMsg, Ephemeral, Publication},
    credential::Credential,
    deed::Deed,
    handover::Handover,
    id::{RoomId, Tag},
    knock::{KnockAdmission, KnockContent, KnockReply},
    owner::{PanicStatement, Statement},
    padding,
    params::Params,
};
use conclave_seal::{chunked, sign::SigningKey};

#[test]
fn client_frames() {
    check!().for_each(|bytes| {
        if let Ok(frame) = ClientFrame::decode(bytes) {
            // Unknown fields of newer clients are skipped, so only what this version writes comes back the same.
            let written = frame.encode();
            assert_eq!(ClientFrame::decode(&written).as_ref(), Ok(&frame), "what was written reads as the same");
        }
    });
}

#[test]
fn relay_frames() {
    check!().for_each(|bytes| {
        if let Ok(frame) = RelayFrame::decode(bytes) {
            assert_eq!(RelayFrame::decode(&frame.encode()).as_ref(), Ok(&frame), "what was written reads as the same");
        }
    });
}

#[test]
fn messages() {
    check!().for_each(|bytes| {
        if let Ok(publication) = Publication::decode(bytes) {
            let written = publication.encode();
            assert_eq!(Publication::decode(&written).as_ref(), Ok(&publication), "what was written reads as the same");
        }
        if let Ok(message) = AppMsg::decode(bytes) {
            assert_eq!(AppMsg::decode(&message.encode()).as_ref(), Ok(&message), "what was written reads as the same");
        }
    });
}

#[test]
fn ephemerals() {
    check!().for_each(|bytes| {
        if let Ok(ephemeral) = Ephemeral::decode(bytes) {
            assert_eq!(ephemeral.encode(), bytes, "one encoding");
        }
    });
}

#[test]
fn signed_objects() {
    check!().for_each(|bytes| {
        if let Ok(params) = Params::parse(bytes) {
            assert_eq!(params.as_bytes(), bytes, "the signed bytes are kept");
        }
        if let Ok(deed) = Deed::parse(bytes) {
            assert_eq!(deed.as_bytes(), bytes, "the signed bytes are kept");
        }
        if let Ok(credential) = Credential::parse(bytes) {
            assert_eq!(credential.as_bytes(), bytes, "the signed bytes are kept");
        }
        if let Ok(statement) = Statement::parse(bytes) {
            assert_eq!(statement.to_bytes(), bytes, "one encoding");
        }
        if let Ok(statement) = PanicStatement::parse(bytes) {
            assert_eq!(statement.to_bytes(), bytes, "one encoding");
        }
    });
}

#[test]
fn handovers() {
    check!().for_each(|bytes| {
        if let Ok(handover) = Handover::parse(bytes) {
            assert_eq!(
                Handover::parse(&handover.to_bytes()).as_ref(),
                Ok(&handover),
                "what was written reads as the same"
            );
        }
    });
}

#[test]
fn knocks() {
    let keys = RoomKeys::from_stored(&[7; RoomKeys::STORED_LEN]).unwrap();
    let (osk, room_id) = (SigningKey::from_seed(&[7; 32]), RoomId(*keys.room_id()));
    let (key, _) = knock::owner_key_pair(&osk, &room_id).unwrap();
    let code = Code::recompute(&osk.public(), &[7; 32]);
    check!().for_each(|bytes| {
        if let Ok(content) = KnockContent::decode(bytes) {
            assert_eq!(KnockContent::decode(&content.encode()), Ok(content), "what was written reads as the same");
        }
        if let Ok(reply) = KnockReply::decode(bytes) {
            assert_eq!(KnockReply::decode(&reply.encode()), Ok(reply), "what was written reads as the same");
        }
        if let Ok(admission) = KnockAdmission::decode(bytes) {
            assert_eq!(
                KnockAdmission::decode(&admission.encode()),
                Ok(admission),
                "what was written reads as the same"
            );
        }
        assert!(knock::open(&keys, &key, bytes).is_err(), "nobody sealed this");
        assert!(knock::read_deed(&keys, &code, bytes).is_err(), "nobody signed this");
        assert!(OpenMls.candidate(bytes).is_none(), "nobody signed this");
    });
}

#[test]
fn padded_frames() {
    check!().for_each(|bytes| {
        if let Ok((kind, data)) = padding::unpad(bytes) {
            assert_eq!(padding::pad(kind, data).as_deref(), Ok(bytes), "one padding");
        }
    });
}

#[test]
fn envelopes() {
    let key = EnvelopeKey::from_bytes(&[7; 32]);
    let place = Place { lane: Lane::Join, room_id: RoomId([1; 32]), base: Tag([2; 16]) };
    check!().for_each(|bytes| {
        assert!(envelope::open(&key, &place, bytes).is_err(), "nobody sealed this");
        assert!(chunked::open(&[7; 32], b"context", bytes).is_err(), "nobody sealed this");
    });
}

#[test]
fn invitations() {
    check!().with_type::<String>().for_each(|text| {
        if let Ok(code) = Code::parse(text) {
            let written = code.expose_text();
            assert_eq!(Code::parse(&written).map(|code| code.expose_text()).ok(), Some(written));
        }
        if let Ok(invitation) = Invitation::parse(text) {
            assert!(invitation.expose_link().is_ok(), "what was read can be handed on");
        }
        let _ = words::parse(text);
        let _ = Spoken::parse(text);
        if let Ok(pasted) = paste::read(text) {
            let written = pasted.code().expose_text();
            assert!(paste::read(&written).is_ok_and(|again| again.code().expose_text() == written));
        }
    });
}

#[test]
fn authorities() {
    check!().with_type::<String>().for_each(|text| {
        if let Ok(authority) = text.parse::<Authority>() {
            assert_eq!(authority.to_string().parse::<Authority>(), Ok(authority), "one name");
        }
    });
}
