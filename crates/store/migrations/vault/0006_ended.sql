-- Rooms that others ended: what is left of them until their person has seen that.
CREATE TABLE ended (
    handle BLOB    NOT NULL PRIMARY KEY,
    title  TEXT    NOT NULL,
    ending INTEGER NOT NULL  -- how it ended
) STRICT, WITHOUT ROWID;
