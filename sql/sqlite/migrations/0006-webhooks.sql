-- Who is told of changes. position is the last change of the log that was looked at for this one. The secret signs, so it is kept as
-- it is; the one before it goes on signing beside it until previous_until.
CREATE TABLE webhooks (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  description TEXT,
  resources TEXT NOT NULL,
  operations TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  disabled_reason TEXT,
  failing_since TEXT,
  last_delivered_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_until TEXT,
  position INTEGER NOT NULL
) STRICT;

-- One change that one webhook is to be told of. log holds the latest attempts, as JSON; attempts counts those since it was last made
-- pending.
CREATE TABLE webhook_deliveries (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  webhook INTEGER NOT NULL REFERENCES webhooks (pk) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  next_at TEXT,
  ended_at TEXT,
  log TEXT NOT NULL DEFAULT '[]',
  CHECK ((next_at IS NOT NULL) = (state = 'pending')),
  CHECK ((ended_at IS NULL) = (state = 'pending'))
) STRICT;

CREATE UNIQUE INDEX webhook_deliveries_change ON webhook_deliveries (webhook, seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, next_at, seq) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (ended_at) WHERE state <> 'pending';
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook, state, seq);
