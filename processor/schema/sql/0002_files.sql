-- What came in, how far it got, and what was refused.

CREATE TABLE homeroom.file (
    file_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket text NOT NULL,
    object_key text NOT NULL,
    object_version text NOT NULL,
    size_bytes bigint NOT NULL,
    uploaded_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'reading', 'merged', 'rejected', 'superseded', 'failed')),
    format text,
    encoding text,
    digest bytea,
    rows_read bigint NOT NULL DEFAULT 0,
    rows_accepted bigint NOT NULL DEFAULT 0,
    rows_rejected bigint NOT NULL DEFAULT 0,
    rows_held bigint NOT NULL DEFAULT 0,
    problem_code text,
    problem text,
    remedy text,
    report_key text,
    attempts integer NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    data_version bigint,
    UNIQUE (bucket, object_key, object_version)
);
CREATE INDEX ON homeroom.file (received_at DESC);

-- The first refused rows of a file, without any value of theirs; the report object in the bucket has them all.
CREATE TABLE homeroom.rejected_row (
    file_id bigint NOT NULL REFERENCES homeroom.file ON DELETE CASCADE,
    number integer NOT NULL,
    part text NOT NULL,
    line bigint NOT NULL,
    field text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (file_id, number)
);

-- Why a message could not be worked on; its id stays the same when the queue moves it to the dead letters.
CREATE TABLE homeroom.message_failure (
    message_id text PRIMARY KEY,
    attempts integer NOT NULL,
    code text NOT NULL,
    cause text NOT NULL,
    failed_at timestamptz NOT NULL
);
