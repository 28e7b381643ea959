-- A party's row has copies of its agreement's conclusion and kind: those with a country come in the order of the day, and what
-- is asked of the kind is tested in the same index. The position tells there whether a party is the first one of the country.
ALTER TABLE agreement_parties ADD COLUMN owner_concluded_on TEXT;
ALTER TABLE agreement_parties ADD COLUMN owner_kind TEXT;
UPDATE agreement_parties SET (owner_concluded_on, owner_kind) =
  (SELECT a.concluded_on, a.kind FROM agreements a WHERE a.pk = agreement_parties.owner);
CREATE INDEX agreement_parties_country_concluded_on ON agreement_parties (country, owner_concluded_on, owner,
  position, owner_kind);

DROP TRIGGER agreement_parties_country_new;
CREATE TRIGGER agreement_parties_copies_new AFTER INSERT ON agreement_parties
BEGIN
  UPDATE agreement_parties SET country = (SELECT o.country FROM organizations o WHERE o.pk = NEW.organization),
    (owner_concluded_on, owner_kind) = (SELECT a.concluded_on, a.kind FROM agreements a WHERE a.pk = NEW.owner)
  WHERE owner = NEW.owner AND position = NEW.position;
END;

CREATE TRIGGER agreement_parties_copies_moved AFTER UPDATE OF concluded_on, kind ON agreements
WHEN OLD.concluded_on IS NOT NEW.concluded_on OR OLD.kind IS NOT NEW.kind
BEGIN
  UPDATE agreement_parties SET owner_concluded_on = NEW.concluded_on, owner_kind = NEW.kind WHERE owner = NEW.pk;
END;
