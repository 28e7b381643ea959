-- The document of an area, a member a line, in the order of the contract.
CREATE TEMP VIEW area_documents AS
SELECT a.pk AS pk, json_object(
  'id', a.id,
  'slug', a.slug,
  'name', a.name,
  'names', json(a.names),
  'description', a.description,
  'parent', (SELECT json_object('id', p.id, 'slug', p.slug, 'name', p.name) FROM areas p WHERE p.pk = a.parent),
  'matches', json(a.matches),
  'revision', a.revision,
  'created_at', a.created_at,
  'updated_at', a.updated_at
) AS document
FROM areas a;
