-- Settings of this installation that are nobody's business.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The rooms on this computer. Deleting a row destroys the only copy of the key to the room's file.
CREATE TABLE room (
    handle     BLOB    NOT NULL PRIMARY KEY,  -- 16 random bytes; also the name of the file
    file_key   BLOB    NOT NULL,              -- 32 bytes
    created_at INTEGER NOT NULL               -- unix seconds
) STRICT, WITHOUT ROWID;

-- What this computer needs to serve a room under the same address and TLS key after a restart.
CREATE TABLE hosted_room (
    handle    BLOB    NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE,
    port      INTEGER NOT NULL,
    tls_key   BLOB    NOT NULL,  -- PKCS#8 DER; the invitation pins its public half
    relay_key BLOB    NOT NULL,  -- 32 bytes; wraps the data keys of the relay's log
    running   INTEGER NOT NULL   -- 1: serve it whenever the vault is open
) STRICT, WITHOUT ROWID;
