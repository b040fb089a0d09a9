//! One fuzz target for every decoder that meets bytes of strangers. Never shipped.
//!
//! As ordinary tests (`cargo test -p conclave-fuzz`) they run a thousand random inputs each and the corpus; with
//! `cargo bolero test <target>` they run under a coverage-guided fuzzer for as long as one likes.
