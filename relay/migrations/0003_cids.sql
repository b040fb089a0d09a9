-- A cid is kept as long as its entry, and at least a day; then it goes, and what it counted in the room's quota with it.

ALTER TABLE cid ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
UPDATE cid SET until = max(
    unixepoch() + 86400,
    coalesce((SELECT expires FROM entry WHERE entry.room = cid.room AND entry.seq = cid.seq), 0));
UPDATE room SET bytes = bytes + 128 * (SELECT count(*) FROM cid WHERE cid.room = room.number);
CREATE INDEX cid_until ON cid (until);
