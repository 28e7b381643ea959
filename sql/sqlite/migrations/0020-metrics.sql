-- Tokens of the role metrics read /metrics, and nothing else. The table is made anew, since the roles that there are stand in its check;
-- sessions lead to it, would go with it, and so wait meanwhile. And the registry knows when it was last backed up, in milliseconds since 1970.
CREATE TABLE sessions_waiting AS SELECT * FROM sessions;
DELETE FROM sessions;
CREATE TABLE tokens_next (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('feed', 'metrics', 'reader', 'editor', 'admin')),
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at TEXT NOT NULL,
  expires_at TEXT,
  last_used_at TEXT,
  revoked_at TEXT,
  networks TEXT NOT NULL DEFAULT '[]',
  requests_per_minute INTEGER,
  writes_per_minute INTEGER,
  query TEXT,
  CHECK ((role = 'feed') = (query IS NOT NULL))
) STRICT;
INSERT INTO tokens_next
SELECT pk, id, name, role, hash, created_at, expires_at, last_used_at, revoked_at, networks, requests_per_minute, writes_per_minute, query
FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_next RENAME TO tokens;
INSERT INTO sessions SELECT * FROM sessions_waiting;
DROP TABLE sessions_waiting;
ALTER TABLE registry ADD COLUMN backed_up_ms INTEGER;
