-- The number of the last change, kept with each commit. The next change follows it, or the history's last row where that is
-- later; so an end that somebody took away shows in the gap, and goes on showing.
ALTER TABLE registry ADD COLUMN history_last INTEGER NOT NULL DEFAULT 0;
UPDATE registry SET history_last = (SELECT coalesce(max(seq), 0) FROM history);
