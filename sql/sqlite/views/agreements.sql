-- The document of an agreement, a member a line, in the order of the contract.
-- Items are read along their primary key (owner, position), so they come in their order without a sort: CROSS JOIN
-- keeps it so. Relations are the rows it owns, then those of others that name it, under the inverse type, in the order
-- in which the others were made.
CREATE TEMP VIEW agreement_documents AS
SELECT a.pk AS pk, json_object(
  'id', a.id,
  'slug', a.slug,
  'title', a.title,
  'titles', json(a.titles),
  'kind', a.kind,
  'summary', a.summary,
  'field', a.field,
  'stage', a.stage,
  'status', a.status,
  'flags', json(a.flags),
  'missing', json(a.missing),
  'parties', (
    SELECT json_group_array(json_object(
      'organization', json_object('id', o.id, 'slug', o.slug, 'name', o.name),
      'role', p.role,
      'reference', p.reference,
      'name_as_signed', p.name_as_signed,
      'signed_on', p.signed_on,
      'from', p.since,
      'until', p.until,
      'signatories', json(p.signatories)))
    FROM agreement_parties p CROSS JOIN organizations o ON o.pk = p.organization
    WHERE p.owner = a.pk),
  'areas', (
    SELECT json_group_array(json_object(
      'area', json_object('id', t.id, 'slug', t.slug, 'name', t.name),
      'note', c.note))
    FROM agreement_areas c CROSS JOIN areas t ON t.pk = c.area
    WHERE c.owner = a.pk),
  'concluded_on', a.concluded_on,
  'announced_on', a.announced_on,
  'effective_on', a.effective_on,
  'ends_on', a.ends_on,
  'term_months', a.term_months,
  'open_ended', json(iif(a.open_ended, 'true', 'false')),
  'renewal', iif(a.renewal_kind IS NULL, NULL, json_object(
    'kind', a.renewal_kind,
    'months', a.renewal_months,
    'max', a.renewal_max)),
  'notice', iif(coalesce(a.notice_months, a.notice_days) IS NULL, NULL, json_object(
    'months', a.notice_months,
    'days', a.notice_days)),
  'extensions', json(a.extensions),
  'suspensions', json(a.suspensions),
  'termination', iif(coalesce(a.termination_notice_on, a.termination_by, a.termination_effective_on,
      a.termination_reason) IS NULL, NULL, json_object(
    'notice_on', a.termination_notice_on,
    'by', a.termination_by,
    'effective_on', a.termination_effective_on,
    'reason', a.termination_reason)),
  'period', iif(a.period_number IS NULL, NULL, json_object(
    'number', a.period_number,
    'starts_on', a.period_starts_on,
    'ends_on', a.period_ends_on,
    'basis', a.period_basis)),
  'notice_on', a.notice_on,
  'notice_for', a.notice_for,
  'next_change', iif(a.next_change_on IS NULL, NULL, json_object(
    'on', a.next_change_on,
    'status', a.next_change_status)),
  'relations', (
    SELECT json_group_array(json_object(
      'type', r.type,
      'agreement', json_object('id', t.id, 'slug', t.slug, 'name', t.title)))
    FROM (
      SELECT type, agreement AS other FROM agreement_relations WHERE owner = a.pk
      UNION ALL
      SELECT CASE type
          WHEN 'supersedes' THEN 'superseded_by'
          WHEN 'renews' THEN 'renewed_by'
          WHEN 'amends' THEN 'amended_by'
          WHEN 'implements' THEN 'implemented_by'
          ELSE type
        END, owner FROM agreement_relations WHERE agreement = a.pk
    ) r CROSS JOIN agreements t ON t.pk = r.other),
  'documents', json(a.documents),
  'events', json(a.events),
  'languages', json(a.languages),
  'owner', a.owner,
  'tags', json(a.tags),
  'visibility', a.visibility,
  'notes', a.notes,
  'sources', json(a.sources),
  'revision', a.revision,
  'created_at', a.created_at,
  'updated_at', a.updated_at
) AS document
FROM agreements a;
