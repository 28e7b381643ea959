-- Finding. An index on a column ends with the pk, which orders records as they were made; so do lists now, and the longer
-- indexes that ended with the id are not needed any more. An index on a filter's column and a sort key serves both at once:
-- the store looks which there are.
DROP INDEX organizations_name;
DROP INDEX organizations_country;
DROP INDEX organizations_established;
DROP INDEX organizations_created_at;
DROP INDEX organizations_updated_at;
CREATE INDEX organizations_name ON organizations (name);
CREATE INDEX organizations_country ON organizations (country);
CREATE INDEX organizations_country_name ON organizations (country, name);
CREATE INDEX organizations_kind ON organizations (kind);
CREATE INDEX organizations_established ON organizations (established);
CREATE INDEX organizations_created_at ON organizations (created_at);
CREATE INDEX organizations_updated_at ON organizations (updated_at);

DROP INDEX areas_name;
DROP INDEX areas_parent;
DROP INDEX areas_created_at;
DROP INDEX areas_updated_at;
CREATE INDEX areas_name ON areas (name);
CREATE INDEX areas_parent ON areas (parent);
CREATE INDEX areas_created_at ON areas (created_at);
CREATE INDEX areas_updated_at ON areas (updated_at);

DROP INDEX agreements_title;
DROP INDEX agreements_status;
DROP INDEX agreements_concluded_on;
DROP INDEX agreements_announced_on;
DROP INDEX agreements_effective_on;
DROP INDEX agreements_ends_on;
DROP INDEX agreements_period_starts_on;
DROP INDEX agreements_period_ends_on;
DROP INDEX agreements_notice_on;
DROP INDEX agreements_next_change_on;
DROP INDEX agreements_created_at;
DROP INDEX agreements_updated_at;
CREATE INDEX agreements_title ON agreements (title);
CREATE INDEX agreements_kind ON agreements (kind);
CREATE INDEX agreements_kind_concluded_on ON agreements (kind, concluded_on);
CREATE INDEX agreements_stage ON agreements (stage);
CREATE INDEX agreements_status ON agreements (status);
CREATE INDEX agreements_status_period_ends_on ON agreements (status, period_ends_on);
CREATE INDEX agreements_status_notice_on ON agreements (status, notice_on) WHERE notice_on IS NOT NULL;
CREATE INDEX agreements_owner ON agreements (owner);
CREATE INDEX agreements_owner_period_ends_on ON agreements (owner, period_ends_on);
CREATE INDEX agreements_concluded_on ON agreements (concluded_on);
CREATE INDEX agreements_announced_on ON agreements (announced_on);
CREATE INDEX agreements_effective_on ON agreements (effective_on);
CREATE INDEX agreements_ends_on ON agreements (ends_on);
CREATE INDEX agreements_period_starts_on ON agreements (period_starts_on);
CREATE INDEX agreements_period_ends_on ON agreements (period_ends_on);
CREATE INDEX agreements_notice_on ON agreements (notice_on);
CREATE INDEX agreements_next_change_on ON agreements (next_change_on);
CREATE INDEX agreements_created_at ON agreements (created_at);
CREATE INDEX agreements_updated_at ON agreements (updated_at);

-- A party's country is a copy of its organization's, so that agreements can be found by it along an index.
ALTER TABLE agreement_parties ADD COLUMN country TEXT;
UPDATE agreement_parties SET country = (SELECT o.country FROM organizations o WHERE o.pk = organization);
CREATE INDEX agreement_parties_country ON agreement_parties (country, owner);

CREATE TRIGGER agreement_parties_country_new AFTER INSERT ON agreement_parties
BEGIN
  UPDATE agreement_parties SET country = (SELECT o.country FROM organizations o WHERE o.pk = NEW.organization)
  WHERE owner = NEW.owner AND position = NEW.position;
END;

CREATE TRIGGER agreement_parties_country_moved AFTER UPDATE OF country ON organizations
WHEN OLD.country IS NOT NEW.country
BEGIN
  UPDATE agreement_parties SET country = NEW.country WHERE organization = NEW.pk;
END;

-- A flag's row has a copy of the days by which what is flagged is put in order.
ALTER TABLE agreement_flags ADD COLUMN owner_period_ends_on TEXT;
ALTER TABLE agreement_flags ADD COLUMN owner_notice_on TEXT;
UPDATE agreement_flags SET (owner_period_ends_on, owner_notice_on) =
  (SELECT a.period_ends_on, a.notice_on FROM agreements a WHERE a.pk = agreement_flags.owner);
CREATE INDEX agreement_flags_period_ends_on ON agreement_flags (value, owner_period_ends_on, owner);
CREATE INDEX agreement_flags_notice_on ON agreement_flags (value, owner_notice_on, owner);

CREATE TRIGGER agreement_flags_days_new AFTER INSERT ON agreement_flags
BEGIN
  UPDATE agreement_flags SET (owner_period_ends_on, owner_notice_on) =
    (SELECT a.period_ends_on, a.notice_on FROM agreements a WHERE a.pk = NEW.owner)
  WHERE owner = NEW.owner AND position = NEW.position;
END;

CREATE TRIGGER agreement_flags_days_moved AFTER UPDATE OF period_ends_on, notice_on ON agreements
WHEN OLD.period_ends_on IS NOT NEW.period_ends_on OR OLD.notice_on IS NOT NEW.notice_on
BEGIN
  UPDATE agreement_flags SET owner_period_ends_on = NEW.period_ends_on, owner_notice_on = NEW.notice_on
  WHERE owner = NEW.pk;
END;
