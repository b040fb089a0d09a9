-- The own knock at a locked room, until its owner has let this client in (`OwnKnock`).
CREATE TABLE own_knock (
    only        INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    note        TEXT    NOT NULL,
    token       BLOB,              -- lets it in without a question
    state       INTEGER NOT NULL,
    key_package BLOB    NOT NULL,  -- empty once the knock is over
    owner       BLOB,              -- her key, once the deed was seen
    blob        BLOB,              -- as it goes to the relay, once the deed was seen
    ends_at     INTEGER,           -- unix seconds, once it went out
    admission   BLOB               -- which commit added this client, once the Welcome was taken
) STRICT;
-- Knocks that the owner lets in, until whoever knocked has appeared (`KnockRow`).
CREATE TABLE knock (
    id          BLOB    NOT NULL PRIMARY KEY,  -- first 16 bytes of the SHA-256 of `blob`
    member      BLOB    NOT NULL UNIQUE,       -- member id to be
    blob        BLOB    NOT NULL,              -- as it came
    key_package BLOB    NOT NULL,
    note        TEXT    NOT NULL,
    tag         BLOB,                          -- of the commit that adds it, once that is made
    place       BLOB,                          -- of that commit, until that is in the log
    welcome     BLOB,                          -- until that is in the log
    reply       BLOB,                          -- the sealed answer, once that is in the log
    ends_at     INTEGER NOT NULL               -- unix seconds
) STRICT, WITHOUT ROWID;
-- Each lets one knock in without a question.
CREATE TABLE knock_token (
    token   BLOB    NOT NULL PRIMARY KEY,
    ends_at INTEGER NOT NULL  -- unix seconds
) STRICT, WITHOUT ROWID;
