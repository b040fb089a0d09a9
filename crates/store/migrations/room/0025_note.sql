-- What happened, in CBOR with numbers of its own (`Note`); none for messages, and for lines that nobody can read any more. Up to
-- here it was JSON in `body`, with the names of the user interface; the step in `src/migrations/notes.rs` translates it.
ALTER TABLE item ADD COLUMN note BLOB;
