-- Who could read a message when the relay stored it: what is published again is for nobody else (protocol 4.6.7).
CREATE TABLE audience (
    base      BLOB NOT NULL PRIMARY KEY,  -- the epoch that the message was sealed for
    leaf_keys BLOB NOT NULL               -- of the members of that epoch, 32 bytes each
) STRICT, WITHOUT ROWID;
ALTER TABLE outbox ADD COLUMN audience BLOB;  -- the base; none of what was sealed before this was known

-- Lines of others are unread, however many system lines come after them.
CREATE INDEX item_unread ON item (id) WHERE own = 0 AND kind <> 3;
DROP INDEX item_position;
CREATE INDEX item_position ON item (position, n, id);
