-- A row of the history is never written over: a statement that replaces (INSERT OR REPLACE) deletes without asking the
-- trigger that forbids to delete. seq is -1 here when the store is to choose it.
CREATE TRIGGER history_never_replaced BEFORE INSERT ON history
WHEN EXISTS (SELECT 1 FROM history WHERE seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM history WHERE record = NEW.record AND revision = NEW.revision)
BEGIN
  SELECT raise(ABORT, 'history is append-only');
END;

-- From here on the history holds of each record what it says itself. The documents up to this number have among their
-- relations those that other records had written.
ALTER TABLE registry ADD COLUMN mirrored_until INTEGER NOT NULL DEFAULT 0;
UPDATE registry SET mirrored_until = (SELECT coalesce(max(seq), 0) FROM history);
