-- The draft says itself of which kind it is.
ALTER TABLE outbox DROP COLUMN kind;
