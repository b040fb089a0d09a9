-- Written by a test, from the steps beside it.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE room (
    handle     BLOB    NOT NULL PRIMARY KEY,  -- 16 random bytes; also the name of the file
    file_key   BLOB    NOT NULL,              -- 32 bytes
    created_at INTEGER NOT NULL               -- unix seconds
) STRICT, WITHOUT ROWID;
CREATE TABLE hosted_room (
    handle    BLOB    NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE,
    port      INTEGER NOT NULL,
    tls_key   BLOB    NOT NULL,  -- PKCS#8 DER; the invitation pins its public half
    relay_key BLOB    NOT NULL,  -- 32 bytes; wraps the data keys of the relay's log
    running   INTEGER NOT NULL   -- 1: serve it whenever the vault is open
) STRICT, WITHOUT ROWID;
CREATE TABLE removed (
    handle BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE found (
    name     TEXT    NOT NULL PRIMARY KEY,
    found_at INTEGER NOT NULL,  -- unix seconds
    open_for INTEGER NOT NULL   -- seconds that this vault had been open by then, in all
) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    only     INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    open_for INTEGER NOT NULL
) STRICT;
CREATE TABLE opening (
    handle BLOB NOT NULL REFERENCES room (handle) ON DELETE CASCADE,
    mark   BLOB NOT NULL,  -- 16 random bytes, one for each opening of the vault
    PRIMARY KEY (handle, mark)
) STRICT, WITHOUT ROWID;
CREATE TABLE suspect (
    handle BLOB    NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE,
    known  INTEGER NOT NULL  -- 1: they are
) STRICT, WITHOUT ROWID;
CREATE TABLE leaving (
    handle BLOB NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE ended (
    handle BLOB    NOT NULL PRIMARY KEY,
    title  TEXT    NOT NULL,
    ending INTEGER NOT NULL  -- how it ended
) STRICT, WITHOUT ROWID;
INSERT INTO run (only, open_for) VALUES (1, 0);
