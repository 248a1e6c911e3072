-- A school has several names as well: a roster's own key, its number in the district and the state's, and its name, which
-- is all that some exports tell. Which of them are one is looked up as results are read, so that neither the order of files
-- nor taking one back leaves a trace.

-- An id as it is compared: spreadsheets drop zeros, and one system's capitals are another's small letters.
CREATE FUNCTION homeroom.plain_school(told text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN lower(ltrim(told, ' 0')) COLLATE "C";

-- By what else a school is known to whom. A roster's schools have a number, or a district above them, and a moment that is
-- theirs: what a vendor's file fills in lies four hundred years back. What could be two schools' is nobody's.
CREATE VIEW homeroom.same_school WITH (security_invoker = true) AS
WITH named AS MATERIALIZED (
    SELECT school_id, homeroom.plain_school(school_id) AS own, homeroom.plain_school(identifier) AS number,
        lower(regexp_replace(btrim(name), '\s+', ' ', 'g')) COLLATE "C" AS name,
        modified_at >= '1900-01-01' AND coalesce(identifier, parent_id) IS NOT NULL AS is_rosters
    FROM homeroom.school WHERE NOT deleted AND coalesce(kind, 'school') = 'school'
), numbered AS (
    SELECT number AS known_as, min(school_id) AS school_id, min(name) AS name FROM named
    WHERE is_rosters AND number <> own AND number <> '' GROUP BY number HAVING count(*) = 1
), owned AS (
    SELECT own AS known_as, min(school_id) AS school_id, min(name) AS name FROM named
    WHERE is_rosters AND own <> '' GROUP BY own HAVING count(*) = 1
), twice AS (
    -- One system's key is another's number: the same school where the name is the same, else chance.
    SELECT n.known_as, n.school_id, n.name FROM numbered n JOIN owned o USING (known_as, name)
), called AS (
    SELECT n.name AS known_as, min(coalesce(t.school_id, n.school_id)) AS school_id
    FROM named n LEFT JOIN twice t ON t.known_as = n.own WHERE n.is_rosters AND n.name <> ''
    GROUP BY n.name HAVING count(DISTINCT coalesce(t.school_id, n.school_id)) = 1
), by_name AS (
    SELECT n.own AS known_as, c.school_id FROM named n JOIN called c ON c.known_as = n.name
    WHERE NOT n.is_rosters AND n.own <> ''
), told AS (
    SELECT known_as, school_id FROM numbered
    UNION ALL SELECT known_as, school_id FROM owned WHERE known_as NOT IN (SELECT known_as FROM twice)
    UNION ALL SELECT known_as, school_id FROM called
    UNION ALL SELECT known_as, school_id FROM by_name
)
SELECT known_as, min(school_id) AS school_id FROM told GROUP BY known_as HAVING count(DISTINCT school_id) = 1;
GRANT SELECT ON homeroom.same_school TO homeroom_reader, homeroom_writer;
GRANT EXECUTE ON FUNCTION homeroom.plain_school(text) TO homeroom_reader, homeroom_writer;

CREATE OR REPLACE VIEW homeroom.analytics_result WITH (security_invoker = true) AS
SELECT
    r.school_year, r.record_id, r.standard, r.student, r.administration_id, a.assessment_id, a.period,
    coalesce(o.school_id, r.school_id, c.school_id, e.school_id, a.school_id) AS school_id,
    coalesce(r.grade, e.grade, c.grade) AS grade,
    r.taken_on, r.scale_score, r.performance_level, r.status,
    g.gender, g.ethnicity, g.economically_disadvantaged, g.english_learner, g.disability
FROM homeroom.result r
JOIN homeroom.student s ON s.student = r.student AND (NOT s.deleted OR r.taken_on <= s.modified_at)
JOIN homeroom.administration a ON a.administration_id = r.administration_id AND NOT a.deleted
    AND (r.scale_score IS NULL OR r.scale_score BETWEEN coalesce(a.score_min, '-Infinity') AND coalesce(a.score_max, 'Infinity'))
LEFT JOIN homeroom.enrolment e ON e.student = r.student AND e.school_year = r.school_year AND NOT e.deleted
LEFT JOIN homeroom.class c ON c.class_id = a.class_id AND NOT c.deleted
LEFT JOIN homeroom.same_school o
    ON o.known_as = homeroom.plain_school(coalesce(r.school_id, c.school_id, e.school_id, a.school_id))
LEFT JOIN homeroom.student_subgroup g ON g.student = r.student AND NOT g.deleted;
