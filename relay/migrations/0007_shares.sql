-- Messages and commits have a share of the quota each. A commit is known by cid and tag as long as the room lives, unless its
-- share is full: one of long ago is not taken a second time.

ALTER TABLE room RENAME COLUMN entries TO messages;
ALTER TABLE room RENAME COLUMN bytes TO message_bytes;
ALTER TABLE room ADD COLUMN commits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN commit_bytes INTEGER NOT NULL DEFAULT 0;  -- envelopes, places, and 128 for each cid
ALTER TABLE room ADD COLUMN pushed_out INTEGER NOT NULL DEFAULT 0;    -- the last message that went before its time
UPDATE room SET
    commits = (SELECT count(*) FROM entry WHERE entry.room = number AND tag IS NOT NULL),
    commit_bytes = (SELECT coalesce(sum(size), 0) FROM entry WHERE entry.room = number AND tag IS NOT NULL)
        + (SELECT coalesce(sum(size), 0) FROM place WHERE place.room = number)
        + 128 * (SELECT count(*) FROM cid WHERE cid.room = number AND tag IS NOT NULL);
UPDATE room SET messages = messages - commits, message_bytes = message_bytes - commit_bytes;

DROP INDEX entry_tags;
CREATE INDEX cid_tags ON cid (room, tag) WHERE tag IS NOT NULL;
CREATE INDEX cid_commits ON cid (room, seq) WHERE tag IS NOT NULL;
CREATE INDEX cid_messages ON cid (room, seq) WHERE tag IS NULL;

-- A tag names one GroupInfo, also where the commit itself was forgotten and came again: the newer one stays.
DELETE FROM group_info WHERE EXISTS (
    SELECT 1 FROM group_info AS newer
    WHERE newer.room = group_info.room AND newer.tag = group_info.tag AND newer.seq > group_info.seq);
CREATE UNIQUE INDEX group_info_tags ON group_info (room, tag);
