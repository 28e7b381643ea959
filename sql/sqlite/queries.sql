-- The statements that are not composed from the contract, by name.

-- name: stamp-read
SELECT stamp FROM registry WHERE id = 1

-- name: stamp-write
UPDATE registry SET stamp = $1, history_last = max(history_last, (SELECT coalesce(max(seq), 0) FROM history)) WHERE id = 1

-- name: searchable-read
SELECT searchable FROM registry WHERE id = 1

-- name: searchable-write
UPDATE registry SET searchable = $1 WHERE id = 1

-- name: sortable-read
SELECT sortable FROM registry WHERE id = 1

-- name: sortable-write
UPDATE registry SET sortable = $1 WHERE id = 1

-- name: today-read
SELECT today FROM registry WHERE id = 1

-- name: today-write
UPDATE registry SET today = $1, windows = $2 WHERE id = 1

-- name: windows-read
SELECT windows FROM registry WHERE id = 1

-- When the concluded agreements that supersede or renew this one begin. With $2 only what is public counts of them and
-- of their parties.
-- name: agreement-successors
SELECT a.effective_on, a.concluded_on,
  (SELECT max(p.signed_on) FROM agreement_parties p WHERE p.owner = a.pk AND ($2 = 0
    OR EXISTS (SELECT 1 FROM organizations o WHERE o.pk = p.organization AND o.visibility = 'public')))
FROM agreements a
WHERE a.pk IN (SELECT owner FROM agreement_relations WHERE agreement = $1 AND type IN ('supersedes', 'renews'))
  AND a.stage = 'concluded' AND ($2 = 0 OR a.visibility = 'public')

-- What stands beside the document of an agreement, and is written with it.
-- name: agreement-clock-read
SELECT revision, updated_at, public_standing, due_on FROM agreements WHERE pk = $1

-- What an agreement's standing follows from, and its standing as it is stored, as members of its row; of the parties
-- only those that have signed. It takes a fraction of the time of the whole document.
-- name: agreement-standing-read
SELECT json_object(
  'stage', a.stage,
  'effective_on', a.effective_on,
  'concluded_on', a.concluded_on,
  'ends_on', a.ends_on,
  'term_months', a.term_months,
  'open_ended', json(iif(a.open_ended, 'true', 'false')),
  'renewal', iif(a.renewal_kind IS NULL, NULL, json_object(
    'kind', a.renewal_kind, 'months', a.renewal_months, 'max', a.renewal_max)),
  'notice', iif(coalesce(a.notice_months, a.notice_days) IS NULL, NULL, json_object(
    'months', a.notice_months, 'days', a.notice_days)),
  'extensions', json(a.extensions),
  'suspensions', json(a.suspensions),
  'events', json(a.events),
  'termination', json_object('effective_on', a.termination_effective_on, 'notice_on', a.termination_notice_on),
  'parties', (
    SELECT json_group_array(json_object('organization', o.id, 'signed_on', p.signed_on, 'from', p.since))
    FROM agreement_parties p JOIN organizations o ON o.pk = p.organization
    WHERE p.owner = a.pk AND p.signed_on IS NOT NULL),
  'status', a.status,
  'flags', json(a.flags),
  'missing', json(a.missing),
  'period', iif(a.period_number IS NULL, NULL, json_object(
    'number', a.period_number, 'starts_on', a.period_starts_on, 'ends_on', a.period_ends_on,
    'basis', a.period_basis)),
  'notice_on', a.notice_on,
  'notice_for', a.notice_for,
  'next_change', iif(a.next_change_on IS NULL, NULL, json_object(
    'on', a.next_change_on, 'status', a.next_change_status))),
  a.public_standing IS NOT NULL, a.due_on, a.superseded_on
FROM agreements a WHERE a.pk = $1

-- name: agreement-clock-write
UPDATE agreements SET due_on = $2, superseded_on = $3, public_standing = $4 WHERE pk = $1

-- name: organization-public
SELECT 1 FROM organizations WHERE id = $1 AND visibility = 'public'

-- The agreements that may stand otherwise for the public when the organization is public or no longer is: those for
-- which its signature decides something, and those which they supersede or renew.
-- name: agreement-signed-by
WITH signed (pk) AS (
  SELECT a.pk FROM agreement_parties p JOIN agreements a ON a.pk = p.owner
  WHERE p.organization = $1
    AND (length(p.signed_on) < 10 OR (p.signed_on IS NOT NULL AND a.effective_on IS NULL AND a.concluded_on IS NULL))
)
SELECT pk FROM signed
UNION
SELECT r.agreement FROM signed s JOIN agreement_relations r ON r.owner = s.pk AND r.type IN ('supersedes', 'renews')

-- name: agreement-due
SELECT pk FROM agreements WHERE due_on <= $1 ORDER BY due_on LIMIT $2

-- name: agreement-after
SELECT pk FROM agreements WHERE pk > $1 ORDER BY pk LIMIT $2

-- Whether a record is reached from another by relations of one type.
-- name: organization-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT $1
  UNION
  SELECT r.organization FROM reached JOIN organization_relations r ON r.owner = reached.pk AND r.type = $3
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- name: agreement-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT $1
  UNION
  SELECT r.agreement FROM reached JOIN agreement_relations r ON r.owner = reached.pk AND r.type <> 'related'
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- name: area-reaches
WITH RECURSIVE reached (pk) AS (
  SELECT $1
  UNION
  SELECT a.parent FROM reached JOIN areas a ON a.pk = reached.pk
)
SELECT 1 FROM reached WHERE pk = $2 LIMIT 1

-- Of one that was never given out the row of another, so that it takes as long: the last column says whether it is good.
-- name: token-by-hash
SELECT id, name, role, expires_at, networks, last_used_at, requests_per_minute, writes_per_minute, hash = $1 AND revoked_at IS NULL
FROM tokens WHERE pk = coalesce((SELECT pk FROM tokens WHERE hash = $1), (SELECT min(pk) FROM tokens))

-- name: token-insert
INSERT INTO tokens (id, name, role, hash, created_at, expires_at, networks, requests_per_minute, writes_per_minute, query)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: token-list
SELECT id, name, role, created_at, expires_at, last_used_at, revoked_at, networks, requests_per_minute, writes_per_minute,
  query
FROM tokens ORDER BY id

-- name: token-get
SELECT id, name, role, created_at, expires_at, last_used_at, revoked_at, networks, requests_per_minute, writes_per_minute,
  query
FROM tokens WHERE id = $1

-- name: token-query
SELECT query FROM tokens WHERE id = $1

-- name: token-use
UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)

-- name: token-revoke
UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL

-- The columns of token-by-hash, and the session's own number.
-- name: session-by-hash
SELECT t.id, t.name, t.role, min(s.expires_at, coalesce(t.expires_at, s.expires_at)), t.networks, s.last_used_at,
  t.requests_per_minute, t.writes_per_minute, s.pk
FROM sessions s JOIN tokens t ON t.pk = s.token WHERE s.hash = $1 AND t.revoked_at IS NULL

-- name: token-networks
SELECT networks FROM tokens WHERE id = $1

-- name: token-holds
SELECT 1 FROM tokens WHERE id = $1 AND revoked_at IS NULL

-- name: session-holds
SELECT 1 FROM sessions s JOIN tokens t ON t.pk = s.token WHERE s.pk = $1 AND t.revoked_at IS NULL

-- name: session-insert
INSERT INTO sessions (token, hash, created_at, expires_at, last_used_at) SELECT pk, $2, $3, $4, $3 FROM tokens WHERE id = $1

-- name: session-use
UPDATE sessions SET last_used_at = $2 WHERE pk = $1 AND last_used_at < $2

-- name: session-end
DELETE FROM sessions WHERE pk = $1

-- Of a token's sessions all but those used last.
-- name: session-bound
DELETE FROM sessions WHERE pk IN (
  SELECT s.pk FROM sessions s JOIN tokens t ON t.pk = s.token
  WHERE t.id = $1 ORDER BY s.last_used_at DESC, s.pk DESC LIMIT -1 OFFSET $2)

-- Whatever ended a session, it is not used after that.
-- name: session-forget
DELETE FROM sessions WHERE last_used_at <= $1

-- A number is never given again, also where rows are missing at the end.
-- name: history-write
INSERT INTO history (seq, resource, record, slug, revision, operation, at, actor, request_id, address, message, document)
VALUES (1 + max((SELECT coalesce(max(seq), 0) FROM history), (SELECT history_last FROM registry WHERE id = 1)),
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- Newest first, below a revision.
-- name: history-of
SELECT revision, at, actor, operation, message, request_id, address, document
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

-- name: history-last
SELECT coalesce(max(seq), 0) FROM history

-- name: backup-note
UPDATE registry SET backed_up_ms = $1 WHERE id = 1

-- name: backup-time
SELECT coalesce(backed_up_ms, 0) FROM registry WHERE id = 1

-- name: log-name
SELECT log FROM registry WHERE id = 1

-- Only where it has none.
-- name: log-name-write
UPDATE registry SET log = lower(hex(randomblob(8))) WHERE log IS NULL

-- Where the id, or else the slug, of a record that was merged leads. Of several that had the slug, all lead to the same.
-- name: merge-of-id
SELECT into_record FROM merges WHERE record = $1 AND resource = $2

-- name: merge-of-slug
SELECT into_record FROM merges WHERE slug = $1 AND resource = $2

-- name: merge-write
INSERT INTO merges (record, resource, slug, visible, into_record) VALUES ($1, $2, $3, $4, $5)

-- What led to a record that is merged in turn.
-- name: merge-onward
UPDATE merges SET into_record = $2 WHERE into_record = $1

-- To a record that is no more nothing leads.
-- name: merge-forget
DELETE FROM merges WHERE into_record = $1

-- What must never be found: a gap in the log, or its end missing, a gap in a record's revisions, and one that leads on though it
-- is there. What the tables of the resources say besides is asked for each (resource_history_gaps).
-- name: history-gaps
SELECT 'the log has ' || count(seq) || ' changes, and the last that was made had the number ' || max(coalesce(max(seq), 0), made.last)
FROM (SELECT history_last AS last FROM registry WHERE id = 1) made LEFT JOIN history
HAVING count(seq) <> max(coalesce(max(seq), 0), made.last)
UNION ALL
SELECT record || ' has ' || count(*) || ' changes up to revision ' || max(revision)
FROM history GROUP BY record HAVING count(*) <> max(revision) OR min(revision) <> 1
UNION ALL
SELECT m.record || ' leads to ' || m.into_record || ', and its history does not end with a deletion, or that is not there'
FROM merges m
WHERE NOT EXISTS (SELECT 1 FROM history WHERE record = m.record AND operation = 'delete')
  OR NOT EXISTS (SELECT 1 FROM organizations WHERE id = m.into_record)
UNION ALL
SELECT 'the slug ' || slug || ' leads to more than one record' FROM merges GROUP BY resource, slug HAVING count(DISTINCT into_record) > 1
LIMIT 100

-- Where each record that is there stands by its history, and whether that document has relations of the other side.
-- name: history-newest
SELECT h.resource, h.record, h.slug, h.document, h.seq <= (SELECT mirrored_until FROM registry WHERE id = 1)
FROM (SELECT record, max(revision) AS revision FROM history GROUP BY record) l
CROSS JOIN history h ON h.record = l.record AND h.revision = l.revision
WHERE h.document IS NOT NULL

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

-- name: webhook-insert
INSERT INTO webhooks (id, url, description, resources, operations, enabled, created_at, updated_at, secret, position)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, (SELECT coalesce(max(seq), 0) FROM history))

-- name: webhook-list
SELECT id, url, description, disabled_reason, failing_since, last_delivered_at, created_at, updated_at, resources, operations, enabled
FROM webhooks WHERE id > $1 ORDER BY id LIMIT $2

-- name: webhook-get
SELECT id, url, description, disabled_reason, failing_since, last_delivered_at, created_at, updated_at, resources, operations, enabled
FROM webhooks WHERE id = $1

-- name: webhook-update
UPDATE webhooks SET url = $2, description = $3, resources = $4, operations = $5, enabled = $6, updated_at = $7,
  disabled_reason = CASE WHEN $6 THEN NULL ELSE disabled_reason END, failing_since = NULL
WHERE id = $1

-- name: webhook-delete
DELETE FROM webhooks WHERE id = $1

-- name: webhook-rotate
UPDATE webhooks SET previous_secret = secret, previous_until = $3, secret = $2, updated_at = $4 WHERE id = $1

-- Newest first, before a change.
-- name: webhook-deliveries
SELECT d.id, d.seq, d.state, d.next_at, d.created_at, h.resource, h.operation, d.log
FROM webhook_deliveries d JOIN history h ON h.seq = d.seq
WHERE d.webhook = (SELECT pk FROM webhooks WHERE id = $1) AND d.seq < $2 ORDER BY d.seq DESC LIMIT $3

-- name: webhook-deliveries-in
SELECT d.id, d.seq, d.state, d.next_at, d.created_at, h.resource, h.operation, d.log
FROM webhook_deliveries d JOIN history h ON h.seq = d.seq
WHERE d.webhook = (SELECT pk FROM webhooks WHERE id = $1) AND d.seq < $2 AND d.state = $4 ORDER BY d.seq DESC LIMIT $3

-- Answers as webhook-deliveries does.
-- name: webhook-redeliver
UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_at = $3, ended_at = NULL
WHERE id = $2 AND webhook = (SELECT pk FROM webhooks WHERE id = $1)
RETURNING id, seq, state, next_at, created_at, (SELECT h.resource FROM history h WHERE h.seq = webhook_deliveries.seq),
  (SELECT h.operation FROM history h WHERE h.seq = webhook_deliveries.seq), log

-- Those that follow the one served last come first.
-- name: webhook-enabled
SELECT pk, id, url, secret, CASE WHEN previous_until > $2 THEN previous_secret END, failing_since IS NOT NULL,
  position < (SELECT coalesce(max(seq), 0) FROM history)
FROM webhooks WHERE enabled = 1 ORDER BY pk <= $1, pk

-- name: webhook-due
SELECT h.seq, h.at, h.actor, h.operation, h.resource, h.record, h.slug, h.revision, d.id, d.attempts, d.created_at, d.next_at,
  (SELECT log FROM registry WHERE id = 1)
FROM webhook_deliveries d JOIN history h ON h.seq = d.seq
WHERE d.webhook = $1 AND d.state = 'pending' ORDER BY d.next_at, d.seq LIMIT $2

-- name: webhook-pending
SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'

-- name: webhook-behind
SELECT pk, resources, operations, position FROM webhooks
WHERE enabled = 1 AND position < (SELECT coalesce(max(seq), 0) FROM history) ORDER BY position, pk LIMIT $1

-- name: webhook-changes
SELECT seq, ($2 = '[]' OR resource IN (SELECT value FROM json_each($2))) AND
  ($3 = '[]' OR operation IN (SELECT value FROM json_each($3)))
FROM history WHERE seq > $1 ORDER BY seq LIMIT $4

-- name: webhook-make-out
INSERT INTO webhook_deliveries (id, webhook, seq, state, created_at, next_at) VALUES ($1, $2, $3, 'pending', $4, $4)

-- name: webhook-move
UPDATE webhooks SET position = $2 WHERE pk = $1

-- name: webhook-old
SELECT 1 FROM webhook_deliveries WHERE state <> 'pending' AND ended_at < $1 LIMIT 1

-- name: webhook-forget
DELETE FROM webhook_deliveries WHERE pk IN
  (SELECT pk FROM webhook_deliveries WHERE state <> 'pending' AND ended_at < $1 ORDER BY ended_at LIMIT $2)

-- The log keeps the latest attempts.
-- name: webhook-attempt
UPDATE webhook_deliveries SET log = json_insert(
  CASE WHEN json_array_length(log) < 20 THEN log ELSE json_remove(log, '$[0]') END,
  '$[#]', json_object('at', $2, 'status', $3, 'error', $4))
WHERE id = $1

-- Only while it is as it was when it was taken: $5 attempts, due at $6, and its webhook at that address.
-- name: webhook-settle
UPDATE webhook_deliveries SET state = $2, next_at = $3, ended_at = $4, attempts = attempts + 1
WHERE id = $1 AND state = 'pending' AND attempts = $5 AND next_at = $6
  AND webhook = (SELECT pk FROM webhooks WHERE id = $7 AND url = $8)
RETURNING pk

-- name: webhook-delivered
UPDATE webhooks SET last_delivered_at = $2, failing_since = NULL WHERE id = $1 AND url = $3

-- name: webhook-failing
UPDATE webhooks SET failing_since = coalesce(failing_since, $2) WHERE id = $1 AND url = $3

-- Unless something was delivered after $4.
-- name: webhook-disable
UPDATE webhooks SET enabled = 0, disabled_reason = $2, updated_at = $3
WHERE id = $1 AND enabled = 1 AND ($4 IS NULL OR last_delivered_at IS NULL OR last_delivered_at < $4)
RETURNING id

-- name: indexes
-- The indexes there are, a row for each of their columns in turn.
SELECT t.name, i.name, c.name
FROM sqlite_schema t CROSS JOIN pragma_index_list(t.name) i CROSS JOIN pragma_index_info(i.name) c
WHERE t.type = 'table'
ORDER BY t.name, i.name, c.seqno;

-- What leads from an organization ($1) to others on a day ($2), by relations of the type $3, in the order of their making. What holds on
-- the day is said with partial dates: a text that begins like all days of its interval.
-- name: coverage-above
SELECT r.organization FROM organization_relations r
WHERE r.owner = $1 AND r.type = $3 AND (r.since IS NULL OR r.since <= $2)
  AND (r.until IS NULL OR r.until >= $2 OR r.until = substr($2, 1, length(r.until)))
ORDER BY r.organization

-- name: coverage-below
SELECT r.owner FROM organization_relations r
WHERE r.organization = $1 AND r.type = $3 AND (r.since IS NULL OR r.since <= $2)
  AND (r.until IS NULL OR r.until >= $2 OR r.until = substr($2, 1, length(r.until)))
ORDER BY r.owner

-- The concluded agreements to which an organization ($1) is a party on a day ($2). With $3 only what is in force today.
-- name: coverage-agreements
SELECT DISTINCT p.owner FROM agreement_parties p CROSS JOIN agreements a ON a.pk = p.owner
WHERE p.organization = $1 AND p.role <> 'witness' AND (p.since IS NULL OR p.since <= $2)
  AND (p.until IS NULL OR p.until >= $2 OR p.until = substr($2, 1, length(p.until)))
  AND a.stage = 'concluded' AND ($3 = 0 OR a.status = 'in_force')
ORDER BY p.owner

-- The area by which an agreement ($1) is about an area ($2): 0 that area itself, 1 the nearest broader one.
-- name: coverage-area
WITH RECURSIVE wider (pk, steps) AS (
  SELECT $2, 0
  UNION
  SELECT t.parent, w.steps + 1 FROM wider w CROSS JOIN areas t ON t.pk = w.pk WHERE t.parent IS NOT NULL
)
SELECT min(w.steps, 1), t.id, t.slug, t.name
FROM wider w CROSS JOIN agreement_areas g ON g.owner = $1 AND g.area = w.pk CROSS JOIN areas t ON t.pk = w.pk
ORDER BY w.steps LIMIT 1

-- name: organization-reference
SELECT id, slug, name FROM organizations WHERE pk = $1

-- The graph (store/graph.c): organizations in their order, the agreements of one in theirs, and of an agreement the parties
-- that come after one.
-- name: graph-organizations
SELECT pk FROM organizations ORDER BY pk

-- name: graph-agreements
SELECT owner FROM agreement_parties WHERE organization = $1 ORDER BY owner

-- name: graph-parties
SELECT p.organization, a.status = 'in_force'
FROM agreements a CROSS JOIN agreement_parties p ON p.owner = a.pk
WHERE a.pk = $1 AND p.organization > $2

-- name: graph-agreements-on
SELECT owner FROM agreement_parties
WHERE organization = $1 AND (since IS NULL OR since <= $3)
  AND (until IS NULL OR until >= $3 OR until = substr($3, 1, length(until)))
ORDER BY owner

-- name: graph-parties-on
SELECT p.organization, a.status = 'in_force'
FROM agreements a CROSS JOIN agreement_parties p ON p.owner = a.pk
WHERE a.pk = $1 AND p.organization > $2 AND (p.since IS NULL OR p.since <= $3)
  AND (p.until IS NULL OR p.until >= $3 OR p.until = substr($3, 1, length(p.until)))

-- name: graph-organization
SELECT id, slug, name, names, kind, country FROM organizations WHERE pk = $1

-- name: graph-id
SELECT id FROM organizations WHERE pk = $1

-- Who besides $3 has the identifier.
-- name: identifier-holders
SELECT o.pk, o.id, o.slug FROM organization_identifiers i JOIN organizations o ON o.pk = i.owner
WHERE i.value = $1 AND i.scheme = $2 AND i.owner <> $3 ORDER BY i.owner

-- Of any scheme where $2 is null.
-- name: identifier-owners
SELECT DISTINCT owner FROM organization_identifiers WHERE value = $1 AND ($2 IS NULL OR scheme = $2) ORDER BY owner LIMIT $3

-- name: identifier-doubles
SELECT i.scheme, i.value, o.id, o.slug FROM organization_identifiers i JOIN organizations o ON o.pk = i.owner
WHERE i.scheme <> 'other' AND EXISTS (SELECT 1 FROM organization_identifiers j
  WHERE j.value = i.value AND j.scheme = i.scheme AND j.owner <> i.owner)
ORDER BY i.scheme, i.value, o.pk

-- The notes of a large write (notes.sql).
-- name: notes-slug
INSERT INTO slugs (resource, slug, line) VALUES ($1, $2, $3)
ON CONFLICT DO UPDATE SET before = line, line = excluded.line
RETURNING before

-- name: notes-served-write
INSERT INTO served (id, slug) VALUES ($1, $2) ON CONFLICT DO UPDATE SET slug = excluded.slug WHERE slug <> excluded.slug

-- name: notes-served-read
SELECT slug FROM served WHERE id = $1

-- name: notes-touched-write
INSERT INTO touched (id, pk, slug, revision) VALUES ($1, $2, $3, $4)
ON CONFLICT DO UPDATE SET slug = excluded.slug, revision = excluded.revision

-- name: notes-touched-read
SELECT 1 FROM touched WHERE id = $1

-- name: notes-touched
SELECT id, pk, slug, revision FROM touched ORDER BY place

-- name: notes-awaited-write
INSERT INTO awaited (owner, type, other, item, record, position, symmetric) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: notes-awaited
SELECT owner, type, other, item, record, position, symmetric FROM awaited WHERE owner NOT IN (SELECT id FROM refused) ORDER BY place

-- name: notes-touched-clear
DELETE FROM touched

-- name: notes-awaited-clear
DELETE FROM awaited

-- name: notes-refused-write
INSERT INTO refused (id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: notes-refused-read
SELECT 1 FROM refused WHERE id = $1

-- name: notes-refused-clear
DELETE FROM refused

-- name: notes-mark
INSERT INTO marks (resource, pk) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: notes-marks
SELECT resource, pk FROM marks ORDER BY resource, pk
