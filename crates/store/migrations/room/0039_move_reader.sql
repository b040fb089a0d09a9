-- Who else was in the room when its owner ordered that it moves: the MOVE is sealed for nobody but these.
CREATE TABLE move_reader (
    leaf_key BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
