-- Up to this number the log is read a second time; 0 if it is not. What was opened does not open again.
ALTER TABLE record ADD COLUMN reads_again_to INTEGER NOT NULL DEFAULT 0;
