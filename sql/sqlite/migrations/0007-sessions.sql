-- Who is signed in at the dashboard. Of a session's cookie only its SHA-256 is kept; role and networks are its token's, and
-- with the token it ends. A number is never given twice, so that one which a request carries names no later session.
CREATE TABLE sessions (
  pk INTEGER PRIMARY KEY AUTOINCREMENT,
  token INTEGER NOT NULL REFERENCES tokens (pk) ON DELETE CASCADE,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  last_used_at TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_token ON sessions (token, last_used_at);
CREATE INDEX sessions_last_used_at ON sessions (last_used_at);
