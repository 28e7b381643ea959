-- Since and until when an organization is a party of an agreement; partial dates, null where it is throughout.
ALTER TABLE agreement_parties ADD COLUMN since TEXT;
ALTER TABLE agreement_parties ADD COLUMN until TEXT;
