-- Projects: what organizations do together.
CREATE TABLE projects (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL CHECK (revision > 0),
  stamp INTEGER NOT NULL CHECK (stamp >= 0),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  name TEXT NOT NULL CHECK (name <> ''),
  summary TEXT,
  starts_on TEXT,
  ends_on TEXT
) STRICT;
CREATE INDEX projects_name ON projects (name);
CREATE INDEX projects_starts_on ON projects (starts_on);

CREATE TABLE project_organizations (
  owner INTEGER NOT NULL REFERENCES projects (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  organization INTEGER NOT NULL REFERENCES organizations (pk),
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_organizations_organization ON project_organizations (organization, owner);

CREATE TABLE project_areas (
  owner INTEGER NOT NULL REFERENCES projects (pk) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  area INTEGER NOT NULL REFERENCES areas (pk),
  PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_areas_area ON project_areas (area, owner);
