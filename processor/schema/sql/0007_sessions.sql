-- What OneRoster's grading periods and terms are called: line items name them by id alone.

CREATE TABLE homeroom.academic_session (
    session_id text COLLATE "C" PRIMARY KEY,
    title text,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.academic_session TO homeroom_writer;
GRANT SELECT ON homeroom.academic_session TO homeroom_reader;
