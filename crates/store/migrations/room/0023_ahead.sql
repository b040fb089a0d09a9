-- Seconds that the clock was set forward by, as long as it may be put right again: lines since owed_since_item are dated by it.
ALTER TABLE clock ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
