-- The school year of an academic session: a source is pulled by resource, so that its users come without its sessions.
ALTER TABLE homeroom.academic_session ADD COLUMN school_year smallint;

-- Which system of the district a file is of: the pulled source, or what its manifest names; empty where nothing tells.
ALTER TABLE homeroom.file ADD COLUMN origin text NOT NULL DEFAULT '';
UPDATE homeroom.file SET origin = 'source ' || substring(object_key FROM '^incoming/(?:trial/)?sources/([0-9]+)/')
WHERE object_key ~ '^incoming/(trial/)?sources/[0-9]+/';

-- Keys of one system that another has given to another child before: under such a key the system's rows are refused.
CREATE TABLE homeroom.other_child (
    origin text NOT NULL,
    alias uuid NOT NULL,
    file_id bigint NOT NULL,
    PRIMARY KEY (origin, alias)
);
CREATE INDEX ON homeroom.other_child (alias);
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.other_child TO homeroom_writer;
