-- When the entry at the cursor came, unix seconds, as far as is known. What is read behind it came later.
ALTER TABLE record ADD COLUMN cursor_at INTEGER NOT NULL DEFAULT 0;
UPDATE record SET cursor_at = coalesce((SELECT max(at) FROM item WHERE own = 0), updated_at);
