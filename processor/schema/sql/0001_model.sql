-- Reference data and results. Every row carries the moment of its source's last change (modified_at): an older row
-- never replaces a newer one, and a deleted one stays as a tombstone, with nothing
-- but its key, so that it does not come back.

CREATE TABLE homeroom.school (
    school_id text COLLATE "C" PRIMARY KEY,
    name text,
    kind text,
    identifier text,
    parent_id text COLLATE "C",
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

CREATE TABLE homeroom.class (
    class_id text COLLATE "C" PRIMARY KEY,
    title text,
    school_id text COLLATE "C",
    grade text COLLATE "C",
    subject text,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

-- A student is a pseudonym: HMAC of the district's own id under a key that is never in this database.
CREATE TABLE homeroom.student (
    student uuid PRIMARY KEY,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

CREATE TABLE homeroom.student_identity (
    student uuid PRIMARY KEY,
    local_id text,
    identifier text,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);
CREATE INDEX ON homeroom.student_identity (local_id);

CREATE TABLE homeroom.student_name (
    student uuid PRIMARY KEY,
    given_name text,
    middle_name text,
    family_name text,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

CREATE TABLE homeroom.student_subgroup (
    student uuid PRIMARY KEY,
    gender text,
    ethnicity text,
    economically_disadvantaged boolean,
    english_learner boolean,
    disability boolean,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

CREATE TABLE homeroom.assessment (
    assessment_id text COLLATE "C" PRIMARY KEY,
    title text,
    subject text,
    score_min double precision,
    score_max double precision,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

-- The levels of an assessment in their order, the lowest first.
CREATE TABLE homeroom.performance_level (
    assessment_id text COLLATE "C",
    level text COLLATE "C",
    rank smallint,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL,
    PRIMARY KEY (assessment_id, level)
);

-- One occasion of an assessment; with OneRoster, one line item of one class. `period` names the occasion across classes.
CREATE TABLE homeroom.administration (
    administration_id text COLLATE "C" PRIMARY KEY,
    assessment_id text COLLATE "C",
    period text COLLATE "C",
    held_on date,
    class_id text COLLATE "C",
    school_id text COLLATE "C",
    score_min double precision,
    score_max double precision,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);
CREATE INDEX ON homeroom.administration (assessment_id, period);

-- A school year is named by the year in which it ends: 2026 is July 2025 to June 2026.
CREATE TABLE homeroom.enrolment (
    student uuid NOT NULL,
    school_year smallint NOT NULL,
    school_id text COLLATE "C",
    grade text COLLATE "C",
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL,
    PRIMARY KEY (student, school_year)
) PARTITION BY LIST (school_year);

-- One row for the whole test (standard = '') and one for each standard or objective that was reported.
CREATE TABLE homeroom.result (
    school_year smallint NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    standard text COLLATE "C" NOT NULL,
    student uuid NOT NULL,
    administration_id text COLLATE "C" NOT NULL,
    school_id text COLLATE "C",
    grade text COLLATE "C",
    taken_on date NOT NULL,
    scale_score double precision,
    performance_level text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    modified_at timestamptz NOT NULL,
    file_id bigint NOT NULL,
    PRIMARY KEY (record_id, standard, school_year)
) PARTITION BY LIST (school_year);
CREATE INDEX ON homeroom.result (administration_id);
CREATE INDEX ON homeroom.result (student);

-- A deleted result leaves no row behind but this: what it was is gone, that it was deleted and when is kept.
CREATE TABLE homeroom.result_tombstone (
    record_id text COLLATE "C" PRIMARY KEY,
    modified_at timestamptz NOT NULL,
    file_id bigint NOT NULL
);

-- Partitions are attached, which locks readers out of nothing (PostgreSQL, "ALTER TABLE ... ATTACH PARTITION").
CREATE FUNCTION homeroom.ensure_school_year(year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    IF year NOT BETWEEN 1990 AND 2100 THEN
        RAISE EXCEPTION 'no school year %', year USING ERRCODE = 'check_violation';
    END IF;
    FOREACH parent IN ARRAY ARRAY['enrolment', 'result'] LOOP
        IF to_regclass(format('homeroom.%I', parent || '_' || year)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('homeroom.school_year'));
        END IF;
        IF to_regclass(format('homeroom.%I', parent || '_' || year)) IS NULL THEN
            EXECUTE format('CREATE TABLE homeroom.%I (LIKE homeroom.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                           parent || '_' || year, parent);
            EXECUTE format('ALTER TABLE homeroom.%I ATTACH PARTITION homeroom.%I FOR VALUES IN (%s)',
                           parent, parent || '_' || year, year);
        END IF;
    END LOOP;
END
$$;

-- Raised by every merge that changed something, in the merge's own transaction: whoever caches by it needs no scan.
CREATE TABLE homeroom.data_version (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL
);
INSERT INTO homeroom.data_version VALUES (true, 0, now());

-- What tells that the pseudonyms' key is still the one this database was begun with; the key itself is elsewhere.
CREATE TABLE homeroom.pseudonym_key (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    fingerprint bytea NOT NULL
);
