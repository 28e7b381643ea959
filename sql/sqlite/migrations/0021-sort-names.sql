-- By what names are in order; the program fills it when it starts, and says in the registry how.
ALTER TABLE organizations ADD COLUMN sort_name TEXT;
ALTER TABLE areas ADD COLUMN sort_name TEXT;
ALTER TABLE agreements ADD COLUMN sort_name TEXT;
ALTER TABLE registry ADD COLUMN sortable TEXT;
CREATE INDEX organizations_sort_name ON organizations (sort_name);
CREATE INDEX areas_sort_name ON areas (sort_name);
CREATE INDEX agreements_sort_name ON agreements (sort_name);
DROP INDEX organizations_country_name;
CREATE INDEX organizations_country_sort_name ON organizations (country, sort_name);
