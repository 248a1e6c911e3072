-- Erasure on request and at the end of retention, and the holds that stop both.

-- Nothing may be destroyed while a request to inspect it is open (34 CFR 99.10(e)).
CREATE TABLE homeroom.hold (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    student uuid NOT NULL,
    reason text NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    lifted_at timestamptz
);
CREATE INDEX ON homeroom.hold (student) WHERE lifted_at IS NULL;

-- A student who was erased stays out: a file that comes again brings nothing of theirs back.
CREATE TABLE homeroom.erased_student (
    student uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

CREATE TABLE homeroom.erasure (
    erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('student', 'school year')),
    subject text NOT NULL,
    requested_by text NOT NULL,
    reason text NOT NULL,
    erased_at timestamptz NOT NULL,
    certificate jsonb NOT NULL
);
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON homeroom.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();
