-- What callers without a token are shown of how an agreement stands, where it is not what the row says: JSON of the
-- members, derived from public records alone (src/api/shown.c). NULL, as nearly always: it is what the row says.
ALTER TABLE agreements ADD COLUMN public_standing TEXT;
CREATE INDEX agreements_public_standing ON agreements (pk) WHERE public_standing IS NOT NULL;

-- Those of whom that may be so are derived anew when the clock next looks.
UPDATE agreements SET due_on = '0001-01-01' WHERE pk IN (
  SELECT agreement FROM agreement_relations WHERE type IN ('supersedes', 'renews')
  UNION SELECT p.owner FROM agreement_parties p JOIN agreements a ON a.pk = p.owner WHERE length(p.signed_on) < 10
    OR (p.signed_on IS NOT NULL AND a.effective_on IS NULL AND a.concluded_on IS NULL));
