-- Where somebody comes over from another branch, messages are published again and come late (protocol 4.6.7). A late one shares
-- the position of the next message of its sender that is there, and stands before it by its number.
ALTER TABLE item ADD COLUMN n INTEGER NOT NULL DEFAULT 0;  -- among the messages of its sender; 0 for own and system lines
DROP INDEX item_position;
CREATE INDEX item_position ON item (position, n);
CREATE INDEX item_sender ON item (sender, n) WHERE n > 0;

-- A late line stands before lines that were read, so what was read is told by ids, which rise as lines come.
ALTER TABLE record RENAME COLUMN read_position TO read_item;
UPDATE record SET read_item = coalesce((SELECT max(id) FROM item WHERE position <= read_item), 0);

-- All ranges of missing numbers instead of the newest.
ALTER TABLE member ADD COLUMN missed BLOB NOT NULL DEFAULT x'';  -- first and last of each range, 8 bytes each, big-endian
UPDATE member SET missed = unhex(printf('%016x%016x', missed_from, missed_to)) WHERE missed_to > 0;
ALTER TABLE member DROP COLUMN missed_from;
ALTER TABLE member DROP COLUMN missed_to;
