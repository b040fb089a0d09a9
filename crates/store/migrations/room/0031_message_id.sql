-- The id by which its author takes a message back and others confirm it; none of what came before this was kept.
ALTER TABLE item ADD COLUMN message_id BLOB;
CREATE INDEX item_message_id ON item (message_id) WHERE message_id IS NOT NULL;
-- Seconds after which a message burns, where its author wants it to go sooner than the room's rules say.
ALTER TABLE outbox ADD COLUMN fuse INTEGER;
-- Deletes the message at the relay; none of what was sealed before this was kept.
ALTER TABLE outbox ADD COLUMN del_token BLOB;
-- Where the relay has an own message: once for each time it was published (`RoomTx::add_copy`).
CREATE TABLE relay_copy (
    item      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    seq       INTEGER NOT NULL,
    del_token BLOB    NOT NULL,
    PRIMARY KEY (item, seq)
) STRICT, WITHOUT ROWID;
-- What the relay is to delete, until it says that it has (`Deletion`).
CREATE TABLE deletion (
    id        INTEGER NOT NULL PRIMARY KEY,
    seq       INTEGER,        -- of an entry
    blob_id   BLOB,           -- of a blob
    del_token BLOB NOT NULL
) STRICT;
-- What its author has taken back: it may still come, or come again.
CREATE TABLE retracted (
    message_id BLOB    NOT NULL,
    sender     BLOB    NOT NULL,  -- member id
    expires_at INTEGER NOT NULL,  -- unix seconds
    PRIMARY KEY (message_id, sender)
) STRICT, WITHOUT ROWID;
