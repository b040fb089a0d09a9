-- The sealed content of own cards, until the relay has all of it (`Upload`).
CREATE TABLE upload_part (
    item  INTEGER NOT NULL REFERENCES card (item) ON DELETE CASCADE,
    start INTEGER NOT NULL,  -- the number of its first byte
    bytes BLOB    NOT NULL,
    PRIMARY KEY (item, start)
) STRICT, WITHOUT ROWID;
