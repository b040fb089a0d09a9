-- The ERASE by which the room ends, or about which its person is asked: its id.
ALTER TABLE record ADD COLUMN erase_mid BLOB;
-- The member who asks for it, and as whom; nobody where nothing is asked.
ALTER TABLE record ADD COLUMN erase_asked BLOB;
ALTER TABLE record ADD COLUMN erase_asked_as TEXT NOT NULL DEFAULT '';
-- Who was in the tree when the owner locked the room last (`RoomReader::was_locked_in`).
CREATE TABLE locked_in (
    member_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
