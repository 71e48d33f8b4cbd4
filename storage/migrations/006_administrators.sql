-- The living administrators of an organisation are few, and looked for whenever one of them is to go (TEN-09).
CREATE INDEX users_administrators ON users(org)
WHERE instr(standing, '"administrator":') > 0 AND status NOT IN ('inactive', 'convertedAway');
