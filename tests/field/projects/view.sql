-- The document of a project, a member a line, in the order of the contract.
CREATE TEMP VIEW project_documents AS
SELECT p.pk AS pk, json_object(
  'id', p.id,
  'slug', p.slug,
  'name', p.name,
  'summary', p.summary,
  'organizations', (
    SELECT json_group_array(json_object('organization', json_object('id', o.id, 'slug', o.slug, 'name', o.name)))
    FROM project_organizations i CROSS JOIN organizations o ON o.pk = i.organization
    WHERE i.owner = p.pk),
  'areas', (
    SELECT json_group_array(json_object('area', json_object('id', a.id, 'slug', a.slug, 'name', a.name)))
    FROM project_areas i CROSS JOIN areas a ON a.pk = i.area
    WHERE i.owner = p.pk),
  'starts_on', p.starts_on,
  'ends_on', p.ends_on,
  'revision', p.revision,
  'created_at', p.created_at,
  'updated_at', p.updated_at
) AS document
FROM projects p;
