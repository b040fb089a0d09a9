-- Rooms whose files are, or may be, an older copy, until they have taken note of that.
CREATE TABLE suspect (
    handle BLOB    NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE,
    known  INTEGER NOT NULL  -- 1: they are
) STRICT, WITHOUT ROWID;
