-- When nobody can follow the owner's move any more, by the relay's clock; 0 where that is not known.
ALTER TABLE record ADD COLUMN moved_until INTEGER NOT NULL DEFAULT 0;
