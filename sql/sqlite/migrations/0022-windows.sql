-- How far ahead the flags look by which agreements were derived: days of expiring, days of notice_window, months of dormant.
-- NULL: 180, 90, 24.
ALTER TABLE registry ADD COLUMN windows TEXT;
