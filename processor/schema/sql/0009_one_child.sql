-- One child, one record: which ids name whom. An id is kept as its pseudonym (alias), and as what its spellings have in
-- common (loose). Who said so: a roster, a person, or nothing but a file that named the student so; an id that a roster
-- gives to several students is disputed, and names nobody.
CREATE TABLE homeroom.student_key (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('sourced', 'number', 'local', 'state', 'vendor')),
    alias uuid NOT NULL,
    loose uuid NOT NULL,
    student uuid,
    said_by text NOT NULL CHECK (said_by IN ('roster', 'person', 'file', 'disputed')),
    file_id bigint,
    PRIMARY KEY (kind, alias),
    CHECK ((student IS NULL) = (said_by = 'disputed'))
);
CREATE INDEX ON homeroom.student_key (alias);
CREATE INDEX ON homeroom.student_key (loose);
CREATE INDEX ON homeroom.student_key (student);

-- What people decided about records of children: added to, never changed.
CREATE TABLE homeroom.student_decision (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('merge', 'split')),
    student uuid NOT NULL,
    other uuid NOT NULL,
    rows bigint NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON homeroom.student_decision
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();

-- Under which id a result came, where that is another than its student's own: so that a match can be taken back.
ALTER TABLE homeroom.result ADD COLUMN named_as uuid;
CREATE INDEX ON homeroom.result (named_as) WHERE named_as IS NOT NULL;
-- Whether a result's school is that of an association: it comes and goes with that.
ALTER TABLE homeroom.result ADD COLUMN is_placed boolean NOT NULL DEFAULT false;

-- All pseudonyms that a child is or was known by: the record of access is kept by what was true when it was written.
CREATE FUNCTION homeroom.ids_of_child(wanted uuid) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH child AS (
        SELECT coalesce(
            (SELECT k.student FROM homeroom.student_key k WHERE k.alias = wanted AND k.student IS NOT NULL
             ORDER BY k.student = wanted DESC, array_position(ARRAY['sourced', 'local', 'number', 'state', 'vendor'], k.kind)
             LIMIT 1), wanted) AS student
    )
    SELECT ARRAY(
        SELECT student FROM child UNION SELECT wanted
        UNION SELECT k.alias FROM homeroom.student_key k JOIN child c USING (student)
    )
$$;

-- Whose values the report of a file lists: who downloads it has seen theirs.
CREATE TABLE homeroom.report_student (
    file_id bigint NOT NULL REFERENCES homeroom.file ON DELETE CASCADE,
    student uuid NOT NULL,
    PRIMARY KEY (file_id, student)
);
CREATE INDEX ON homeroom.report_student (student);

-- What the objectives are called under whose codes results by objective stand.
CREATE TABLE homeroom.objective (
    assessment_id text COLLATE "C",
    code text COLLATE "C",
    title text,
    parent_code text COLLATE "C",
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL,
    PRIMARY KEY (assessment_id, code)
);

-- The school of a result where an association names it; the highest rank counts.
CREATE TABLE homeroom.result_school (
    record_id text COLLATE "C",
    rank smallint,
    student uuid,
    school_id text COLLATE "C",
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL,
    PRIMARY KEY (record_id, rank)
);
CREATE INDEX ON homeroom.result_school (student);

-- Where a file's lines went, besides its rows; how many students it names, and how many of them are known.
ALTER TABLE homeroom.file
    ADD COLUMN lines_read bigint NOT NULL DEFAULT 0,
    ADD COLUMN files_ignored integer NOT NULL DEFAULT 0,
    ADD COLUMN notes bigint NOT NULL DEFAULT 0,
    ADD COLUMN students_named bigint NOT NULL DEFAULT 0,
    ADD COLUMN students_matched bigint NOT NULL DEFAULT 0;

ALTER TABLE homeroom.access_record DROP CONSTRAINT access_record_scope_check;
ALTER TABLE homeroom.access_record ADD CONSTRAINT access_record_scope_check
    CHECK (scope IN ('aggregate', 'student', 'ingest', 'audit', 'erasure', 'identity'));

-- Who has left the district was there when a test was taken: the results of that time still count.
CREATE OR REPLACE VIEW homeroom.analytics_result WITH (security_invoker = true) AS
SELECT
    r.school_year, r.record_id, r.standard, r.student, r.administration_id, a.assessment_id, a.period,
    coalesce(r.school_id, e.school_id, a.school_id, c.school_id) AS school_id,
    coalesce(r.grade, e.grade, c.grade) AS grade,
    r.taken_on, r.scale_score, r.performance_level, r.status,
    g.gender, g.ethnicity, g.economically_disadvantaged, g.english_learner, g.disability
FROM homeroom.result r
JOIN homeroom.student s ON s.student = r.student AND (NOT s.deleted OR r.taken_on <= s.modified_at)
JOIN homeroom.administration a ON a.administration_id = r.administration_id AND NOT a.deleted
    AND (r.scale_score IS NULL OR r.scale_score BETWEEN coalesce(a.score_min, '-Infinity') AND coalesce(a.score_max, 'Infinity'))
LEFT JOIN homeroom.enrolment e ON e.student = r.student AND e.school_year = r.school_year AND NOT e.deleted
LEFT JOIN homeroom.class c ON c.class_id = a.class_id AND NOT c.deleted
LEFT JOIN homeroom.student_subgroup g ON g.student = r.student AND NOT g.deleted;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['student_key', 'report_student', 'objective'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.%I TO homeroom_writer', name);
        EXECUTE format('GRANT SELECT ON homeroom.%I TO homeroom_reader', name);
    END LOOP;
END
$$;
ALTER TABLE homeroom.result_school ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.result_school TO homeroom_writer;
CREATE POLICY written ON homeroom.result_school TO homeroom_writer USING (true);
GRANT SELECT ON homeroom.student_key TO homeroom_auditor;
GRANT SELECT, INSERT ON homeroom.student_decision TO homeroom_writer;
GRANT SELECT ON homeroom.student_decision TO homeroom_auditor;
REVOKE EXECUTE ON FUNCTION homeroom.ids_of_child(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION homeroom.ids_of_child(uuid) TO homeroom_writer, homeroom_reader, homeroom_auditor;
