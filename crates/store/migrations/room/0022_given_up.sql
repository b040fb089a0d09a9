-- Own commits, by tag, and own sealed messages, by the beginning of their digest, that were given up before the log had them: the
-- relay may have them all the same, and then they are no other copy's. The newest have the greatest rowid.
CREATE TABLE given_up (
    name BLOB NOT NULL PRIMARY KEY
) STRICT;
