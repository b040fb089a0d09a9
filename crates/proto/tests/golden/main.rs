//! The bytes of everything that has an encoding, pinned: they are on the wire and under signatures, and other programs hold
//! them.

mod content;
mod frames;
mod signed;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// `byte` repeated, in hex.
fn x(byte: u8, count: usize) -> String {
    format!("{byte:02x}").repeat(count)
}
