-- The rules of status, period and notice are others: everything is derived anew when the program starts.
ALTER TABLE agreements ADD COLUMN notice_for TEXT;
UPDATE agreements SET due_on = '0001-01-01';
