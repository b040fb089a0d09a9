-- In which epoch a message was taken: whoever was in its tree beside the sender is somebody else (protocol 4.9).
ALTER TABLE item ADD COLUMN known_in BLOB;  -- the base; none of own and system lines, and where it was not kept
ALTER TABLE seen ADD COLUMN known_in BLOB;
CREATE INDEX item_known_in ON item (known_in) WHERE known_in IS NOT NULL;
CREATE INDEX seen_known_in ON seen (known_in) WHERE known_in IS NOT NULL;
