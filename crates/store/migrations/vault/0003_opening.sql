-- Which marks a room's file may have: of the opening of the vault in which it was opened last, and of later ones that did not come to
-- their end. A file with another one was put back from an older copy.
CREATE TABLE opening (
    handle BLOB NOT NULL REFERENCES room (handle) ON DELETE CASCADE,
    mark   BLOB NOT NULL,  -- 16 random bytes, one for each opening of the vault
    PRIMARY KEY (handle, mark)
) STRICT, WITHOUT ROWID;
