-- Rooms that a person removed, as long as files of theirs may be left.
CREATE TABLE removed (
    handle BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Files in `lost+found` that no room of this index owned when they were found in `rooms`.
CREATE TABLE found (
    name     TEXT    NOT NULL PRIMARY KEY,
    found_at INTEGER NOT NULL,  -- unix seconds
    open_for INTEGER NOT NULL   -- seconds that this vault had been open by then, in all
) STRICT, WITHOUT ROWID;

-- Seconds that this vault has been open, in all, by a clock that nobody sets.
CREATE TABLE run (
    only     INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    open_for INTEGER NOT NULL
) STRICT;
INSERT INTO run (only, open_for) VALUES (1, 0);
