-- Keys that are not part of the group state. The code itself is not here: members compute it from the room's params.
CREATE TABLE secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The MLS group, as the group layer writes it.
CREATE TABLE group_state (
    place INTEGER NOT NULL,  -- 1: the group; 2: the group of a join that the relay has not accepted
    key   BLOB    NOT NULL,
    value BLOB    NOT NULL,
    PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;

-- Where this client stands in the room; exactly one row.
CREATE TABLE record (
    only            INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    room_id         BLOB    NOT NULL,
    authority       TEXT    NOT NULL,
    addresses       TEXT    NOT NULL,  -- one a line
    pin             BLOB,              -- SHA-256 of the relay's TLS key
    nick            TEXT    NOT NULL,
    phase           INTEGER NOT NULL,
    seat            BLOB,              -- the life of the room on the relay that `cursor` counts in
    cursor          INTEGER NOT NULL,  -- the last processed entry
    head            BLOB    NOT NULL,  -- the relay's head commit as of `cursor`
    own_n           INTEGER NOT NULL,  -- number of the newest own message
    own_prev        BLOB    NOT NULL,  -- first 8 bytes of its hash
    owner_counter   INTEGER NOT NULL,  -- the highest seen
    params_rev      INTEGER NOT NULL,  -- the highest seen
    locked          INTEGER NOT NULL,
    committed_at    INTEGER NOT NULL,  -- newest own commit, unix seconds
    sent_since      INTEGER NOT NULL,  -- own messages since then
    next_position   INTEGER NOT NULL,
    read_position   INTEGER NOT NULL,
    unopened        INTEGER NOT NULL,  -- entries in a row that could not be opened
    joined_seq      INTEGER NOT NULL,  -- where the own membership begins
    updated_at      INTEGER NOT NULL   -- unix seconds
) STRICT;

-- The timeline.
CREATE TABLE item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    position   INTEGER NOT NULL,  -- order in the timeline; unsent messages stand behind everything
    mid        BLOB    UNIQUE,    -- 16 bytes; none for system lines
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
CREATE INDEX item_position ON item (position, id);
CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL;

-- Own messages that the relay has not confirmed, in the order of writing.
CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    item     INTEGER REFERENCES item (id) ON DELETE CASCADE,  -- none for messages that nobody sees
    mid      BLOB    NOT NULL UNIQUE,
    kind     INTEGER NOT NULL,  -- of the application message; a text is in its line
    message  BLOB,              -- the message's bytes, frozen at the first attempt
    cid      BLOB,              -- names the message at the relay, the same for every attempt
    envelope BLOB,              -- the sealed bytes of the newest attempt; resent as they are
    digest   BLOB,              -- SHA-256 of the envelope, to know the echo
    base     BLOB               -- the epoch that the envelope belongs to
) STRICT;
CREATE INDEX outbox_digest ON outbox (digest) WHERE digest IS NOT NULL;

-- Members that were ever seen, with the newest number and hash of their messages (protocol 4.9).
CREATE TABLE member (
    member_id BLOB    NOT NULL PRIMARY KEY,
    leaf_key  BLOB    NOT NULL,
    n         INTEGER NOT NULL,
    prev      BLOB    NOT NULL,
    removed   INTEGER NOT NULL  -- 1: the leaf was seen removed; a resync must not bring it back unnoticed
) STRICT, WITHOUT ROWID;

-- Messages without a line, or whose line has burned, that must not be taken twice, for as long as somebody could repeat them.
CREATE TABLE seen (
    mid        BLOB    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_expiry ON seen (expires_at);

-- The one commit, join or creation whose answer is outstanding.
CREATE TABLE pending (
    only       INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    kind       INTEGER NOT NULL,
    cid        BLOB    NOT NULL,
    head       BLOB    NOT NULL,  -- what the relay's head must be
    base       BLOB    NOT NULL,  -- the epoch that it was made in
    tag        BLOB    NOT NULL,  -- the name of the commit
    blob       BLOB    NOT NULL,
    group_info BLOB    NOT NULL,
    member_key BLOB    NOT NULL
) STRICT;

-- Entries as the relay gave them, kept as long as a relay would, so that a member can open the room elsewhere (protocol 4.19).
CREATE TABLE raw_entry (
    seq        INTEGER NOT NULL PRIMARY KEY,
    lane       INTEGER NOT NULL,
    blob       BLOB    NOT NULL,
    member_key BLOB,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX raw_entry_expiry ON raw_entry (expires_at);
