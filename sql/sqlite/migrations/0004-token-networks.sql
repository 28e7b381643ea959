-- From where a token may be used: networks in CIDR notation; anywhere when there are none.
ALTER TABLE tokens ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';
