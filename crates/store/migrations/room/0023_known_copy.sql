-- 1: the files of `old_copy` are known to be an older copy; 0: they may be one.
ALTER TABLE record ADD COLUMN old_copy_known INTEGER NOT NULL DEFAULT 0;
-- An own message came back that nobody here wrote, in the epoch whose base has this number: what was sent since may have been sealed
-- under a key that sealed another one.
ALTER TABLE record ADD COLUMN echo_after INTEGER;
