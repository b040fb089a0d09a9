-- The title outlives the group, so that a room that is over still has its name.
ALTER TABLE record ADD COLUMN title TEXT NOT NULL DEFAULT '';
