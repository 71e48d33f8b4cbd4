-- The small things of organisations besides users and groups, of many kinds (core/record.hpp): a key, three handles and
-- one JSON document. org 0: the server's own.
CREATE TABLE records(
    kind TEXT NOT NULL,
    org  INTEGER NOT NULL,
    key  TEXT NOT NULL,
    name TEXT,
    ref  TEXT,
    due  INTEGER,
    doc  TEXT NOT NULL,
    PRIMARY KEY(kind, org, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX records_by_name ON records(kind, org, name) WHERE name IS NOT NULL;
CREATE INDEX records_by_ref ON records(kind, ref) WHERE ref IS NOT NULL;
CREATE INDEX records_by_due ON records(kind, due) WHERE due IS NOT NULL;

-- Admin credentials stand beside SCIM tokens and open other doors: `role` tells them apart. Only a server-admin's
-- belongs to no organisation.
CREATE TABLE new_tokens(
    public_id TEXT PRIMARY KEY,
    org       INTEGER REFERENCES organisations(pk),
    mac       BLOB NOT NULL CHECK(length(mac) = 32),
    scope     TEXT NOT NULL,
    label     TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER,
    last_used INTEGER,
    revoked   INTEGER,
    user_id   BLOB CHECK(user_id IS NULL OR length(user_id) = 16),
    role      TEXT,
    CHECK((org IS NULL) = (role IS NOT NULL AND role = 'server-admin'))
) STRICT, WITHOUT ROWID;
INSERT INTO new_tokens SELECT public_id, org, mac, scope, label, created, expires, last_used, revoked, user_id, NULL
FROM tokens;
DROP TABLE tokens;
ALTER TABLE new_tokens RENAME TO tokens;
CREATE INDEX tokens_by_org ON tokens(org);

-- What a user has besides what a directory says: protection, first sign-in, licences, the claim they came by. One JSON
-- object, '' where there is nothing.
ALTER TABLE users ADD COLUMN standing TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN sso INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN directory_sync INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- The part of the name behind its last '@', for finding who may be claimed; null where there is none.
ALTER TABLE users ADD COLUMN folded_domain TEXT;
UPDATE users SET folded_domain = mail_domain(folded_name);
CREATE INDEX users_by_domain ON users(folded_domain, folded_name, org) WHERE folded_domain IS NOT NULL;
