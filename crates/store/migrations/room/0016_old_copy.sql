-- The files were put back from an older copy: before anything is sent, a commit makes new keys. The tag of the commit that waited in
-- the copy, or 16 zeros.
ALTER TABLE record ADD COLUMN old_copy BLOB;
