-- What a POST with an Idempotency-Key was answered, written with what it wrote: the same request within a day gets it again.
CREATE TABLE idempotency (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  request BLOB NOT NULL CHECK (length(request) = 32),
  at TEXT NOT NULL,
  status INTEGER NOT NULL,
  etag TEXT NOT NULL,
  location TEXT,
  document TEXT,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_at ON idempotency (at);
