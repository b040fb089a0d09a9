-- Messages that can be read once (`CardRow`).
CREATE TABLE card (
    item      INTEGER NOT NULL PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    seconds   INTEGER NOT NULL,  -- for which it can be read
    fuse      INTEGER,           -- of an own one, as in `outbox`
    state     INTEGER NOT NULL,
    size      INTEGER NOT NULL,  -- of the content
    digest    BLOB    NOT NULL,  -- SHA-256 of the blob
    blob_id   BLOB,              -- none before the relay has given it one
    del_token BLOB    NOT NULL,
    key       BLOB,              -- opens the blob; none once it was destroyed
    closes_at INTEGER            -- unix seconds; none while it is on its way
) STRICT;
CREATE INDEX card_closing ON card (closes_at) WHERE state = 1;
-- Who was in the room when a message came, but its author: a card's, and an own message's where the room confirms.
CREATE TABLE recipient (
    item      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    member    BLOB    NOT NULL,  -- member id
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (item, member)
) STRICT, WITHOUT ROWID;
-- Up to which lines, by their ids, this client has confirmed that they came and that they were seen.
ALTER TABLE record ADD COLUMN delivered_item INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record ADD COLUMN viewed_item INTEGER NOT NULL DEFAULT 0;
