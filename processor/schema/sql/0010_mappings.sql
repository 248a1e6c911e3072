-- Mappings that people saved, files that are tried and taken back, and what a taking back needs to know.

-- Each saving is a version of its own; the newest of a name counts, unless it was withdrawn.
CREATE TABLE homeroom.mapping (
    name text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    saved_by text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
GRANT SELECT, INSERT ON homeroom.mapping TO homeroom_writer;
GRANT SELECT ON homeroom.mapping TO homeroom_reader;

-- What each file said about a row, or about whose an id is, that more than one file has spoken of: a row that only one file has named stands in
-- its own table, with the file's number. So a file is taken back by merging again what the others said.
CREATE TABLE homeroom.row_version (
    target text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    file_id bigint NOT NULL,
    student uuid,
    content jsonb NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON homeroom.row_version (target, key);
CREATE INDEX ON homeroom.row_version (file_id);
CREATE INDEX ON homeroom.row_version (student);
CREATE INDEX ON homeroom.row_version (kept_at);
CREATE INDEX ON homeroom.row_version (key) WHERE target = 'result' AND student IS NULL;
ALTER TABLE homeroom.row_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY written ON homeroom.row_version TO homeroom_writer USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.row_version TO homeroom_writer;

-- Who is erased is erased here too, in the same transaction.
CREATE FUNCTION homeroom.forget_versions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Also what waits because several may be meant by the id, and the deletions of the student's results.
    DELETE FROM homeroom.row_version WHERE student IN (NEW.student, md5('unresolved ' || NEW.student)::uuid);
    DELETE FROM homeroom.row_version
    WHERE target = 'result' AND student IS NULL AND strpos(key, replace(NEW.student::text, '-', '')) > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER forget_versions AFTER INSERT ON homeroom.erased_student
    FOR EACH ROW EXECUTE FUNCTION homeroom.forget_versions();

-- With a school year go the former rows of those of whom nothing newer is left, and the year's own.
CREATE OR REPLACE FUNCTION homeroom.drop_school_year(year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    DELETE FROM homeroom.row_version v USING (
        SELECT student FROM homeroom.result WHERE school_year = year
        UNION SELECT student FROM homeroom.enrolment WHERE school_year = year
    ) of_year WHERE v.student = of_year.student
        AND (coalesce((v.content ->> 'school_year')::integer = year, false) OR NOT EXISTS (
            SELECT FROM homeroom.result r WHERE r.student = v.student AND r.school_year <> year
        ) AND NOT EXISTS (
            SELECT FROM homeroom.enrolment e WHERE e.student = v.student AND e.school_year <> year
        ));
    FOREACH parent IN ARRAY ARRAY['enrolment', 'result'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS homeroom.%I', parent || '_' || year);
    END LOOP;
END
$$;

ALTER TABLE homeroom.file DROP CONSTRAINT file_state_check;
ALTER TABLE homeroom.file ADD CONSTRAINT file_state_check CHECK (
    state IN ('received', 'reading', 'merged', 'rejected', 'superseded', 'failed', 'tried', 'undone')
);
ALTER TABLE homeroom.file
    ADD COLUMN found jsonb,
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN undone_by text,
    ADD COLUMN undone_why text;
COMMENT ON COLUMN homeroom.file.found IS 'What a trial found: new students, new and changed results, by count alone.';
