-- When the client was last up to date with the log, unix seconds: what is read behind the cursor came later.
ALTER TABLE record ADD COLUMN cursor_at INTEGER NOT NULL DEFAULT 0;
UPDATE record SET cursor_at = coalesce((SELECT max(at) FROM item WHERE own = 0), updated_at);
