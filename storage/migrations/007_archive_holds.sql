-- Holds on archive records, and the ways to them: when they may go, by external id, by the time of the deletion.
ALTER TABLE archive ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX archive_by_keep ON archive(org, keep_until) WHERE held = 0;
CREATE INDEX archive_by_external ON archive(org, external_id);
