-- What the owner wants of the room, until the relay has carried it out (`OrderRow`).
CREATE TABLE owner_order (
    id        INTEGER NOT NULL PRIMARY KEY,
    kind      INTEGER NOT NULL,
    subject   BLOB,     -- of a removal the member's id
    counter   INTEGER,  -- of the statement, once it is signed
    statement BLOB,
    sig       BLOB
) STRICT;
-- The owner has removed somebody, who knows the code.
ALTER TABLE record ADD COLUMN has_removed INTEGER NOT NULL DEFAULT 0;
