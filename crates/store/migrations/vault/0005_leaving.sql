-- Rooms that are being left: each goes from this computer, whatever becomes of the leave.
CREATE TABLE leaving (
    handle BLOB NOT NULL PRIMARY KEY REFERENCES room (handle) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
