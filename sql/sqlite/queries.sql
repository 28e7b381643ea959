-- The statements that are not composed from the contract, by name.

-- name: stamp-read
SELECT stamp FROM registry WHERE id = 1

-- name: stamp-write
UPDATE registry SET stamp = $1 WHERE id = 1

-- name: today-read
SELECT today FROM registry WHERE id = 1

-- name: today-write
UPDATE registry SET today = $1 WHERE id = 1

-- The first day on which a concluded agreement that supersedes or renews this one is effective is found from these.
-- name: agreement-successors
SELECT DISTINCT r.owner
FROM agreement_relations r JOIN agreements a ON a.pk = r.owner
WHERE r.agreement = $1 AND r.type IN ('supersedes', 'renews') AND a.stage = 'concluded'

-- name: agreement-clock-write
UPDATE agreements SET due_on = $2, superseded_on = $3 WHERE pk = $1

-- name: agreement-due
SELECT pk FROM agreements WHERE due_on <= $1 ORDER BY due_on LIMIT $2

-- name: agreement-after
SELECT pk FROM agreements WHERE pk > $1 ORDER BY pk LIMIT $2

-- name: agreement-starts
SELECT a.effective_on, a.concluded_on, (SELECT max(signed_on) FROM agreement_parties WHERE owner = a.pk)
FROM agreements a WHERE a.pk = $1

-- Whether a record is reached from another by relations of one type.
-- name: organization-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT organization FROM organization_relations WHERE owner = $1 AND type = $3
  UNION
  SELECT r.organization FROM reached JOIN organization_relations r ON r.owner = reached.pk AND r.type = $3
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- name: agreement-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT agreement FROM agreement_relations WHERE owner = $1 AND type <> 'related'
  UNION
  SELECT r.agreement FROM reached JOIN agreement_relations r ON r.owner = reached.pk AND r.type <> 'related'
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- name: area-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT parent FROM areas WHERE pk = $1
  UNION
  SELECT a.parent FROM reached JOIN areas a ON a.pk = reached.pk
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- name: token-by-hash
SELECT id, name, role, expires_at, networks, last_used_at FROM tokens WHERE hash = $1 AND revoked_at IS NULL

-- name: token-insert
INSERT INTO tokens (id, name, role, hash, created_at, expires_at, networks) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: token-list
SELECT id, name, role, created_at, expires_at, last_used_at, revoked_at, networks FROM tokens ORDER BY id

-- name: token-get
SELECT id, name, role, created_at, expires_at, last_used_at, revoked_at, networks FROM tokens WHERE id = $1

-- name: token-use
UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)

-- name: token-revoke
UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL

-- name: history-write
INSERT INTO history (resource, record, slug, revision, operation, at, actor, request_id, address, message, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- Newest first, below a revision.
-- name: history-of
SELECT revision, at, actor, operation, message, request_id, document
FROM history WHERE record = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3

-- name: history-revision
SELECT document FROM history WHERE record = $1 AND revision = $2

-- name: history-known-at
SELECT document FROM history WHERE record = $1 AND at <= $2 ORDER BY revision DESC LIMIT 1

-- The record that had a slug last, of those that are no more.
-- name: history-deleted
SELECT record FROM history WHERE operation = 'delete' AND slug = $1 AND resource = $2 ORDER BY seq DESC LIMIT 1

-- name: history-exists
SELECT 1 FROM history WHERE record = $1 AND resource = $2 LIMIT 1

-- name: history-after
SELECT seq, at, actor, operation, resource, record, slug, revision
FROM history WHERE seq > $1 AND ($2 IS NULL OR resource = $2) ORDER BY seq LIMIT $3

-- What must never be found: a gap in the log, a gap in a record's revisions, a record at another revision than its
-- history ends with, and one that ended in history alone or in its table alone.
-- name: history-gaps
SELECT 'the log has ' || count(*) || ' changes, and the last has the number ' || max(seq)
FROM history HAVING count(*) <> coalesce(max(seq), 0)
UNION ALL
SELECT record || ' has ' || count(*) || ' changes up to revision ' || max(revision)
FROM history GROUP BY record HAVING count(*) <> max(revision) OR min(revision) <> 1
UNION ALL
SELECT r.id || ' is at revision ' || r.revision || ', its history at ' || coalesce(max(h.revision), 0)
FROM (SELECT id, revision FROM organizations UNION ALL SELECT id, revision FROM areas
      UNION ALL SELECT id, revision FROM agreements) r
LEFT JOIN history h ON h.record = r.id
GROUP BY r.id HAVING coalesce(max(h.revision), 0) <> r.revision
UNION ALL
SELECT h.record || ' is gone, and its history does not end with a deletion'
FROM (SELECT record, operation, max(revision) FROM history GROUP BY record) h
WHERE h.operation <> 'delete' AND NOT EXISTS (SELECT 1 FROM organizations WHERE id = h.record)
  AND NOT EXISTS (SELECT 1 FROM areas WHERE id = h.record) AND NOT EXISTS (SELECT 1 FROM agreements WHERE id = h.record)
LIMIT 100

-- name: idempotency-read
SELECT request, status, etag, location, document FROM idempotency WHERE caller = $1 AND key = $2 AND at >= $3

-- name: idempotency-write
INSERT INTO idempotency (caller, key, request, at, status, etag, location, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (caller, key) DO UPDATE SET request = excluded.request, at = excluded.at, status = excluded.status,
  etag = excluded.etag, location = excluded.location, document = excluded.document

-- name: idempotency-forget
DELETE FROM idempotency
WHERE (caller, key) IN (SELECT caller, key FROM idempotency WHERE at < $1 ORDER BY at LIMIT 100)
