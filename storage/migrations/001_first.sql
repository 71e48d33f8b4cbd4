-- Instants are milliseconds since 1970 UTC. Words are those of the API. Ids are 16 bytes.
-- A column `folded…` holds core::fold of its neighbour; the Unicode version behind it is the fact `fold_version`.

-- The store's own facts: fold_version, accounts_unique, and which migration came when.
CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- The server's small memory: heartbeat, clock hold.
CREATE TABLE notes(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- A row stays when its organisation is deleted: the name is burnt.
CREATE TABLE organisations(
    pk           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    kind         TEXT NOT NULL,
    disabled     INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    policy       TEXT NOT NULL,
    mapping      TEXT NOT NULL,
    user_count   INTEGER NOT NULL DEFAULT 0 CHECK(user_count >= 0),
    group_count  INTEGER NOT NULL DEFAULT 0 CHECK(group_count >= 0),
    deleted      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE tokens(
    public_id TEXT PRIMARY KEY,
    org       INTEGER NOT NULL REFERENCES organisations(pk),
    mac       BLOB NOT NULL CHECK(length(mac) = 32),
    scope     TEXT NOT NULL,
    label     TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER,
    last_used INTEGER,
    revoked   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_org ON tokens(org);

-- unique_scope: 0 where an address is one account on the whole server, the organisation's key where it is one there.
-- unique_external: external_id where the organisation's policy wants it unique, else null.
CREATE TABLE users(
    pk                 INTEGER PRIMARY KEY,
    org                INTEGER NOT NULL REFERENCES organisations(pk),
    id                 BLOB NOT NULL UNIQUE CHECK(length(id) = 16),
    user_name          TEXT NOT NULL,
    unique_scope       INTEGER NOT NULL,
    folded_name        TEXT NOT NULL,
    external_id        TEXT,
    unique_external    TEXT,
    status             TEXT NOT NULL,
    reason             TEXT,
    former_status      TEXT NOT NULL,
    provenance         TEXT NOT NULL,
    original_user_name TEXT,
    folded_original    TEXT,
    soft_deleted_at    INTEGER,
    purge_at           INTEGER,
    tokens_valid_after INTEGER,
    created            INTEGER NOT NULL,
    last_modified      INTEGER NOT NULL,
    version            INTEGER NOT NULL,
    in_groups          INTEGER NOT NULL,
    profile            TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_by_name ON users(unique_scope, folded_name);
CREATE INDEX users_by_external ON users(org, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX users_unique_external ON users(org, unique_external) WHERE unique_external IS NOT NULL;
CREATE INDEX users_by_org ON users(org);
CREATE INDEX users_due ON users(org, purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX users_by_original ON users(org, folded_original) WHERE folded_original IS NOT NULL;

-- E-mail values that differ from the user's own name; those that equal it are found through users_by_name.
CREATE TABLE user_emails(
    org    INTEGER NOT NULL,
    folded TEXT NOT NULL,
    user   INTEGER NOT NULL,
    PRIMARY KEY(org, folded, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups(
    pk            INTEGER PRIMARY KEY,
    org           INTEGER NOT NULL REFERENCES organisations(pk),
    id            BLOB NOT NULL UNIQUE CHECK(length(id) = 16),
    display_name  TEXT NOT NULL,
    folded_name   TEXT NOT NULL,
    external_id   TEXT,
    created       INTEGER NOT NULL,
    last_modified INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    member_count  INTEGER NOT NULL DEFAULT 0 CHECK(member_count >= 0),
    profile       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX groups_by_name ON groups(org, folded_name);
CREATE INDEX groups_by_external ON groups(org, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_by_org ON groups(org);

-- `value` is text without a foreign key: a directory may name members that this store has not met.
CREATE TABLE group_members(
    grp   INTEGER NOT NULL REFERENCES groups(pk),
    value TEXT NOT NULL,
    org   INTEGER NOT NULL,
    PRIMARY KEY(grp, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_value ON group_members(org, value);

-- org 0: the server's own. `digest` is of the target's names and the changes, `chain` of the row before, the digest and
-- the rest of this row: so names and changes may be erased later (changes: null), and the chain still verifies.
CREATE TABLE events(
    seq             INTEGER PRIMARY KEY,
    org             INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    activity        TEXT NOT NULL,
    target_kind     TEXT NOT NULL,
    target_id       TEXT NOT NULL,
    target_name     TEXT NOT NULL,
    target_original TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    payload_version INTEGER NOT NULL,
    digest          BLOB NOT NULL CHECK(length(digest) = 32),
    chain           BLOB NOT NULL CHECK(length(chain) = 32),
    changes         TEXT
) STRICT;
CREATE INDEX events_by_org ON events(org);
CREATE INDEX events_by_target ON events(target_id);

-- Names that users and groups no longer have: with the living names, the way from a name to its target's events.
CREATE TABLE former_names(
    org       INTEGER NOT NULL,
    folded    TEXT NOT NULL,
    target_id TEXT NOT NULL,
    PRIMARY KEY(org, folded, target_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE archive(
    number             INTEGER PRIMARY KEY AUTOINCREMENT,
    org                INTEGER NOT NULL REFERENCES organisations(pk),
    user_id            BLOB NOT NULL CHECK(length(user_id) = 16),
    user_name          TEXT NOT NULL,
    folded_name        TEXT NOT NULL,
    original_user_name TEXT NOT NULL,
    folded_original    TEXT NOT NULL,
    external_id        TEXT NOT NULL,
    cause              TEXT NOT NULL,
    deleted_at         INTEGER NOT NULL,
    keep_until         INTEGER NOT NULL,
    last_state         TEXT NOT NULL
) STRICT;
CREATE INDEX archive_by_org ON archive(org);
CREATE INDEX archive_by_user ON archive(user_id);
CREATE INDEX archive_by_name ON archive(org, folded_name);
CREATE INDEX archive_by_original ON archive(org, folded_original);
