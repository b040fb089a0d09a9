-- The base that a commit behind the own one names, of somebody who came over from another branch (protocol 4.6.7). It outlives
-- the place that said so, which the signer's next commit replaces.
CREATE TABLE named_fork (
    seq  INTEGER PRIMARY KEY,  -- of the commit
    tag  BLOB    NOT NULL,
    fork BLOB    NOT NULL
) STRICT;
