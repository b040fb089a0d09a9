-- Commits that this client is to make and that the log does not settle yet (`Intent`).
CREATE TABLE intent (
    kind   INTEGER NOT NULL PRIMARY KEY,
    since  INTEGER NOT NULL,  -- when it was stored, unix seconds
    due_at INTEGER NOT NULL   -- when its turn comes, unix seconds
) STRICT;
