-- Where the pin was first used, with nobody vouching for it: there an authority may vouch for another key later.
ALTER TABLE record ADD COLUMN pin_first_used_at TEXT;
