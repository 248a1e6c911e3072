-- A result that names no school was taken in that of its class; where the student goes to since a transfer tells nothing
-- of what was before. Without a class the enrolment tells it, then the line item.
CREATE OR REPLACE VIEW homeroom.analytics_result WITH (security_invoker = true) AS
SELECT
    r.school_year, r.record_id, r.standard, r.student, r.administration_id, a.assessment_id, a.period,
    coalesce(r.school_id, c.school_id, e.school_id, a.school_id) AS school_id,
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
