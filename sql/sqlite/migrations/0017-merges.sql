-- Records that were merged into others: where the id and the slug of each lead now. Whether it was public decides whether they
-- lead anywhere for the public.
CREATE TABLE merges (
  record TEXT PRIMARY KEY,
  resource TEXT NOT NULL,
  slug TEXT NOT NULL,
  visible INTEGER NOT NULL CHECK (visible IN (0, 1)),
  into_record TEXT NOT NULL CHECK (into_record <> record)
) STRICT, WITHOUT ROWID;

CREATE INDEX merges_slug ON merges (slug, resource);
CREATE INDEX merges_into ON merges (into_record);
