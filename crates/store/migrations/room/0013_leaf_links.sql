-- Leaves of one person, as that person has proven (protocol 4.9): rows with one `person` are one's. Before, two leaves counted as
-- one person's where nothing spoke against it.
CREATE TABLE leaf_link (
    member_id BLOB NOT NULL PRIMARY KEY,
    person    BLOB NOT NULL  -- the member id of one of the leaves
) STRICT, WITHOUT ROWID;
CREATE INDEX leaf_link_person ON leaf_link (person);
DROP INDEX item_known_in;
DROP INDEX seen_known_in;
ALTER TABLE item DROP COLUMN known_in;
ALTER TABLE seen DROP COLUMN known_in;

-- When a message got its bytes for the first time, unix seconds; what is sealed for another leaf gets others, and keeps this.
ALTER TABLE outbox ADD COLUMN written_at INTEGER;
UPDATE outbox SET written_at = (SELECT at FROM item WHERE item.id = outbox.item) WHERE message IS NOT NULL;
-- 1: it had bytes under another leaf.
ALTER TABLE outbox ADD COLUMN other_leaf INTEGER NOT NULL DEFAULT 0;
