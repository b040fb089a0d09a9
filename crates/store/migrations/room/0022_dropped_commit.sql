-- Own commits that were given up before the log had them, by tag: the relay may have them all the same, and then they are no
-- other copy's. The newest have the greatest rowid.
CREATE TABLE dropped_commit (
    tag BLOB NOT NULL PRIMARY KEY
) STRICT;
