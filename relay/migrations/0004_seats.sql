-- How old a room is decides how long its tombstone blocks the name. Of rooms that are there already it is not known: the longest.

ALTER TABLE room ADD COLUMN created_hour INTEGER NOT NULL DEFAULT 0;  -- the start of the hour
