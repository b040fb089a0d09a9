-- The newest rows from before the clock was set back: what is behind them is dated by a clock that may be put right. Of a debt that
-- is older than these columns nothing is known.
ALTER TABLE clock ADD COLUMN owed_since_item INTEGER NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE clock ADD COLUMN owed_since_outgoing INTEGER NOT NULL DEFAULT 9223372036854775807;
