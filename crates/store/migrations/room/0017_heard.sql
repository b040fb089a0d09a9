-- In which hour each member was last heard of: who is gone for good is to be told from who sleeps.
CREATE TABLE heard (
    member_id BLOB    NOT NULL PRIMARY KEY,
    hour      INTEGER NOT NULL  -- its beginning, unix seconds
) STRICT, WITHOUT ROWID;
