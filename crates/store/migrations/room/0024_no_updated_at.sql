-- Written with every entry and every own message, and read by nothing but steps of this schema.
ALTER TABLE record DROP COLUMN updated_at;
