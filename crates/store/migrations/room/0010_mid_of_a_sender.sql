-- A message is known by its id and its sender: somebody else who repeats id and words says them as well (protocol 4.9). SQLite
-- drops no constraint, so `item` is written anew without the one on `mid`. Dropping a table deletes its rows first, which would
-- take those of `outbox` along; so that one goes before it and comes after it.
CREATE TABLE kept_outbox AS SELECT * FROM outbox;
INSERT INTO sqlite_sequence (name, seq) SELECT 'kept_outbox', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;

CREATE TABLE new_item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    position   INTEGER NOT NULL,  -- order in the timeline; unsent messages stand behind everything
    n          INTEGER NOT NULL DEFAULT 0,  -- among the messages of its sender; 0 for own and system lines
    mid        BLOB,              -- 16 bytes of id and words; none for system lines
    kind       INTEGER NOT NULL,
    sender     BLOB,              -- member id
    nick       TEXT    NOT NULL,
    own        INTEGER NOT NULL,
    body       TEXT    NOT NULL,  -- the text, or the system line as JSON
    at         INTEGER NOT NULL,  -- arrival, unix seconds
    claimed_at INTEGER,           -- the sender's clock where it disagrees
    expires_at INTEGER,           -- unix seconds
    state      INTEGER NOT NULL
) STRICT;
INSERT INTO new_item (id, position, n, mid, kind, sender, nick, own, body, at, claimed_at, expires_at, state)
    SELECT id, position, n, mid, kind, sender, nick, own, body, at, claimed_at, expires_at, state FROM item;
-- No id comes a second time, also of lines that are gone.
DELETE FROM sqlite_sequence WHERE name = 'new_item';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_item', seq FROM sqlite_sequence WHERE name = 'item';
DROP TABLE item;
ALTER TABLE new_item RENAME TO item;
CREATE INDEX item_position ON item (position, n, id);
CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX item_sender ON item (sender, n) WHERE n > 0;
CREATE INDEX item_unread ON item (id) WHERE own = 0 AND kind <> 3;
CREATE UNIQUE INDEX item_mid ON item (mid, sender) WHERE mid IS NOT NULL;

-- Own messages on their way, in the order of writing, and for a day those that the relay has stored.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    item       INTEGER REFERENCES item (id) ON DELETE CASCADE,  -- none for messages that nobody sees
    mid        BLOB    NOT NULL UNIQUE,
    kind       INTEGER NOT NULL,  -- of the application message; a text is in its line
    message    BLOB,              -- the message's bytes, frozen at the first attempt
    cid        BLOB,              -- names the message at the relay, the same for every attempt
    envelope   BLOB,              -- the sealed bytes of the newest attempt; resent as they are
    digest     BLOB,              -- SHA-256 of the envelope, to know the echo
    base       BLOB,              -- the epoch that the envelope belongs to
    stored_seq INTEGER,           -- its number at the relay; none while it is on its way
    kept_until INTEGER,           -- unix seconds, once it is stored
    replaces   BLOB,              -- its name at the relay before it was published again
    published  INTEGER NOT NULL DEFAULT 0,  -- how often it was published again
    audience   BLOB               -- the base that it was sealed for first; none of what was sealed before this was known
) STRICT;
INSERT INTO outbox (id, item, mid, kind, message, cid, envelope, digest, base, stored_seq, kept_until, replaces, published,
                    audience)
    SELECT id, item, mid, kind, message, cid, envelope, digest, base, stored_seq, kept_until, replaces, published, audience
    FROM kept_outbox;
DELETE FROM sqlite_sequence WHERE name = 'outbox';
UPDATE sqlite_sequence SET name = 'outbox' WHERE name = 'kept_outbox';
DROP TABLE kept_outbox;
CREATE INDEX outbox_digest ON outbox (digest) WHERE digest IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (id) WHERE stored_seq IS NULL;
CREATE INDEX outbox_stored ON outbox (stored_seq) WHERE stored_seq IS NOT NULL;
CREATE INDEX outbox_kept ON outbox (kept_until) WHERE kept_until IS NOT NULL;

CREATE TABLE new_seen (
    mid        BLOB    NOT NULL,
    sender     BLOB    NOT NULL,  -- member id; empty where the row is from before senders were kept
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (mid, sender)
) STRICT, WITHOUT ROWID;
INSERT INTO new_seen (mid, sender, expires_at) SELECT mid, x'', expires_at FROM seen;
DROP TABLE seen;
ALTER TABLE new_seen RENAME TO seen;
CREATE INDEX seen_expiry ON seen (expires_at);
