-- What one large write has to remember, in a file of its own that is gone when the write is over.

-- Where a slug was in the file that is imported; `before`, where it was before that.
CREATE TABLE slugs (resource INTEGER NOT NULL, slug TEXT NOT NULL, line INTEGER NOT NULL, before INTEGER, PRIMARY KEY (resource, slug)) WITHOUT ROWID;
-- The slugs of references that were served with both.
CREATE TABLE served (id TEXT PRIMARY KEY, slug TEXT NOT NULL) WITHOUT ROWID;
-- The records whose history is still to be written, in the order in which they were touched.
CREATE TABLE touched (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, pk INTEGER NOT NULL, slug TEXT NOT NULL, revision INTEGER NOT NULL);
-- The relations that were left to the other side: `item` of the type `type` of `owner`.
CREATE TABLE awaited (
  place INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  type TEXT NOT NULL,
  other TEXT NOT NULL,
  item TEXT NOT NULL,
  record INTEGER NOT NULL,
  position INTEGER NOT NULL,
  symmetric INTEGER NOT NULL
);
-- The records that will not be written: what others miss of them is no fault of those.
CREATE TABLE refused (id TEXT PRIMARY KEY) WITHOUT ROWID;
-- The records whose index is to be brought up to date.
CREATE TABLE marks (resource INTEGER NOT NULL, pk INTEGER NOT NULL, PRIMARY KEY (resource, pk)) WITHOUT ROWID;
