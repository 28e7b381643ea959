-- The document of an organization. Its relations are the rows it owns, then those of others that name it, under the
-- inverse type.
CREATE TEMP VIEW organization_documents AS
SELECT o.pk AS pk, json_object(
  'id', o.id,
  'slug', o.slug,
  'name', o.name,
  'names', json(o.names),
  'kind', o.kind,
  'status', o.status,
  'country', o.country,
  'region', o.region,
  'city', o.city,
  'website', o.website,
  'established', o.established,
  'description', o.description,
  'identifiers', (
    SELECT json_group_array(json_object('scheme', scheme, 'value', value))
    FROM (SELECT scheme, value FROM organization_identifiers WHERE owner = o.pk ORDER BY position)),
  'relations', (
    SELECT json_group_array(json_object(
      'type', type,
      'organization', json_object('id', id, 'slug', slug, 'name', name),
      'from', since,
      'until', until))
    FROM (
      SELECT * FROM (
        SELECT r.type, r.since, r.until, t.id, t.slug, t.name
        FROM organization_relations r JOIN organizations t ON t.pk = r.organization
        WHERE r.owner = o.pk ORDER BY r.position)
      UNION ALL
      SELECT * FROM (
        SELECT CASE r.type
            WHEN 'parent' THEN 'child'
            WHEN 'predecessor' THEN 'successor'
            WHEN 'shareholder' THEN 'holding'
            ELSE r.type END, r.since, r.until, t.id, t.slug, t.name
        FROM organization_relations r JOIN organizations t ON t.pk = r.owner
        WHERE r.organization = o.pk ORDER BY t.id, r.position))),
  'contacts', json(o.contacts),
  'tags', (
    SELECT json_group_array(value)
    FROM (SELECT value FROM organization_tags WHERE owner = o.pk ORDER BY position)),
  'visibility', o.visibility,
  'sources', json(o.sources),
  'revision', o.revision,
  'created_at', o.created_at,
  'updated_at', o.updated_at
) AS document
FROM organizations o;
