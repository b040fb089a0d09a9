-- Written by a test, from the steps beside it.
CREATE TABLE secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE group_state (
    place INTEGER NOT NULL,  -- 1: the group; 2: the group of a join that the relay has not accepted
    key   BLOB    NOT NULL,
    value BLOB    NOT NULL,
    PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE record (
    only            INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    room_id         BLOB    NOT NULL,
    authority       TEXT    NOT NULL,
    addresses       TEXT    NOT NULL,  -- one a line
    pin             BLOB,              -- SHA-256 of the relay's TLS key
    nick            TEXT    NOT NULL,
    phase           INTEGER NOT NULL,
    seat            BLOB,              -- the life of the room on the relay that `cursor` counts in
    cursor          INTEGER NOT NULL,  -- the last processed entry
    head            BLOB    NOT NULL,  -- the relay's head commit as of `cursor`
    own_n           INTEGER NOT NULL,  -- number of the newest own message
    own_prev        BLOB    NOT NULL,  -- first 8 bytes of its hash
    owner_counter   INTEGER NOT NULL,  -- the highest seen
    params_rev      INTEGER NOT NULL,  -- the highest seen
    locked          INTEGER NOT NULL,
    committed_at    INTEGER NOT NULL,  -- newest own commit, unix seconds
    sent_since      INTEGER NOT NULL,  -- own messages since then
    next_position   INTEGER NOT NULL,
    read_item   INTEGER NOT NULL,
    unopened        INTEGER NOT NULL,  -- entries in a row that could not be opened
    joined_seq      INTEGER NOT NULL,  -- where the own membership begins
    title TEXT NOT NULL DEFAULT '', commit_seq INTEGER NOT NULL DEFAULT 0, pin_first_used_at TEXT, old_copy BLOB, cursor_mark BLOB, reads_again_to INTEGER NOT NULL DEFAULT 0, cursor_at INTEGER NOT NULL DEFAULT 0, old_copy_known INTEGER NOT NULL DEFAULT 0, echo_after INTEGER, ending INTEGER, active_at INTEGER NOT NULL DEFAULT 0, has_removed INTEGER NOT NULL DEFAULT 0, delivered_item INTEGER NOT NULL DEFAULT 0, viewed_item INTEGER NOT NULL DEFAULT 0, erase_mid BLOB, erase_asked BLOB, erase_asked_as TEXT NOT NULL DEFAULT '', moved INTEGER NOT NULL DEFAULT 0, predecessor BLOB, door_counter INTEGER NOT NULL DEFAULT 0, moved_until INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE member (
    member_id BLOB    NOT NULL PRIMARY KEY,
    leaf_key  BLOB    NOT NULL,
    n         INTEGER NOT NULL,
    prev      BLOB    NOT NULL,
    removed   INTEGER NOT NULL  -- 1: the leaf was seen removed; a resync must not bring it back unnoticed
, missed BLOB NOT NULL DEFAULT x'', missed_hashes BLOB NOT NULL DEFAULT x'') STRICT, WITHOUT ROWID;
CREATE TABLE pending (
    only       INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    kind       INTEGER NOT NULL,
    cid        BLOB    NOT NULL,
    head       BLOB    NOT NULL,  -- what the relay's head must be
    base       BLOB    NOT NULL,  -- the epoch that it was made in
    tag        BLOB    NOT NULL,  -- the name of the commit
    blob       BLOB    NOT NULL,
    group_info BLOB    NOT NULL,
    member_key BLOB    NOT NULL
, place BLOB NOT NULL DEFAULT x'') STRICT;
CREATE TABLE former_name (
    member_id  BLOB    NOT NULL,
    nick       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,  -- unix seconds
    PRIMARY KEY (member_id, nick)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_name_expiry ON former_name (expires_at);
CREATE TABLE base (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    tag       BLOB    NOT NULL UNIQUE,
    seq       INTEGER NOT NULL,  -- of the commit; 0 if this client has not read it
    epoch     INTEGER NOT NULL,
    on_branch INTEGER NOT NULL,  -- 0: of a branch that was left
    named_at  INTEGER NOT NULL DEFAULT 0  -- when this client named it in a rejoin, unix seconds
) STRICT;
CREATE TABLE branch (
    signer BLOB    NOT NULL PRIMARY KEY,
    member INTEGER NOT NULL,  -- the signer is in the own tree; the others are bounded
    seq    INTEGER NOT NULL,
    tag    BLOB    NOT NULL,
    place  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE named_fork (
    seq  INTEGER PRIMARY KEY,  -- of the commit
    tag  BLOB    NOT NULL,
    fork BLOB    NOT NULL
) STRICT;
CREATE TABLE audience (
    base      BLOB NOT NULL PRIMARY KEY,  -- the epoch that the message was sealed for
    leaf_keys BLOB NOT NULL               -- of the members of that epoch, 32 bytes each
) STRICT, WITHOUT ROWID;
CREATE TABLE "item" (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    position   INTEGER NOT NULL,  -- order in the timeline; unsent messages stand behind everything
    n          INTEGER NOT NULL DEFAULT 0,  -- among the messages of its sender; 0 for own and system lines
    mid        BLOB,              -- 16 bytes of id and words; none for system lines
    kind       INTEGER NOT NULL,
    sender     BLOB,              -- member id
    nick       TEXT    NOT NULL,
    own        INTEGER NOT NULL,
    body       TEXT    NOT NULL,  -- the text, or the system line as JSON
    at         INTEGER NOT NULL,  -- arrival, unix seconds
    claimed_at INTEGER,           -- the sender's clock where it disagrees
    expires_at INTEGER,           -- unix seconds
    state      INTEGER NOT NULL
, note BLOB, message_id BLOB) STRICT;
CREATE INDEX item_position ON item (position, n, id);
CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX item_sender ON item (sender, n) WHERE n > 0;
CREATE INDEX item_unread ON item (id) WHERE own = 0 AND kind <> 3;
CREATE UNIQUE INDEX item_mid ON item (mid, sender) WHERE mid IS NOT NULL;
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    item       INTEGER REFERENCES item (id) ON DELETE CASCADE,  -- none for messages that nobody sees
    mid        BLOB    NOT NULL UNIQUE,
    message    BLOB,              -- the message's bytes, frozen at the first attempt
    cid        BLOB,              -- names the message at the relay, the same for every attempt
    envelope   BLOB,              -- the sealed bytes of the newest attempt; resent as they are
    digest     BLOB,              -- SHA-256 of the envelope, to know the echo
    base       BLOB,              -- the epoch that the envelope belongs to
    stored_seq INTEGER,           -- its number at the relay; none while it is on its way
    kept_until INTEGER,           -- unix seconds, once it is stored
    replaces   BLOB,              -- its name at the relay before it was published again
    published  INTEGER NOT NULL DEFAULT 0,  -- how often it was published again
    audience   BLOB               -- the base that it was sealed for first; none of what was sealed before this was known
, written_at INTEGER, other_leaf INTEGER NOT NULL DEFAULT 0, draft BLOB NOT NULL DEFAULT x'', fuse INTEGER, del_token BLOB) STRICT;
CREATE INDEX outbox_digest ON outbox (digest) WHERE digest IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (id) WHERE stored_seq IS NULL;
CREATE INDEX outbox_stored ON outbox (stored_seq) WHERE stored_seq IS NOT NULL;
CREATE INDEX outbox_kept ON outbox (kept_until) WHERE kept_until IS NOT NULL;
CREATE TABLE "seen" (
    mid        BLOB    NOT NULL,
    sender     BLOB    NOT NULL,  -- member id; empty where the row is from before senders were kept
    expires_at INTEGER NOT NULL, known_at INTEGER,
    PRIMARY KEY (mid, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_expiry ON seen (expires_at);
CREATE TABLE leaf_link (
    member_id BLOB NOT NULL PRIMARY KEY,
    person    BLOB NOT NULL  -- the member id of one of the leaves
) STRICT, WITHOUT ROWID;
CREATE INDEX leaf_link_person ON leaf_link (person);
CREATE TABLE clock (
    only     INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    seen_at  INTEGER NOT NULL,  -- the wall clock, unix seconds
    owed     INTEGER NOT NULL   -- seconds that lines were moved back by, as long as the clock may be put right again
, owed_since_item INTEGER NOT NULL DEFAULT 9223372036854775807, owed_since_outgoing INTEGER NOT NULL DEFAULT 9223372036854775807) STRICT;
CREATE TABLE heard (
    member_id BLOB    NOT NULL PRIMARY KEY,
    hour      INTEGER NOT NULL  -- its beginning, unix seconds
) STRICT, WITHOUT ROWID;
CREATE TABLE given_up (
    name BLOB NOT NULL PRIMARY KEY
) STRICT;
CREATE TABLE intent (
    kind   INTEGER NOT NULL PRIMARY KEY,
    since  INTEGER NOT NULL,  -- when it was stored, unix seconds
    due_at INTEGER NOT NULL   -- when its turn comes, unix seconds
) STRICT;
CREATE TABLE owner_order (
    id        INTEGER NOT NULL PRIMARY KEY,
    kind      INTEGER NOT NULL,
    subject   BLOB,     -- of a removal the member's id
    counter   INTEGER,  -- of the statement, once it is signed
    statement BLOB,
    sig       BLOB
, epoch INTEGER) STRICT;
CREATE INDEX item_message_id ON item (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE relay_copy (
    item      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    seq       INTEGER NOT NULL,
    del_token BLOB    NOT NULL,
    PRIMARY KEY (item, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE deletion (
    id        INTEGER NOT NULL PRIMARY KEY,
    seq       INTEGER,        -- of an entry
    blob_id   BLOB,           -- of a blob
    del_token BLOB NOT NULL
) STRICT;
CREATE TABLE retracted (
    message_id BLOB    NOT NULL,
    sender     BLOB    NOT NULL,  -- member id
    expires_at INTEGER NOT NULL,  -- unix seconds
    PRIMARY KEY (message_id, sender)
) STRICT, WITHOUT ROWID;
CREATE TABLE card (
    item      INTEGER NOT NULL PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    seconds   INTEGER NOT NULL,  -- for which it can be read
    fuse      INTEGER,           -- of an own one, as in `outbox`
    state     INTEGER NOT NULL,
    size      INTEGER NOT NULL,  -- of the content
    digest    BLOB    NOT NULL,  -- SHA-256 of the blob
    blob_id   BLOB,              -- none before the relay has given it one
    del_token BLOB    NOT NULL,
    key       BLOB,              -- opens the blob; none once it was destroyed
    closes_at INTEGER            -- unix seconds; none while it is on its way
) STRICT;
CREATE INDEX card_closing ON card (closes_at) WHERE state = 1;
CREATE TABLE recipient (
    item      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    member    BLOB    NOT NULL,  -- member id
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (item, member)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_part (
    item  INTEGER NOT NULL REFERENCES card (item) ON DELETE CASCADE,
    start INTEGER NOT NULL,  -- the number of its first byte
    bytes BLOB    NOT NULL,
    PRIMARY KEY (item, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE locked_in (
    member_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE own_knock (
    only        INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    note        TEXT    NOT NULL,
    token       BLOB,              -- lets it in without a question
    state       INTEGER NOT NULL,
    key_package BLOB    NOT NULL,  -- empty once the knock is over
    owner       BLOB,              -- her key, once the deed was seen
    blob        BLOB,              -- as it goes to the relay, once the deed was seen
    ends_at     INTEGER,           -- unix seconds, once it went out
    admission   BLOB               -- which commit added this client, once the Welcome was taken
) STRICT;
CREATE TABLE knock (
    id          BLOB    NOT NULL PRIMARY KEY,  -- first 16 bytes of the SHA-256 of `blob`
    member      BLOB    NOT NULL UNIQUE,       -- member id to be
    blob        BLOB    NOT NULL,              -- as it came
    key_package BLOB    NOT NULL,
    note        TEXT    NOT NULL,
    tag         BLOB,                          -- of the commit that adds it, once that is made
    place       BLOB,                          -- of that commit, until that is in the log
    welcome     BLOB,                          -- until that is in the log
    reply       BLOB,                          -- the sealed answer, once that is in the log
    ends_at     INTEGER NOT NULL               -- unix seconds
) STRICT, WITHOUT ROWID;
CREATE TABLE knock_token (
    token   BLOB    NOT NULL PRIMARY KEY,
    ends_at INTEGER NOT NULL  -- unix seconds
) STRICT, WITHOUT ROWID;
CREATE TABLE move (
    item       INTEGER NOT NULL PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    link       TEXT NOT NULL,  -- the invitation to the new room
    passphrase BLOB            -- the key that its passphrase gives, where it has one
) STRICT;
CREATE TABLE move_reader (
    leaf_key BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
