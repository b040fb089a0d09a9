-- Where the room goes on (`MoveRow`): goes with its line.
CREATE TABLE move (
    item       INTEGER NOT NULL PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    link       TEXT NOT NULL,  -- the invitation to the new room
    passphrase BLOB            -- the key that its passphrase gives, where it has one
) STRICT;
-- The owner has moved the room: it is to end once everybody else has left it, or its line is gone.
ALTER TABLE record ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
-- The room on this computer that moved here, until that is settled: its handle.
ALTER TABLE record ADD COLUMN predecessor BLOB;
