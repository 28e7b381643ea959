-- The registry: organizations, areas and agreements, the tables of their items, and what the store itself keeps.
--
-- The members of a document are checked against the contract before they come here. The constraints below guard what
-- nothing may ever break, whoever writes: references that lead somewhere, numbers that only grow, two-valued columns,
-- no record related to itself. Enumerations are left to the contract, so that a new value needs no new table.

CREATE TABLE organizations (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL CHECK (revision > 0),
  stamp INTEGER NOT NULL CHECK (stamp >= 0),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  name TEXT NOT NULL CHECK (name <> ''),
  names TEXT NOT NULL DEFAULT '[]',
  kind TEXT NOT NULL DEFAULT 'other',
  status TEXT NOT NULL DEFAULT 'active',
  country TEXT,
  region TEXT,
  city TEXT,
  website TEXT,
  established TEXT,
  description TEXT,
  contacts TEXT NOT NULL DEFAULT '[]',
  tags TEXT NOT NULL DEFAULT '[]',
  visibility TEXT NOT NULL DEFAULT 'internal' CHECK (visibility IN ('public', 'internal')),
  sources TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX organizations_name ON organizations (name, id);
CREATE INDEX organizations_country ON organizations (country, id);
CREATE INDEX organizations_established ON organizations (established, id);
CREATE INDEX organizations_created_at ON organizations (created_at, id);
CREATE INDEX organizations_updated_at ON organizations (updated_at, id);

CREATE TABLE organization_identifiers (
  owner INTEGER NOT NULL REFERENCES organizations (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  scheme TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_identifiers_value ON organization_identifiers (value, scheme, owner);

CREATE TABLE organization_relations (
  owner INTEGER NOT NULL REFERENCES organizations (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  type TEXT NOT NULL,
  organization INTEGER NOT NULL REFERENCES organizations (pk),
  since TEXT,
  until TEXT,
  PRIMARY KEY (owner, position),
  CHECK (organization <> owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_relations_organization ON organization_relations (organization, owner);

CREATE TABLE organization_tags (
  owner INTEGER NOT NULL REFERENCES organizations (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_tags_value ON organization_tags (value, owner);

CREATE TABLE areas (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL CHECK (revision > 0),
  stamp INTEGER NOT NULL CHECK (stamp >= 0),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  name TEXT NOT NULL CHECK (name <> ''),
  names TEXT NOT NULL DEFAULT '[]',
  description TEXT,
  parent INTEGER REFERENCES areas (pk),
  matches TEXT NOT NULL DEFAULT '[]',
  CHECK (parent <> pk)
) STRICT;
CREATE INDEX areas_name ON areas (name, id);
CREATE INDEX areas_parent ON areas (parent, id);
CREATE INDEX areas_created_at ON areas (created_at, id);
CREATE INDEX areas_updated_at ON areas (updated_at, id);

CREATE TABLE agreements (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL CHECK (revision > 0),
  stamp INTEGER NOT NULL CHECK (stamp >= 0),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  title TEXT NOT NULL CHECK (title <> ''),
  titles TEXT NOT NULL DEFAULT '[]',
  kind TEXT NOT NULL DEFAULT 'other',
  summary TEXT,
  field TEXT,
  stage TEXT NOT NULL,
  status TEXT NOT NULL,
  flags TEXT NOT NULL DEFAULT '[]',
  missing TEXT NOT NULL DEFAULT '[]',
  concluded_on TEXT,
  announced_on TEXT,
  effective_on TEXT,
  ends_on TEXT,
  term_months INTEGER CHECK (term_months > 0),
  open_ended INTEGER NOT NULL DEFAULT 0 CHECK (open_ended IN (0, 1)),
  renewal_kind TEXT,
  renewal_months INTEGER CHECK (renewal_months > 0),
  renewal_max INTEGER CHECK (renewal_max >= 0),
  notice_months INTEGER CHECK (notice_months >= 0),
  notice_days INTEGER CHECK (notice_days >= 0),
  extensions TEXT NOT NULL DEFAULT '[]',
  suspensions TEXT NOT NULL DEFAULT '[]',
  termination_notice_on TEXT,
  termination_by TEXT,
  termination_effective_on TEXT,
  termination_reason TEXT,
  period_number INTEGER CHECK (period_number > 0),
  period_starts_on TEXT,
  period_ends_on TEXT,
  period_basis TEXT,
  notice_on TEXT,
  next_change_on TEXT,
  next_change_status TEXT,
  documents TEXT NOT NULL DEFAULT '[]',
  events TEXT NOT NULL DEFAULT '[]',
  languages TEXT NOT NULL DEFAULT '[]',
  owner TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  visibility TEXT NOT NULL DEFAULT 'internal' CHECK (visibility IN ('public', 'internal')),
  notes TEXT,
  sources TEXT NOT NULL DEFAULT '[]',
  due_on TEXT,        -- the next day on which the clock changes a derived column
  superseded_on TEXT  -- the first day on which a concluded successor is effective
) STRICT;
CREATE INDEX agreements_title ON agreements (title, id);
CREATE INDEX agreements_status ON agreements (status, id);
CREATE INDEX agreements_concluded_on ON agreements (concluded_on, id);
CREATE INDEX agreements_announced_on ON agreements (announced_on, id);
CREATE INDEX agreements_effective_on ON agreements (effective_on, id);
CREATE INDEX agreements_ends_on ON agreements (ends_on, id);
CREATE INDEX agreements_period_starts_on ON agreements (period_starts_on, id);
CREATE INDEX agreements_period_ends_on ON agreements (period_ends_on, id);
CREATE INDEX agreements_notice_on ON agreements (notice_on, id);
CREATE INDEX agreements_next_change_on ON agreements (next_change_on, id);
CREATE INDEX agreements_created_at ON agreements (created_at, id);
CREATE INDEX agreements_updated_at ON agreements (updated_at, id);
CREATE INDEX agreements_due_on ON agreements (due_on) WHERE due_on IS NOT NULL;

CREATE TABLE agreement_flags (
  owner INTEGER NOT NULL REFERENCES agreements (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreement_flags_value ON agreement_flags (value, owner);

CREATE TABLE agreement_parties (
  owner INTEGER NOT NULL REFERENCES agreements (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  organization INTEGER NOT NULL REFERENCES organizations (pk),
  role TEXT NOT NULL DEFAULT 'party',
  reference TEXT,
  name_as_signed TEXT,
  signed_on TEXT,
  signatories TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreement_parties_organization ON agreement_parties (organization, owner);

CREATE TABLE agreement_areas (
  owner INTEGER NOT NULL REFERENCES agreements (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  area INTEGER NOT NULL REFERENCES areas (pk),
  note TEXT,
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreement_areas_area ON agreement_areas (area, owner);

CREATE TABLE agreement_relations (
  owner INTEGER NOT NULL REFERENCES agreements (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  type TEXT NOT NULL,
  agreement INTEGER NOT NULL REFERENCES agreements (pk),
  PRIMARY KEY (owner, position),
  CHECK (agreement <> owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreement_relations_agreement ON agreement_relations (agreement, owner);

CREATE TABLE agreement_tags (
  owner INTEGER NOT NULL REFERENCES agreements (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreement_tags_value ON agreement_tags (value, owner);

-- Who may call. Of a token only its SHA-256 is kept.
CREATE TABLE tokens (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('reader', 'editor', 'admin')),
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at TEXT NOT NULL,
  expires_at TEXT,
  last_used_at TEXT,
  revoked_at TEXT
) STRICT;

-- One row: the number of the last write, and the day for which the derived columns hold.
CREATE TABLE registry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  stamp INTEGER NOT NULL CHECK (stamp >= 0),
  today TEXT
) STRICT;
INSERT INTO registry (id, stamp) VALUES (1, 0);
