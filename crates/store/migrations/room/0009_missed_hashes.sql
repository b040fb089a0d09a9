-- Hashes at both ends of each range in `missed`, 9 bytes each, the first is 1 if it is known: a message that comes late has to
-- fit between its neighbours (protocol 4.9). Empty where ranges are from before this was kept.
ALTER TABLE member ADD COLUMN missed_hashes BLOB NOT NULL DEFAULT x'';
