-- The last bases that this client passed or followed, in their order (protocol 4.6.7).
CREATE TABLE base (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    tag       BLOB    NOT NULL UNIQUE,
    seq       INTEGER NOT NULL,  -- of the commit; 0 if this client has not read it
    epoch     INTEGER NOT NULL,
    on_branch INTEGER NOT NULL,  -- 0: of a branch that was left
    named_at  INTEGER NOT NULL DEFAULT 0  -- when this client named it in a rejoin, unix seconds
) STRICT;

-- The newest commit of each signer behind the own base, which this client did not apply, with its verified place.
CREATE TABLE branch (
    signer BLOB    NOT NULL PRIMARY KEY,
    member INTEGER NOT NULL,  -- the signer is in the own tree; the others are bounded
    seq    INTEGER NOT NULL,
    tag    BLOB    NOT NULL,
    place  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The sealed place of the commit that is outstanding.
ALTER TABLE pending ADD COLUMN place BLOB NOT NULL DEFAULT x'';

-- A message stays for a day after the relay has stored it: whoever comes over from another branch did not see it.
ALTER TABLE outbox ADD COLUMN stored_seq INTEGER;         -- its number at the relay; none while it is on its way
ALTER TABLE outbox ADD COLUMN kept_until INTEGER;         -- unix seconds, once it is stored
ALTER TABLE outbox ADD COLUMN replaces BLOB;              -- its name at the relay before it was published again
ALTER TABLE outbox ADD COLUMN published INTEGER NOT NULL DEFAULT 0;  -- how often it was published again
CREATE INDEX outbox_waiting ON outbox (id) WHERE stored_seq IS NULL;
CREATE INDEX outbox_stored ON outbox (stored_seq) WHERE stored_seq IS NOT NULL;
CREATE INDEX outbox_kept ON outbox (kept_until) WHERE kept_until IS NOT NULL;

-- Phase 7 waited for a person: now the room goes on, and asks if it has to.
UPDATE record SET phase = 4 WHERE phase = 7;

-- Numbers of a member's messages that were missed and may still come: published again for somebody who came over.
ALTER TABLE member ADD COLUMN missed_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN missed_to INTEGER NOT NULL DEFAULT 0;
