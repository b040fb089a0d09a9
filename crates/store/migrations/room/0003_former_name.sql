-- Names that people of the room had before: under them somebody else may come in. They burn as the lines do that show them.
CREATE TABLE former_name (
    member_id  BLOB    NOT NULL,
    nick       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,  -- unix seconds
    PRIMARY KEY (member_id, nick)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_name_expiry ON former_name (expires_at);
