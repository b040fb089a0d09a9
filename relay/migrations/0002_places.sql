-- Places: what clients seal and sign about where a commit stands. Of the newest commits, and of each GroupInfo that is kept.

CREATE TABLE place (
    room INTEGER NOT NULL REFERENCES room (number) ON DELETE CASCADE,
    seq  INTEGER NOT NULL,            -- of the commit; 0 for the first epoch
    size INTEGER NOT NULL,            -- counted in room.bytes
    blob BLOB    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT;
