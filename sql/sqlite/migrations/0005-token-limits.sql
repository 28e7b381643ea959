-- How much a token may do in a minute. NULL is what the server sets for all tokens, 0 is without limit.
ALTER TABLE tokens ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE tokens ADD COLUMN writes_per_minute INTEGER;
