-- How the room ended for everybody, from when that is known until this file is deleted.
ALTER TABLE record ADD COLUMN ending INTEGER;
-- When the newest message or newcomer came, unix seconds: from then on the room is idle.
ALTER TABLE record ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
UPDATE record SET active_at = cursor_at;
