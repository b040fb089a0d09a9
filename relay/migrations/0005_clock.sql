-- What the relay believed of the date last, so that a restart does not believe a clock that jumped meanwhile.

CREATE TABLE clock (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    settled INTEGER NOT NULL,
    doubt   INTEGER
) STRICT;
