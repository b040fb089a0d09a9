-- What the room believed of the date when something was last written. All times of the file are times of that wall clock: when it
-- is set, lines move with it (engine `room/calendar.rs`).
CREATE TABLE clock (
    only     INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    seen_at  INTEGER NOT NULL,  -- the wall clock, unix seconds
    owed     INTEGER NOT NULL   -- seconds that lines were moved back by, as long as the clock may be put right again
) STRICT;
INSERT INTO clock (only, seen_at, owed) SELECT 1, updated_at, 0 FROM record;
