-- What records are found by. For each resource that is searched: an index of its text, another of that part of it which the
-- public may see, and a table of folded names; `open` are those of records that the public sees, `own` the names that
-- records are shown by. The store keeps them, in the transaction of each write (src/store/search_index.c).
CREATE VIRTUAL TABLE organization_search USING fts5(names, rest, tokenize = 'entente');
CREATE VIRTUAL TABLE organization_search_public USING fts5(names, rest, tokenize = 'entente');
CREATE TABLE organization_search_names (
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  folded TEXT NOT NULL,
  owner INTEGER NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (open, folded, owner)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE area_search USING fts5(names, rest, tokenize = 'entente');
CREATE VIRTUAL TABLE area_search_public USING fts5(names, rest, tokenize = 'entente');
CREATE TABLE area_search_names (
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  folded TEXT NOT NULL,
  owner INTEGER NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (open, folded, owner)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE agreement_search USING fts5(names, rest, tokenize = 'entente');
CREATE VIRTUAL TABLE agreement_search_public USING fts5(names, rest, tokenize = 'entente');
CREATE TABLE agreement_search_names (
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  folded TEXT NOT NULL,
  owner INTEGER NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (open, folded, owner)
) STRICT, WITHOUT ROWID;

-- How what is indexed was made: when this program would make it otherwise, it is made anew.
ALTER TABLE registry ADD COLUMN searchable TEXT;
