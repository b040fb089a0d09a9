-- When a message was taken that has no line: an old one that comes again is a new one (protocol 4.9).
ALTER TABLE seen ADD COLUMN known_at INTEGER;  -- unix seconds; none where the row is from before this was kept
