-- Blobs: files that members upload in parts. A blob that is gone is gone at once, with its room or alone; its parts are many, and
-- are overwritten a few at a time: `blob_garbage` has the numbers of the blobs that they were of.

CREATE TABLE blob (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    room     INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    blob_id  BLOB    NOT NULL,
    size     INTEGER NOT NULL,
    counts   INTEGER NOT NULL,        -- the size as the quotas count it
    received INTEGER NOT NULL,        -- bytes that are there
    ttl      INTEGER NOT NULL,        -- seconds, once it is complete
    expires  INTEGER NOT NULL,        -- of one that is not complete: a day after its last part
    del_hash BLOB    NOT NULL,
    sha256   BLOB,                    -- of a complete one
    UNIQUE (room, blob_id)
) STRICT;
CREATE INDEX blob_usage ON blob (room, counts);
CREATE INDEX blob_expiry ON blob (expires);
CREATE INDEX blob_unfinished ON blob (expires, number) WHERE sha256 IS NULL;
CREATE INDEX blob_unfinished_of_room ON blob (room, expires, number) WHERE sha256 IS NULL;

CREATE TABLE blob_part (
    blob  INTEGER NOT NULL,           -- its number; without a reference, because parts outlive their blob
    start INTEGER NOT NULL,
    bytes BLOB    NOT NULL,           -- sealed
    PRIMARY KEY (blob, start)
) STRICT;

CREATE TABLE blob_garbage (
    blob INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE blob_total (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    counts INTEGER NOT NULL           -- of all rooms
) STRICT;
INSERT INTO blob_total (only, counts) VALUES (1, 0);

CREATE TRIGGER blob_came AFTER INSERT ON blob BEGIN
    UPDATE blob_total SET counts = counts + new.counts;
END;
CREATE TRIGGER blob_went AFTER DELETE ON blob BEGIN
    UPDATE blob_total SET counts = counts - old.counts;
    INSERT INTO blob_garbage (blob) VALUES (old.number);
END;

-- Who deletes a blob a second time hears that it is done, until it would have gone by itself.
CREATE TABLE blob_deleted (
    room    INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    blob_id BLOB    NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (room, blob_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_deleted_until ON blob_deleted (until);
CREATE INDEX blob_deleted_of_room ON blob_deleted (room, until);
