-- What a message says, from when it was composed (`Draft`). Up to here a text was read from its line, and a HELLO was known by its
-- kind; the step in `src/migrations/drafts.rs` writes both.
ALTER TABLE outbox ADD COLUMN draft BLOB NOT NULL DEFAULT x'';
