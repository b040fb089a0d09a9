-- Up to this counter of the owner's statements it is known from them whether the room is locked: of a file from before, up to none.
ALTER TABLE record ADD COLUMN door_counter INTEGER NOT NULL DEFAULT 0;
