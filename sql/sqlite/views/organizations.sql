-- The document of an organization, a member a line, in the order of the contract.
-- Items are read along their primary key (owner, position), so they come in their order without a sort: CROSS JOIN
-- keeps it so. Relations are the rows it owns, then those of others that name it, under the inverse type, in the order
-- in which the others were made.
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
    SELECT json_group_array(json_object(
      'scheme', i.scheme,
      'value', i.value))
    FROM organization_identifiers i
    WHERE i.owner = o.pk),
  'relations', (
    SELECT json_group_array(json_object(
      'type', r.type,
      'organization', json_object('id', t.id, 'slug', t.slug, 'name', t.name),
      'from', r.since,
      'until', r.until))
    FROM (
      SELECT type, organization AS other, since, until FROM organization_relations WHERE owner = o.pk
      UNION ALL
      SELECT CASE type
          WHEN 'parent' THEN 'child'
          WHEN 'predecessor' THEN 'successor'
          WHEN 'shareholder' THEN 'holding'
          ELSE type
        END, owner, since, until FROM organization_relations WHERE organization = o.pk
    ) r CROSS JOIN organizations t ON t.pk = r.other),
  'contacts', json(o.contacts),
  'tags', json(o.tags),
  'visibility', o.visibility,
  'sources', json(o.sources),
  'revision', o.revision,
  'created_at', o.created_at,
  'updated_at', o.updated_at
) AS document
FROM organizations o;
