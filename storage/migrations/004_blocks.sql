-- How many users an organisation has in each block of 1024 internal keys (pk >> 10), so that any page is found without
-- walking to it. Rows that would be 0 are not kept.
CREATE TABLE user_blocks(
    org   INTEGER NOT NULL,
    block INTEGER NOT NULL,
    users INTEGER NOT NULL CHECK(users > 0),
    PRIMARY KEY(org, block)
) STRICT, WITHOUT ROWID;
INSERT INTO user_blocks(org, block, users) SELECT org, pk >> 10, count(*) FROM users GROUP BY 1, 2;
