//! Files and view-once content, sealed before they are uploaded (protocol 4.10).
//!
//! Each has a random key of its own that travels inside the group. The room and the message are bound into the encryption, and
//! the padding hides the size but for an eighth of it at most. The key commitment of chunked encryption together with the
//! hash in the signed message makes sure that all recipients see the same file.

use conclave_proto::{
    id::{MessageId, RoomId},
    limits,
    padding::padme,
};
use conclave_seal::{chunked, hash::sha256, rng::Rng};
use zeroize::Zeroizing;

use crate::purpose::{self, FileKey};

/// A sealed file, to be uploaded, and what recipients need to open it.
pub struct Attachment {
    /// The bytes for the relay.
    pub sealed: Vec<u8>,
    /// The key, for the message.
    pub key: FileKey,
    /// SHA-256 of the sealed bytes, for the message: what its author signed is what must arrive.
    pub digest: [u8; 32],
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({} bytes sealed)", self.sealed.len())
    }
}

/// Seals a file for one message of one room.
///
/// # Errors
/// [`AttachmentError::TooLarge`] if it would be beyond what a relay takes.
pub fn seal(
    rng: &mut dyn Rng,
    room_id: &RoomId,
    message_id: &MessageId,
    content: &[u8],
) -> Result<Attachment, AttachmentError> {
    let length = u64::try_from(content.len()).map_err(|_| AttachmentError::TooLarge)?;
    sealed_size(length).ok_or(AttachmentError::TooLarge)?;
    let size = padme(content.len().saturating_add(LENGTH));
    let mut padded = Zeroizing::new(Vec::with_capacity(size));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(size, 0);
    let key = FileKey::generate(rng);
    let sealed = chunked::seal(rng, key.expose_secret(), &context(room_id, message_id), &padded);
    Ok(Attachment { digest: sha256(&sealed), sealed, key })
}

/// Opens a file that a message named.
///
/// # Errors
/// [`AttachmentError::Altered`] if the bytes are not those that the message's author signed or do not open as this message's
/// file.
pub fn open(
    key: &FileKey,
    digest: &[u8; 32],
    room_id: &RoomId,
    message_id: &MessageId,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AttachmentError> {
    if sha256(sealed) != *digest {
        return Err(AttachmentError::Altered);
    }
    let padded = chunked::open(key.expose_secret(), &context(room_id, message_id), sealed)
        .map_err(|_| AttachmentError::Altered)?;
    let (length, rest) = padded.split_first_chunk::<LENGTH>().ok_or(AttachmentError::Altered)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| AttachmentError::Altered)?;
    let (content, padding) = rest.split_at_checked(length).ok_or(AttachmentError::Altered)?;
    let is_padded = padded.len() == padme(length.saturating_add(LENGTH)) && padding.iter().all(|byte| *byte == 0);
    if is_padded { Ok(Zeroizing::new(content.to_vec())) } else { Err(AttachmentError::Altered) }
}

/// A file could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// Larger than what a relay takes.
    #[error("the file is too large: at most 25 MiB can be sent")]
    TooLarge,
    /// Not the file that was sent.
    #[error("the file is not the one that was sent; ask for it again")]
    Altered,
}

/// How many bytes a file of `size` bytes has when it is sealed; none if that is more than what a relay takes.
#[must_use]
pub fn sealed_size(size: u64) -> Option<usize> {
    let padded = padme(usize::try_from(size).ok()?.checked_add(LENGTH)?);
    Some(padded.saturating_add(chunked::overhead(padded))).filter(|sealed| *sealed <= limits::BLOB)
}

const LENGTH: usize = 8;

/// `"conclave.v1" ‖ 00 ‖ "file" ‖ 00 ‖ room_id ‖ mid`
fn context(room_id: &RoomId, message_id: &MessageId) -> Vec<u8> {
    [&purpose::FILE.prefix()[..], room_id.as_bytes(), message_id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;
    use proptest::prelude::*;

    use super::*;

    const ROOM: RoomId = RoomId([1; 32]);
    const MESSAGE: MessageId = MessageId([2; 16]);

    #[test]
    fn a_file_opens_for_its_own_message_only() {
        let Attachment { sealed, key, digest } = seal(&mut OsRng, &ROOM, &MESSAGE, b"picture").unwrap();
        assert_eq!(**open(&key, &digest, &ROOM, &MESSAGE, &sealed).unwrap(), *b"picture");
        let altered = Err(AttachmentError::Altered);
        assert_eq!(open(&key, &digest, &RoomId([9; 32]), &MESSAGE, &sealed), altered);
        assert_eq!(open(&key, &digest, &ROOM, &MessageId([9; 16]), &sealed), altered);
        assert_eq!(open(&FileKey::generate(&mut OsRng), &digest, &ROOM, &MESSAGE, &sealed), altered);
        assert_eq!(open(&key, &[0; 32], &ROOM, &MESSAGE, &sealed), altered, "not what the author signed");
    }

    #[test]
    fn a_wrong_length_or_padding_inside_is_refused() {
        let key = FileKey::generate(&mut OsRng);
        let opened = |padded: &[u8]| {
            let sealed = chunked::seal(&mut OsRng, key.expose_secret(), &context(&ROOM, &MESSAGE), padded);
            open(&key, &sha256(&sealed), &ROOM, &MESSAGE, &sealed).map(|content| content.len())
        };
        assert_eq!(opened(&[0, 0, 0, 0, 0, 0, 0, 0]), Ok(0));
        for wrong in [&[][..], &[0; 7], &[0; 9], &[0, 0, 0, 0, 0, 0, 0, 1], &[0xff; 8]] {
            assert_eq!(opened(wrong), Err(AttachmentError::Altered), "{wrong:?}");
        }
        let mut padded = [0; 88];
        padded[7] = 65;
        assert_eq!(padme(65 + LENGTH), 80, "the true size of such a file");
        assert_eq!(opened(&padded), Err(AttachmentError::Altered), "more padding than there may be");
        padded[79] = 1;
        assert_eq!(opened(&padded[..80]), Err(AttachmentError::Altered), "padding must not hide bytes");
        padded[79] = 0;
        assert_eq!(opened(&padded[..80]), Ok(65));
    }

    #[test]
    fn what_no_relay_takes_is_not_sealed() {
        let sealed = seal(&mut OsRng, &ROOM, &MESSAGE, &vec![0; limits::BLOB]).map(|file| file.sealed.len());
        assert_eq!(sealed, Err(AttachmentError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_file_survives_and_its_size_shows_only_roughly(length in 0..100_000_usize) {
            let content = vec![7; length];
            let file = seal(&mut OsRng, &ROOM, &MESSAGE, &content).unwrap();
            prop_assert_eq!(&*open(&file.key, &file.digest, &ROOM, &MESSAGE, &file.sealed).unwrap(), &content);
            let size = padme(length.saturating_add(LENGTH));
            prop_assert_eq!(file.sealed.len(), size.saturating_add(chunked::overhead(size)));
            prop_assert_eq!(Some(file.sealed.len()), sealed_size(u64::try_from(length).unwrap()));
        }
    }
}
