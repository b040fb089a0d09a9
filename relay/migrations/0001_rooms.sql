-- Rooms, what they hold, and what is left of them. The file is encrypted as a whole; `blob` columns are sealed once more
-- under a key for each room, so that destroying `room_key` destroys them. Times are unix seconds.

CREATE TABLE room (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id        BLOB    NOT NULL UNIQUE,
    deed           BLOB    NOT NULL,
    seat           BLOB    NOT NULL,
    state          INTEGER NOT NULL,  -- 0 open, 1 locked
    genesis        BLOB    NOT NULL,
    genesis_key    BLOB    NOT NULL,
    head           BLOB    NOT NULL,
    head_seq       INTEGER NOT NULL,
    head_key       BLOB    NOT NULL,
    locked_at      INTEGER NOT NULL,
    last_seq       INTEGER NOT NULL,
    floor          INTEGER NOT NULL,
    owner_counter  INTEGER NOT NULL,
    owner_statement BLOB,
    owner_sig      BLOB,
    entries        INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    idle_ttl       INTEGER NOT NULL,
    active_hour    INTEGER NOT NULL   -- the end of the hour of the last stored entry
) STRICT;

CREATE TABLE room_key (
    room    INTEGER PRIMARY KEY REFERENCES room (number) ON DELETE CASCADE,
    wrapped BLOB    NOT NULL
) STRICT;

CREATE TABLE entry (
    id       INTEGER PRIMARY KEY,
    room     INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    lane     INTEGER NOT NULL,
    key      BLOB,                    -- of commits: the member-auth key
    tag      BLOB,                    -- of commits
    del_hash BLOB,
    expires  INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    blob     BLOB    NOT NULL,
    UNIQUE (room, seq)
) STRICT;
CREATE INDEX entry_expiry ON entry (expires);
CREATE INDEX entry_commits ON entry (room, seq) WHERE tag IS NOT NULL;

CREATE TABLE cid (
    room INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    cid  BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    tag  BLOB,
    PRIMARY KEY (room, cid)
) STRICT, WITHOUT ROWID;

CREATE TABLE member_key (
    room INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    key  BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (room, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_info (
    id        INTEGER PRIMARY KEY,
    room      INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    seq       INTEGER NOT NULL,
    tag       BLOB    NOT NULL,
    by_member INTEGER NOT NULL,
    blob      BLOB    NOT NULL,
    UNIQUE (room, seq)
) STRICT;

CREATE TABLE tombstone (
    room_id   BLOB    PRIMARY KEY,
    tombstone BLOB    NOT NULL,
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
