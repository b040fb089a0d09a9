-- A commit is in the log once: it is looked up by its tag.

CREATE INDEX entry_tags ON entry (room, tag) WHERE tag IS NOT NULL;
