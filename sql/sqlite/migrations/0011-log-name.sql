-- The name of the log of changes, within which a number is given once. A copy of the database has none (NULL) until the store
-- opens it: since both may go on, its log is another one from there on.
ALTER TABLE registry ADD COLUMN log TEXT;
