-- The start of the SHA-256 of the entry at the cursor: a relay whose file was put back from an older copy has another one there.
ALTER TABLE record ADD COLUMN cursor_mark BLOB;
