-- What people decided about assessments of Ed-Fi, each a version, and which reporting methods were seen of each.

CREATE TABLE homeroom.assessment_choice (
    assessment_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    score_method text NOT NULL,
    level_method text NOT NULL,
    period_by text NOT NULL CHECK (period_by IN ('', 'period', 'term', 'date', 'year')),
    chosen_by text NOT NULL CHECK (chosen_by <> ''),
    chosen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (assessment_id, version)
);
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON homeroom.assessment_choice
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();

CREATE TABLE homeroom.assessment_method (
    assessment_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('score', 'level')),
    method text COLLATE "C" NOT NULL,
    PRIMARY KEY (assessment_id, kind, method)
);

GRANT SELECT, INSERT ON homeroom.assessment_choice, homeroom.assessment_method TO homeroom_writer;
GRANT SELECT ON homeroom.assessment_choice, homeroom.assessment_method TO homeroom_reader;
