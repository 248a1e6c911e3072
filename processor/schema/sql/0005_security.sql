-- Who may do what. The reader sees a student's rows only in a transaction that has opened a record of access to that
-- student, or to aggregates: a forgotten record answers nothing.

CREATE VIEW homeroom.analytics_result WITH (security_invoker = true) AS
SELECT
    r.school_year, r.record_id, r.standard, r.student, r.administration_id, a.assessment_id, a.period,
    coalesce(r.school_id, e.school_id, c.school_id) AS school_id,
    coalesce(r.grade, e.grade, c.grade) AS grade,
    r.taken_on, r.scale_score, r.performance_level, r.status,
    g.gender, g.ethnicity, g.economically_disadvantaged, g.english_learner, g.disability
FROM homeroom.result r
JOIN homeroom.student s ON s.student = r.student AND NOT s.deleted
JOIN homeroom.administration a ON a.administration_id = r.administration_id AND NOT a.deleted
    AND (r.scale_score IS NULL OR r.scale_score BETWEEN coalesce(a.score_min, '-Infinity') AND coalesce(a.score_max, 'Infinity'))
LEFT JOIN homeroom.enrolment e ON e.student = r.student AND e.school_year = r.school_year AND NOT e.deleted
LEFT JOIN homeroom.class c ON c.class_id = a.class_id AND NOT c.deleted
LEFT JOIN homeroom.student_subgroup g ON g.student = r.student AND NOT g.deleted;
COMMENT ON VIEW homeroom.analytics_result IS
    'Results that count: of known students and administrations, within the bounds of the score; others wait unseen.';

GRANT USAGE ON SCHEMA homeroom TO homeroom_writer, homeroom_reader, homeroom_auditor;

DO $$
DECLARE
    name text;
BEGIN
    -- About nobody in particular: whoever may come in may read them.
    FOREACH name IN ARRAY ARRAY['school', 'class', 'assessment', 'performance_level', 'administration', 'file',
                                'rejected_row', 'message_failure', 'data_version', 'result_tombstone', 'pseudonym_key']
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.%I TO homeroom_writer', name);
        EXECUTE format('GRANT SELECT ON homeroom.%I TO homeroom_reader', name);
    END LOOP;
    -- About students, by pseudonym.
    FOREACH name IN ARRAY ARRAY['student', 'student_subgroup', 'enrolment', 'result'] LOOP
        EXECUTE format('ALTER TABLE homeroom.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.%I TO homeroom_writer', name);
        EXECUTE format('GRANT SELECT ON homeroom.%I TO homeroom_reader', name);
        EXECUTE format('CREATE POLICY written ON homeroom.%I TO homeroom_writer USING (true)', name);
        EXECUTE format('CREATE POLICY opened ON homeroom.%I FOR SELECT TO homeroom_reader USING ('
            '(SELECT homeroom.opened_aggregates()) OR student = ANY ((SELECT homeroom.opened_students())::uuid[]))',
            name);
    END LOOP;
    -- Who the pseudonyms are: never for aggregates.
    FOREACH name IN ARRAY ARRAY['student_identity', 'student_name'] LOOP
        EXECUTE format('ALTER TABLE homeroom.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.%I TO homeroom_writer', name);
        EXECUTE format('GRANT SELECT ON homeroom.%I TO homeroom_reader', name);
        EXECUTE format('CREATE POLICY written ON homeroom.%I TO homeroom_writer USING (true)', name);
        EXECUTE format('CREATE POLICY opened ON homeroom.%I FOR SELECT TO homeroom_reader USING ('
            'student = ANY ((SELECT homeroom.opened_students())::uuid[]))', name);
    END LOOP;
END
$$;

GRANT SELECT ON homeroom.analytics_result TO homeroom_reader;
REVOKE UPDATE, DELETE ON homeroom.pseudonym_key FROM homeroom_writer;

-- The record of access: written through functions alone; students are added by whoever opened it.
GRANT SELECT ON homeroom.access_record, homeroom.access_student, homeroom.access_chain, homeroom.access_sent
    TO homeroom_auditor, homeroom_writer;
GRANT SELECT ON homeroom.access_chain, homeroom.access_sent TO homeroom_reader;
GRANT INSERT ON homeroom.access_student TO homeroom_writer;
GRANT UPDATE ON homeroom.access_sent TO homeroom_writer;
GRANT SELECT ON homeroom.hold, homeroom.erasure, homeroom.erased_student, homeroom.file
    TO homeroom_auditor, homeroom_writer;
GRANT INSERT, UPDATE ON homeroom.hold TO homeroom_writer;
GRANT INSERT ON homeroom.erasure, homeroom.erased_student TO homeroom_writer;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA homeroom FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    homeroom.open_access(text, text, text, text, uuid[], text, text),
    homeroom.close_access(bigint, bigint),
    homeroom.record_access(text, text, text, text, uuid[], text, text, bigint),
    homeroom.opened_students(), homeroom.opened_aggregates()
    TO homeroom_writer, homeroom_reader, homeroom_auditor;
GRANT EXECUTE ON FUNCTION homeroom.first_broken_link() TO homeroom_auditor, homeroom_writer;
GRANT EXECUTE ON FUNCTION homeroom.access_text(bigint) TO homeroom_auditor, homeroom_writer;

-- The end of retention: a school year goes as a whole, which is why results are partitioned by it.
CREATE FUNCTION homeroom.drop_school_year(year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['enrolment', 'result'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS homeroom.%I', parent || '_' || year);
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION homeroom.drop_school_year(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION homeroom.ensure_school_year(integer), homeroom.drop_school_year(integer) TO homeroom_writer;
GRANT SELECT ON homeroom.schema_version TO homeroom_writer, homeroom_reader;
