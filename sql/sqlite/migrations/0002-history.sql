-- Every change of every record, in the order in which they were made: who, when, on whose request, and the document as it
-- stood after it. seq counts from 1 without a gap, since a transaction that is undone gives its number back.
CREATE TABLE history (
  seq INTEGER PRIMARY KEY,
  resource TEXT NOT NULL,
  record TEXT NOT NULL,
  slug TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  operation TEXT NOT NULL CHECK (operation IN ('create', 'update', 'delete', 'clock')),
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  request_id TEXT,
  address TEXT,
  message TEXT,
  document TEXT CHECK ((document IS NULL) = (operation = 'delete'))
) STRICT;

CREATE UNIQUE INDEX history_record ON history (record, revision);
CREATE INDEX history_deleted ON history (slug, resource) WHERE operation = 'delete';

CREATE TRIGGER history_never_changes BEFORE UPDATE ON history
BEGIN
  SELECT raise(ABORT, 'history is append-only');
END;

CREATE TRIGGER history_never_ends BEFORE DELETE ON history
BEGIN
  SELECT raise(ABORT, 'history is append-only');
END;
