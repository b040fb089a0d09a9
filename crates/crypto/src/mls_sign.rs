//! `SignContent` of RFC 9420, section 5.1.2, for what a leaf key signs besides MLS itself.

/// Label and content, each behind its variable-length size.
pub(crate) fn content(label: &str, content: &[u8]) -> Vec<u8> {
    let label = [b"MLS 1.0 ", label.as_bytes()].concat();
    let mut bytes = Vec::with_capacity(content.len().saturating_add(label.len()).saturating_add(8));
    for part in [&label[..], content] {
        bytes.extend(vector_length(part.len()));
        bytes.extend_from_slice(part);
    }
    bytes
}

/// The length of a vector, RFC 9420, section 2.1.2: two bits say how many bytes it takes.
fn vector_length(length: usize) -> Vec<u8> {
    // What is signed here is at most 8 KiB, so the four-byte form always fits.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length), _) if length < 0x40 => vec![length],
        (_, Ok(length)) if length < 0x4000 => (length | 0x4000).to_be_bytes().to_vec(),
        _ => (length | 0x8000_0000).to_be_bytes().to_vec(),
    }
}
